"""What it costs to bring a database back: our undo, against what else there is, in one run.

    uv run python benchmarks/reset.py [--quick]

60 tables with foreign keys; a change is 20 rows in 5 tables. Compared, on the same server with the
same settings: pytest-postgresql's fixture as shipped (one database a test), and CREATE DATABASE …
TEMPLATE with both strategies, of which only the CREATE itself is timed. An undo is timed from the
call until the next request may be sent, sequences included. All are interleaved, and medians are
taken. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from pytest_postgresql.janitor import DatabaseJanitor

from seamproof.core.protocols import Address
from seamproof.database.postgres import marker
from seamproof.database.postgres.backend import Postgres
from seamproof.database.postgres.database import PostgresDatabase
from seamproof.database.postgres.session import conninfo
from seamproof.database.settings import DatabaseSettings

TABLES = 60
WRITTEN = 5
SIZES = {"1k": 1_000, "100k": 100_000, "2m": 2_000_000}
UNDOS_A_ROUND = 10


def schema() -> str:
    return "".join(
        f"CREATE TABLE t{n} (id bigserial PRIMARY KEY, name text NOT NULL, qty int, price numeric,"
        f" at timestamptz DEFAULT now(), note text"
        f"{f', parent bigint REFERENCES t{n - 1}' if n else ''});"
        for n in range(TABLES)
    )


def rows(count: int) -> str:
    return "".join(
        f"INSERT INTO t{n} (name, qty, price, note{', parent' if n else ''})"
        f" SELECT 'name ' || g, g, g * 1.25, 'a note of some length'{', g' if n else ''}"
        f" FROM generate_series(1, {count // TABLES}) g;"
        for n in range(TABLES)
    )


WORK = "".join(
    f"INSERT INTO t{n} (name, qty) VALUES ('new', 1), ('new', 2);"
    f"UPDATE t{n} SET qty = qty + 1 WHERE id = 3;"
    f"DELETE FROM t{n} WHERE id = currval('t{n}_id_seq') - 1;"
    for n in range(20, 20 + WRITTEN)
)
"""Four changed rows in each of five tables."""


@contextlib.asynccontextmanager
async def server() -> AsyncIterator[Address]:
    with tempfile.TemporaryDirectory(prefix="seamproof-", dir="/var/tmp") as cache:
        os.chmod(cache, 0o755)  # noqa: PTH101
        os.environ["XDG_CACHE_HOME"] = cache
        provided = await Postgres().provision(DatabaseSettings(), Path(cache))
        try:
            yield provided.admin
        finally:
            await provided.stop()


async def execute(address: Address, *statements: str) -> None:
    async with await psycopg.AsyncConnection.connect(
        conninfo(address), autocommit=True
    ) as connection:
        for statement in statements:
            await connection.execute(statement.encode())


async def clone(maintenance: psycopg.AsyncConnection[Any], template: str, strategy: str) -> float:
    started = time.perf_counter()
    await maintenance.execute(
        f"CREATE DATABASE peer TEMPLATE {template} STRATEGY {strategy}".encode()
    )
    seconds = time.perf_counter() - started
    await maintenance.execute(b"DROP DATABASE peer")
    return seconds


def fixture(admin: Address, template: str) -> float:
    """What pytest-postgresql's `postgresql` fixture does round a test, less the test."""
    started = time.perf_counter()
    with DatabaseJanitor(
        user=admin.user,
        host=admin.host,
        port=admin.port,
        dbname="peer_fixture",
        template_dbname=template,
        maintenance_dbname="postgres",
        password=admin.password,
    ):
        psycopg.connect(conninfo(replace(admin, name="peer_fixture"))).close()
    return time.perf_counter() - started


async def undo(
    database: PostgresDatabase, service: psycopg.AsyncConnection[Any]
) -> tuple[float, float]:
    await service.execute(WORK.encode())
    started = time.perf_counter()
    changes = await database.changes()
    read = time.perf_counter()
    undone = await database.undo("base")
    ended = time.perf_counter()
    assert len(changes.rows) == 20
    assert not undone.cloned, undone.cloned
    return ended - read, read - started


