"""Django on psycopg: `objects.get(pk=...)`, and who may be the one that asks for it.

Right in both variants: a project of the workspace is every member's · templates are everybody's, as
the configuration says · what is removed is not there · the number of projects is public · the log
of logins says for how long they were good, and lets in nobody · what is published is everybody's,
and they may star it.
"""

import json
import os
import secrets
import uuid
from datetime import timedelta

from django.db import connection, models
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django_service import serve, set_up

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
set_up(__name__, USE_TZ=True)


class Workspace(models.Model):
    name = models.TextField()
    plan = models.TextField()

    class Meta:
        app_label = db_table = "workspaces"


class Account(models.Model):
    id = models.UUIDField(primary_key=True)
    username = models.TextField()
    role = models.TextField()
    motto = models.TextField()

    class Meta:
        app_label = db_table = "accounts"


class Membership(models.Model):
    account = models.ForeignKey(Account, models.CASCADE)
    workspace = models.ForeignKey(Workspace, models.CASCADE)

    class Meta:
        app_label = db_table = "memberships"


class Session(models.Model):
    key = models.TextField(primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE)
    expires_at = models.DateTimeField()

    class Meta:
        app_label = db_table = "sessions"


class Login(models.Model):
    account = models.ForeignKey(Account, models.CASCADE)
    expires_at = models.DateTimeField()

    class Meta:
        app_label = db_table = "logins"


class Project(models.Model):
    workspace = models.ForeignKey(Workspace, models.CASCADE)
    title = models.TextField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = db_table = "projects"


class Draft(models.Model):
    account = models.ForeignKey(Account, models.CASCADE)
    words = models.TextField()
    published = models.BooleanField(default=False)
    stars = models.IntegerField(default=0)

    class Meta:
        app_label = db_table = "drafts"


class Star(models.Model):
    account = models.ForeignKey(Account, models.CASCADE)
    draft = models.ForeignKey(Draft, models.CASCADE)

    class Meta:
        app_label = db_table = "stars"


class Remark(models.Model):
    draft = models.ForeignKey(Draft, models.CASCADE)
    words = models.TextField()

    class Meta:
        app_label = db_table = "remarks"


class Coupon(models.Model):
    percent = models.IntegerField()
    days = models.IntegerField(default=30)

    class Meta:
        app_label = db_table = "coupons"


class Template(models.Model):
    workspace = models.ForeignKey(Workspace, models.CASCADE)
    words = models.TextField()

    class Meta:
        app_label = db_table = "templates"


def answer(status: int = 200, **body: object) -> JsonResponse:
    return JsonResponse(body, status=status)


class Refused(Exception):
    """Ends a request with a 4xx."""


def fields(request: HttpRequest) -> dict:
    """The body, which must be an object whose texts PostgreSQL can hold."""
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise Refused from error
    if not isinstance(body, dict) or "\\u0000" in json.dumps(body):
        raise Refused
    return body


def text(body: dict, name: str) -> str:
    if not isinstance(body.get(name), str):
        raise Refused
    return body[name]


def view(*methods: str):
    """A view of these methods."""

    def wrap(function):
        def guarded(request: HttpRequest, **path: object) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            try:
                return function(request, **path)
            except Refused:
                return answer(400)

        return guarded

    return wrap


def asker(request: HttpRequest) -> Account | None:
    """tampered-token: the broken twin finds a session by the beginning of its key.

    expired-session: and whatever it says of its end.
    """
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if len(key) < 16:
        return None
    living = {"key": key, "expires_at__gt": timezone.now()}
    by = {"key__startswith": key[:16]} if BROKEN else living
    session = Session.objects.select_related("account").filter(**by).first()
    return session and session.account


def signed_in(view):
    def guarded(request: HttpRequest, **path: object) -> HttpResponse:
        request.account = asker(request)
        if request.account is None:
            return answer(401)
        memberships = Membership.objects.filter(account=request.account)
        request.workspaces = list(memberships.values_list("workspace_id", flat=True))
        request.logins = Login.objects.filter(account=request.account).count()
        return view(request, **path)

    return guarded


def owners_only(view):
    @signed_in
    def guarded(request: HttpRequest, **path: object) -> HttpResponse:
        return view(request, **path) if request.account.role == "owner" else answer(403)

    return guarded


