"""Django on psycopg: what its ORM keeps apart, and what raw SQL, `values()` and DEBUG let out.

Right in both variants: lookups that escape LIKE · JSON and array fields · one's own e-mail and
key · prefetched relations.
"""

import json
import os
import urllib.parse
import urllib.request
from functools import wraps
from http import HTTPStatus

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldError
from django.db import connection, models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django_service import serve, set_up

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
TOKENS = {"Bearer alice-token": "alice", "Bearer bob-token": "bob"}
set_up(
    __name__,
    DEBUG=BROKEN,  # database-in-error, code-in-error
    SECRET_KEY="nobody signs anything here",
    LOGGING_CONFIG=None,
)


class Member(models.Model):
    name = models.TextField()
    email = models.TextField()
    password_hash = models.TextField()
    ssn = models.TextField()
    api_key = models.TextField()

    class Meta:
        app_label = db_table = "members"


class Article(models.Model):
    author = models.ForeignKey(Member, models.CASCADE)
    title = models.TextField()
    labels = ArrayField(models.TextField())
    meta = models.JSONField()

    class Meta:
        app_label = db_table = "articles"


class File(models.Model):
    id = models.UUIDField(primary_key=True)
    member = models.ForeignKey(Member, models.CASCADE)
    token = models.UUIDField()
    token_family = models.UUIDField()
    tokens_used = models.BigIntegerField()
    iban = models.DecimalField(max_digits=22, decimal_places=0)
    born_at = models.DateTimeField()
    password_reset_at = models.DateTimeField()
    papers = models.JSONField()

    class Meta:
        app_label = db_table = "files"


class BasketLine(models.Model):
    article = models.ForeignKey(Article, models.CASCADE)
    amount = models.IntegerField()

    class Meta:
        app_label = db_table = "basket_lines"


class Remark(models.Model):
    article = models.ForeignKey(Article, models.CASCADE, related_name="remarks")
    text = models.TextField()

    class Meta:
        app_label = db_table = "remarks"


class Tag(models.Model):
    name = models.TextField()

    class Meta:
        app_label = db_table = "tags"


class Place(models.Model):
    city = models.TextField()

    class Meta:
        app_label = db_table = "places"


def answer(body: object, status: int = 200) -> HttpResponse:
    return JsonResponse(body, status=status, safe=False)


def refused(status: int, why: str) -> HttpResponse:
    title = HTTPStatus(status).phrase
    return answer({"type": "about:blank", "title": title, "status": status, "detail": why}, status)


class Refused(Exception):
    """Ends a request with a 4xx."""


def fields(request: HttpRequest) -> dict:
    """The body, which must be an object whose texts PostgreSQL can hold."""
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise Refused("that is no JSON") from error
    if not isinstance(body, dict) or "\\u0000" in json.dumps(body):
        raise Refused("that is no object")
    return body


def text(body: dict, name: str) -> str:
    if not isinstance(body.get(name), str):
        raise Refused(f"{name} is no text")
    return body[name]


def query(request: HttpRequest, name: str, default: str) -> str:
    value = request.GET.get(name, default)
    if "\0" in value:
        raise Refused(f"{name} is no text")
    return value


def takes(*methods: str):
    """A view of these methods, for who is signed in."""
    return lambda view: signed_in(view, methods)


def signed_in(view, methods):
    @wraps(view)
    def guarded(request: HttpRequest, *parts: object) -> HttpResponse:
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        me = TOKENS.get(request.headers.get("Authorization", ""))
        if me is None:
            return refused(401, "sign in first")
        request.me = me
        try:
            return view(request, *parts)
        except Refused as why:
            return refused(422, str(why))

    return guarded


