"""What a suite costs with the pytest plugin, against the same suite on template databases.

    uv run python benchmarks/plugin.py [--quick] [--only NAME]

Three hundred tests, each with a request and a look at its rows, on a database with 100k rows. Both
suites call the same application in their own process, on the same server with the same settings.
The other one is pytest, httpx2 and pytest-postgresql, whose template is loaded once and copied for
each test. Isolation is the median of a test's set-up and teardown together.

- `overhead_ms` is what a test with one request takes more than the same request in a plain test: of
  a service in a process of its own, by httpx2, with one client and one database for all tests, and
  nobody who takes back what they write. Medians of set-up, call and teardown together, of suites
  that are run in turns; the median of the turns' differences, of which `overhead_spread_ms` are the
  least and the greatest. `overhead_within_ms` is of an application in the tests' own process, which
  connects for each request
- `ways_ms` is the median of a reset by each strategy, of the same tests on the same rows
- `n2_speedup` is of a suite of ours that lasts about a minute in one process (`n2_seconds`), of
  which `n2_opening_seconds` is what comes before and after its tests. `n2_plain_speedup` is what
  two workers are to a plain suite that lasts as long, of the same requests: there the two have a
  database and a service each as well
- `collect_ms` is what the plugin adds to `pytest --collect-only` in a project that does not use it,
  in CPU time: see `plugin_collecting.py`. `collect_spread_ms` is its standard error: below it
  nothing is known. `import_ms` is what importing the plugin takes at the least

`--only` measures one of suites, ways, overhead, workers, collecting. The last line is one JSON
object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from plugin_collecting import collecting
from plugin_projects import (
    BARE,
    OURS,
    PLAIN,
    PLAIN_LONG,
    SCHEMA,
    WAYS,
    WHOLE,
    others,
    plain,
    project,
)

from seamproof.core.protocols import Address
from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings

REQUESTS = 10
"""Of a test of the longer suite."""
PILOT = 60
"""Its tests, of which the time is taken to know how many last a minute."""
MOST = 8000
ALIEN = ("hypothesispytest", "pytest_postgresql", "faker")
"""Plugins of this environment that such a project would not have: each process imports them."""


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


def suites(folder: Path, server: Address, rows: int, tests: int) -> dict[str, object]:
    """Both suites, of the same tests."""
    schema = SCHEMA.format(half=rows // 2)
    ours = project(folder / "ours", server, schema, OURS.format(tests=tests, requests=1))
    templates = others(folder / "others", server, schema, tests)
    pytest(ours, "-k", "test_order[0]")  # migrates; so does whoever runs tests every day
    seconds, text = pytest(ours)
    other_seconds, other_text = pytest(templates)
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


def ways(folder: Path, server: Address, rows: int, tests: int) -> dict[str, object]:
    """The same tests by each strategy."""
    schema = SCHEMA.format(half=rows // 2)
    found: dict[str, float] = {}
    for way in WAYS:
        source = OURS.format(tests=tests, requests=1)
        made = project(folder / way, server, schema, source, way=way)
        _, text = pytest(made)
        found[way] = printed(r"resets,", text)
        print(f"isolation {way}: {found[way]:.1f} ms in the median of {tests} tests, {rows} rows")
    return {"ways_ms": found}


def overhead(folder: Path, server: Address, rows: int, tests: int, turns: int) -> dict[str, object]:
    """What a test with one request takes more than a plain one."""
    apart = _overhead(folder / "apart", server, rows, tests, turns, within=False)
    within = _overhead(folder / "within", server, rows, tests, turns, within=True)
    return {
        "overhead_ms": round(statistics.median(apart), 1),
        "overhead_spread_ms": [round(min(apart), 1), round(max(apart), 1)],
        "overhead_within_ms": round(statistics.median(within), 1),
    }


def _overhead(
    folder: Path, server: Address, rows: int, tests: int, turns: int, *, within: bool
) -> list[float]:
    schema = SCHEMA.format(half=rows // 2)
    bare, unaided = BARE.format(tests=tests), PLAIN.format(tests=tests)
    ours = project(folder / "ours", server, schema, bare, measure=WHOLE, within=within)
    other = plain(folder / "plain", server, schema, unaided, measure=WHOLE, within=within)
    pytest(ours, "-k", "test_order[0]")
    found: list[float] = []
    for _ in range(turns):
        own, less = (1000 * printed("WHOLE", pytest(each)[1]) for each in (ours, other))
        where = "in the tests' process" if within else "in its own process"
        print(f"a test of a service {where}: {own:.1f} ms, a plain one {less:.1f} ms")
        found.append(own - less)
    return found


def speedup(folder: Path, server: Address, seconds: float) -> dict[str, object]:
    """Of two workers, in suites that last so long in one process."""
    schema = SCHEMA.format(half=MOST)

    def ours(tests: int) -> Path:
        source = OURS.format(tests=tests, requests=REQUESTS)
        return project(folder / "long", server, schema, source, within=False)

    def unaided(tests: int) -> Path:
        source = PLAIN_LONG.format(tests=tests, requests=REQUESTS)
        return plain(folder / "plain-long", server, schema, source, within=False)

    opening, own = _sized(ours, seconds)
    _, other = _sized(unaided, seconds)
    alone, plain_alone = (_timed(each, "-n", "0") for each in (own, other))
    two, plain_two = (_timed(each, "-n", "2") for each in (own, other))
    print(f"ours: {alone:.1f} s, with two workers {two:.1f} s; of one test {opening:.1f} s")
    print(f"plain ones: {plain_alone:.1f} s, with two workers {plain_two:.1f} s")
    return {
        "n2_speedup": round(alone / two, 2),
        "n2_plain_speedup": round(plain_alone / plain_two, 2),
        "n2_seconds": round(alone, 1),
        "n2_opening_seconds": round(opening, 1),
    }


def _sized(suite: Callable[[int], Path], seconds: float) -> tuple[float, Path]:
    """The seconds of one test alone, and the suite with as many as last so long."""
    pilot = suite(PILOT)
    _timed(pilot, "-k", "test_order[0]")  # migrates
    one = _timed(pilot, "-k", "test_order[0]")
    several = _timed(pilot)
    tests = round((PILOT - 1) * (seconds - one) / (several - one))
    return one, suite(min(MOST, max(PILOT, tests)))


def _timed(suite: Path, *arguments: str) -> float:
    without = [each for name in ALIEN for each in ("-p", f"no:{name}")]
    return pytest(suite, *arguments, *without)[0]


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
            "overhead": partial(overhead, folder, admin, rows, tests, 1 if quick else 5),
            "workers": partial(speedup, folder, admin, 10.0 if quick else 60.0),
            "collecting": partial(collecting, folder, 10 if quick else 100),
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
