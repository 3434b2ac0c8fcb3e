"""The projects that `plugin.py` runs: a service, its schema, and suites that test it.

- `project`  a suite of ours; its service is in the tests' own process or in one of its own
- `plain`    the same requests to the same service on the same server, and nothing of ours: one
             client and one database a session, and nobody takes back what a test has written
- `others`   a suite on template databases
"""

from __future__ import annotations

from pathlib import Path

from seamproof.core.protocols import Address

SCHEMA = """
CREATE TABLE products (id bigserial PRIMARY KEY, name text NOT NULL, stock int NOT NULL);
CREATE TABLE orders (
    id bigserial PRIMARY KEY, product bigint NOT NULL REFERENCES products, quantity int NOT NULL
);
INSERT INTO products (name, stock) SELECT 'product ' || g, 100 FROM generate_series(1, {half}) g;
INSERT INTO orders (product, quantity) SELECT 1 + g % {half}, 1 FROM generate_series(1, {half}) g;
"""
APPLICATION = """
import json
import os
import psycopg

URL = os.environ.get("DATABASE_URL", "")


def application(environ, start_response):
    line = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    with psycopg.connect(URL) as connection:
        connection.execute(
            "UPDATE products SET stock = stock - %s WHERE id = %s",
            [line["quantity"], line["product"]],
        )
        query = "INSERT INTO orders (product, quantity) VALUES (%s, %s) RETURNING id"
        row = connection.execute(query, [line["product"], line["quantity"]]).fetchone()
    start_response("201 Created", [("Content-Type", "application/json")])
    return [json.dumps({"id": row[0]}).encode()]
"""
SERVICE = """
import os
from contextlib import asynccontextmanager
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=4, open=False)


@asynccontextmanager
async def lifespan(application):
    async with pool:
        yield


async def order(request):
    line = await request.json()
    async with pool.connection() as connection:
        await connection.execute(
            "UPDATE products SET stock = stock - %s WHERE id = %s",
            [line["quantity"], line["product"]],
        )
        query = "INSERT INTO orders (product, quantity) VALUES (%s, %s) RETURNING id"
        cursor = await connection.execute(query, [line["product"], line["quantity"]])
        (number,) = await cursor.fetchone()
    return JSONResponse({"id": number}, 201)


async def health(request):
    return JSONResponse({})


routes = [Route("/orders", order, methods=["POST"]), Route("/health", health)]
application = Starlette(routes=routes, lifespan=lifespan)
"""
RUN = "-m uvicorn app:application --log-level warning --port"
MEASURE = """
import statistics
import pytest

spent = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when != "call":
        spent[item.nodeid] = spent.get(item.nodeid, 0.0) + report.duration
    return report


def pytest_sessionfinish():
    # The first has the set-up of the session.
    if len(spent) > 1:
        print(f"\\nISOLATION {statistics.median(list(spent.values())[1:])}")
"""
WHOLE = """
import statistics
import pytest

spent = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    spent[item.nodeid] = spent.get(item.nodeid, 0.0) + report.duration
    return report


def pytest_sessionfinish():
    # The first has the set-up of the session.
    if len(spent) > 1:
        print(f"\\nWHOLE {statistics.median(list(spent.values())[1:])}")
"""
OURS = """
import pytest
from seamproof.testing import inserted, updated


@pytest.mark.parametrize("n", range({tests}))
def test_order(api, db, n):
    for _ in range({requests}):
        with db.changes() as changed:
            api.post("/orders", json={{"product": 1 + n, "quantity": 3}}).expect(201)
        assert changed["orders"][0].new["quantity"] == 3
    assert db.value("SELECT stock FROM products WHERE id = %s", 1 + n) == 100 - 3 * {requests}
"""
BARE = """
import pytest


@pytest.mark.parametrize("n", range({tests}))
def test_order(api, n):
    api.post("/orders", json={{"product": 1 + n, "quantity": 3}}).expect(201)
"""
PLAIN = """
import pytest


@pytest.mark.parametrize("n", range({tests}))
def test_order(client, n):
    answer = client.post("/orders", json={{"product": 1 + n, "quantity": 3}})
    assert answer.status_code == 201
"""
PLAIN_LONG = """
import pytest


@pytest.mark.parametrize("n", range({tests}))
def test_order(client, rows, n):
    for _ in range({requests}):
        answer = client.post("/orders", json={{"product": 1 + n, "quantity": 3}})
        assert answer.status_code == 201
        query = "SELECT quantity FROM orders WHERE id = %s"
        assert rows.execute(query, [answer.json()["id"]]).fetchone() == (3,)
    (stock,) = rows.execute("SELECT stock FROM products WHERE id = %s", [1 + n]).fetchone()
    assert stock == 100 - 3 * {requests}
"""
PLAIN_FIXTURES = """
import os, socket, subprocess, sys, time
from pathlib import Path
import httpx2
import psycopg
import pytest


@pytest.fixture(scope="session")
def url():
    name = "plain_" + os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with psycopg.connect("{server}", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {{name}} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {{name}}")
    url = "{server}".rpartition("/")[0] + "/" + name
    with psycopg.connect(url) as connection:
        connection.execute(Path("migrations/001.sql").read_bytes())
    return url


@pytest.fixture(scope="session")
def rows(url):
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def within(url):
    import app

    app.URL = url
    transport = httpx2.WSGITransport(app=app.application)
    with httpx2.Client(transport=transport, base_url="http://testserver") as client:
        yield client


def apart(url):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    environment = {{**os.environ, "DATABASE_URL": url}}
    command = [sys.executable, *"{run}".split(), port]
    service = subprocess.Popen(command, env=environment)
    with httpx2.Client(base_url=f"http://127.0.0.1:{{port}}", trust_env=False) as client:
        while True:
            try:
                client.get("/health")
                break
            except httpx2.TransportError:
                time.sleep(0.05)
        yield client
    service.terminate()
    service.wait()


@pytest.fixture(scope="session")
def client(url):
    yield from {where}(url)
"""
OTHERS = """
import httpx2
import pytest
import app


@pytest.fixture
def client(postgresql):
    found = postgresql.info
    names = ("host", "port", "user", "password", "dbname")
    app.URL = " ".join(f"{{name}}={{getattr(found, name)}}" for name in names)
    transport = httpx2.WSGITransport(app=app.application)
    with httpx2.Client(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.mark.parametrize("n", range({tests}))
def test_order(client, postgresql, n):
    answer = client.post("/orders", json={{"product": 1 + n, "quantity": 3}})
    assert answer.status_code == 201
    (stock,) = postgresql.execute("SELECT stock FROM products WHERE id = %s", [1 + n]).fetchone()
    assert stock == 97
    query = "SELECT quantity FROM orders WHERE id = %s"
    assert postgresql.execute(query, [answer.json()["id"]]).fetchone() == (3,)
"""
CONFIGURATION = """
[service]
command = "{{python}} {run} {{port}}"
ready = "/health"
env = {{ DATABASE_URL = "{{database.url}}" }}
[database]
url = "{url}"
[testing]
fixtures = ["api", "db"]
isolation = "{way}"
"""
WITHIN = 'app = "app:application"\n'
WAYS = ("undo", "transaction", "truncate", "clone", "unique")
FIXTURES = """
from pathlib import Path
from pytest_postgresql import factories

server = factories.postgresql_noproc(
    host="{host}", port={port}, user="{user}", password="{password}",
    load=[Path(__file__).parent / "schema.sql"],
)
postgresql = factories.postgresql("server")
"""


