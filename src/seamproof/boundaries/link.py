"""One client's connection and its upstream: the transports round a conversation.

    service <-> ClientSide <-> Link(Conversation) <-> ServerSide <-> database

Upstream is dialled when there is something to say to it. When the client is gone the upstream is
half-closed and read to its end: only then has the backend done what it was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, cast

from seamproof.boundaries.ledger import Ledger, Record
from seamproof.boundaries.tls import TlsFailure, TlsTransport
from seamproof.wire.postgres.conversation import Conversation
from seamproof.wire.postgres.events import Action, Output, Statement
from seamproof.wire.postgres.faults import Order
from seamproof.wire.postgres.messages import ProtocolError, fatal

CANNOT_CONNECT = "08001"
PROTOCOL_VIOLATION = "08P01"
UNREAD_SIZE = 256 * 1024
UNREAD_PIECES = 256
"""How much of what was forwarded may be unread."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the database is. A host that begins with a slash is a folder of Unix sockets."""

    host: str
    port: int

    async def dial(self, factory: Callable[[], asyncio.Protocol]) -> None:
        """Connect. Raises OSError."""
        loop = asyncio.get_running_loop()
        if self.host.startswith("/"):
            path = f"{self.host}/.s.PGSQL.{self.port}"
            await loop.create_unix_connection(factory, path)
        else:
            await loop.create_connection(factory, self.host, self.port)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Owner(Protocol):
    """What a link needs of its boundary."""

    ledger: Ledger
    upstream: Upstream
    paused: bool
    isolation: str
    last: float
    unread: list[Link]

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run this and await it before the boundary is stopped."""
        ...

    def on_startup(self, parameters: dict[str, str]) -> None:
        """Take a StartupMessage."""
        ...

    def on_violation(self, error: ProtocolError) -> None:
        """Take what broke the protocol."""
        ...

    def on_tls_failure(self, failure: TlsFailure) -> None:
        """Take why a client went away before its StartupMessage."""
        ...

    def on_gone(self, link: Link) -> None:
        """Forget a link whose both sides are closed."""
        ...


class Link:
    """Carries bytes both ways, in the order that its conversation gives, and is its gate."""

    def __init__(self, owner: Owner, number: int) -> None:
        self.number = number
        self.conversation = Conversation(self)
        self._owner = owner
        self._ledger = owner.ledger
        self._client: asyncio.Transport | None = None
        self._server: asyncio.Transport | None = None
        self._dialling = False
        self._unsent: list[bytes] = []
        self._stash: list[bytes] = []
        self._unread: list[tuple[Callable[[bytes, float], None], bytes, float]] = []
        self._unread_size = 0
        self._client_ended = False

    @property
    def pending(self) -> bool:
        """Whether an answer, or the backend's end, is awaited."""
        gone = self._client is None and (self._server is not None or self._dialling)
        return gone or self.conversation.pending

    @property
    def alone(self) -> bool:
        """Whether both sides are closed."""
        return self._client is None and self._server is None and not self._dialling

    # ------------------------------------------------------------------------ the gate

    @property
    def armed(self) -> bool:
        """Whether a fault or a hold waits for its crossing."""
        return self._ledger.armed or bool(self._owner.isolation)

    @property
    def isolation(self) -> str:
        """The level that transactions begin at; empty for their own."""
        return self._owner.isolation

    def on_connect(self, statement: Statement, parameters: dict[str, str]) -> Order | None:
        """Note the database that the client asks for."""
        self._owner.on_startup(parameters)
        return self._ledger.add(Record(statement, self.number, self.conversation, connects=True))

    def on_statement(self, statement: Statement) -> Order | None:
        """Record a statement."""
        return self._ledger.add(Record(statement, self.number, self.conversation))

    def on_passed(self, statement: Statement) -> None:
        """Record a statement that it is too late to fault."""
        self._ledger.note(Record(statement, self.number, self.conversation))

    def holds(self, sql: str) -> bool:
        """Hold the statement where a hold waits for it."""
        hold = self._ledger.held(sql)
        if hold is None:
            return False
        hold.take(self._release)
        return True

    def _release(self) -> None:
        try:
            self._perform(self.conversation.release(monotonic()))
        except ProtocolError as error:
            self.violated(error)
        self._read_client(True)
        self._end_upstream()

    # ------------------------------------------------------------------------ the client's side

    def client_made(self, transport: asyncio.Transport) -> None:
        """Take the client's transport, and once more where TLS takes its place."""
        self._client = transport

    def client_data(self, data: bytes) -> None:
        """Carry bytes to the server."""
        self._owner.last = now = monotonic()
        if not self._owner.paused and self._server is not None and self.conversation.transparent:
            self._server.write(data)
            self._show_later(self.conversation.saw_client, data, now)
            return
        self.settle()
        if self._stash or (self._owner.paused and self.conversation.idle):
            self._stash.append(data)
            self._read_client(False)
            return
        try:
            to_server, to_client, action = self.conversation.from_client(data, now)
        except ProtocolError as error:
            self.violated(error)
            return
        if to_server and self._server is not None:
            self._server.write(to_server)
            to_server = b""
        if to_server or to_client or action is not None:
            self._perform(Output(to_server, to_client, action))

    def client_ended(self) -> None:
        """Pass the client's half-close on, behind all that it sent."""
        self._client_ended = True
        self._end_upstream()

    def client_lost(self) -> None:
        """Read the server to its end when the client is gone."""
        self._client = None
        self.client_ended()
        self.throttle(client=True, paused=False)
        self._part()

    def resume(self) -> None:
        """Carry what was stashed while the boundary was paused."""
        stash, self._stash = self._stash, []
        if stash:
            self._read_client(True)
            self.client_data(b"".join(stash))
        self._end_upstream()

    def _end_upstream(self) -> None:
        if not self._client_ended or self._stash or self.conversation.held or self._unsent:
            return
        if self._server is None:
            # Nothing was asked of the server, so it will not be the one to end.
            if self._client is not None:
                self._client.close()
        elif not self._server.is_closing():
            self._server.write_eof()

    def tls_failed(self, failure: TlsFailure) -> None:
        """Note why the client goes away before its StartupMessage."""
        self._owner.on_tls_failure(failure)

    # ------------------------------------------------------------------------ the server's side

    def server_made(self, transport: asyncio.Transport) -> None:
        """Take the server's transport, and say what waited for it."""
        self._dialling = False
        self._server = transport
        transport.write(b"".join(self._unsent))
        self._unsent = []
        self._end_upstream()

    def server_data(self, data: bytes) -> None:
        """Carry bytes to the client."""
        self._owner.last = now = monotonic()
        if self._client is not None and self.conversation.transparent:
            self._client.write(data)
            self._show_later(self.conversation.saw_server, data, now)
            return
        self.settle()
        try:
            to_server, to_client, action = self.conversation.from_server(data, now)
        except ProtocolError as error:
            self.violated(error)
            return
        if to_client and self._client is not None:
            self._client.write(to_client)
        if to_server or action is not None:
            self._perform(Output(to_server, action=action))

    def server_lost(self) -> None:
        """End the client's connection as well, behind what the server said last."""
        self._server = None
        self.settle()
        # That a backend ends whose client has left is no sign of the service.
        if not self._client_ended or self.conversation.pending:
            self._owner.last = monotonic()
        if self._client is not None:
            self._client.close()
        self._part()

    # ------------------------------------------------------------------------ both

    def _show_later(self, saw: Callable[[bytes, float], None], data: bytes, now: float) -> None:
        """Keep what was forwarded until somebody asks: nothing in a request waits for reading it.

        In Python reading costs a round trip 25 us, and doing it while the other side works still
        takes a core from it.
        """
        if not self._unread:
            self._owner.unread.append(self)
        self._unread.append((saw, data, now))
        self._unread_size += len(data)
        if self._unread_size > UNREAD_SIZE or len(self._unread) > UNREAD_PIECES:
            self.settle()

    def settle(self) -> None:
        """Read everything that was forwarded unread. Before anything is asked or armed."""
        if not self._unread:
            return
        unread, self._unread, self._unread_size = self._unread, [], 0
        try:
            for saw, data, now in unread:
                saw(data, now)
        except ProtocolError as error:
            self.violated(error)

    def throttle(self, *, client: bool, paused: bool) -> None:
        """Stop or go on reading the other side of one whose buffer is full or has room."""
        if client:
            _read(self._server, not paused)
        else:
            self._read_client(not paused)

    def _read_client(self, wanted: bool) -> None:
        _read(self._client, wanted and not (self._stash or self.conversation.held))

    def abort(self) -> None:
        """End both connections at once."""
        for transport in (self._client, self._server):
            if transport is not None:
                transport.abort()

    def _perform(self, output: Output) -> None:
        if output.to_server:
            if self._server is not None:
                self._server.write(output.to_server)
            else:
                self._unsent.append(output.to_server)
                self._dial()
        if output.to_client and self._client is not None:
            self._client.write(output.to_client)
        if output.action is Action.CLOSE:
            if isinstance(self._client, TlsTransport):
                self._client.crash()
            self._close()
        elif output.action is Action.HOLD:
            self._read_client(False)

    def _dial(self) -> None:
        if not self._dialling:
            self._dialling = True
            self._owner.spawn(self._connect())

    async def _connect(self) -> None:
        try:
            await self._owner.upstream.dial(lambda: ServerSide(self))
        except OSError as error:
            problem = f"seamproof cannot reach the database at {self._owner.upstream}: {error}"
            self._say_last(fatal(CANNOT_CONNECT, problem))
        finally:
            self._dialling = False
            self._part()

    def violated(self, error: ProtocolError) -> None:
        """Note what broke the protocol, tell the client, and end the connection."""
        self._owner.on_violation(error)
        self._say_last(fatal(PROTOCOL_VIOLATION, f"seamproof: {error}"))

    def _say_last(self, message: bytes) -> None:
        if self._client is not None:
            self._client.write(message)
        self._close()

    def _close(self) -> None:
        self._stash, self._unsent = [], self._unsent if self._dialling else []
        if self._client is not None:
            self._client.close()
        self.client_ended()

    def _part(self) -> None:
        if self.alone:
            self.settle()
            self._owner.on_gone(self)


