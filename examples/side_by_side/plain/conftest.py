"""What the suite needs beside the services: a database for each test, and a mailer.

    pytest plain --postgresql-host=127.0.0.1 --postgresql-port=5432 --postgresql-user=postgres

Each service is started as its framework has it, and pointed at the test's own database.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psycopg
import pytest
from pytest_postgresql import factories

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE))

server = factories.postgresql_noproc(load=[HERE / "migrations" / "0001_library.sql"])
database = factories.postgresql("server")


class Mailer:
    """The mailer's HTTP API, as far as it is called."""

    def __init__(self) -> None:
        self.calls: list[dict[str, str]] = []
        self.status = 202
        mailer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                mailer.calls.append(json.loads(self.rfile.read(length)))
                self.send_response(mailer.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mailer() -> Iterator[Mailer]:
    mailer = Mailer()
    yield mailer
    mailer.close()


@pytest.fixture(params=["fastapi", "flask", "django", "express"])
def service(
    request: pytest.FixtureRequest,
    database: psycopg.Connection,
    mailer: Mailer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[httpx.Client]:
    """The service on the test's database."""
    info = database.info
    url = f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("MAILER_URL", mailer.url)
    with STARTS[request.param](info) as client:
        yield client


@contextmanager
def fastapi(_: object) -> Iterator[httpx.Client]:
    from fastapi.testclient import TestClient

    with TestClient(importlib.import_module("fastapi_service").app) as client:
        yield client


@contextmanager
def flask(_: object) -> Iterator[httpx.Client]:
    app = importlib.import_module("flask_service").app
    transport = httpx.WSGITransport(app=app)
    with httpx.Client(transport=transport, base_url="http://service") as client:
        yield client


@contextmanager
def django(info: psycopg.ConnectionInfo) -> Iterator[httpx.Client]:
    application = importlib.import_module("django_service").application
    from django.db import connection

    # The settings are of the first test's database.
    connection.close()
    connection.settings_dict["NAME"] = info.dbname
    transport = httpx.WSGITransport(app=application)
    with httpx.Client(transport=transport, base_url="http://service") as client:
        yield client
    connection.close()


@contextmanager
def express(_: object) -> Iterator[httpx.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PORT": str(port)}
    process = subprocess.Popen(["node", "express_service.js"], cwd=HERE, env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            await_answer(client)
            yield client
    finally:
        process.terminate()
        process.wait()


STARTS = {"fastapi": fastapi, "flask": flask, "django": django, "express": express}


def await_answer(client: httpx.Client) -> None:
    for _ in range(100):
        try:
            client.get("/health").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError("the service does not answer")
