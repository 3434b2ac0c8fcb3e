"""What a suite costs with the pytest plugin, against the same suite on template databases.

    uv run python benchmarks/plugin.py [--quick] [--only NAME]

Three hundred tests, each with a request and a look at its rows, on a database with 100k rows. Both
suites call the same application in their own process, on the same server with the same settings.
The other one is pytest, httpx2 and pytest-postgresql, whose template is loaded once and copied for
each test. Isolation is the median of a test's set-up and teardown together.

- `overhead_ms` is what a test with one request takes beyond that request: the median of set-up,
  call and teardown together, without the seconds from sending to the answer's headers
- `ways_ms` is the median of a reset by each strategy, of the same tests on the same rows
- `n2_speedup` is of a suite of ours that lasts about a minute in one process (`n2_seconds`), of
  which `n2_opening_seconds` is what comes before and after its tests; the two worlds have a core
  each only where nothing else is done
- `collect_ms` is what the plugin adds to `pytest --collect-only` in a project that does not use it,
  in CPU time: the median of the differences of pairs of runs, one with and one without it, in
  changing order. `collect_spread_ms` is its standard error, by the quartiles: below it nothing is
  known. `import_ms` is what importing the plugin takes at the least, in a process that has pytest

`--only` measures one of suites, ways, overhead, workers, collecting. The last line is one JSON
object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
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
BARE = """
import pytest


@pytest.mark.parametrize("n", range({tests}))
def test_order(api, n):
    api.post("/orders", json={{"product": 1 + n, "quantity": 3}}).expect(201)
"""
OVERHEAD = """
import statistics
import pytest

spent = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    # The request's seconds are known while the fixture is there.
    sent = item.funcargs["seam"].record.sent if report.when == "call" else ()
    beyond = report.duration - sum(each.seconds for each in sent)
    spent[item.nodeid] = spent.get(item.nodeid, 0.0) + beyond
    return report


def pytest_sessionfinish():
    print(f"\\nOVERHEAD {statistics.median(list(spent.values())[1:])}")
"""
IMPORTING = """
import sys, time
import pytest

best = 1.0
for _ in range(200):
    for name in [each for each in sys.modules if each.startswith("seamproof")]:
        del sys.modules[name]
    began = time.thread_time()
    import seamproof.pytest_plugin
    import seamproof.pytest_plugin.activation
    best = min(best, time.thread_time() - began)
print(best)
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
isolation = "{way}"
"""
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


def printed(name: str, text: str) -> float:
    """A figure that a suite printed."""
    found = re.search(rf"{name} ([\d.e-]+)", text)
    assert found, text
    return float(found[1])


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_toml", ".toml").replace("_sql", ".sql")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def project(
    folder: Path,
    address: Address,
    schema: str,
    tests: str,
    *,
    way: str = "undo",
    measure: str = MEASURE,
) -> Path:
    configuration = CONFIGURATION.format(url=address.url(), way=way)
    return write(
        folder,
        **{"app.py": APPLICATION, "conftest.py": measure, "test_orders.py": tests},
        migrations__001_sql=schema,
        seamproof_toml=configuration,
    )


def suites(folder: Path, address: Address, rows: int, tests: int) -> dict[str, object]:
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
    own, other = printed("ISOLATION", text), printed("ISOLATION", other_text)
    print(f"isolation of a test: {1000 * own:.1f} ms, on template databases {1000 * other:.1f} ms")
    return {
        "isolation_ratio": round(other / own, 1),
        "suite_ratio": round(other_seconds / seconds, 2),
        "suite_seconds": round(seconds, 1),
    }


def ways(folder: Path, address: Address, rows: int, tests: int) -> dict[str, object]:
    """The same tests by each strategy."""
    schema = SCHEMA.format(half=rows // 2)
    found: dict[str, float] = {}
    for way in WAYS:
        source = OURS.format(tests=tests, requests=1)
        made = project(folder / way, address, schema, source, way=way)
        _, text = pytest(made)
        found[way] = printed(r"resets,", text)
        print(f"isolation {way}: {found[way]:.1f} ms in the median of {tests} tests, {rows} rows")
    return {"ways_ms": found}


def overhead(folder: Path, address: Address, rows: int, tests: int) -> dict[str, object]:
    """What a test with one request takes beyond that."""
    schema = SCHEMA.format(half=rows // 2)
    source = BARE.format(tests=tests)
    made = project(folder / "bare", address, schema, source, measure=OVERHEAD)
    _, text = pytest(made)
    found = 1000 * printed("OVERHEAD", text)
    print(f"a test with a request: {found:.1f} ms beyond that")
    return {"overhead_ms": round(found, 1)}


def speedup(folder: Path, address: Address, tests: int) -> dict[str, object]:
    """Of two workers."""
    schema = SCHEMA.format(half=1000)
    made = project(folder / "long", address, schema, OURS.format(tests=tests, requests=10))
    pytest(made, "-k", "test_order[0]")
    one, _ = pytest(made, "-k", "test_order[0]")
    alone, _ = pytest(made, "-n", "0")
    two, _ = pytest(made, "-n", "2")
    print(f"{tests} longer tests: {alone:.1f} s, with two workers {two:.1f} s; one: {one:.1f} s")
    return {
        "n2_speedup": round(alone / two, 2),
        "n2_seconds": round(alone, 1),
        "n2_opening_seconds": round(one, 1),
    }


def collecting(folder: Path, pairs: int) -> dict[str, object]:
    """Milliseconds of CPU that the plugin adds where nothing is configured."""
    write(folder / "plain", **{"test_it.py": "def test_it():\n    pass\n"})
    orders = ((), ("-p", "no:seamproof"))
    differences: list[float] = []
    for number in range(pairs):
        spent: dict[tuple[str, ...], float] = {}
        for arguments in orders if number % 2 else reversed(orders):
            before = _cpu()
            pytest(folder / "plain", "--collect-only", *arguments)
            spent[arguments] = 1000 * (_cpu() - before)
        differences.append(spent[orders[0]] - spent[orders[1]])
    low, added, high = statistics.quantiles(differences, n=4)
    # Of a median, with the deviation that a normal distribution has by its quartiles.
    spread = 1.253 * (high - low) / 1.349 / math.sqrt(pairs)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING], capture_output=True, text=True, check=True
    )
    importing = 1000 * float(done.stdout)
    print(f"collecting: {added:.1f} ms more, give or take {spread:.1f}; import {importing:.2f} ms")
    return {
        "collect_ms": round(added, 1),
        "collect_spread_ms": round(spread, 1),
        "import_ms": round(importing, 2),
    }


def _cpu() -> float:
    """Seconds of CPU that children have had."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def main(quick: bool, only: str) -> dict[str, object]:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "server").mkdir()
        server = await Postgres().provision(DatabaseSettings(), folder / "server")
        admin = server.admin
        rows, tests = (10_000, 40) if quick else (100_000, 300)
        figures: dict[str, Callable[[], dict[str, object]]] = {
            "suites": partial(suites, folder, admin, rows, tests),
            "ways": partial(ways, folder, admin, rows, 12),
            "overhead": partial(overhead, folder, admin, rows, tests),
            "workers": partial(speedup, folder, admin, 40 if quick else 900),
            "collecting": partial(collecting, folder, 8 if quick else 60),
        }
        found: dict[str, object] = {}
        try:
            for each in [only] if only else figures:
                found |= await asyncio.to_thread(figures[each])
        finally:
            await server.stop()
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    print(json.dumps(asyncio.run(main(chosen.quick, chosen.only))))
