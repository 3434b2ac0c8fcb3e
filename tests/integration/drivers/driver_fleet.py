"""Servers, with a boundary before them for each driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from boundary_harness import Loop, Proxy
from driver_requests import Driver, Target
from matrix_drivers import PYTHON
from node_drivers import NODE, Node, install

from seamproof.boundaries.authority import Authority, create_authority
from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.core.history import Crossing
from seamproof.core.protocols import Address
from seamproof.database.postgres import Postgres
from seamproof.database.settings import DatabaseSettings

TABLES = (
    "CREATE TABLE orders (id serial PRIMARY KEY, note text UNIQUE)",
    "CREATE TABLE lines (id serial PRIMARY KEY, note text)",
)
MACHINES = Address("127.0.0.1", 5432, "postgres", "", "postgres")
"""A server that the machine may have, and that may let anybody in."""


@dataclass(frozen=True)
class Variant:
    """A server, and whether the drivers must use TLS."""

    server: str = "embedded"
    tls: bool = False

    def __str__(self) -> str:
        return self.server + ("-tls" if self.tls else "")


class Bench:
    """A driver, its boundary, and a direct line to the same database."""

    def __init__(self, driver: Driver, proxy: Proxy, direct: psycopg.Connection[Any]) -> None:
        self.driver = driver
        self.proxy = proxy
        self.direct = direct
        self._learned: dict[str, tuple[Crossing, ...]] = {}

    def learn(self, request: str) -> tuple[Crossing, ...]:
        """Return the crossings of a clean request on a connection that is warm, as a check does."""
        if request not in self._learned:
            for _ in range(2):
                self.proxy.begin()
                self.driver.request(request, uuid4().hex)
            assert self.proxy.quiet()
            self._learned[request] = self.proxy.crossings()
        return self._learned[request]

    def stored(self, note: str) -> set[str]:
        """Return the tables that have a note."""
        query = (
            "SELECT 'orders' FROM orders WHERE note = %(note)s"
            " UNION ALL SELECT 'lines' FROM lines WHERE note = %(note)s"
        )
        return {table for (table,) in self.direct.execute(query, {"note": note})}

    def state(self, backend: int | None) -> str | None:
        """Return a backend's state, None where it has ended."""
        query = "SELECT state FROM pg_stat_activity WHERE pid = %s"
        found = self.direct.execute(query, (backend,)).fetchone()
        return found[0] if found else None


class Fleet:
    """Servers and benches, made when they are first asked for."""

    def __init__(self, ends: ExitStack, loop: Loop, workspace: Path, cache: Path) -> None:
        self._ends = ends
        self._loop = loop
        self._workspace = workspace
        self._cache = cache
        self._servers: dict[str, Address] = {}
        self._benches: dict[tuple[str, Variant], Bench] = {}
        self._node: Node | None = None
        self._authority: Authority | None = None

    def bench(self, driver: str, variant: Variant) -> Bench:
        """Return the bench of a driver. Skips the test where something needed is absent."""
        if (driver, variant) not in self._benches:
            self._benches[driver, variant] = self._make(driver, variant)
        return self._benches[driver, variant]

    def fresh(self, driver: str, variant: Variant) -> Bench:
        """Return a bench of a driver that has no connection yet."""
        return self._make(driver, variant)

    def boundary(self, upstream: Address, *, tls: bool = False) -> Proxy:
        """Start a boundary that is stopped with the session."""
        context = self.authority.context if tls else None
        boundary = PostgresBoundary(1, upstream.host, upstream.port, tls=context)
        self._loop.run(boundary.start())
        self._ends.callback(lambda: self._loop.run(boundary.stop()))
        return Proxy(self._loop, boundary, upstream)

    @property
    def authority(self) -> Authority:
        """The authority of every boundary that speaks TLS."""
        if self._authority is None:
            self._authority = create_authority(self._workspace / "authority")
        return self._authority

    def database(self, server: str) -> Address:
        """Return a database of our own on a server."""
        if server not in self._servers:
            admin = self._machines() if server == "machine" else self._embedded()
            address = self._ends.enter_context(_database(admin))
            with psycopg.connect(address.url(), autocommit=True) as connection:
                for table in TABLES:
                    connection.execute(table)
            self._servers[server] = address
        return self._servers[server]

    def _make(self, name: str, variant: Variant) -> Bench:
        upstream = self.database(variant.server)
        proxy = self.boundary(upstream, tls=variant.tls)
        proxy.begin()
        target = Target(proxy.address, self.authority.certificate if variant.tls else None)
        driver = PYTHON[name](target) if name in PYTHON else self._of_node(name, target)
        self._ends.callback(driver.close)
        direct = psycopg.connect(upstream.url(), autocommit=True)
        self._ends.callback(direct.close)
        return Bench(driver, proxy, direct)

    def _of_node(self, name: str, target: Target) -> Driver:
        if self._node is None:
            self._node = Node(install(self._cache))
            self._ends.callback(self._node.close)
        return NODE[name](target, self._node, name)

    def _embedded(self) -> Address:
        server = self._loop.run(Postgres().provision(DatabaseSettings(), self._workspace), 120)
        self._ends.callback(lambda: self._loop.run(server.stop(), 60))
        return server.admin

    def _machines(self) -> Address:
        try:
            psycopg.connect(MACHINES.url(), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            pytest.skip(f"no server lets us in at {MACHINES.host}:{MACHINES.port}: {error}")
        return MACHINES


@contextmanager
def _database(admin: Address) -> Iterator[Address]:
    name = f"seamproof_matrix_{uuid4().hex[:12]}"
    with psycopg.connect(admin.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield replace(admin, name=name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
