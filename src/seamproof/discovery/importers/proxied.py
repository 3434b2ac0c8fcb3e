"""What passed the inbound proxy, as recorded requests."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from seamproof.core.history import Request, Response
from seamproof.core.model import Json
from seamproof.discovery.importers import bodies
from seamproof.discovery.importers.bodies import Body
from seamproof.discovery.importers.recorded import Pairs, Recorded, beside, cookies_set
from seamproof.discovery.importers.replaying import replayed
from seamproof.discovery.importers.source import value_of
from seamproof.discovery.importers.traffic import Traffic

MOST_UNPACKED = 8 << 20
"""Bytes of a compressed answer that are looked at."""
_GZIP_OR_ZLIB = 47
"""zlib's name for either header, with the largest window."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A request that passed, its answer, and whether it had an effect."""

    request: Request
    response: Response | None
    changed: bool


def traffic_of(passed: Iterable[Passed], service: str) -> Traffic:
    """The requests of the service, in the order of their arrival."""
    left: Counter[str] = Counter()
    calls: list[Recorded] = []
    for number, each in enumerate(passed, 1):
        if reason := _left_out(each):
            left[reason] += 1
        elif each.response is not None:
            calls.append(_recorded(each, each.response, number, len(calls)))
    return replayed(calls, service, left, whole=True)


def _left_out(passed: Passed) -> str:
    request, response = passed.request, passed.response
    if response is None:
        return "without an answer"
    if response.status == HTTPStatus.SWITCHING_PROTOCOLS:
        return "WebSockets"
    media = bodies.media_type(_header(response.headers, "content-type"))
    if media == "text/event-stream":
        return "streams of events"
    return beside(request.method, request.target.partition("?")[0], media)


def _recorded(passed: Passed, response: Response, number: int, index: int) -> Recorded:
    request = passed.request
    path, _, query = request.target.partition("?")
    return Recorded(
        index,
        f"request {number}",
        request.method,
        tuple(unquote(each) for each in path.removeprefix("/").split("/")),
        tuple(parse_qsl(query, keep_blank_values=True)),
        request.headers,
        _body(request),
        response.status,
        response.headers,
        cookies_set(response.headers),
        _result(response),
        passed.changed,
    )


def _header(headers: Pairs, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _body(request: Request) -> Body:
    encoding = _header(request.headers, "content-encoding")
    if encoding:
        return Body(problem=f"a body that is encoded as {encoding}")
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        return Body(problem="a body that is no text")
    return bodies.of_text(text, _header(request.headers, "content-type"))


def _result(response: Response) -> Json:
    """The answer's body where it is JSON, and all of it is here."""
    media = bodies.media_type(_header(response.headers, "content-type"))
    if response.truncated or not bodies.is_json(media):
        return None
    try:
        return value_of(_unpacked(response).decode())
    except ValueError:
        return None


def _unpacked(response: Response) -> bytes:
    """The body, unpacked. Raises ValueError where it cannot be read, or is too much."""
    encoding = _header(response.headers, "content-encoding").strip().lower()
    if encoding in {"", "identity"}:
        return response.body
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise ValueError(encoding)
    unpacking = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        body = unpacking.decompress(response.body, MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unpacking.eof:
        raise ValueError("too much, or cut short")
    return body
