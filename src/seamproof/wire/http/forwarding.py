"""A request passed on to the service, and its answer passed back (RFC 9110, section 7.6).

1. Each request goes on a connection of its own, so that a connection which the service closes
   between two is nobody's failure.
2. Fields that are for the next hop only are not passed on (section 7.6.1). The Host is: what the
   service makes of it, as links and checks of the origin, is then true for the client.
3. Of encodings the client's `gzip` is asked for and no other, for an answer is read on its way.
4. An upgrade to a WebSocket is passed on; any other is left out, which section 7.8 allows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import h11

from seamproof.core.history import Request, Response

MOST_HEAD: Final = 64 * 1024
"""Bytes of the status line and the headers of an answer."""

_NEXT_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "proxy-authenticate"),
        *("proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_OUR_PART = frozenset({"expect", "accept-encoding", "content-length"})
_OWN_HOSTS = r"(?:127\.0\.0\.1|localhost|\[::1\])"


@dataclass(frozen=True, slots=True)
class Head:
    """The answer has begun; its body is still empty."""

    response: Response


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer's body."""

    data: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The answer is complete."""


@dataclass(frozen=True, slots=True)
class Switched:
    """Both sides speak another protocol from here on; `data` is what came of it already."""

    response: Response
    data: bytes


Event: TypeAlias = Head | Piece | End | Switched


class Broken(Exception):
    """What the service sends is no answer, or ends in its middle."""


class Forwarding:
    """One request to the service: bytes out, its answer in pieces."""

    def __init__(self, request: Request) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
        self._request = onward(request)

    def begin(self) -> bytes:
        """The request as bytes."""
        request = self._request
        fields = [
            (name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers
        ]
        head = h11.Request(method=request.method, target=request.target, headers=fields)
        sent = self._http.send(head) or b""
        if request.body:
            sent += self._http.send(h11.Data(data=request.body)) or b""
        return sent + (self._http.send(h11.EndOfMessage()) or b"")

    def receive(self, data: bytes) -> list[Event]:
        """Take what the service sent; empty is the end of it. Raises Broken."""
        events: list[Event] = []
        try:
            self._http.receive_data(data)
            while (event := self._event()) is not None:
                events.append(event)
                if isinstance(event, End | Switched):
                    break
        except h11.RemoteProtocolError as error:
            raise Broken(str(error)) from None
        if not data and self._http.their_state is h11.SEND_RESPONSE:
            raise Broken("the connection was closed before an answer")
        return events

    def _event(self) -> Event | None:
        while True:
            found = self._http.next_event()
            if isinstance(found, h11.InformationalResponse):
                if found.status_code == 101:
                    return Switched(_response(found), self._http.trailing_data[0])
                continue  # nobody waits for it (RFC 9110, section 15.2)
            if isinstance(found, h11.Response):
                return Head(_response(found))
            if isinstance(found, h11.Data):
                return Piece(bytes(found.data))
            return End() if isinstance(found, h11.EndOfMessage) else None


def _response(found: h11.InformationalResponse | h11.Response) -> Response:
    headers = tuple(
        (name.decode("ascii"), value.decode("latin-1")) for name, value in found.headers.raw_items()
    )
    return Response(found.status_code, headers)


def header(headers: tuple[tuple[str, str], ...], name: str) -> str:
    """The values of a field, joined (RFC 9110, section 5.3); empty where it is not there."""
    return ", ".join(value for key, value in headers if key.lower() == name)


def upgrades(request: Request) -> bool:
    """Whether a request asks for a WebSocket (RFC 6455, section 4.1)."""
    named = [each.strip() for each in header(request.headers, "connection").lower().split(",")]
    return "upgrade" in named and header(request.headers, "upgrade").lower() == "websocket"


def onward(request: Request) -> Request:
    """The request as the service gets it."""
    encodings = header(request.headers, "accept-encoding")
    kept = [
        *_kept(request.headers, _OUR_PART),
        ("Accept-Encoding", "gzip" if "gzip" in encodings.lower() else "identity"),
    ]
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        kept.append(("Content-Length", str(len(request.body))))
    if upgrades(request):
        kept += [("Connection", "Upgrade"), ("Upgrade", "websocket")]
    else:
        kept.append(("Connection", "close"))
    return replace(request, headers=tuple(kept))


def back(response: Response, *, service: int, host: str) -> Response:
    """The head of an answer as the client gets it. A redirect to the service's own port leads to
    the `host` that the client has asked, so that what follows is seen as well.
    """
    own = re.compile(rf"^http://{_OWN_HOSTS}:{service}(?=[/?#]|$)", re.IGNORECASE)
    headers = tuple(
        (
            name,
            own.sub(f"http://{host}", value, 1) if name.lower() == "location" and host else value,
        )
        for name, value in _kept(response.headers, frozenset())
    )
    return replace(response, headers=headers)


def switching(response: Response) -> Response:
    """The head of a 101 as the client gets it."""
    kept = _kept(response.headers, frozenset())
    return replace(response, headers=(*kept, ("Connection", "Upgrade"), ("Upgrade", "websocket")))


def origin_form(target: str) -> str:
    """A request target without scheme and host, as a proxy is sent it (RFC 9112, section 3.2)."""
    if "://" not in target.partition("?")[0] or target.startswith("/"):
        return target
    try:
        url = urlsplit(target)
    except ValueError:
        return "/"
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _kept(headers: tuple[tuple[str, str], ...], without: frozenset[str]) -> list[tuple[str, str]]:
    named = {each.strip().lower() for each in header(headers, "connection").split(",")}
    dropped = _NEXT_HOP | without | (named - {""})
    return [(name, value) for name, value in headers if name.lower() not in dropped]
