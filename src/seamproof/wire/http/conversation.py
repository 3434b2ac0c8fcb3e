"""The server's side of one connection: bytes in, requests out one after the other, answers back.

1. A request is told of twice: `Began` when its head is there, since a fault may strike before the
   body is read, and `Asked` when it is complete.
2. Then its answer is awaited. What the client sends ahead of that (RFC 9112, section 9.3.2) is
   kept within MOST_AHEAD and read behind the answer: requests are answered in order.
   An answer is given whole, or as it comes: `begin`, `piece`, `end`.
3. `Expect: 100-continue` is answered when the head is there (RFC 9110, section 10.1.1).
4. What breaks the protocol or a limit is answered with a status of its own, and ends the
   connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import h11

from seamproof.core.history import Request, Response

MOST_HEAD: Final = 64 * 1024
"""Bytes of the request line and the headers."""
MOST_BODY: Final = 8 * 1024 * 1024
"""Bytes of a request's body."""
MOST_AHEAD: Final = 256 * 1024
"""Bytes that a client may send before it has its answer."""

_NOT_IN_A_FIELD = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Began:
    """The head of a request is there; its body is still empty."""

    request: Request


@dataclass(frozen=True, slots=True)
class Asked:
    """A request is complete, and awaits its answer."""

    request: Request


Event: TypeAlias = Began | Asked


@dataclass(frozen=True, slots=True)
class Output:
    """What to send, what has happened, and whether the connection ends behind it."""

    to_client: bytes = b""
    events: tuple[Event, ...] = ()
    close: bool = False


class _TooLarge(Exception):
    """A body beyond its limit."""


class Conversation:
    """One connection, seen from the server."""

    def __init__(self, *, most_body: int = MOST_BODY) -> None:
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD)
        self._most_body = most_body
        self._request: Request | None = None
        self._body = bytearray()
        self._awaited = False
        self._ahead = 0

    @property
    def idle(self) -> bool:
        """Whether no request has begun that is still without its answer."""
        return self._request is None

    def receive(self, data: bytes) -> Output:
        """Take what the client sent."""
        self._http.receive_data(data)
        if not self._awaited:
            return self._read()
        self._ahead += len(data)
        return Output(close=self._ahead > MOST_AHEAD)

    def answer(self, response: Response) -> Output:
        """Answer the request that is awaited, and go on with what the client has sent since."""
        return self._followed(self._sent(response))

    def _followed(self, sent: bytes) -> Output:
        self._request, self._awaited, self._ahead = None, False, 0
        self._body.clear()
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return Output(sent, close=True)
        self._http.start_next_cycle()
        following = self._read()
        return replace(following, to_client=sent + following.to_client)

    # An answer in pieces

    def begin(self, response: Response) -> bytes:
        """Begin to answer the request that is awaited; `piece` and `end` follow. Its length is what
        its headers say, and else it is sent in chunks (RFC 9112, section 7.1)."""
        return self._head(h11.Response, response)

    def piece(self, data: bytes) -> bytes:
        """A part of the answer's body; what its length or the method has no room for is dropped."""
        if self._request is None or self._request.method == "HEAD":
            return b""
        return self._http.send(h11.Data(data=data)) or b""

    def end(self) -> Output:
        """End the answer, and go on with what the client has sent since."""
        return self._followed(self._http.send(h11.EndOfMessage()) or b"")

    def switch(self, response: Response) -> tuple[bytes, bytes]:
        """Answer 101: what to send, and what the client has sent of the other protocol already."""
        sent = self._head(h11.InformationalResponse, response)
        return sent, self._http.trailing_data[0]

    def _head(
        self, kind: type[h11.Response] | type[h11.InformationalResponse], response: Response
    ) -> bytes:
        fields = [
            (name.encode("ascii"), value.encode("latin-1")) for name, value in response.headers
        ]
        return self._http.send(kind(status_code=response.status, headers=fields)) or b""

    def _read(self) -> Output:
        events: list[Event] = []
        try:
            while (event := self._event()) is not None:
                events.append(event)
        except h11.RemoteProtocolError as error:
            return self._refused(events, error.error_status_hint, str(error))
        except _TooLarge:
            text = f"a body has at most {self._most_body} bytes here"
            return self._refused(events, 413, text)
        go_on = b""
        if self._http.they_are_waiting_for_100_continue:
            go_on = self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b""
        return Output(go_on, tuple(events))

    def _event(self) -> Event | None:
        while True:
            found = self._http.next_event()
            if isinstance(found, h11.Request):
                self._request = Request(
                    found.method.decode("ascii"),
                    found.target.decode("ascii"),
                    tuple(
                        (name.decode("ascii"), value.decode("latin-1"))
                        for name, value in found.headers.raw_items()
                    ),
                )
                return Began(self._request)
            if isinstance(found, h11.Data):
                self._body += found.data
                if len(self._body) > self._most_body:
                    raise _TooLarge
            elif isinstance(found, h11.EndOfMessage):
                assert self._request is not None
                self._awaited = True
                return Asked(replace(self._request, body=bytes(self._body)))
            else:
                return None

    def _refused(self, events: list[Event], status: int, text: str) -> Output:
        """Say what is wrong, where nothing was said yet, and end."""
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return Output(b"", tuple(events), close=True)
        headers = (("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close"))
        sent = self._sent(Response(status, headers, text.encode()))
        return Output(sent, tuple(events), close=True)

    def _sent(self, response: Response) -> bytes:
        method = None if self._request is None else self._request.method
        body = b"" if response.status in _WITHOUT_BODY else response.body
        fields = [
            (name.encode("ascii"), _NOT_IN_A_FIELD.sub(" ", value).strip().encode("latin-1"))
            for name, value in response.headers
            if name.lower() not in _FRAMING
        ]
        if response.status not in _WITHOUT_BODY:
            fields.append((b"Content-Length", str(len(body)).encode()))
        head = h11.Response(status_code=response.status, headers=fields)
        sent = self._http.send(head) or b""
        if body and method != "HEAD":
            sent += self._http.send(h11.Data(data=body)) or b""
        return sent + (self._http.send(h11.EndOfMessage()) or b"")
