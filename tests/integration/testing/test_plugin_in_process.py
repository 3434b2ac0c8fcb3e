"""The tests' own process as the service."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites import run_tests

from seamproof.core.errors import ConfigurationError
from seamproof.testing.application import load

TOML = """
[service]
command = "{python} -m app {port}"
env = { DATABASE_URL = "{database.url}" }
[identities.alice]
login = { operation = "POST /login", body = { name = "alice" }, token = "$.token" }
[testing]
fixtures = ["api", "db"]
"""
SCHEMA = "CREATE TABLE notes (id bigserial PRIMARY KEY, body text NOT NULL);\n"
WSGI = """
import json
import os
import psycopg

URL = os.environ["DATABASE_URL"]


def answer(method, path, who, body):
    if path == "/login":
        return 200, {"token": body["name"]}
    if path == "/fails":
        raise ValueError("as it was to")
    with psycopg.connect(URL) as connection:
        connection.execute("INSERT INTO notes (body) VALUES (%s)", [body["text"]])
    return 201, {"who": who}


def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status, found = answer(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("HTTP_AUTHORIZATION", ""),
        json.loads(body or b"null"),
    )
    start_response(f"{status} Said", [("Content-Type", "application/json")])
    return [json.dumps(found).encode()]
"""
ASGI = """
import asyncio
import json
import wsgi


def make():
    ready = []

    async def application(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            ready.append(asyncio.get_running_loop())
            await send({"type": "lifespan.startup.complete"})
            await receive()
            print("SHUT DOWN")
            await send({"type": "lifespan.shutdown.complete"})
            return
        assert ready == [asyncio.get_running_loop()], "it lives in one loop"
        body = (await receive())["body"]
        who = dict(scope["headers"]).get(b"authorization", b"").decode()
        status, found = wsgi.answer(
            scope["method"], scope["path"], who, json.loads(body or b"null")
        )
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(found).encode()})

    return application
"""
TESTS = """
import asyncio
import pytest
import wsgi
from seamproof.testing import inserted


@pytest.mark.parametrize("n", range(2))
def test_a_note(api, db, n):
    with db.changes() as changed:
        alice = api.as_("alice")
        alice.post("/notes", json={"text": "x"}).expect(201, json={"who": "Bearer alice"})
    assert changed == {"notes": inserted(id=1, body="x")}
    assert api.statements == 1


def test_a_coroutine(seam):
    async def body():
        return await asyncio.gather(
            *(seam.api.aio.post("/notes", json={"text": "y"}) for _ in range(3))
        )

    assert len(asyncio.run(body())) == 3
    assert seam.db.count("notes", body="y") == 3


def test_a_failure_is_an_answer(api):
    api.get("/fails").expect(500)


@pytest.mark.seamproof("rollback")
def test_checks_need_a_service(api):
    api.post("/notes", json={"text": "x"})
"""
PLAIN = """
import unittest
import psycopg
import wsgi


class Notes(unittest.TestCase):
    def setUp(self):
        self.connection = psycopg.connect(wsgi.URL)

    def tearDown(self):
        self.connection.close()

    def insert(self):
        assert self.connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)
        self.connection.execute("INSERT INTO notes (body) VALUES ('x')")

    def test_committed(self):
        self.insert()
        self.connection.commit()

    test_committed_again = test_committed

    def test_left_open(self):
        self.insert()
"""


DJANGO = """
import os
from urllib.parse import urlsplit

import django
from django.conf import settings

at = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": at.path[1:],
            "USER": at.username,
            "PASSWORD": at.password,
            "HOST": at.hostname,
            "PORT": at.port,
            "TEST": {"NAME": at.path[1:]},
        }
    }
)
django.setup()

from django.db import connection, models
from django.test import TestCase, TransactionTestCase


class Note(models.Model):
    body = models.TextField()

    class Meta:
        app_label = "notes"
        db_table = "notes"


class Kept(TestCase):
    @classmethod
    def setUpTestData(cls):
        Note.objects.create(body="of the class")

    def test_one(self):
        Note.objects.create(body="of the test")
        assert Note.objects.count() == 2

    test_two = test_one


class Committed(TransactionTestCase):
    def _fixture_teardown(self):
        pass

    def test_one(self):
        assert Note.objects.count() == 0
        Note.objects.create(body="stays, if nobody takes it back")

    test_two = test_one
"""


def project(folder: Path, tests: str, more: str) -> Path:
    (folder / "migrations").mkdir()
    (folder / "migrations" / "001_notes.sql").write_text(SCHEMA)
    (folder / "wsgi.py").write_text(WSGI)
    (folder / "asgi.py").write_text(ASGI)
    (folder / "test_notes.py").write_text(tests)
    (folder / "seamproof.toml").write_text(TOML + more)
    return folder


@pytest.mark.parametrize(
    "app", [pytest.param("wsgi:application", marks=pytest.mark.long), "asgi:make()"]
)
def test_an_application_is_called_where_the_tests_are(tmp_path: Path, app: str) -> None:
    folder = project(tmp_path, TESTS, f'app = "{app}"\n')
    done = run_tests(folder, "-s")
    assert done.code == 0, done.text
    assert done.passed == 5
    assert "checks need a service that is started" in done.text
    assert ("SHUT DOWN" in done.text) is app.startswith("asgi")


def test_a_suite_that_knows_nothing_of_us_is_isolated(tmp_path: Path) -> None:
    folder = project(tmp_path, PLAIN, "in_process = true\nevery_test = true\n")
    done = run_tests(folder)
    assert done.code == 0, done.text
    assert done.passed == 3
    assert "isolation undo: 3 resets" in done.text


@pytest.mark.long
def test_what_django_does_for_its_tests_goes_on(tmp_path: Path) -> None:
    folder = project(tmp_path, DJANGO, "in_process = true\nevery_test = true\n")
    done = run_tests(folder)
    assert done.code == 0, done.text
    assert done.passed == 4


@pytest.mark.long
def test_two_workers_are_a_service_each(tmp_path: Path) -> None:
    folder = project(tmp_path, TESTS, 'app = "wsgi:application"\n')
    (folder / "conftest.py").write_text("import wsgi\n")
    done = run_tests(folder, "-n", "2")
    assert done.code == 0, done.text
    assert done.passed == 5


@pytest.mark.parametrize("place", ["nowhere:application", "json:application", "json:load.er"])
def test_an_application_that_is_not_there_is_told(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigurationError, match=f"testing.app is '{place}', which cannot be"):
        load(place, tmp_path)