async def measure(admin: Address, count: int, rounds: int) -> dict[str, float]:
    template, name = marker.fresh_name(), marker.fresh_name()
    await execute(admin, f"CREATE DATABASE {template} TEMPLATE template0")
    await execute(replace(admin, name=template), schema(), rows(count), "VACUUM ANALYZE")
    taken: dict[str, list[float]] = {}
    async with await psycopg.AsyncConnection.connect(
        conninfo(admin), autocommit=True
    ) as maintenance:
        await maintenance.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        await marker.mark_database(maintenance, name)
        address = replace(admin, name=name)
        database = await PostgresDatabase.open(address, address, template=template)
        await database.install_journal()
        async with await psycopg.AsyncConnection.connect(
            conninfo(address), autocommit=True
        ) as service:
            for _ in range(UNDOS_A_ROUND):
                await undo(database, service)
            for _ in range(rounds):
                for strategy in ("wal_log", "file_copy"):
                    seconds = await clone(maintenance, template, strategy)
                    taken.setdefault(strategy, []).append(seconds)
                seconds = await asyncio.to_thread(fixture, admin, template)
                taken.setdefault("pytest_postgresql", []).append(seconds)
                for _ in range(UNDOS_A_ROUND):
                    undone, read = await undo(database, service)
                    taken.setdefault("undo", []).append(undone)
                    taken.setdefault("changes", []).append(read)
        await database.audit()
        await database.drop()
        await maintenance.execute(f"DROP DATABASE {template}".encode())
    return {what: statistics.median(each) * 1000 for what, each in taken.items()}


async def journal_cost(admin: Address) -> float:
    """Microseconds that the journal adds to a row that is inserted and then updated."""
    name, count = marker.fresh_name(), 5_000
    await execute(admin, f"CREATE DATABASE {name} TEMPLATE template0")
    address = replace(admin, name=name)
    async with await psycopg.AsyncConnection.connect(conninfo(admin), autocommit=True) as each:
        await marker.mark_database(each, name)
    columns = "id int PRIMARY KEY, name text, qty int, price numeric, at timestamptz DEFAULT now()"
    await execute(address, f"CREATE TABLE watched ({columns})")
    database = await PostgresDatabase.open(address, address)
    await database.install_journal()
    taken: dict[str, list[float]] = {"watched": [], "plain": []}
    async with await psycopg.AsyncConnection.connect(conninfo(address)) as service:
        await service.execute(f"CREATE TEMP TABLE plain ({columns})".encode())
        for _ in range(10):
            for table, seconds in taken.items():
                started = time.perf_counter()
                await service.execute(
                    f"INSERT INTO {table} SELECT g, 'name ' || g, g, g * 1.25"
                    f" FROM generate_series(1, {count}) g".encode()
                )
                await service.execute(f"UPDATE {table} SET qty = qty + 1".encode())
                seconds.append(time.perf_counter() - started)
            await service.rollback()
            await service.execute(f"CREATE TEMP TABLE plain ({columns})".encode())
    await database.drop()
    added = statistics.median(taken["watched"]) - statistics.median(taken["plain"])
    return added / (2 * count) * 1e6


async def main(quick: bool) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    async with server() as admin:
        measured: dict[str, dict[str, float]] = {}
        for size, count in SIZES.items():
            if quick and size == "2m":
                continue
            measured[size] = await measure(admin, count, rounds=5 if size == "2m" else 8)
            line = "  ".join(f"{what} {ms:.2f}" for what, ms in measured[size].items())
            print(f"{size:>5} rows, ms: {line}", flush=True)
            found |= {f"{what}_ms_{size}": round(ms, 3) for what, ms in measured[size].items()}
        found["journal_us_per_row"] = round(await journal_cost(admin), 2)

    def best_clone(size: str) -> float:
        return min(measured[size]["wal_log"], measured[size]["file_copy"])

    small, middle, large = (measured.get(size) for size in SIZES)
    assert small is not None
    assert middle is not None
    found["vs_pytest_postgresql_100k"] = round(middle["pytest_postgresql"] / middle["undo"], 1)
    found["vs_best_clone_2m"] = round(best_clone("2m") / large["undo"], 1) if large else None
    found["growth_2m_over_1k"] = round(large["undo"] / small["undo"], 2) if large else None
    found["changes_read_vs_clone_1k"] = round(best_clone("1k") / small["changes"], 1)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out 2M rows")
    arguments = parser.parse_args()
    if sys.platform == "win32":
        outcome = asyncio.run(main(arguments.quick))
    else:
        import uvloop

        outcome = uvloop.run(main(arguments.quick))
    print(json.dumps(outcome))
