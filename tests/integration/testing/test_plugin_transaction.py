"""Isolation by one transaction, under what applications in the tests' own process are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites import run_tests

TOML = """
[service]
command = "{python} -m app {port}"
env = { DATABASE_URL = "{database.url}" }
[testing]
fixtures = ["api", "db"]
isolation = "transaction"
"""
SCHEMA = """
CREATE TABLE notes (
    id bigserial PRIMARY KEY, body text NOT NULL UNIQUE,
    parent bigint REFERENCES notes DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO notes (body) VALUES ('seeded');
"""
FASTAPI = """
import os
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

DRIVER = os.environ["DRIVER"]
engine = create_async_engine(os.environ["DATABASE_URL"].replace("://", f"+{DRIVER}://"))
application = FastAPI()
NEW = text("INSERT INTO notes (body, parent) VALUES (:body, :parent)")


async def session():
    async with AsyncSession(engine) as found:
        yield found


@application.post("/notes", status_code=201)
async def make(note: dict, session=Depends(session)):
    try:
        await session.execute(NEW, {"parent": None, **note})
        if note["body"] == "refused":
            raise HTTPException(422)
        await session.commit()
    except IntegrityError:
        raise HTTPException(409)
"""
FLASK = """
import os
from flask import Flask, request
from psycopg import errors
from psycopg_pool import ConnectionPool

pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=2, open=True)
application = Flask(__name__)
NEW = "INSERT INTO notes (body, parent) VALUES (%(body)s, %(parent)s)"


@application.post("/notes")
def make():
    try:
        with pool.connection() as connection:
            connection.execute(NEW, {"parent": None, **request.json})
            if request.json["body"] == "refused":
                connection.rollback()
                return {}, 422
    except errors.IntegrityError:
        return {}, 409
    return {}, 201
"""
TESTS = """
import asyncio
import psycopg
import pytest
from seamproof.testing import inserted


@pytest.mark.parametrize("n", range(3))
def test_notes(api, db, n):
    with db.changes() as changed:
        api.post("/notes", json={"body": "new"}).expect(201)
    assert changed == {"notes": inserted(id=2, body="new")}
    with psycopg.connect(db.url) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (2,)
    with db.unchanged():
        api.post("/notes", json={"body": "refused"}).expect(422)
        api.post("/notes", json={"body": "new"}).expect(409)
        api.post("/notes", json={"body": "orphan", "parent": 77}).expect(409)
    db.execute("INSERT INTO notes (body) VALUES ('of the test')")
    assert db.count("notes") == 3


def test_overlapping(seam):
    async def body():
        return await asyncio.gather(
            *(seam.api.aio.post("/notes", json={"body": f"{n}"}) for n in range(5))
        )

    assert {reply.status for reply in asyncio.run(body())} == {201}
    assert seam.db.count("notes") == 6


@pytest.mark.budget("max < 60s", n=2)
def test_again_and_again(api, db):
    api.post("/notes", json={"body": "x"}).expect(201)
    assert db.count("notes") == 2
"""
DJANGO = """
import os
from urllib.parse import urlsplit

import django
from django.conf import settings

at = urlsplit(os.environ["DATABASE_URL"])
given = {
    "ENGINE": "django.db.backends.postgresql", "NAME": at.path[1:], "USER": at.username,
    "PASSWORD": at.password, "HOST": at.hostname, "PORT": at.port, "TEST": {"NAME": at.path[1:]},
}
settings.configure(DATABASES={"default": given}, ROOT_URLCONF="app", ALLOWED_HOSTS=["*"])
django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import IntegrityError, models, transaction
from django.http import HttpResponse, JsonResponse
from django.urls import path


class Note(models.Model):
    body = models.TextField(unique=True)
    parent = models.ForeignKey("Note", null=True, on_delete=models.CASCADE, db_column="parent")

    class Meta:
        app_label = "notes"
        db_table = "notes"


def make(request):
    import json

    try:
        with transaction.atomic():
            note = json.loads(request.body)
            Note.objects.create(body=note["body"], parent_id=note.get("parent"))
            if note["body"] == "refused":
                transaction.set_rollback(True)
                return HttpResponse(status=422)
    except IntegrityError:
        return HttpResponse(status=409)
    return JsonResponse({}, status=201)


urlpatterns = [path("notes", make)]
application = get_wsgi_application()
"""
DJANGO_TESTS = """
import app
from django.test import TestCase, TransactionTestCase


class Kept(TestCase):
    @classmethod
    def setUpTestData(cls):
        app.Note.objects.create(body="of the class")

    def test_one(self):
        app.Note.objects.create(body="of the test")
        assert app.Note.objects.count() == 3

    test_two = test_one


class Committed(TransactionTestCase):
    def _fixture_teardown(self):
        pass

    def test_one(self):
        assert app.Note.objects.count() == 1
        app.Note.objects.create(body="stays, if nobody takes it back")

    test_two = test_one
"""


def project(folder: Path, application: str, tests: str, more: str = "") -> Path:
    (folder / "migrations").mkdir()
    (folder / "migrations" / "001_notes.sql").write_text(SCHEMA)
    (folder / "app.py").write_text(application)
    (folder / "test_notes.py").write_text(tests)
    (folder / "seamproof.toml").write_text(TOML + 'app = "app:application"\n' + more)
    return folder


@pytest.mark.parametrize(
    ("application", "driver"),
    [
        pytest.param(FASTAPI, "asyncpg", id="fastapi-asyncpg"),
        pytest.param(FASTAPI, "psycopg", id="fastapi-psycopg", marks=pytest.mark.long),
        pytest.param(FLASK, "", id="flask-pool"),
        pytest.param(DJANGO, "", id="django", marks=pytest.mark.long),
    ],
)
def test_each_test_begins_with_the_base(tmp_path: Path, application: str, driver: str) -> None:
    done = run_tests(project(tmp_path, application, TESTS), DRIVER=driver)
    assert done.code == 0, done.text
    assert done.passed == 5
    assert "isolation transaction: 5 resets" in done.text


@pytest.mark.long
def test_what_django_does_for_its_tests_goes_on(tmp_path: Path) -> None:
    folder = project(tmp_path, DJANGO, DJANGO_TESTS, "every_test = true\n")
    done = run_tests(folder, "-p", "no:randomly")
    assert done.code == 0, done.text
    assert done.passed == 4


HOLDS = """
import psycopg
import pytest


@pytest.fixture
def connection(db):
    with psycopg.connect(db.url) as found:
        yield found


def test_two_at_once(api, connection):
    connection.execute("INSERT INTO notes (body) VALUES ('not committed')")
    api.post("/notes", json={"body": "new"}).expect(201)


def test_behind_it(db):
    assert db.count("notes") == 1
"""


def test_two_transactions_at_once_are_told(tmp_path: Path) -> None:
    done = run_tests(project(tmp_path, FLASK, HOLDS), "-p", "no:randomly")
    assert done.of("test_two_at_once") == "FAILED", done.text
    assert done.of("test_behind_it") == "PASSED", done.text
    assert "another connection has had a transaction open for 3 s" in done.text
    assert "changed   what changed cannot be seen" in done.text


def test_a_service_that_is_started_has_no_such_way(tmp_path: Path) -> None:
    folder = project(tmp_path, FLASK, HOLDS)
    (folder / "seamproof.toml").write_text(TOML)
    done = run_tests(folder)
    assert done.code == 4, done.text
    assert 'isolation = "transaction" needs the service in the tests\' own process' in done.text