def colleagues(request: HttpRequest) -> models.QuerySet:
    """Whoever is in a workspace of whom asks."""
    return Membership.objects.filter(workspace__in=request.workspaces).values("account")


@view("GET")
def health(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return answer()


@view("POST")
def login(request: HttpRequest) -> HttpResponse:
    body = fields(request)
    account = Account.objects.filter(username=text(body, "username")).first()
    if account is None or text(body, "password") != f"{account.username}-secret":
        return answer(401)
    until = timezone.now() + timedelta(hours=1)
    session = Session.objects.create(key=secrets.token_hex(24), account=account, expires_at=until)
    Login.objects.create(account=account, expires_at=until)
    return answer(token=session.key)


@view("POST")
@signed_in
def logout(request: HttpRequest) -> HttpResponse:
    """ended-session: the client is told to forget it, and the broken twin does not."""
    if not BROKEN:
        Session.objects.filter(account=request.account).delete()
    return HttpResponse(status=204)


@view("GET")
@signed_in
def projects(request: HttpRequest) -> HttpResponse:
    """tenant-crossed: a list without its workspace."""
    found = Project.objects.filter(removed_at=None)
    if not BROKEN:
        found = found.filter(workspace__in=request.workspaces)
    return answer(projects=list(found.values("id", "title")))


@view("PUT")
@signed_in
def project(request: HttpRequest, key: int) -> HttpResponse:
    """Every member of the workspace may change it."""
    found = Project.objects.filter(pk=key, workspace__in=request.workspaces, removed_at=None)
    if not found:
        return answer(404)
    found.update(title=text(fields(request), "title"))
    return answer(id=key)


@view("PUT")
@signed_in
def plan(request: HttpRequest) -> HttpResponse:
    """access-widened: the check that an owner asks was lost."""
    if not BROKEN and request.account.role != "owner":
        return answer(403)
    wanted = text(fields(request), "name")
    Workspace.objects.filter(id__in=request.workspaces).update(plan=wanted)
    return answer(plan=wanted)


@view("GET", "POST")
@signed_in
def drafts(request: HttpRequest) -> HttpResponse:
    """protected-column: the body becomes the row. The fixed twin takes the words alone."""
    if request.method == "GET":
        return answer(drafts=list(Draft.objects.filter(account=request.account).values("id")))
    body = fields(request)
    words = text(body, "words")
    taken = body if BROKEN else {"words": words}
    made = Draft.objects.create(**{"account_id": request.account.id, **taken})
    return answer(201, id=made.id)


@view("GET", "DELETE")
@signed_in
def draft(request: HttpRequest, key: int) -> HttpResponse:
    """foreign-object: it is found by its id alone."""
    found = Draft.objects.filter(pk=key)
    if not BROKEN:
        found = found.filter(account=request.account)
    if request.method == "DELETE":
        gone, _ = found.delete()
        return HttpResponse(status=204 if gone else 404)
    one = found.first()
    return answer(404) if one is None else answer(id=one.id, words=one.words)


@view("PUT")
@signed_in
def words(request: HttpRequest, key: int) -> HttpResponse:
    """foreign-object: of a colleague's draft the workspace is the right one."""
    mine = colleagues(request) if BROKEN else [request.account.id]
    one = get_object_or_404(Draft, pk=key, account__in=mine)
    one.words = text(fields(request), "words")
    one.save(update_fields=["words"])
    return answer(id=one.id)


@view("POST")
@(lambda view: view if BROKEN else signed_in(view))
def publish(request: HttpRequest, key: int) -> HttpResponse:
    """open-to-nobody: a view of which nobody noticed that it has no decorator."""
    mine = {} if BROKEN else {"account": request.account}
    published = Draft.objects.filter(pk=key, **mine).update(published=True)
    return answer(id=key) if published else answer(404)


@view("GET")
@signed_in
def published(request: HttpRequest) -> HttpResponse:
    """What somebody has published is for everybody."""
    return answer(drafts=list(Draft.objects.filter(published=True).values("id", "words")))


@view("GET")
@signed_in
def published_one(request: HttpRequest, key: int) -> HttpResponse:
    one = get_object_or_404(Draft, pk=key, published=True)
    return answer(id=one.id, words=one.words)


@view("POST")
@signed_in
def star(request: HttpRequest, key: int) -> HttpResponse:
    """A row of somebody else is counted up: that is what a star does."""
    one = get_object_or_404(Draft, pk=key, published=True)
    Star.objects.create(account=request.account, draft=one)
    Draft.objects.filter(pk=key).update(stars=F("stars") + 1)
    return answer(201, id=key)


@view("POST")
@signed_in
def remarks(request: HttpRequest, key: int) -> HttpResponse:
    mine = get_object_or_404(Draft, pk=key, account=request.account)
    return answer(201, id=Remark.objects.create(draft=mine, words="a thought of mine").id)


@view("GET")
@signed_in
def remark(request: HttpRequest, key: int, remark: int) -> HttpResponse:
    """foreign-parent: the draft is looked up with care, and the remark by its id alone."""
    mine = get_object_or_404(Draft, pk=key, account=request.account)
    one = get_object_or_404(Remark if BROKEN else mine.remark_set, pk=remark)
    return answer(id=one.id, words=one.words)


@view("PUT")
@(signed_in if BROKEN else owners_only)
def role(request: HttpRequest, member: uuid.UUID) -> HttpResponse:
    """role-bypassed: that somebody is signed in is all that is asked."""
    wanted = text(fields(request), "role")
    found = Account.objects.filter(pk=member).filter(pk__in=colleagues(request))
    return answer(role=wanted) if found.update(role=wanted) else answer(404)


def percentage(request: HttpRequest) -> int:
    percent = fields(request).get("percent")
    if type(percent) is not int or not 0 < percent <= 100:
        raise Refused
    return percent


@view("POST")
@owners_only
def coupons(request: HttpRequest) -> HttpResponse:
    return answer(201, id=Coupon.objects.create(percent=percentage(request)).id)


@view("PUT", "DELETE")
@owners_only
def coupon(request: HttpRequest, key: int) -> HttpResponse:
    found = Coupon.objects.filter(pk=key)
    if request.method == "DELETE":
        gone, _ = found.delete()
        return answer(id=key) if gone else answer(404)
    return answer(id=key) if found.update(percent=percentage(request)) else answer(404)


@view("POST")
@(signed_in if BROKEN else owners_only)
def extend(request: HttpRequest, key: int) -> HttpResponse:
    """unlike-its-family: whoever signed in may, and nowhere else beside it."""
    found = Coupon.objects.filter(pk=key)
    return answer(id=key) if found.update(days=F("days") + 30) else answer(404)


@view("POST")
@signed_in
def merge(request: HttpRequest) -> HttpResponse:
    """foreign-object, by an id that stands inside of a body."""
    try:
        wanted = [int(each["draft"]["id"]) for each in fields(request)["parts"]]
    except (KeyError, TypeError, ValueError) as error:
        raise Refused from error
    found = Draft.objects.filter(pk__in=wanted)
    if not BROKEN:
        found = found.filter(account=request.account)
    if found.count() != len(wanted):
        return answer(404)
    found.update(words="one text of several")
    return answer(merged=len(wanted))


@view("GET")
@signed_in
def template(request: HttpRequest, key: int) -> HttpResponse:
    """Everybody's, whichever workspace it came from."""
    one = Template.objects.filter(pk=key).first()
    return answer(404) if one is None else answer(id=one.id, words=one.words)


@view("GET")
def statistics(request: HttpRequest) -> HttpResponse:
    """For everybody, as the configuration says."""
    return answer(titles=list(Project.objects.filter(workspace=1).values_list("title", flat=True)))


urlpatterns = [
    path("health", health),
    path("login", login),
    path("logout", logout),
    path("projects", projects),
    path("projects/<int:key>", project),
    path("plan", plan),
    path("drafts", drafts),
    path("drafts/<int:key>", draft),
    path("drafts/<int:key>/words", words),
    path("drafts/<int:key>/publication", publish),
    path("drafts/<int:key>/remarks", remarks),
    path("published", published),
    path("published/<int:key>", published_one),
    path("published/<int:key>/stars", star),
    path("drafts/<int:key>/remarks/<int:remark>", remark),
    path("accounts/<uuid:member>/role", role),
    path("coupons", coupons),
    path("coupons/<int:key>", coupon),
    path("coupons/<int:key>/extension", extend),
    path("merges", merge),
    path("templates/<int:key>", template),
    path("statistics", statistics),
]

if __name__ == "__main__":
    serve()
