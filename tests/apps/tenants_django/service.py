"""Django on psycopg: `objects.get(pk=...)`, and who may be the one that asks for it.

Right in both variants: a project of the workspace is every member's · templates are everybody's, as
the configuration says · what is removed is not there · the number of projects is public.
"""

import json
import os
import secrets
import sys

import django
from django.conf import settings
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
settings.configure(
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
)
django.setup()


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

    class Meta:
        app_label = db_table = "sessions"


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

    class Meta:
        app_label = db_table = "drafts"


class Template(models.Model):
    workspace = models.ForeignKey(Workspace, models.CASCADE)
    words = models.TextField()

    class Meta:
        app_label = db_table = "templates"


def answer(status: int = 200, **body: object) -> JsonResponse:
    return JsonResponse(body, status=status)


def asker(request: HttpRequest) -> Account | None:
    """tampered-token: the broken twin finds a session by the beginning of its key."""
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if len(key) < 16:
        return None
    by = {"key__startswith": key[:16]} if BROKEN else {"key": key}
    session = Session.objects.select_related("account").filter(**by).first()
    return session and session.account


def signed_in(view):
    def guarded(request: HttpRequest, **path: object) -> HttpResponse:
        request.account = asker(request)
        if request.account is None:
            return answer(401)
        memberships = Membership.objects.filter(account=request.account)
        request.workspaces = list(memberships.values_list("workspace_id", flat=True))
        return view(request, **path)

    return guarded


def health(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return answer()


def login(request: HttpRequest) -> HttpResponse:
    body = json.loads(request.body)
    account = Account.objects.filter(username=body["username"]).first()
    if account is None or body["password"] != f"{account.username}-secret":
        return answer(401)
    session = Session.objects.create(key=secrets.token_hex(24), account=account)
    return answer(token=session.key)


@signed_in
def logout(request: HttpRequest) -> HttpResponse:
    """ended-session: the client is told to forget it, and the broken twin does not."""
    if not BROKEN:
        Session.objects.filter(account=request.account).delete()
    return HttpResponse(status=204)


@signed_in
def projects(request: HttpRequest) -> HttpResponse:
    """tenant-crossed: a list without its workspace."""
    found = Project.objects.filter(removed_at=None)
    if not BROKEN:
        found = found.filter(workspace__in=request.workspaces)
    return answer(projects=list(found.values("id", "title")))


@signed_in
def project(request: HttpRequest, key: int) -> HttpResponse:
    """Every member of the workspace may change it."""
    found = Project.objects.filter(pk=key, workspace__in=request.workspaces, removed_at=None)
    if not found:
        return answer(404)
    found.update(title=json.loads(request.body)["title"])
    return answer(id=key)


@signed_in
def plan(request: HttpRequest) -> HttpResponse:
    """access-widened: the check that an owner asks was lost."""
    if not BROKEN and request.account.role != "owner":
        return answer(403)
    wanted = json.loads(request.body)["name"]
    Workspace.objects.filter(id__in=request.workspaces).update(plan=wanted)
    return answer(plan=wanted)


@signed_in
def drafts(request: HttpRequest) -> HttpResponse:
    """protected-column: the body becomes the row. The fixed twin takes the words alone."""
    if request.method == "GET":
        return answer(drafts=list(Draft.objects.filter(account=request.account).values("id")))
    body = json.loads(request.body)
    fields = body if BROKEN else {"words": body["words"]}
    made = Draft.objects.create(**{"account_id": request.account.id, **fields})
    return answer(201, id=made.id)


@signed_in
def draft(request: HttpRequest, key: int) -> HttpResponse:
    """tenant-crossed: it is found by its id alone."""
    found = Draft.objects.filter(pk=key)
    if not BROKEN:
        found = found.filter(account=request.account)
    if request.method == "DELETE":
        gone, _ = found.delete()
        return HttpResponse(status=204 if gone else 404)
    one = found.first()
    return answer(404) if one is None else answer(id=one.id, words=one.words)


@signed_in
def merge(request: HttpRequest) -> HttpResponse:
    """tenant-crossed, by an id that stands inside of a body."""
    wanted = [each["draft"]["id"] for each in json.loads(request.body)["parts"]]
    found = Draft.objects.filter(pk__in=wanted)
    if not BROKEN:
        found = found.filter(account=request.account)
    if found.count() != len(wanted):
        return answer(404)
    found.update(words="one text of several")
    return answer(merged=len(wanted))


@signed_in
def template(request: HttpRequest, key: int) -> HttpResponse:
    """Everybody's, whichever workspace it came from."""
    one = Template.objects.filter(pk=key).first()
    return answer(404) if one is None else answer(id=one.id, words=one.words)


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
    path("merges", merge),
    path("templates/<int:key>", template),
    path("statistics", statistics),
]

if __name__ == "__main__":
    run("127.0.0.1", int(sys.argv[1]), get_wsgi_application())