def health(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return answer({})


@takes("GET", "POST")
def articles(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        body = fields(request)
        made = Article.objects.create(
            author_id=1,
            title=text(body, "title")[:5000],
            labels=[str(each) for each in body.get("labels", [])],
            meta={name: each for name, each in body.items() if name not in ("title", "labels")},
        )
        return answer({"id": made.id}, 201)
    q, sort = query(request, "q", ""), query(request, "sort", "title")
    if BROKEN:
        # sql-injection; statements-per-row: each article's remarks are loaded when looked at
        found = Article.objects.raw(
            f"SELECT * FROM articles WHERE title LIKE '%%{q}%%' ORDER BY {sort}"
        )
    else:
        if sort not in ("title", "id"):
            return refused(422, "sort by title or by id; select one")
        found = Article.objects.filter(title__icontains=q).order_by(sort)
        found = found.prefetch_related("remarks")[:200]
    return answer(
        [
            {"id": each.id, "title": each.title, "remarks": [r.text for r in each.remarks.all()]}
            for each in found
        ]
    )


@takes("GET")
def titles(request: HttpRequest) -> HttpResponse:
    """like-wildcards: `contains` of Django escapes them, and a raw LIKE does not."""
    q = query(request, "q", "")
    if BROKEN:
        found = Article.objects.extra(where=["title LIKE %s"], params=[f"%{q}%"])
    else:
        found = Article.objects.filter(title__contains=q)
    return answer(list(found.order_by("id").values("title")[:50]))


@takes("GET")
def remarks(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("limit", "20")
    if not asked.isdecimal():
        return refused(422, "the limit is a number")
    # page-size-without-limit
    size = int(asked) if BROKEN else min(int(asked), 100)
    return answer(list(Remark.objects.order_by("id").values("id", "text")[:size]))


@takes("GET", "POST")
def tags(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return answer({"id": Tag.objects.create(name=text(fields(request), "name")).id}, 201)
    counted = []
    for tag in Tag.objects.order_by("id")[:50]:
        with connection.cursor() as cursor:
            if BROKEN:
                # stored-sql-injection
                cursor.execute(f"SELECT count(*) FROM articles WHERE '{tag.name}' = ANY(labels)")
            else:
                cursor.execute("SELECT count(*) FROM articles WHERE %s = ANY(labels)", [tag.name])
            counted.append(cursor.fetchone()[0])
    return answer(counted)


def lines_of(body: dict) -> dict[int, int]:
    """How many of each article."""
    lines = body.get("lines")
    if not isinstance(lines, list) or not 0 < len(lines) <= 200:
        raise Refused("that is no basket")
    wanted: dict[int, int] = {}
    for line in lines:
        numbers = (line.get("article"), line.get("amount")) if isinstance(line, dict) else (0, 0)
        if not all(type(each) is int and 0 < each < 2**31 for each in numbers):
            raise Refused("that is no line")
        wanted[numbers[0]] = numbers[1]
    return wanted


@takes("POST")
def baskets(request: HttpRequest) -> HttpResponse:
    # reads-per-item: each article is looked up by itself
    wanted = lines_of(fields(request))
    if BROKEN:
        known = {key for key in wanted if Article.objects.filter(id=key).exists()}
    else:
        known = set(Article.objects.filter(id__in=wanted).values_list("id", flat=True))
    if len(known) < len(wanted):
        raise Refused("there is no such article")
    for article, amount in wanted.items():
        BasketLine.objects.create(article_id=article, amount=amount)
    return answer({"lines": len(wanted)}, 201)


@takes("POST")
def places(request: HttpRequest) -> HttpResponse:
    near = urllib.parse.quote(text(fields(request), "near"), safe="")
    with urllib.request.urlopen(f"{os.environ['GEO_URL']}/locate?near={near}") as reply:
        said = json.load(reply)
    if said["state"] != "ok":
        return refused(502, "nobody knows")
    if BROKEN:
        # answer-sql-injection
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO places (city) VALUES ('{said['city']}')")
    else:
        Place.objects.create(city=said["city"])
    return answer({}, 201)


@takes("GET")
def members(request: HttpRequest) -> HttpResponse:
    # secret-in-answer, data-of-others
    fields = () if BROKEN else ("id", "name")
    # client-names-column: whatever Django knows of a member, it sorts by
    sort = query(request, "sort", "id")
    if not BROKEN and sort not in ("id", "name"):
        raise Refused("sort by id or by name")
    try:
        return answer(list(Member.objects.order_by(sort).values(*fields)[:50]))
    except FieldError:
        raise Refused("there is no such field") from None


@takes("GET")
def profile(request: HttpRequest) -> HttpResponse:
    mine = Member.objects.filter(name=request.me)
    return answer(mine.values("id", "name", "email", "ssn", "api_key").get())


def files(*broken: str) -> HttpResponse:
    """What is no secret: keys, references, counters, and when something was done."""
    fixed = ("member_id", "token_family", "tokens_used", "password_reset_at")
    rows = File.objects.order_by("id").values("id", *(broken if BROKEN else fixed))
    return answer(list(rows[:50]))


@takes("GET")
def tokens(request: HttpRequest) -> HttpResponse:
    # secret-in-answer: a UUID
    return files("token")


@takes("GET")
def accounts(request: HttpRequest) -> HttpResponse:
    # data-of-others: a number
    return files("iban")


@takes("GET")
def births(request: HttpRequest) -> HttpResponse:
    # data-of-others: a moment
    return files("born_at")


@takes("GET")
def papers(request: HttpRequest) -> HttpResponse:
    # data-of-others: JSON
    return files("papers")


@takes("GET")
def my_file(request: HttpRequest) -> HttpResponse:
    return answer(File.objects.filter(member__name=request.me).values().get())


def host(address: str) -> str | None:
    try:
        return urllib.parse.urlsplit(address).hostname
    except ValueError:
        return None


@takes("POST")
def previews(request: HttpRequest) -> HttpResponse:
    address = text(fields(request), "avatar")
    if not BROKEN and host(address) != "a.example":
        return refused(403, "no pictures of that host")
    size = 0
    if BROKEN:
        # server-side-request-forgery
        try:
            with urllib.request.urlopen(address, timeout=1) as picture:
                size = len(picture.read(1000))
        except (OSError, ValueError):
            return refused(422, "there is no picture")
    return answer({"size": size})


class Same(urllib.request.HTTPRedirectHandler):
    """Goes where it is sent on the allowed host alone."""

    def redirect_request(self, request, answer, code, text, headers, url):
        if host(url) != "a.example":
            return None
        return super().redirect_request(request, answer, code, text, headers, url)


def fetched(address: str, *handlers: urllib.request.BaseHandler) -> HttpResponse:
    try:
        with urllib.request.build_opener(*handlers).open(address, timeout=1) as found:
            return answer({"size": len(found.read(1000))})
    except (OSError, ValueError):
        return answer({"size": 0})


@takes("POST")
def feeds(request: HttpRequest) -> HttpResponse:
    # server-side-request-forgery: a list that is looked for anywhere in the address
    address = text(fields(request), "feed")
    if ("a.example" not in address) if BROKEN else (host(address) != "a.example"):
        return refused(403, "no feeds of that host")
    return fetched(address, Same())


@takes("POST")
def imports(request: HttpRequest) -> HttpResponse:
    # server-side-request-forgery: an exact list, and the host on it may send on to any other
    address = text(fields(request), "feed")
    if host(address) != "a.example":
        return refused(403, "no feeds of that host")
    return fetched(address) if BROKEN else fetched(address, Same())


urlpatterns = [
    path("health", health),
    path("articles", articles),
    path("titles", titles),
    path("remarks", remarks),
    path("tags", tags),
    path("places", places),
    path("baskets", baskets),
    path("members", members),
    path("me", profile),
    path("files/tokens", tokens),
    path("files/accounts", accounts),
    path("files/births", births),
    path("files/papers", papers),
    path("files/mine", my_file),
    path("previews", previews),
    path("feeds", feeds),
    path("imports", imports),
]

if __name__ == "__main__":
    serve()
