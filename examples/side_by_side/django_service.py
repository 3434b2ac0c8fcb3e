"""A library that lends books: Django, in one file."""

from __future__ import annotations

import json
import os
import sys
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from mailing import tell

_DATABASE = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="for the example",
    INSTALLED_APPS=[__name__],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": _DATABASE.hostname,
            "PORT": _DATABASE.port,
            "USER": _DATABASE.username,
            "PASSWORD": _DATABASE.password or "",
            "NAME": _DATABASE.path.lstrip("/"),
        }
    },
)
django.setup()

from django.db import connection, models, transaction  # noqa: E402
from django.db.models import F  # noqa: E402


class Member(models.Model):
    name = models.CharField(max_length=40, unique=True)
    token = models.CharField(max_length=40, unique=True)

    class Meta:
        db_table = "members"
        managed = False


class Book(models.Model):
    title = models.CharField(max_length=80)
    copies = models.IntegerField()

    class Meta:
        db_table = "books"
        managed = False


class Loan(models.Model):
    member = models.ForeignKey(Member, models.PROTECT, db_column="member")
    book = models.ForeignKey(Book, models.PROTECT, db_column="book")
    days = models.IntegerField()
    returned = models.BooleanField(default=False)

    class Meta:
        db_table = "loans"
        managed = False


def problem(status: int, detail: str) -> JsonResponse:
    return JsonResponse({"detail": detail}, status=status)


def member_of(request: HttpRequest) -> Member | None:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return Member.objects.filter(token=token).first()


def health(request: HttpRequest) -> HttpResponse:
    connection.ensure_connection()
    return JsonResponse({"status": "ok"})


def loans(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    if member is None:
        return problem(401, "who are you?")
    if request.method == "POST":
        return lend(member, json.loads(request.body))
    found = Loan.objects.filter(member=member).select_related("book").order_by("id")
    listed = [
        {"id": each.id, "title": each.book.title, "returned": each.returned} for each in found
    ]
    return JsonResponse(listed, safe=False)


def lend(member: Member, wanted: dict[str, object]) -> HttpResponse:
    days = wanted.get("days")
    if type(days) is not int or not 1 <= days <= 60:
        wrong = {"days": ["must be a whole number from 1 to 60"]}
        return JsonResponse(wrong, status=422)
    with transaction.atomic():
        left = Book.objects.filter(id=wanted.get("book"), copies__gt=0)
        if not left.update(copies=F("copies") - 1):
            return problem(409, "no copy is left")
        book = Book.objects.get(id=wanted["book"])
        loan = Loan.objects.create(member=member, book=book, days=days)
    tell(member.name, f"{book.title} is yours for {days} days")
    return JsonResponse({"id": loan.id, "book": book.id, "days": days}, status=201)


def give_back(request: HttpRequest, loan: int) -> HttpResponse:
    member = member_of(request)
    if member is None:
        return problem(401, "who are you?")
    with transaction.atomic():
        found = Loan.objects.filter(id=loan, member=member, returned=False)
        lent = found.select_for_update().first()
        if lent is None:
            return problem(404, "no such loan")
        found.update(returned=True)
        Book.objects.filter(id=lent.book_id).update(copies=F("copies") + 1)
    return HttpResponse(status=204)


urlpatterns = [
    path("health", health),
    path("loans", loans),
    path("loans/<int:loan>/return", give_back),
]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
