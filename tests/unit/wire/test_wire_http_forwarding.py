"""Requests passed on to a service and their answers passed back, as bytes."""

from __future__ import annotations

import pytest

from seamproof.core.history import Request, Response
from seamproof.wire.http.conversation import Asked, Conversation
from seamproof.wire.http.forwarding import (
    Broken,
    End,
    Event,
    Forwarding,
    Head,
    Piece,
    Switched,
    back,
    onward,
    origin_form,
)

GET = Request("GET", "/orders?x=1", (("Host", "proxy:80"),))
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "until it closes": b"HTTP/1.0 200 OK\r\n\r\nhello",
}
WEBSOCKET = Request(
    "GET",
    "/live",
    (("Host", "a"), ("Connection", "keep-alive, Upgrade"), ("Upgrade", "WebSocket"), ("K", "v")),
)


def received(forwarding: Forwarding, *data: bytes) -> list[Event]:
    forwarding.begin()
    return [event for each in data for event in forwarding.receive(each)]


def names(request: Request | Response) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers}


@pytest.mark.parametrize("data", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_cut_at_every_place(data: bytes) -> None:
    for cut in range(len(data) + 1):
        parts = [each for each in (data[:cut], data[cut:]) if each]
        ends = [b""] if b"HTTP/1.0" in data else []
        head, *pieces, end = received(Forwarding(GET), *parts, *ends)
        assert isinstance(head, Head)
        assert head.response.status == 200
        assert isinstance(end, End)
        assert b"".join(each.data for each in pieces if isinstance(each, Piece)) == b"hello"


@pytest.mark.parametrize(
    "data",
    [b"\x00 no HTTP\r\n\r\n", b"", ANSWERS["length"][:-1], ANSWERS["chunked"][:-5]],
    ids=["garbage", "nothing", "short", "no last chunk"],
)
def test_what_is_no_whole_answer(data: bytes) -> None:
    with pytest.raises(Broken):
        received(Forwarding(GET), *([data] if data else []), b"")


def test_fields_for_the_next_hop_stay_here() -> None:
    request = Request(
        "POST",
        "/",
        (
            *(("Host", "proxy:80"), ("Connection", "close, X-Hop"), ("X-Hop", "1")),
            *(("TE", "trailers"), ("Expect", "100-continue"), ("Upgrade", "h2c")),
            *(("Transfer-Encoding", "chunked"), ("Accept-Encoding", "br, gzip"), ("X-Kept", "1")),
        ),
        b"body",
    )
    assert names(onward(request)) == {
        "host": "proxy:80",
        "x-kept": "1",
        "accept-encoding": "gzip",
        "content-length": "4",
        "connection": "close",
    }
    assert names(onward(GET))["accept-encoding"] == "identity"
    assert b"GET /orders?x=1 HTTP/1.1\r\n" in Forwarding(GET).begin()


@pytest.mark.parametrize(
    ("target", "passed"),
    [
        ("http://127.0.0.1:80/a?b=http://c", "/a?b=http://c"),
        ("http://127.0.0.1:80", "/"),
        ("/go?to=http://c/d", "/go?to=http://c/d"),
        ("*", "*"),
        ("http://[/a", "/"),
    ],
)
def test_a_target_has_no_host(target: str, passed: str) -> None:
    assert origin_form(target) == passed


@pytest.mark.parametrize(
    ("location", "passed"),
    [
        ("http://127.0.0.1:5000/a", "http://proxy:80/a"),
        ("http://LOCALHOST:5000", "http://proxy:80"),
        ("http://localhost:50001/a", "http://localhost:50001/a"),
        ("http://elsewhere:5000/a", "http://elsewhere:5000/a"),
        ("/a?to=http://localhost:5000/a", "/a?to=http://localhost:5000/a"),
    ],
)
def test_a_redirect_to_the_service_leads_to_the_proxy(location: str, passed: str) -> None:
    answered = Response(302, (("Location", location), ("Keep-Alive", "timeout=5")))
    assert back(answered, service=5000, host="proxy:80").headers == (("Location", passed),)


def test_a_websocket_is_passed_on() -> None:
    assert names(onward(WEBSOCKET))["upgrade"] == "websocket"
    sent = b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00"
    (switched,) = received(Forwarding(WEBSOCKET), sent)
    assert isinstance(switched, Switched)
    assert switched.data == b"\x81\x00"


class TestAnswersInPieces:
    @staticmethod
    def asked(method: str = "GET", version: str = "1.1") -> Conversation:
        conversation = Conversation()
        output = conversation.receive(f"{method} / HTTP/{version}\r\nHost: a\r\n\r\n".encode())
        assert isinstance(output.events[-1], Asked)
        return conversation

    def test_chunks_where_the_length_is_not_known(self) -> None:
        conversation = self.asked()
        sent = conversation.begin(Response(200)) + conversation.piece(b"hello")
        output = conversation.end()
        assert b"Transfer-Encoding: chunked" in sent
        assert sent.endswith(b"5\r\nhello\r\n")
        assert output.to_client == b"0\r\n\r\n"
        assert not output.close
        assert conversation.receive(b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n").events

    def test_a_client_of_before_chunks_gets_the_end_of_the_connection(self) -> None:
        conversation = self.asked(version="1.0")
        sent = conversation.begin(Response(200)) + conversation.piece(b"hello")
        assert sent.endswith(b"\r\n\r\nhello")
        assert conversation.end().close

    def test_head_keeps_the_length_and_has_no_body(self) -> None:
        conversation = self.asked("HEAD")
        sent = conversation.begin(Response(200, (("Content-Length", "5"),)))
        assert b"Content-Length: 5" in sent
        assert conversation.piece(b"") == b""
        assert not conversation.end().close

    def test_a_switch_hands_over_what_the_client_has_sent_ahead(self) -> None:
        conversation = Conversation()
        conversation.receive(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81"
        )
        sent, ahead = conversation.switch(Response(101, (("Upgrade", "websocket"),)))
        assert sent.startswith(b"HTTP/1.1 101 ")
        assert ahead == b"\x81"
