"""A database on a real server, a service's connection to it, and its full contents as text."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from seamproof.core.history import RowChange
from seamproof.core.protocols import Address
from seamproof.database.postgres import marker
from seamproof.database.postgres.backend import Postgres
from seamproof.database.postgres.database import PostgresDatabase
from seamproof.database.postgres.session import conninfo
from seamproof.database.settings import DatabaseSettings

_server: list[Address] = []


@pytest.fixture(scope="session")
def journal_server(own_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """The superuser of the server that `journaled` uses: one of our own, or SEAMPROOF_TEST_SERVER,
    a URL, to run these tests on another version.
    """
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(own_cache))
        url = os.environ.get("SEAMPROOF_TEST_SERVER", "")
        settings, workspace = DatabaseSettings(url=url), tmp_path_factory.mktemp("server")
        server = runner.run(Postgres().provision(settings, workspace))
        _server.append(server.admin)
        yield server.admin
        _server.clear()
        runner.run(server.stop())


def superuser(name: str = "postgres") -> Address:
    return replace(_server[0], name=name)


@dataclass
class Journaled:
    """A database under test."""

    database: PostgresDatabase
    service: AsyncConnection[dict[str, Any]]
    admin: Address

    async def execute(self, *statements: str) -> None:
        """Run statements as the service, each committed."""
        for statement in statements:
            await self.service.execute(statement.encode())

    async def reconnect(self) -> None:
        await self.service.close()
        self.service = await self.connect()

    async def connect(self, **options: str) -> AsyncConnection[dict[str, Any]]:
        return await AsyncConnection.connect(
            conninfo(self.database.address, **options), autocommit=True, row_factory=dict_row
        )

    async def rows(self, query: str) -> list[dict[str, Any]]:
        return await (await self.service.execute(query.encode())).fetchall()

    async def value(self, query: str) -> Any:
        (row,) = await self.rows(query)
        return next(iter(row.values()))

    async def changes(self) -> list[RowChange]:
        return list((await self.database.changes()).rows)


@asynccontextmanager
async def journaled(ddl: str, *, role_owns: bool = True) -> AsyncIterator[Journaled]:
    """A journaled database with this schema, its base marked. `{role}` in `ddl` is the service's.

    The schema is made by the service's role, or where `role_owns` is false by the superuser.
    """
    template, name = marker.fresh_name(), marker.fresh_name()
    role = marker.fresh_name()
    maintenance = await AsyncConnection.connect(conninfo(superuser()), autocommit=True)

    async def do(query: str, *names: str) -> None:
        await maintenance.execute(sql.SQL(query).format(*map(sql.Identifier, names)))

    owner = role if role_owns else superuser().user
    await do("CREATE ROLE {} LOGIN PASSWORD 'secret' NOSUPERUSER NOBYPASSRLS", role)
    await do("CREATE DATABASE {} TEMPLATE template0 OWNER {}", template, owner)
    await marker.mark_database(maintenance, template)
    try:
        at = superuser(template)
        owning = Address(at.host, at.port, role, "secret", template) if role_owns else at
        async with await AsyncConnection.connect(conninfo(owning)) as connection:
            await connection.execute(ddl.replace("{role}", role).encode())
        await do("CREATE DATABASE {} TEMPLATE {} OWNER {}", name, template, owner)
        await marker.mark_database(maintenance, name)
        admin = superuser(name)
        service = Address(admin.host, admin.port, role, "secret", name)
        database = await PostgresDatabase.open(admin, service, template=template)
        try:
            await database.install_journal()
            world = Journaled(database, None, admin)  # type: ignore[arg-type]
            world.service = await world.connect()
            try:
                yield world
            finally:
                await world.service.close()
        finally:
            await database.drop()
    finally:
        await do("DROP DATABASE IF EXISTS {} WITH (FORCE)", template)
        await do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        await do("DROP ROLE {}", role)
        await maintenance.close()


async def contents(admin: Address) -> dict[str, list[str]]:
    """Every row of every table and every sequence's state, read without any code under test."""
    found: dict[str, list[str]] = {}
    async with await AsyncConnection.connect(conninfo(admin), autocommit=True) as connection:
        cursor = await connection.execute(
            "SELECT format('%I.%I', n.nspname, relname), relkind FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relkind IN ('r', 'S') AND nspname !~ '^(pg_|information_schema|seamproof)'"
            " ORDER BY 1"
        )
        relations = await cursor.fetchall()
        texts = {"r": "(t.*)::text", "S": "concat(last_value, is_called)"}
        async with connection.pipeline():
            cursors = {
                name: await connection.execute(f"SELECT {texts[kind]} FROM ONLY {name} t".encode())
                for name, kind in relations
            }
            for name, cursor in cursors.items():
                found[name] = sorted(text for (text,) in await cursor.fetchall())
    return found
