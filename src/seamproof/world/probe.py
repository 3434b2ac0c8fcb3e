"""A harmless request, to ask whether the service answers: GET, bounded, over in seconds."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_HEAD_LIMIT = 16 << 10
_BODY_LIMIT = 64 << 10


@dataclass(frozen=True, slots=True)
class Answered:
    """A status, and the beginning of the body."""

    status: int
    body: str = ""

    @property
    def ready(self) -> bool:
        """Whether this is the answer of a service that can be asked something."""
        return self.status < 500


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why there is no answer: `refused`, `closed`, `silent`, or `garbage`."""

    reason: str
    detail: str = ""


async def get(host: str, port: int, path: str, *, limit: float) -> Answered | Unanswered:
    """Send `GET path` and read the answer's beginning. `limit` is in seconds, for everything."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(limit):
            reader, writer = await asyncio.open_connection(host, port, limit=_HEAD_LIMIT)
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: */*\r\n"
                f"User-Agent: seamproof\r\nConnection: close\r\n\r\n".encode()
            )
            return await _answer(reader)
    except TimeoutError:
        return Unanswered("refused" if writer is None else "silent")
    except ConnectionRefusedError:
        return Unanswered("refused")
    except OSError:
        return Unanswered("closed")
    finally:
        if writer is not None:
            writer.transport.abort()


async def _answer(reader: asyncio.StreamReader) -> Answered | Unanswered:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return Unanswered("closed")
        return Unanswered("garbage", repr(error.partial[:80]))
    except asyncio.LimitOverrunError:
        return Unanswered("garbage", "a head without an end")
    match = _STATUS.match(head)
    if match is None:
        return Unanswered("garbage", repr(head[:80]))
    # What the body says is for messages only; the whole of it must be read, or the service would
    # see its client go away and may log that as an error.
    body = bytearray()
    while len(body) < _BODY_LIMIT and (chunk := await reader.read(8192)):
        body += chunk
        if _complete(head, body):
            break
    return Answered(int(match[1]), bytes(body[:500]).decode(errors="replace"))


def _complete(head: bytes, body: bytearray) -> bool:
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if length is not None:
        return len(body) >= int(length[1])
    return b"chunked" in head.lower() and body.endswith(b"0\r\n\r\n")


async def accepts(host: str, port: int, *, limit: float) -> bool:
    """Whether a port accepts connections."""
    try:
        async with asyncio.timeout(limit):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:  # TimeoutError is one
        return False
    writer.transport.abort()
    return True