def _read(transport: asyncio.Transport | None, wanted: bool) -> None:
    if transport is None or transport.is_closing() or transport.is_reading() == wanted:
        return
    if wanted:
        transport.resume_reading()
    else:
        transport.pause_reading()


class ClientSide(asyncio.Protocol):
    """The service's end. `take` gets the bytes: the link itself, or what comes before it."""

    def __init__(self, link: Link, take: Callable[[bytes], None]) -> None:
        self.link = link
        # uvloop looks this up when the protocol is set, so that each read is one call less.
        self.data_received = take  # type: ignore[assignment, method-assign]

    def eof_received(self) -> bool:
        """Keep the other half open."""
        self.link.client_ended()
        return True

    def pause_writing(self) -> None:
        """Stop reading the other side."""
        self.link.throttle(client=True, paused=True)

    def resume_writing(self) -> None:
        """Go on reading the other side."""
        self.link.throttle(client=True, paused=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the link."""
        self.link.client_lost()


class ServerSide(asyncio.Protocol):
    """The database's end."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.data_received = link.server_data  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the transport on."""
        self._link.server_made(cast(asyncio.Transport, transport))

    def pause_writing(self) -> None:
        """Stop reading the other side."""
        self._link.throttle(client=False, paused=True)

    def resume_writing(self) -> None:
        """Go on reading the other side."""
        self._link.throttle(client=False, paused=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the link."""
        self._link.server_lost()
