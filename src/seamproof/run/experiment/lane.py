"""The driver's own HTTP lane: exact bytes to the service, a bounded response back.

One connection a request: a kept connection that the service closes at the wrong moment would be a
failure of ours in the middle of an experiment. The target is hostile: header, body and time are
bounded, and an endless stream is cut.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import cast

import httptools

from seamproof.core.history import Response, Silence

MAX_HEADER_BYTES = 64 * 1024
MAX_BODY_BYTES = 4 * 1024 * 1024
"""What is kept of a body; the rest is read and dropped up to `MAX_STREAM_BYTES`."""
MAX_STREAM_BYTES = 64 * 1024 * 1024


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


class _Receiver(asyncio.Protocol):
    """Feeds httptools and completes `done` with the response or the reason why there is none."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[str, str]] = []
        self._header_bytes = 0
        self._body = bytearray()
        self._body_bytes = 0
        self._interim = False
        self._transport: asyncio.Transport | None = None
        self._begun = False
        self.sent = 0.0
        self.done: asyncio.Future[Response | Silence] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self.sent = time.monotonic()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._finish(self._response())
        except httptools.HttpParserError:
            self._finish(Silence.GARBAGE)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.done.done():
            return
        self._finish(self._at_end())

    def _at_end(self) -> Response | Silence:
        # A response without a length ends with the connection (RFC 9112, section 6.3); one with a
        # length that was not reached is cut short, and httptools says nothing of it.
        if not self._begun:
            return Silence.CLOSED
        names = {name.lower() for name, _ in self._headers}
        complete_by_close = self._headers and not names & {"content-length", "transfer-encoding"}
        return self._response() if complete_by_close else Silence.CLOSED

    def _finish(self, outcome: Response | Silence) -> None:
        if not self.done.done():
            self.done.set_result(outcome)
        if self._transport is not None:
            self._transport.abort()

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
    loop = asyncio.get_running_loop()
    started = time.monotonic()
    try:
        transport, receiver = await loop.create_connection(lambda: _Receiver(request), host, port)
    except OSError:
        return Answer(started, time.monotonic(), None, Silence.REFUSED)
    outcome: Response | Silence
    try:
        async with asyncio.timeout(timeout):
            outcome = await _first(receiver.done, leave)
    except TimeoutError:
        outcome = Silence.TIMEOUT
    finally:
        transport.abort()
    received = time.monotonic()
    if isinstance(outcome, Silence):
        return Answer(receiver.sent, received, None, outcome)
    return Answer(receiver.sent, received, outcome)


async def _first(
    done: asyncio.Future[Response | Silence], leave: asyncio.Event | None
) -> Response | Silence:
    if leave is None:
        return await done
    leaving = asyncio.ensure_future(leave.wait())
    try:
        await asyncio.wait((done, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
    return done.result() if done.done() else Silence.ABANDONED
