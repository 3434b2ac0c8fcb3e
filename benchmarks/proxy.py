"""What the SQL boundary costs: a round trip and a request, against pgbouncer and against none.

Needs pgbouncer (Debian's package of that name), Node and npm. The last line is one JSON object:

- `rtt_vs_pgbouncer`, `rtt_vs_direct`   a statement's round trip through the boundary by psycopg,
                                        prepared; the same by psycopg2, which does not prepare, and
                                        by node-postgres, prepared, end in `_psycopg2` and `_node`
- `request_vs_direct`                   an HTTP request of five statements to a small service as
                                        they are written (`services/shop.py`: FastAPI, SQLAlchemy)
- `request_vs_pgbouncer`                the same, against one through pgbouncer
- `bare_request_vs_direct`              the same request to a service without a framework
- `bare_request_vs_pgbouncer`           (`services/bare.py`), which does little else than wait for
                                        its five round trips

A request costs five round trips more than without us, whatever the service does beside them, and a
round trip through any process between the two costs two more wake-ups: pgbouncer, in C and without
a record, is within a few percent of the boundary. So what a service does itself decides
`request_vs_direct`. Users see the first of the two; the bare one is the most that they may see.

Medians over interleaved rounds; the means are printed beside them. The boundary has a process and a
uvloop of its own and records everything. As in a run it reaches the embedded server by its Unix
socket, and so does pgbouncer here; and it is asked for what crossed between the requests, never
during one: what that takes is printed, and is no part of a request.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import http.client
import json
import os
import pwd
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import psycopg2
import uvloop

from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.core.protocols import Address
from seamproof.database.postgres import Postgres
from seamproof.database.settings import DatabaseSettings

LOOPBACK = "127.0.0.1"
SETUP = """
CREATE TABLE products (id int PRIMARY KEY, stock int);
CREATE TABLE orders (id serial PRIMARY KEY, product int, quantity int);
INSERT INTO products SELECT n, 1000000 FROM generate_series(1, 100) n;
"""
QUERY = "SELECT stock FROM products WHERE id = %s"
NODE_POSTGRES = "pg@8.23.1"
NODE_ROUND_TRIPS = """
import { createInterface } from "node:readline";
import pg from "pg";

const query = { name: "stock", text: "SELECT stock FROM products WHERE id = $1", values: [7] };
const clients = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const { url, times } = JSON.parse(line);
  if (!clients.has(url)) {
    clients.set(url, new pg.Client(url));
    await clients.get(url).connect();
  }
  const taken = [];
  for (let number = 0; number < times; number++) {
    const start = process.hrtime.bigint();
    await clients.get(url).query(query);
    taken.push(Number(process.hrtime.bigint() - start) / 1e3);
  }
  console.log(JSON.stringify(taken));
}
process.exit();
"""

Way = Callable[[int], list[float]]
"""Does its work so many times, and says what each took in microseconds."""


# ---------------------------------------------------------------------------- what is compared


async def serve_boundary(host: str, port: int) -> None:
    """Run the boundary, print its port, and tell and forget what crossed at each line of input."""
    boundary = PostgresBoundary(0, host, port)
    await boundary.start()
    boundary.begin(time.monotonic())
    print(boundary.port, flush=True)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    async for _ in lines:
        start = time.perf_counter()
        crossings = boundary.crossings()
        boundary.begin(time.monotonic())
        print(len(crossings), time.perf_counter() - start, flush=True)
    await boundary.stop()


class Child:
    """A program in a process of its own, which prints its port first."""

    def __init__(self, program: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._answer())
        self.crossed = 0
        self.seconds = 0.0

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def ask(self) -> None:
        """Ask the boundary for what crossed."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        crossed, seconds = self._answer().split()
        self.crossed += int(crossed)
        self.seconds += float(seconds)

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


@contextlib.contextmanager
def pgbouncer(upstream: Address) -> Iterator[Address]:
    """Run pgbouncer with session pooling, which is what the boundary is comparable to."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        sys.exit("pgbouncer is not installed: apt-get install pgbouncer")
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        settings = Path(folder, "pgbouncer.ini")
        settings.write_text(
            f"[databases]\n{upstream.name} = host={upstream.host} port={upstream.port}"
            f" user={upstream.user} password={upstream.password}\n"
            f"[pgbouncer]\nlisten_addr = {LOOPBACK}\nlisten_port = {port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = session\nignore_startup_parameters = extra_float_digits\n"
        )
        command = [program, "-q", str(settings)]
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            identity = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
            command = ["setpriv", *identity, *command]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            yield Address(LOOPBACK, port, upstream.user, upstream.password, upstream.name)
        finally:
            process.terminate()
            process.wait()


def wait_for(port: int) -> None:
    """Wait until something listens. Raises OSError."""
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((LOOPBACK, port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextlib.asynccontextmanager
async def database() -> AsyncIterator[tuple[Address, Address]]:
    """Run the embedded server with the services' tables; by TCP, and by its Unix socket."""
    with tempfile.TemporaryDirectory() as folder:
        server = await Postgres().provision(DatabaseSettings(), Path(folder))
        try:
            with psycopg.connect(server.admin.url(), autocommit=True) as connection:
                connection.execute(SETUP)
            assert server.socket_directory, "the path of the temporary folder is too long"
            # pgbouncer runs as nobody.
            server.socket_directory.chmod(0o755)
            yield server.admin, replace(server.admin, host=str(server.socket_directory))
        finally:
            await server.stop()