def write(folder: Path, **files: str) -> Path:
    """Write files, whose names are keywords."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_toml", ".toml").replace("_sql", ".sql")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def project(
    folder: Path,
    server: Address,
    schema: str,
    tests: str,
    *,
    way: str = "undo",
    measure: str = MEASURE,
    within: bool = True,
) -> Path:
    """Ours; `within` is whether the service is in the tests' own process."""
    configuration = CONFIGURATION.format(url=server.url(), way=way, run=RUN)
    application = APPLICATION if within else SERVICE
    return write(
        folder,
        **{"app.py": application, "conftest.py": measure, "test_orders.py": tests},
        migrations__001_sql=schema,
        seamproof_toml=configuration + (WITHIN if within else ""),
    )


def plain(
    folder: Path, server: Address, schema: str, tests: str, *, within: bool, measure: str = MEASURE
) -> Path:
    """Nothing of ours."""
    where = "within" if within else "apart"
    fixtures = PLAIN_FIXTURES.format(server=server.url(), run=RUN, where=where)
    application = APPLICATION if within else SERVICE
    return write(
        folder,
        **{"app.py": application, "conftest.py": fixtures + measure, "test_orders.py": tests},
        migrations__001_sql=schema,
    )


def others(folder: Path, server: Address, schema: str, tests: int) -> Path:
    """On template databases."""
    given = {name: getattr(server, name) for name in ("host", "port", "user", "password")}
    return write(
        folder,
        **{
            "app.py": APPLICATION,
            "conftest.py": FIXTURES.format(**given) + MEASURE,
            "test_orders.py": OTHERS.format(tests=tests),
        },
        schema_sql=schema,
    )
