"""A stream cut into spans, whatever the pieces in which it arrives.

Rules:
- A span is (type, start, end) over `Framer.buffer`; spans are adjacent and in order.
- A message that somebody needs is one span and whole. Adjacent messages that nobody reads, and
  pieces of them, are one span of type `RUN`: a result of a thousand rows costs one object.
- Bytes of a message that is needed but not complete are kept until it is.
- A length is checked against its type's limit before anything is kept.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, TypeAlias

from seamproof.wire.postgres.messages import (
    BRIEF,
    CANCEL_REQUEST,
    CLIENT_TYPES,
    MAX_LONG,
    MAX_SHORT,
    MAX_STARTUP,
    MAX_STREAMED,
    SERVER_TYPES,
    UNKNOWN,
    ClientProtocolError,
    ProtocolError,
    ServerProtocolError,
)

RUN: Final = 0
UNTYPED: Final = 1
"""A packet without a type byte: StartupMessage, CancelRequest."""

Span: TypeAlias = tuple[int, int, int]

_LIMITS: Final = (0, MAX_STREAMED, MAX_SHORT, MAX_SHORT, MAX_LONG)
_HEADER: Final = Struct("!BI").unpack_from
_PROTOCOL_3: Final = 3


class Framer:
    """One direction of one connection."""

    __slots__ = ("_error", "_needed", "_passing", "_tail", "_types", "_untyped", "buffer")

    def __init__(self, types: bytes, error: type[ProtocolError], *, untyped: bool) -> None:
        self.buffer = b""
        """What the spans of the last `feed` are over."""
        self._types = types
        self._error = error
        self._untyped = untyped
        self._tail = bytearray()
        self._needed = 0
        self._passing = 0

    @classmethod
    def of_client(cls) -> Framer:
        """The frontend's direction, once it is settled whether it is encrypted."""
        return cls(CLIENT_TYPES, ClientProtocolError, untyped=True)

    @classmethod
    def of_server(cls) -> Framer:
        """The backend's direction. We ask it for no encryption."""
        return cls(SERVER_TYPES, ServerProtocolError, untyped=False)

    @property
    def partial(self) -> bool:
        """Whether the last message has begun and is not complete."""
        return bool(self._tail) or self._passing > 0

    @property
    def kept(self) -> int:
        """How many bytes are kept of a message that is not complete."""
        return len(self._tail)

    def unread(self, position: int) -> None:
        """Give the buffer back from a position on: the next `feed` begins there."""
        self._tail = bytearray(self.buffer[position:])
        self._passing = 0
        self._needed = 0

    def put_back(self, data: bytes) -> None:
        """Take bytes that come before those kept: the next `feed` begins with them."""
        self._tail[:0] = data
        self._needed = 0

    def keep(self, data: bytes) -> None:
        """Take bytes without looking at them: the next `feed` does."""
        self._tail += data

    def feed(self, data: bytes) -> list[Span]:
        """Take the next bytes and return the spans that they complete. Raises ProtocolError."""
        if self._tail:
            self._tail += data
            if len(self._tail) < self._needed:
                self.buffer = b""
                return []
            data = bytes(self._tail)
            self._tail = bytearray()
        self.buffer = data
        spans: list[Span] = []
        total = len(data)
        at = run = 0
        if self._passing:
            if self._passing >= total:
                self._passing -= total
                return [(RUN, 0, total)] if total else spans
            at, self._passing = self._passing, 0
        elif self._untyped:
            at = run = self._feed_untyped(spans)
            if self._untyped:
                return spans
        types, limits = self._types, _LIMITS
        while total - at >= 5:
            code, length = _HEADER(data, at)
            treatment = types[code]
            if not 4 <= length <= limits[treatment]:
                raise self._refuse(code, length)
            end = at + 1 + length
            if treatment > BRIEF:
                if end > total:
                    self._needed = end - at
                    break
                if at > run:
                    spans.append((RUN, run, at))
                spans.append((code, at, end))
                run = end
            elif end > total:
                self._passing = end - total
                at = total
                break
            at = end
        else:
            self._needed = 5
        if at > run:
            spans.append((RUN, run, at))
        if at < total:
            self._tail = bytearray(data[at:])
        return spans

    def _feed_untyped(self, spans: list[Span]) -> int:
        """Cut what a client sends before and with its StartupMessage; return where that ends."""
        data = self.buffer
        at = 0
        while self._untyped:
            self._needed = 8
            if len(data) - at < 8:
                break
            length = int.from_bytes(data[at : at + 4], "big")
            code = int.from_bytes(data[at + 4 : at + 8], "big")
            starts = code >> 16 == _PROTOCOL_3
            if not starts and code != CANCEL_REQUEST:
                raise self._error(f"asks for protocol {code >> 16}.{code & 0xFFFF}, known is 3")
            if not 8 <= length <= MAX_STARTUP:
                raise self._error(f"opens with {length} bytes, allowed are {MAX_STARTUP}")
            self._needed = length
            if len(data) - at < length:
                break
            spans.append((UNTYPED, at, at + length))
            at += length
            self._untyped = not starts
        if self._untyped:
            self._tail = bytearray(data[at:])
        return at

    def _refuse(self, code: int, length: int) -> ProtocolError:
        treatment = self._types[code]
        if treatment == UNKNOWN:
            return self._error(f"sent a message of the unknown type {bytes([code])!r}")
        return self._error(
            f"sent a message {chr(code)!r} of {length} bytes, allowed are {_LIMITS[treatment]}"
        )