# ---------------------------------------------------------------------------- what is timed


def timed(once: Callable[[], object]) -> Way:
    """Time something that is called here."""

    def way(times: int) -> list[float]:
        taken = []
        for _ in range(times):
            start = time.perf_counter()
            once()
            taken.append((time.perf_counter() - start) * 1e6)
        return taken

    return way


def by_psycopg(address: Address) -> Way:
    """Return round trips of a prepared statement on a connection that is kept."""
    connection = psycopg.connect(address.url(), autocommit=True, prepare_threshold=0)
    cursor = connection.cursor()
    return timed(lambda: cursor.execute(QUERY, (7,)))


def by_psycopg2(address: Address) -> Way:
    """Return round trips of a simple Query."""
    connection = psycopg2.connect(address.url())
    connection.autocommit = True
    cursor = connection.cursor()
    return timed(lambda: cursor.execute(QUERY, (7,)))


@contextlib.contextmanager
def node() -> Iterator[Callable[[Address], Way]]:
    """Run node-postgres; what is given makes round trips of a prepared statement."""
    if shutil.which("npm") is None:
        sys.exit("Node and npm are not installed")
    with tempfile.TemporaryDirectory() as folder:
        install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", folder]
        subprocess.run([*install, NODE_POSTGRES], check=True, stdout=subprocess.DEVNULL)
        script = Path(folder, "round_trips.mjs")
        script.write_text(NODE_ROUND_TRIPS)
        with subprocess.Popen(
            ["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:

            def way(url: str, times: int) -> list[float]:
                assert process.stdin
                assert process.stdout
                process.stdin.write(json.dumps({"url": url, "times": times}) + "\n")
                process.stdin.flush()
                return list(json.loads(process.stdout.readline()))

            yield lambda address: functools.partial(way, address.url())
            assert process.stdin
            process.stdin.close()


def requests(port: int) -> Way:
    """Return one request of five statements: BEGIN, SELECT, INSERT, UPDATE, COMMIT."""
    connection = http.client.HTTPConnection(LOOPBACK, port)

    def once() -> None:
        connection.request("POST", "/orders/7")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201

    return timed(once)


def measure(
    ways: dict[str, Way], rounds: int, each: int, between: Callable[[], None]
) -> dict[str, tuple[float, float]]:
    """Time every way in turn, `each` times a round; return median and mean in microseconds."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            taken = way(each)
            if number:  # the first round warms up
                times[name] += taken
            between()
    return {
        name: (statistics.median(taken), statistics.fmean(taken)) for name, taken in times.items()
    }


def ratio(taken: dict[str, tuple[float, float]], other: str, by: str = "") -> float:
    """Return how many times the other's median the boundary's is, by the same driver or service."""
    return round(taken["boundary" + by][0] / taken[other + by][0], 3)


async def main(rounds: int) -> None:
    """Measure and print."""
    async with database() as (upstream, nearest):
        with contextlib.ExitStack() as stack:
            here = Path(__file__)
            proxy = stack.enter_context(Child(here, "boundary", nearest.host, str(nearest.port)))
            addresses = {
                "direct": upstream,
                "pgbouncer": stack.enter_context(pgbouncer(nearest)),
                "boundary": replace(upstream, port=proxy.port),
            }
            drivers = {
                "": by_psycopg,
                "_psycopg2": by_psycopg2,
                "_node": stack.enter_context(node()),
            }
            # All at once, so that what else the machine does meets all alike.
            taken = measure(
                {
                    name + driver: make(address)
                    for driver, make in drivers.items()
                    for name, address in addresses.items()
                },
                rounds,
                40,
                proxy.ask,
            )
            services = {"": "shop.py", "_bare": "bare.py"}
            request = measure(
                {
                    name + service: requests(
                        stack.enter_context(
                            Child(here.parent / "services" / program, address.url())
                        ).port
                    )
                    for service, program in services.items()
                    for name, address in addresses.items()
                },
                rounds * 5,
                1,
                proxy.ask,
            )
    print(f"telling a crossing afterwards  {proxy.seconds / proxy.crossed * 1e6:.0f} us")
    for what, found in (("round trip", taken), ("request", request)):
        for name, (median, mean) in found.items():
            print(f"{what:10}  {name:19}  median {median:6.0f} us  mean {mean:6.0f} us")
    figures = {
        f"rtt_vs_{other}{driver}": ratio(taken, other, driver)
        for driver in drivers
        for other in ("pgbouncer", "direct")
    }
    for other in ("direct", "pgbouncer"):
        figures[f"request_vs_{other}"] = ratio(request, other)
        figures[f"bare_request_vs_{other}"] = ratio(request, other, "_bare")
    print(json.dumps(figures))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=80)
    parser.add_argument("part", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    match options.part:
        case ["boundary", host, port]:
            uvloop.run(serve_boundary(host, int(port)))
        case _:
            uvloop.run(main(options.rounds))
