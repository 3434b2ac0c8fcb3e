"""A port behind the SQL boundary, whose clients share one session and one transaction.

    service -> SQL boundary \\
                              SharedSession -> one session on the database
    the tests' own queries  /

Passwords are asked for in clear, on loopback, and are right where the server itself takes them.
"""

from __future__ import annotations

import asyncio
import os
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from itertools import count
from time import monotonic
from typing import Any, Final, cast

import psycopg

from seamproof.boundaries.listening import LOOPBACK, Listening
from seamproof.core.errors import DatabaseError
from seamproof.core.protocols import Address
from seamproof.wire.postgres.framing import Framer
from seamproof.wire.postgres.messages import (
    CANCEL_REQUEST,
    CLIENT_TYPES,
    ClientProtocolError,
    ProtocolError,
    fatal,
    message,
    startup_parameters,
)
from seamproof.wire.postgres.negotiation import Negotiation
from seamproof.wire.postgres.sharing.client import Client
from seamproof.wire.postgres.sharing.shared import TERMINATE, Shared

WAIT: Final = 3.0
"""Seconds that a client waits for another's transaction."""
_CALM_LIMIT: Final = 5.0
"""Seconds in which what is under way comes to its end, before all is rolled back."""
_LOOK_AGAIN: Final = 0.001
"""Seconds between two looks at whether all is calm."""
_REPORTED: Final = (
    "server_version",
    "server_encoding",
    "client_encoding",
    "application_name",
    "in_hot_standby",
    "is_superuser",
    "session_authorization",
    "DateStyle",
    "IntervalStyle",
    "TimeZone",
    "integer_datetimes",
    "search_path",
    "standard_conforming_strings",
    "default_transaction_read_only",
    "scram_iterations",
)
"""What a server reports when a session begins (manual, "Asynchronous Operations")."""
_DEFERRABLE: Final = """
SELECT format('%I.%I', nspname, conname), condeferred
  FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace
 WHERE condeferrable ORDER BY 1
"""
_numbers = count(1)


