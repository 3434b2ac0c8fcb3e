"""The driver's own HTTP lane: exact bytes to the service, a bounded response back.

One connection a request: a kept connection that the service closes at the wrong moment would be a
failure of ours in the middle of an experiment. The target is hostile: header, body and time are
bounded, and an endless stream is cut.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httptools

from seamproof.core.history import Response, Silence

MAX_HEADER_BYTES = 64 * 1024
MAX_BODY_BYTES = 4 * 1024 * 1024
"""What is kept of a body; the rest is read and dropped up to `MAX_STREAM_BYTES`."""
MAX_STREAM_BYTES = 64 * 1024 * 1024
_PIECE = 64 * 1024
"""Bytes that are read at once."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where a service listens, and the Host that all its replicas are called by."""

    host: str
    port: int
    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back on the lane, on the clock of `time.monotonic`."""

    sent: float
    received: float
    response: Response | None
    silence: Silence | None = None


class _Receiver:
    """Feeds httptools; `outcome` is the response or the reason why there is none, once known."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[str, str]] = []
        self._header_bytes = 0
        self._body = bytearray()
        self._body_bytes = 0
        self._interim = False
        self._begun = False
        self.outcome: Response | Silence | None = None

    def feed(self, data: bytes) -> None:
        """Take what came; nothing is the connection's end."""
        if not data:
            self._finish(self._at_end())
            return
        self._begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._finish(self._response())
        except httptools.HttpParserError:
            self._finish(Silence.GARBAGE)

    def _at_end(self) -> Response | Silence:
        # A response without a length ends with the connection (RFC 9112, section 6.3); one with a
        # length that was not reached is cut short, and httptools says nothing of it.
        if not self._begun:
            return Silence.CLOSED
        names = {name.lower() for name, _ in self._headers}
        complete_by_close = self._headers and not names & {"content-length", "transfer-encoding"}
        return self._response() if complete_by_close else Silence.CLOSED

    def _finish(self, outcome: Response | Silence) -> None:
        self.outcome = self.outcome or outcome

    def _response(self) -> Response:
        return Response(
            self._parser.get_status_code(),
            tuple(self._headers),
            bytes(self._body),
            self._body_bytes > len(self._body),
        )

    # httptools' callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADER_BYTES:
            self._finish(Silence.GARBAGE)
            return
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        self._interim = 100 <= status < 200 and status != 101

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        room = MAX_BODY_BYTES - len(self._body)
        if room > 0:
            self._body += body[:room]
        if self._body_bytes > MAX_STREAM_BYTES:
            self._finish(self._response())

    def on_message_complete(self) -> None:
        if self._interim:
            # 1xx are not the answer (RFC 9110, section 15.2).
            self._headers.clear()
            self._interim = False
            return
        self._finish(self._response())


async def send(
    host: str, port: int, request: bytes, *, timeout: float, leave: asyncio.Event | None = None
) -> Answer:
    """Send the bytes on a connection of their own and wait for one response.

    `timeout` is in seconds, over connecting, sending and receiving; the client goes away when
    `leave` is set. No error is raised for what the service does: it is a Silence.
    """
    started = time.monotonic()
    outcome: Response | Silence
    with socket.socket() as connection:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            async with asyncio.timeout(timeout):
                await _connect(connection, (host, port))
                started = time.monotonic()
                outcome = await _first(_exchange(connection, request), leave)
        except TimeoutError:
            outcome = Silence.TIMEOUT
        except OSError:
            outcome = Silence.REFUSED
    received = time.monotonic()
    if isinstance(outcome, Silence):
        return Answer(started, received, None, outcome)
    return Answer(started, received, outcome)


async def _connect(connection: socket.socket, address: tuple[str, int]) -> None:
    """Connect, which on loopback is done before it could be waited for. Raises OSError."""
    with suppress(BlockingIOError):
        connection.connect(address)
    try:
        connection.getpeername()
    except OSError:
        await asyncio.get_running_loop().sock_connect(connection, address)


async def _exchange(connection: socket.socket, request: bytes) -> Response | Silence:
    """Send, and receive at the same time what comes meanwhile: a service may answer, and close,
    before it has taken the whole of a large request."""
    loop = asyncio.get_running_loop()
    sending: asyncio.Future[None] | None = None
    receiver = _Receiver()
    try:
        rest = request[connection.send(request) :]
        if rest:
            sending = asyncio.ensure_future(loop.sock_sendall(connection, rest))
        while receiver.outcome is None:
            receiver.feed(await loop.sock_recv(connection, _PIECE))
    except ConnectionError:
        receiver.feed(b"")
    finally:
        if sending is not None:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    assert receiver.outcome is not None
    return receiver.outcome


async def _first(
    exchange: Coroutine[Any, Any, Response | Silence], leave: asyncio.Event | None
) -> Response | Silence:
    if leave is None:
        return await exchange
    answered, leaving = asyncio.ensure_future(exchange), asyncio.ensure_future(leave.wait())
    try:
        await asyncio.wait((answered, leaving), return_when=asyncio.FIRST_COMPLETED)
        return answered.result() if answered.done() else Silence.ABANDONED
    finally:
        answered.cancel()
        leaving.cancel()
        await asyncio.gather(answered, leaving, return_exceptions=True)
