"""Django on psycopg: what its ORM keeps apart, and what raw SQL, `values()` and DEBUG let out.

Right in both variants: lookups that escape LIKE · JSON and array fields · one's own e-mail and
key · prefetched relations.
"""

import json
import os
import sys
import urllib.parse
import urllib.request
from functools import wraps
from http import HTTPStatus

import django
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
TOKENS = {"Bearer alice-token": "alice", "Bearer bob-token": "bob"}
settings.configure(
    DEBUG=BROKEN,  # database-in-error, code-in-error
    SECRET_KEY="nobody signs anything here",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["DB_HOST"],
            "PORT": os.environ["DB_PORT"],
            "USER": os.environ["DB_USER"],
            "PASSWORD": os.environ["DB_PASSWORD"],
            "NAME": os.environ["DB_NAME"],
            "CONN_MAX_AGE": None,
        }
    },
    LOGGING_CONFIG=None,
)
django.setup()


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


def signed_in(view):
    @wraps(view)
    def guarded(request: HttpRequest, *parts: object) -> HttpResponse:
        me = TOKENS.get(request.headers.get("Authorization", ""))
        if me is None:
            return refused(401, "sign in first")
        request.me = me
        try:
            return view(request, *parts)
        except json.JSONDecodeError:
            return refused(400, "that is no JSON")

    return guarded


def health(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return answer({})


@signed_in
def articles(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        body = json.loads(request.body)
        made = Article.objects.create(
            author_id=1,
            title=str(body["title"])[:5000],
            labels=[str(each) for each in body.get("labels", [])],
            meta={name: each for name, each in body.items() if name not in ("title", "labels")},
        )
        return answer({"id": made.id}, 201)
    q, sort = request.GET.get("q", ""), request.GET.get("sort", "title")
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


@signed_in
def remarks(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("limit", "20")
    if not asked.isdecimal():
        return refused(422, "the limit is a number")
    # page-size-without-limit
    size = int(asked) if BROKEN else min(int(asked), 100)
    return answer(list(Remark.objects.order_by("id").values("id", "text")[:size]))


@signed_in
def tags(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return answer({"id": Tag.objects.create(name=json.loads(request.body)["name"]).id}, 201)
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


@signed_in
def places(request: HttpRequest) -> HttpResponse:
    near = urllib.parse.quote(str(json.loads(request.body)["near"]), safe="")
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


@signed_in
def members(request: HttpRequest) -> HttpResponse:
    # secret-in-answer, data-of-others
    fields = () if BROKEN else ("id", "name")
    return answer(list(Member.objects.order_by("id").values(*fields)[:50]))


@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    mine = Member.objects.filter(name=request.me)
    return answer(mine.values("id", "name", "email", "ssn", "api_key").get())


@signed_in
def previews(request: HttpRequest) -> HttpResponse:
    address = str(json.loads(request.body)["avatar"])
    if not BROKEN and urllib.parse.urlsplit(address).hostname != "a.example":
        return refused(422, "no pictures of that host")
    size = 0
    if BROKEN:
        # server-side-request-forgery
        try:
            with urllib.request.urlopen(address, timeout=1) as picture:
                size = len(picture.read(1000))
        except (OSError, ValueError):
            return refused(422, "there is no picture")
    return answer({"size": size})


urlpatterns = [
    path("health", health),
    path("articles", articles),
    path("remarks", remarks),
    path("tags", tags),
    path("places", places),
    path("members", members),
    path("me", profile),
    path("previews", previews),
]

if __name__ == "__main__":
    run("127.0.0.1", int(sys.argv[1]), get_wsgi_application())