class SharedSession(Listening):
    """One session on the database as its superuser, in the place of as many as clients want."""

    def __init__(self, admin: Address, *, wait: float = WAIT) -> None:
        super().__init__()
        self._admin = admin
        self._wait = wait
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._transport: asyncio.Transport | None = None
        self._shared: Shared | None = None
        self._greeting = b""
        self._doors: dict[Client, _Door] = {}
        self._timers: dict[Client, asyncio.TimerHandle] = {}
        self._trusted: set[tuple[str, str]] = set()
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> Address:
        """How the superuser reaches it."""
        admin = self._admin
        return Address(LOOPBACK, self.port, admin.user, admin.password, admin.name)

    async def start(self) -> None:
        """Listen, with a session behind. Raises MachineError, and psycopg's errors."""
        await self._open()
        await super().start()

    async def stop(self) -> None:
        """End all of it."""
        self._close_port()
        await self._end()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _open(self) -> None:
        async with self._opening:
            if self._transport is None:
                await self._dial()

    async def _dial(self) -> None:
        # libpq authenticates, and then only lends its socket.
        connection = self._connection = await self._connect(self._admin)
        cursor = await connection.execute(_DEFERRABLE)
        deferrable = await cursor.fetchall()
        checks = [b"SET CONSTRAINTS ALL IMMEDIATE"] if deferrable else []
        if initially := ", ".join(name for name, deferred in deferrable if deferred):
            checks.append(f"SET CONSTRAINTS {initially} DEFERRED".encode())
        pairs = ((each, connection.pgconn.parameter_status(each.encode())) for each in _REPORTED)
        self._greeting = b"".join(
            message(b"S", name.encode() + b"\0" + value + b"\0") for name, value in pairs if value
        )
        self._shared = Shared(self, tuple(checks))
        taken = socket.socket(fileno=os.dup(connection.fileno()))
        taken.setblocking(False)
        loop = asyncio.get_running_loop()
        make = partial(_Server, self._shared.from_server, self._lose)
        opening = (
            loop.create_unix_connection(make, sock=taken)
            if taken.family == socket.AF_UNIX
            else loop.create_connection(make, sock=taken)
        )
        self._transport = (await opening)[0]

    async def _connect(self, address: Address) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password or None,
            dbname=address.name,
            application_name="seamproof-shared",
            sslmode="disable",
            gssencmode="disable",
            autocommit=True,
        )

    async def _end(self) -> None:
        for door in tuple(self._doors.values()):
            door.close()
        transport, self._transport = self._transport, None
        connection, self._connection = self._connection, None
        if transport is not None:
            transport.abort()
        if connection is not None:
            # The server ends the session when it reads the end of what it was sent.
            with suppress(psycopg.Error):
                await connection.close()

    # ------------------------------------------------------------------------ around a test

    async def rollback(self) -> bool:
        """Take back everything. False where a transaction stays open that is of several tests."""
        await self._calm()
        return await self._ask(self._living.rollback)

    async def mark(self) -> bool:
        """Take the state that is there as what `back` restores. Ends no connection: False."""
        await self._calm()
        await self._ask(self._living.mark)
        return False

    async def back(self) -> bool:
        """Restore what `mark` took, as that says. Raises DatabaseError where it is gone."""
        await self._calm()
        if not await self._ask(self._living.back):
            raise DatabaseError("the state to restore is gone: a transaction was ended around it")
        return False

    @property
    def _living(self) -> Shared:
        assert self._shared is not None
        return self._shared

    async def _calm(self) -> None:
        """Wait until nothing is under way; a session that does not come to it is ended."""
        deadline = monotonic() + _CALM_LIMIT
        while self._transport is not None and not self._living.settled:
            if monotonic() >= deadline:
                await self._end()
                break
            await asyncio.sleep(_LOOK_AGAIN)
        await self._open()

    async def _ask(self, what: Callable[[Callable[[bool], None]], None]) -> bool:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def answered(found: bool) -> None:
            if not answer.done():
                answer.set_result(found)

        what(answered)
        return await answer

    # ------------------------------------------------------------------------ ports

    def to_server(self, data: bytes) -> None:
        """Send to the server."""
        if self._transport is not None:
            self._transport.write(data)

    def to_client(self, client: Client, data: bytes) -> None:
        """Send to a client that is still there."""
        door = self._doors.get(client)
        if door is not None:
            door.write(data)

    def on_waiting(self, client: Client) -> None:
        """Let a client wait for its turn, but not for ever."""
        if (earlier := self._timers.pop(client, None)) is not None:
            earlier.cancel()
        loop = asyncio.get_running_loop()
        problem = (
            f"another connection has had a transaction open for {self._wait:g} s, in which it has "
            "written: with testing.isolation = transaction all connections share one. End it "
            "first, or use undo"
        )
        self._timers[client] = loop.call_later(self._wait, self._living.refuse, client, problem)

    def _lose(self, transport: asyncio.BaseTransport, problem: str) -> None:
        """End every client's connection, as the server has ended theirs."""
        if transport is self._transport:
            self._transport = None
            for door in tuple(self._doors.values()):
                door.refuse("57P01", problem)

    # ------------------------------------------------------------------------ clients

    def _accept(self) -> asyncio.Protocol:
        return _Door(self, Client(next(_numbers)))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run this, at most until all ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def admit(self, door: _Door, client: Client, password: str) -> None:
        """Let a client in whom the server would let in."""
        if client.parameters.get("database", client.user) != self._admin.name:
            door.refuse("3D000", f"the session that all share is of {self._admin.name}")
            return
        if (client.user, password) not in self._trusted:
            address = Address(
                self._admin.host, self._admin.port, client.user, password, self._admin.name
            )
            try:
                await (await self._connect(address)).close()
            except psycopg.Error as error:
                door.refuse(error.sqlstate or "28P01", str(error).strip())
                return
            self._trusted.add((client.user, password))
        await self._open()
        self._doors[client] = door
        self._living.join(client)
        process = self._connection.pgconn.backend_pid if self._connection else 0
        key = message(b"K", process.to_bytes(4, "big") + client.number.to_bytes(4, "big"))
        door.admitted(message(b"R", bytes(4)) + self._greeting + key + message(b"Z", b"I"))

    def take(self, client: Client, code: int, data: bytes) -> None:
        """Take a message of a client."""
        self._living.from_client(client, code, data)

    def leave(self, client: Client) -> None:
        """Take it that a client has gone."""
        if (timer := self._timers.pop(client, None)) is not None:
            timer.cancel()
        if self._doors.pop(client, None) is not None:
            self._living.from_client(client, TERMINATE, b"")

    async def cancel(self, number: int) -> None:
        """Cancel what a client's statement does."""
        if self._connection is not None and self._living.serves(number):
            with suppress(psycopg.Error):
                await self._connection.cancel_safe()


