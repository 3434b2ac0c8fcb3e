"""One GET with everything bounded: bytes, time, redirections, and where these may lead.

A redirection is followed on the same host alone, and never from https to http: the address that a
person gave is the only one that is asked.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import httptools

from seamproof.discovery.openapi import Unreadable

MAX_REDIRECTIONS = 4
_MAX_HEADERS = 64 << 10
_CHUNK = 64 << 10
_MOVED = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_SAFE = "/?:@!$&'()*+,;=-._~%"
_HEADERS = (
    "Accept: application/json, application/yaml;q=0.9, */*;q=0.1\r\n"
    "Accept-Encoding: identity\r\nUser-Agent: seamproof\r\nConnection: close\r\n"
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body, and the URL that it came from in the end."""

    url: str
    body: bytes


async def fetch(url: str, *, timeout: float, limit: int, name: str | None = None) -> Fetched:
    """The body of a 2xx at a URL. Raises Unreadable.

    `timeout` is in seconds, for everything; `limit` in bytes. `name` is what the host is called in
    requests, where that is not what the URL says.
    """
    try:
        async with asyncio.timeout(timeout):
            return await _followed(url, limit, name)
    except TimeoutError:
        raise Unreadable(f"no answer in {timeout:g} s") from None


async def _followed(url: str, limit: int, name: str | None) -> Fetched:
    for _ in range(MAX_REDIRECTIONS + 1):
        split = _address(url)
        answer = await _exchanged(split, limit, name or split.netloc.rpartition("@")[2])
        if answer.status not in _MOVED:
            break
        further = _address(answer.location, url)
        if not _same(split, further):
            raise Unreadable("it leads to another host, which is not asked")
        url = further.geturl()
    else:
        raise Unreadable(f"it leads on more than {MAX_REDIRECTIONS} times")
    if not 200 <= answer.status < 300:
        raise Unreadable(f"the answer is {answer.status}")
    return Fetched(url, bytes(answer.content))


def _address(url: str, start: str = "") -> SplitResult:
    try:
        split = urlsplit(urljoin(start, url))
        port = split.port
    except ValueError:
        raise Unreadable("it is no URL") from None
    if split.scheme not in _PORTS or not split.hostname or port == 0:
        raise Unreadable("it is no URL of http or https")
    return split


def _same(one: SplitResult, other: SplitResult) -> bool:
    """Whether a redirection stays on the host, and does not give up encryption."""
    if (one.scheme, one.port or _PORTS[one.scheme]) == (
        other.scheme,
        other.port or _PORTS[other.scheme],
    ):
        return one.hostname == other.hostname
    upgraded = one.scheme == "http" and other.scheme == "https"
    return upgraded and one.hostname == other.hostname and other.port is None


async def _exchanged(url: SplitResult, limit: int, name: str) -> _Answer:
    secure = ssl.create_default_context() if url.scheme == "https" else None
    target = quote(f"{url.path or '/'}{'?' + url.query if url.query else ''}", safe=_SAFE)
    answer = _Answer(limit)
    writer: asyncio.StreamWriter | None = None
    try:
        reader, writer = await asyncio.open_connection(
            url.hostname, url.port or _PORTS[url.scheme], ssl=secure
        )
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {name}\r\n{_HEADERS}\r\n".encode())
        while not answer.complete:
            chunk = await reader.read(_CHUNK)
            if not chunk:
                break
            answer.feed(chunk)
    except ssl.SSLError as error:
        raise Unreadable(f"no encrypted connection: {error.reason or error}") from None
    except (OSError, UnicodeError) as error:
        # asyncio's text has the address instead of the reason.
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number and number > 0 else str(error)[:200]
        raise Unreadable(f"no connection: {reason}") from None
    finally:
        if writer is not None:
            writer.transport.abort()
    answer.require_whole()
    return answer


class _Answer:
    """Feeds httptools, and keeps what it says."""

    def __init__(self, limit: int) -> None:
        self.status = 0
        self.location = ""
        self.content = bytearray()
        self.complete = False
        self._limit = limit
        self._headers = 0
        self._measured = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take more bytes. Raises Unreadable."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.complete = True
        except httptools.HttpParserError:
            raise Unreadable("the answer is no HTTP, or too much") from None
        if len(self.content) > self._limit:
            raise Unreadable(f"it has more than {self._limit >> 20} MiB")

    def require_whole(self) -> None:
        """Raise Unreadable where the connection ended before the answer."""
        # Without a length the body ends with the connection (RFC 9112, section 6.3).
        if not self.complete and (self._measured or not self.status):
            raise Unreadable("the connection was closed before the answer was whole")

    # httptools' callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers += len(name) + len(value)
        if self._headers > _MAX_HEADERS:
            raise ValueError
        key = name.lower()
        if key == b"location":
            self.location = value.decode("latin-1")
        self._measured = self._measured or key in {b"content-length", b"transfer-encoding"}

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.content += body

    def on_message_complete(self) -> None:
        # 1xx are not the answer (RFC 9110, section 15.2).
        if not 100 <= self.status < 200:
            self.complete = True
