"""A server of our own that wants SCRAM, a boundary before it, and a direct line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from boundary_harness import Loop, Proxy, open_proxy

from seamproof.boundaries.authority import Authority, create_authority
from seamproof.core.protocols import Address
from seamproof.database.postgres import Postgres
from seamproof.database.settings import DatabaseSettings

TABLE = "CREATE TABLE orders (id serial PRIMARY KEY, note text UNIQUE)"


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def upstream(loop: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A database with one table, on a server that authenticates by SCRAM."""
    workspace = tmp_path_factory.mktemp("server")
    server = loop.run(Postgres().provision(DatabaseSettings(), workspace), 120)
    try:
        with psycopg.connect(server.admin.url(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE boundary TEMPLATE template0")
        address = replace(server.admin, name="boundary")
        with psycopg.connect(address.url(), autocommit=True) as admin:
            admin.execute(TABLE)
        yield address
    finally:
        loop.run(server.stop(), 60)


@pytest.fixture
def direct(upstream: Address) -> Iterator[psycopg.Connection[Any]]:
    """A connection that does not pass the boundary, to an empty table."""
    with psycopg.connect(upstream.url(), autocommit=True) as connection:
        connection.execute("TRUNCATE orders RESTART IDENTITY")
        yield connection


@pytest.fixture
def proxy(loop: Loop, upstream: Address, direct: psycopg.Connection[Any]) -> Iterator[Proxy]:
    with open_proxy(loop, upstream) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return create_authority(tmp_path_factory.mktemp("authority") / "tls")