class _Peer(asyncio.Protocol, ABC):
    """Who is connected: what it sends is taken, or breaks the protocol."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._take(data)
        except ProtocolError as error:
            self._on_broken(str(error))

    @abstractmethod
    def _on_broken(self, problem: str) -> None:
        """End it, for it has broken the protocol."""


class _Server(_Peer):
    """The session that all share."""

    def __init__(
        self,
        take: Callable[[bytes], None],
        lose: Callable[[asyncio.BaseTransport, str], None],
    ) -> None:
        super().__init__(take)
        self._lose = lose

    def _on_broken(self, problem: str) -> None:
        self._lose(self._transport, problem)
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(self._transport, "the server closed the connection")


class _Door(_Peer):
    """One client's connection, from its first byte."""

    def __init__(self, owner: SharedSession, client: Client) -> None:
        super().__init__(self._negotiate)
        self._owner = owner
        self._client = client
        self._negotiation = Negotiation(offers_tls=False)
        self._head = b""
        self._framer = Framer(CLIENT_TYPES, ClientProtocolError, untyped=False)

    def _on_broken(self, problem: str) -> None:
        self.refuse("08P01", problem)

    def eof_received(self) -> bool:
        # What it has asked for is done first.
        self._owner.leave(self._client)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.leave(self._client)

    def _negotiate(self, data: bytes) -> None:
        settled = self._negotiation.feed(data)
        if settled.answer:
            self._transport.write(settled.answer)
        if settled.security is not None:
            self._take = self._start
            self._start(settled.rest)

    def _start(self, data: bytes) -> None:
        self._head += data
        length = int.from_bytes(self._head[:4], "big")
        if len(self._head) < 8 or len(self._head) < length:
            return
        packet, self._head = self._head[:length], b""
        if int.from_bytes(packet[4:8], "big") == CANCEL_REQUEST:
            number = int.from_bytes(packet[12:16], "big")
            self._owner.spawn(self._owner.cancel(number))
            self._transport.close()
            return
        self._client.parameters = startup_parameters(packet)
        self._take = self._authenticate
        self._transport.write(message(b"R", (3).to_bytes(4, "big")))

    def _authenticate(self, data: bytes) -> None:
        self._head += data
        length = 1 + int.from_bytes(self._head[1:5], "big")
        if len(self._head) < 5 or len(self._head) < length:
            return
        if self._head[:1] != b"p":
            raise ClientProtocolError("sent no password when it was asked for one")
        password = self._head[5 : length - 1].decode("utf-8", "replace")
        self._head = b""
        self._transport.pause_reading()
        self._take = self._carry
        self._owner.spawn(self._owner.admit(self, self._client, password))

    def _carry(self, data: bytes) -> None:
        for code, start, end in self._framer.feed(data):
            if code == TERMINATE:
                self._owner.leave(self._client)
                self.close()
                return
            self._owner.take(self._client, code, self._framer.buffer[start:end])

    def admitted(self, greeting: bytes) -> None:
        """Say that it may go on."""
        self._transport.write(greeting)
        self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send to the client."""
        self._transport.write(data)

    def refuse(self, sqlstate: str, problem: str) -> None:
        """Say why it ends, and end."""
        self._transport.write(fatal(sqlstate, f"seamproof: {problem}"))
        self.close()

    def close(self) -> None:
        """End it."""
        self._transport.close()
