"""The SQL boundary for PostgreSQL: one port on loopback in the place of the database."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection, Coroutine, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from seamproof.boundaries.entrance import Entrance
from seamproof.boundaries.hold import Hold
from seamproof.boundaries.ledger import CONNECT, Ledger
from seamproof.boundaries.link import Link, Upstream
from seamproof.boundaries.listening import Listening
from seamproof.boundaries.numbers import connection_numbers
from seamproof.boundaries.tls import TlsFailure
from seamproof.core.experiment import BoundaryKind, CrossingKey, Fault
from seamproof.core.history import Crossing, TransactionStatus
from seamproof.core.protocols import Activity
from seamproof.core.registry import boundary
from seamproof.wire.postgres.events import IDLE
from seamproof.wire.postgres.messages import ProtocolError

__all__ = ["CONNECT", "ConnectionState", "PostgresBoundary", "Startup"]

_LOOK_AGAIN: Final = 0.001


@dataclass(frozen=True, slots=True)
class Startup:
    """A StartupMessage: what a client asked to be connected to. `time` is monotonic."""

    user: str
    database: str
    application_name: str
    time: float


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """One connection of the service at this moment."""

    connection: int
    backend: int | None
    status: TransactionStatus | None
    """None until the server was first ready."""
    pending: bool
    held: bool = False


@boundary("postgres", title="SQL as PostgreSQL speaks it", kind=BoundaryKind.SQL)
class PostgresBoundary(Listening):
    """A PostgreSQL proxy that records statements, holds them, and injects faults that are real.

    It passes frames on one to one: no pooling, and the client authenticates with the database
    itself. TLS is offered where there is a context for it, and ends here: upstream is loopback. All
    times are `time.monotonic`.
    """

    kind = BoundaryKind.SQL

    def __init__(
        self,
        replica: int,
        upstream_host: str,
        upstream_port: int,
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(port)
        self.upstream = Upstream(upstream_host, upstream_port)
        self.ledger = Ledger(replica)
        self.paused = False
        self.isolation = ""
        """The level that every transaction begins at, whatever it names; empty for its own."""
        self.last = 0.0
        """When the last bytes passed, in either direction."""
        self.tls_failure: TlsFailure | None = None
        """The last client that went away because of TLS, where none has come through since."""
        self._tls = tls
        self.unread: list[Link] = []
        """The links that have forwarded what nobody has read."""
        self._links: dict[int, Link] = {}
        self._startups: list[Startup] = []
        self._violations: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    async def stop(self) -> None:
        """Close the port and every connection. A second call does nothing."""
        self._close_port()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in tuple(self._links.values()):
            link.abort()
        await self._empty.wait()

    # ------------------------------------------------------------------------ experiments

    def begin(self, epoch: float, faults: Sequence[Fault] = ()) -> None:
        """Forget what was seen, count occurrences anew from `epoch`, and arm the faults.

        Holds are released. Raises Bug for a fault that has no meaning at its crossing.
        """
        self._settle()
        self.ledger.begin(epoch, faults)

    def crossings(self) -> tuple[Crossing, ...]:
        """What crossed since `begin`, in order."""
        self._settle()
        return self.ledger.crossings()

    def reached(self) -> tuple[Fault, ...]:
        """The armed faults that were injected."""
        self._settle()
        return self.ledger.reached()

    def hold(self, key: CrossingKey | None) -> Hold:
        """Hold the crossing of this key, or all that come where it is None, before the server.

        Of an extended query what is held is its Bind, since that takes the snapshot. Crossings
        are counted from `begin`.
        """
        self._settle()
        return self.ledger.hold(key)

    def isolate(self, level: str | None) -> None:
        """Begin every transaction at this level, whatever it names; None leaves it its own."""
        self._settle()
        self.isolation = level or ""

    # ------------------------------------------------------------------------ quiet

    def activity(self) -> Activity:
        """What is under way."""
        self._settle()
        pending, open_transactions = 0, []
        for link in self._links.values():
            conversation = link.conversation
            pending += link.pending
            if conversation.status not in (None, IDLE):
                open_transactions.append(conversation.backend or 0)
        return Activity(pending, tuple(open_transactions), self.last)

    async def wait_quiet(self, silence: float, limit: float) -> bool:
        """Wait for `silence` seconds without bytes, a pending answer or an open transaction.

        Returns False where that does not come within `limit` seconds.
        """
        deadline = monotonic() + limit
        while True:
            self._settle()
            now = monotonic()
            busy = self._busy
            missing = silence - (now - self.last)
            if not busy and missing <= 0:
                return True
            if now >= deadline:
                return False
            wait = _LOOK_AGAIN if busy else missing
            await asyncio.sleep(min(wait, deadline - now))

    @property
    def _busy(self) -> bool:
        for link in self._links.values():
            if link.pending or link.conversation.status not in (None, IDLE):
                return True
        return False

    def last_of_acts(self, background: Collection[str]) -> float:
        """When the last crossing since `begin` was over that is not of a background shape."""
        self._settle()
        return self.ledger.last(background)

    def pause(self) -> None:
        """Keep back what idle connections and new ones send, until `resume`.

        A connection in a transaction goes on until that has ended.
        """
        self._settle()
        self.paused = True

    def resume(self) -> None:
        """Carry what was kept back, and no longer keep back anything."""
        self.paused = False
        for link in tuple(self._links.values()):
            link.resume()

    # ------------------------------------------------------------------------ connections

    def startups(self, since: int = 0) -> tuple[Startup, ...]:
        """Every StartupMessage since the boundary was started, but for the first `since`."""
        return tuple(self._startups[since:])

    def connections(self) -> tuple[ConnectionState, ...]:
        """Every connection whose backend may still be there."""
        self._settle()
        return tuple(
            ConnectionState(
                connection=link.number,
                backend=link.conversation.backend,
                status=TransactionStatus(chr(link.conversation.status))
                if link.conversation.status is not None
                else None,
                pending=link.pending,
                held=link.conversation.held,
            )
            for link in self._links.values()
        )

    def violations(self) -> tuple[str, ...]:
        """What broke the protocol, and whose fault it was."""
        return tuple(self._violations)

    def _settle(self) -> None:
        if self.unread:
            # In the order of their numbers, whoever spoke first: it is that of the record.
            links, self.unread = sorted(self.unread, key=lambda link: link.number), []
            for link in links:
                link.settle()

    # ------------------------------------------------------------------------ for links

    def _accept(self) -> asyncio.Protocol:
        link = Link(self, next(connection_numbers))
        self._links[link.number] = link
        self._empty.clear()
        return Entrance(link, self._tls)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a link's work and own it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def on_startup(self, parameters: dict[str, str]) -> None:
        """Note what a client asked to be connected to."""
        user = parameters.get("user", "")
        database = parameters.get("database", user)
        name = parameters.get("application_name", "")
        self.tls_failure = None
        self._startups.append(Startup(user, database, name, monotonic()))

    def on_violation(self, error: ProtocolError) -> None:
        """Note what broke the protocol."""
        self._violations.append(str(error))

    def on_tls_failure(self, failure: TlsFailure) -> None:
        """Note why a client went away."""
        self.tls_failure = failure

    def on_gone(self, link: Link) -> None:
        """Forget a link whose both sides are closed."""
        self._links.pop(link.number, None)
        if not self._links:
            self._empty.set()
