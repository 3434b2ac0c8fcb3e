"""A database with a crowded schema, and what makes rows in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from seamproof.core.catalog import Catalog
from seamproof.core.protocols import Address
from seamproof.database.postgres.backend import Postgres
from seamproof.database.postgres.relations import catalog, load
from seamproof.database.postgres.session import connect
from seamproof.database.settings import DatabaseSettings
from seamproof.testing.factories.drafting import Source
from seamproof.testing.factories.make import Make

SCHEMA = Path(__file__).with_name("crowded.sql")


@contextmanager
def crowded(workspace: Path) -> Iterator[tuple[Address, Catalog]]:
    """A server with such a database, for as long as the block lasts."""
    with asyncio.Runner() as runner:
        server = runner.run(Postgres().provision(DatabaseSettings(), workspace))
        try:
            with psycopg.connect(server.admin.url(), autocommit=True) as admin:
                admin.execute("CREATE DATABASE crowded TEMPLATE template0")
            address = replace(server.admin, name="crowded")
            with psycopg.connect(address.url(), autocommit=True) as admin:
                admin.execute(SCHEMA.read_bytes())
            yield address, runner.run(_catalog(address))
        finally:
            runner.run(server.stop())


async def _catalog(address: Address) -> Catalog:
    async with await connect(address) as connection:
        return catalog(await load(connection, "public"))


class Crowd:
    """One test's connection, and its `make`. What is written is rolled back."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]], known: Catalog) -> None:
        self.connection = connection
        stored = {"countries": ({"code": "DE", "name": "Germany"},)}
        self._source = Source(known, lambda: connection, stored)
        self.make = self.maker("a test")

    def maker(self, test: str) -> Make:
        """What makes the rows of a test of this name."""
        return Make(self._source, test)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What a table holds."""
        return self.connection.execute(f"SELECT * FROM {table}".encode()).fetchall()


@contextmanager
def crowd(address: Address, known: Catalog) -> Iterator[Crowd]:
    """The database as it is made, for one test."""
    with (
        psycopg.connect(address.url(), autocommit=True, row_factory=dict_row) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield Crowd(connection, known)
