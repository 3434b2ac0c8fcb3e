"""Conversations with an HTTP/1.1 client, as bytes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.core.history import Request, Response
from seamproof.wire.http.conversation import MOST_AHEAD, Asked, Began, Conversation, Event, Output

POST = (
    b"POST /charges?x=1 HTTP/1.1\r\nHost: payments\r\nContent-Length: 13\r\n"
    b'X-Name: J\xf8rgen\r\n\r\n{"amount": 5}'
)
CHUNKED = (
    b"POST /charges HTTP/1.1\r\nHost: payments\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'6\r\n{"amou\r\n7;ext=1\r\nnt": 5}\r\n0\r\nTrailer: t\r\n\r\n'
)
GET = b"GET /charges/7 HTTP/1.1\r\nHost: payments\r\n\r\n"
CREATED = Response(201, (("Content-Type", "application/json"),), b'{"id": 1}')


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(min(each, len(data)) for each in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(places) if a < b]


def told(conversation: Conversation, *data: bytes) -> list[Event]:
    return [event for each in data for event in conversation.receive(each).events]


def asked(*events: Event) -> list[Request]:
    return [each.request for each in events if isinstance(each, Asked)]


@pytest.mark.parametrize("data", [POST, CHUNKED, GET], ids=["length", "chunked", "no body"])
def test_a_request_cut_at_every_place(data: bytes) -> None:
    whole = told(Conversation(), data)
    assert [type(each) for each in whole] == [Began, Asked]
    for cut in range(1, len(data)):
        assert told(Conversation(), data[:cut], data[cut:]) == whole, cut
    single = [bytes([each]) for each in data]
    assert told(Conversation(), *single) == whole


def test_what_a_request_says() -> None:
    began, complete = told(Conversation(), POST)
    assert began.request.body == b""
    request = complete.request
    assert (request.method, request.target) == ("POST", "/charges?x=1")
    assert ("X-Name", "Jørgen") in request.headers
    assert request.body == b'{"amount": 5}'
    (chunked,) = asked(*told(Conversation(), CHUNKED))
    assert chunked.body == request.body


def test_an_answer_and_the_next_request_on_the_same_connection() -> None:
    conversation = Conversation()
    assert conversation.idle
    told(conversation, POST)
    assert not conversation.idle
    output = conversation.answer(CREATED)
    head, _, body = output.to_client.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201 ")
    assert b"content-length: 9" in head.lower()
    assert (body, output.close) == (b'{"id": 1}', False)
    assert conversation.idle
    assert [each.target for each in asked(*told(conversation, GET))] == ["/charges/7"]


@given(st.lists(st.integers(0, 3 * len(POST)), max_size=5))
def test_requests_sent_ahead_are_told_of_one_by_one(cuts: list[int]) -> None:
    conversation, heard = Conversation(), []
    for piece in pieces(POST + CHUNKED + GET, cuts):
        events = conversation.receive(piece).events
        while requests := asked(*events):
            heard.append(requests[0].target)
            events = conversation.answer(CREATED).events
    assert heard == ["/charges?x=1", "/charges", "/charges/7"]


def test_a_client_that_is_too_far_ahead_is_cut_off() -> None:
    conversation = Conversation()
    told(conversation, GET)
    output = Output()
    for _ in range(1 + MOST_AHEAD // 1000):
        output = conversation.receive(b"x" * 1000)
    assert output.close


def test_a_client_that_asks_whether_to_go_on_is_told_to() -> None:
    head, body = POST.split(b"\r\n\r\n")
    conversation = Conversation()
    output = conversation.receive(head + b"\r\nExpect: 100-continue\r\n\r\n")
    assert output.to_client.startswith(b"HTTP/1.1 100 ")
    assert [type(each) for each in output.events] == [Began]
    output = conversation.receive(body)
    assert (output.to_client, [type(each) for each in output.events]) == (b"", [Asked])


def test_a_client_that_asks_and_goes_on_is_told_nothing() -> None:
    head, body = POST.split(b"\r\n\r\n")
    output = Conversation().receive(head + b"\r\nExpect: 100-continue\r\n\r\n" + body)
    assert (output.to_client, len(output.events)) == (b"", 2)


@pytest.mark.parametrize(
    ("data", "closes"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", True),
        (b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com\r\n\r\n", False),
    ],
    ids=["old", "last", "head", "tunnel"],
)
def test_the_connection_ends_where_the_client_says_so(data: bytes, closes: bool) -> None:
    conversation = Conversation()
    told(conversation, data)
    output = conversation.answer(Response(502, (), b"refused"))
    assert output.close is closes
    assert output.to_client.endswith(b"refused") is not data.startswith(b"HEAD")
    if not closes:
        assert asked(*told(conversation, GET))


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_may_have_no_body_has_none(status: int) -> None:
    conversation = Conversation()
    told(conversation, GET)
    output = conversation.answer(Response(status, (("Content-Length", "7"),), b"ignored"))
    assert output.to_client.endswith(b"\r\n\r\n")
    assert b"content-length" not in output.to_client.lower()
    assert not output.close


def test_a_header_cannot_end_its_line() -> None:
    conversation = Conversation()
    told(conversation, GET)
    answer = Response(200, (("X-Echo", "a\r\nSet-Cookie: b\0 ☃ é "),), b"")
    sent = conversation.answer(answer).to_client
    assert b"X-Echo: a  Set-Cookie: b    \xe9\r\n" in sent


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"what is this\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 100_000, 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n" + b"x" * 200, 413),
    ],
    ids=["words", "tls", "no host", "length", "coding", "chunk", "head", "body"],
)
def test_what_breaks_the_protocol_is_answered_and_ends(data: bytes, status: int) -> None:
    output = Conversation(most_body=100).receive(data)
    assert output.to_client.startswith(b"HTTP/1.1 %d " % status)
    assert output.close
    assert not asked(*output.events)


def test_a_broken_request_behind_a_good_one_ends_behind_the_answer() -> None:
    conversation = Conversation()
    (first, second) = conversation.receive(GET + b"nonsense\r\n\r\n").events
    assert (type(first), type(second)) == (Began, Asked)
    output = conversation.answer(CREATED)
    assert output.to_client.index(b'{"id": 1}') < output.to_client.index(b"HTTP/1.1 400 ")
    assert output.close


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_any_bytes_are_read_or_refused(data: bytes, cuts: list[int]) -> None:
    conversation = Conversation()
    for piece in pieces(data, cuts):
        output = conversation.receive(piece)
        if output.close:
            break
        if asked(*output.events):
            conversation.answer(CREATED)
            break
