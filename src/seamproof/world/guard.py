"""The service must use the database that was made for it, and no other.

A service whose own `.env` overrides its database URL would write to a person's real database before
anyone notices. So no arrangement, sign-in or act is sent before, for every replica,

1. a startup packet that names our database (a random name) has passed the replica's own proxy, and
2. none of the replica's processes is connected to any other database.

Services that connect with their first request get a harmless one: GET of `service.ready`, then of
the OpenAPI document. If nothing has connected then, the run is refused: the first real request
would be the one that tells, and it would be too late.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from seamproof.boundaries.tls import TlsFailure
from seamproof.core.errors import SafetyError
from seamproof.world import probe, sockets
from seamproof.world.diagnosis import tls_hint
from seamproof.world.ports import LOOPBACK
from seamproof.world.processes import Process
from seamproof.world.sockets import Peer

DATABASE_PORTS = {
    1433: "a SQL Server by its port",
    1521: "an Oracle database by its port",
    3306: "a MySQL server by its port",
    5432: "a PostgreSQL server by its port",
    5433: "a PostgreSQL server by its port",
    6432: "a pgbouncer by its port",
    26257: "a CockroachDB by its port",
    27017: "a MongoDB by its port",
    33060: "a MySQL server by its port",
}
"""Ports on which a database is to be expected."""

_BY_PATH = re.compile(
    r"/(?:(?P<postgres>\.s\.PGSQL\.\d+)|(?P<mysql>mysqlx?d?\.sock)|(?P<mongo>mongodb-\d+\.sock))$"
)
_NAMES = {"postgres": "PostgreSQL server", "mysql": "MySQL server", "mongo": "MongoDB"}

_PATIENCE = 3.0
"""Seconds that a service may take to connect once it was asked something."""
_TICK = 0.05
_HINT = (
    "the service seems to take its database from elsewhere: a .env file, a settings module, a "
    "default. Let it use what service.env gives it"
)


class Startup(Protocol):
    """A startup packet, as a boundary saw it."""

    @property
    def database(self) -> str:
        """The database that it names."""
        ...


class SeesStartups(Protocol):
    """A boundary that keeps the startup packets that it saw."""

    def startups(self, since: int = 0) -> Sequence[Startup]:
        """Every one since the boundary was started, but for the first `since`."""
        ...

    @property
    def tls_failure(self) -> TlsFailure | None:
        """Why a client went away before its startup packet, where none has come since."""
        ...


@dataclass(slots=True)
class Watched:
    """A process, the boundary that it was given, and the database behind that."""

    process: Process
    boundary: SeesStartups | None
    """None for a process that was given no database."""
    database: str
    before: int = 0
    """Startup packets of processes that used the boundary earlier."""
    passed: int = 0
    """Startup packets of this process that were right: a service may connect for each request, and
    is looked at behind each."""

    def startups(self, since: int = 0) -> Sequence[Startup]:
        """The startup packets of this process, but for the first `since`."""
        return () if self.boundary is None else self.boundary.startups(self.before + since)

    def tls_hint(self) -> str:
        """What to do where it went away because of TLS."""
        return "" if self.boundary is None else tls_hint(self.boundary.tls_failure)


@dataclass(frozen=True, slots=True)
class Guard:
    """What is permitted in one world."""

    upstream: tuple[str, int]
    """Our server itself: only the proxies may connect there."""
    permitted: frozenset[int]
    """Ports on loopback that are the world's own: proxies, companions, stubs."""

    async def require(self, watched: Watched, port: int, paths: Iterable[str]) -> None:
        """Wait until a replica has connected to its database, asking it for `paths` until it does.

        Raises SafetyError where it uses another database, or has not used any.
        """
        deadline = time.monotonic() + _PATIENCE
        pending = list(paths)
        while not watched.startups() and time.monotonic() < deadline:
            self.check(watched)
            if pending:
                await probe.get(LOOPBACK, port, pending.pop(0), limit=_PATIENCE)
            else:
                await asyncio.sleep(_TICK)
        self.check(watched)
        if not watched.startups():
            raise SafetyError(
                f"{watched.process.launch.name} has not connected to the database that was made "
                "for it",
                hint=watched.tls_hint()
                or f"{_HINT}. If it connects only with its first request, set service.ready to a "
                "path that reads from the database",
                details=watched.process.log_tail(8),
            )

    def check(self, watched: Watched) -> None:
        """Raise SafetyError where a process uses another database at this moment."""
        self.check_startups(watched)
        for peer in sockets.of_family(watched.process.members()).peers:
            if kind := self.foreign(peer):
                raise SafetyError(
                    f"{watched.process.launch.name} is connected to {peer.place}, "
                    f"{kind}, and not only to the database that was made for it",
                    hint=_HINT,
                    details=(f"the connection is of {peer.program}, pid {peer.pid}",),
                )

    def check_startups(self, watched: Watched) -> None:
        """Raise SafetyError where a process has asked its proxy for another database."""
        found = watched.startups(watched.passed)
        for startup in found:
            if startup.database != watched.database:
                raise SafetyError(
                    f"{watched.process.launch.name} asks for the database {startup.database!r}, "
                    f"and not for {watched.database!r}, which was made for it",
                    hint=f"{_HINT}; a service with two databases is not supported",
                )
        watched.passed += len(found)

    def foreign(self, peer: Peer) -> str:
        """What a connection leads to where that is not permitted, else nothing."""
        if match := _BY_PATH.search(peer.host):
            return f"a {_NAMES[match.lastgroup or '']} by its socket"
        local = peer.host.startswith("127.") or peer.host == "::1"
        if local and peer.port in self.permitted:
            return ""
        if (peer.host, peer.port) == self.upstream or (local and peer.port == self.upstream[1]):
            return "the server behind its proxy"
        return DATABASE_PORTS.get(peer.port, "")
