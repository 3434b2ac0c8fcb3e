"""What a suite costs with the pytest plugin, against the same suite on template databases.

    uv run python benchmarks/plugin.py [--quick]

Three hundred tests, each with a request and a look at its rows, on a database with 100k rows. Both
suites call the same application in their own process, on the same server with the same settings.
The other one is pytest, httpx2 and pytest-postgresql, whose template is loaded once and copied for
each test. Isolation is the median of a test's set-up and teardown together.

`n2_speedup` is of a longer suite of ours; `collect_ms` is what the plugin adds to
`pytest --collect-only` in a project that does not use it. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from seamproof.core.protocols import Address
from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings

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
command = "{{python}} -m app {{port}}"
env = {{ DATABASE_URL = "{{database.url}}" }}
[database]
url = "{url}"
[testing]
fixtures = ["api", "db"]
app = "app:application"
"""
FIXTURES = """
from pathlib import Path
from pytest_postgresql import factories

server = factories.postgresql_noproc(
    host="{host}", port={port}, user="{user}", password="{password}",
    load=[Path(__file__).parent / "schema.sql"],
)
postgresql = factories.postgresql("server")
"""


def pytest(folder: Path, *arguments: str) -> tuple[float, str]:
    """Run the tests of a folder. Returns the seconds, and what was printed."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:randomly", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 5}:
        raise SystemExit(done.stdout[-4000:] + done.stderr[-2000:])
    return time.perf_counter() - began, done.stdout


def isolation(text: str) -> float:
    found = re.search(r"ISOLATION ([\d.e-]+)", text)
    assert found, text
    return float(found[1])


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_toml", ".toml").replace("_sql", ".sql")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def project(folder: Path, address: Address, schema: str, tests: str) -> Path:
    configuration = CONFIGURATION.format(url=address.url())
    return write(
        folder,
        **{"app.py": APPLICATION, "conftest.py": MEASURE, "test_orders.py": tests},
        migrations__001_sql=schema,
        seamproof_toml=configuration,
    )


def suites(folder: Path, address: Address, rows: int, tests: int) -> dict[str, float]:
    """Both suites, of the same tests."""
    schema = SCHEMA.format(half=rows // 2)
    ours = project(folder / "ours", address, schema, OURS.format(tests=tests, requests=1))
    given = {name: getattr(address, name) for name in ("host", "port", "user", "password")}
    others = write(
        folder / "others",
        **{
            "app.py": APPLICATION,
            "conftest.py": FIXTURES.format(**given) + MEASURE,
            "test_orders.py": OTHERS.format(tests=tests),
        },
        schema_sql=schema,
    )
    pytest(ours, "-k", "test_order[0]")  # migrates; so does whoever runs tests every day
    seconds, text = pytest(ours)
    other_seconds, other_text = pytest(others)
    print(
        f"{tests} tests, {rows} rows: {seconds:.1f} s, on template databases {other_seconds:.1f} s"
    )
    own, other = isolation(text), isolation(other_text)
    print(f"isolation of a test: {1000 * own:.1f} ms, on template databases {1000 * other:.1f} ms")
    return {
        "isolation_ratio": round(other / own, 1),
        "suite_ratio": round(other_seconds / seconds, 2),
        "suite_seconds": round(seconds, 1),
    }


def speedup(folder: Path, address: Address, tests: int) -> float:
    """Of two workers."""
    schema = SCHEMA.format(half=1000)
    made = project(folder / "long", address, schema, OURS.format(tests=tests, requests=10))
    pytest(made, "-k", "test_order[0]")
    alone, _ = pytest(made, "-n", "0")
    two, _ = pytest(made, "-n", "2")
    print(f"{tests} longer tests: {alone:.1f} s, with two workers {two:.1f} s")
    return alone / two


def collecting(folder: Path, rounds: int) -> float:
    """Milliseconds of CPU that the plugin adds where nothing is configured: the two by turns,
    medians."""
    write(folder / "plain", **{"test_it.py": "def test_it():\n    pass\n"})
    spent: dict[str, list[float]] = {"seamproof": [], "no:seamproof": []}
    for _ in range(rounds):
        for name, seconds in spent.items():
            arguments: Sequence[str] = ("-p", name) if name.startswith("no:") else ()
            before = _cpu()
            pytest(folder / "plain", "--collect-only", *arguments)
            seconds.append(_cpu() - before)
    with_plugin, without = (statistics.median(each) for each in spent.values())
    print(f"collecting: {1000 * with_plugin:.0f} ms, without the plugin {1000 * without:.0f} ms")
    return 1000 * (with_plugin - without)


def _cpu() -> float:
    """Seconds of CPU that children have had."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def main(quick: bool) -> dict[str, float]:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "server").mkdir()
        server = await Postgres().provision(DatabaseSettings(), folder / "server")
        try:
            rows, tests = (10_000, 40) if quick else (100_000, 300)
            found = await asyncio.to_thread(suites, folder, server.admin, rows, tests)
            gain = await asyncio.to_thread(speedup, folder, server.admin, 40 if quick else 300)
            added = await asyncio.to_thread(collecting, folder, 5 if quick else 25)
        finally:
            await server.stop()
    return {**found, "n2_speedup": round(gain, 2), "collect_ms": round(added, 1)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    print(json.dumps(asyncio.run(main(parser.parse_args().quick))))
