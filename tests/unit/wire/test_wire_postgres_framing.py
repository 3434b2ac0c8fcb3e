from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playbook import (
    SSL,
    SYNC,
    bind,
    cancel,
    complete,
    copied,
    execute,
    parse,
    query,
    ready,
    row,
    startup,
)

from seamproof.wire.postgres.framing import RUN, UNTYPED, Framer
from seamproof.wire.postgres.messages import (
    MAX_LONG,
    ClientProtocolError,
    ProtocolError,
    ServerProtocolError,
)

CLIENT = startup(user="u") + query("SELECT 1") + copied(b"x" * 50) + parse("a") + SYNC
SERVER = row() * 3 + complete("SELECT 3") + row(b"x" * 40) + ready("T")


def spans(framer: Framer, pieces: list[bytes]) -> tuple[list[tuple[int, bytes]], bytes]:
    """The needed messages whole, and everything in order."""
    found, everything = [], b""
    for piece in pieces:
        for code, start, end in framer.feed(piece):
            data = framer.buffer[start:end]
            everything += data
            if code != RUN:
                found.append((code, data))
    return found, everything


@pytest.mark.parametrize(("make", "stream"), [("client", CLIENT), ("server", SERVER)])
def test_every_split_gives_the_same_messages(make: str, stream: bytes) -> None:
    framer = getattr(Framer, f"of_{make}")
    whole, everything = spans(framer(), [stream])
    assert everything == stream
    for at in range(len(stream) + 1):
        assert spans(framer(), [stream[:at], stream[at:]]) == (whole, stream), at
    assert spans(framer(), [bytes([byte]) for byte in stream]) == (whole, stream)


def test_messages_that_nobody_needs_are_one_span() -> None:
    framer = Framer.of_server()
    assert [code for code, _, _ in framer.feed(row() * 1000 + complete("SELECT 1000"))] == [
        RUN,
        ord("C"),
    ]


def test_untyped_packets_end_with_the_startup_message() -> None:
    framer = Framer.of_client()
    packets = cancel(1, b"abcd") + startup(user="u")
    codes = [code for code, _, _ in framer.feed(packets + SYNC)]
    assert codes == [UNTYPED, UNTYPED, ord("S")]


def test_a_long_row_is_passed_before_it_is_complete() -> None:
    framer = Framer.of_server()
    data = row(b"x" * 100_000)
    assert framer.feed(data[:1000]) == [(RUN, 0, 1000)]
    assert framer.partial
    assert framer.feed(data[1000:] + ready()) == [
        (RUN, 0, len(data) - 1000),
        (ord("Z"), len(data) - 1000, len(data) - 1000 + 6),
    ]
    assert not framer.partial


def test_what_is_unread_comes_again() -> None:
    framer = Framer.of_client()
    framer.feed(startup(user="u"))
    stream = query("a") + bind(b"1") + execute() + SYNC
    for cut in range(len(query("a") + bind(b"1")), len(stream)):
        framer.feed(stream[:cut])
        framer.unread(len(query("a")))
        framer.keep(stream[cut:])
        codes = [code for code, _, _ in framer.feed(b"")]
        assert codes == [ord("B"), ord("E"), ord("S")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (SSL, "protocol 1234.5679"),
        (b"\0\0\0\x08\0\x02\0\0", "protocol 2.0"),
        (b"\0\0\x7f\xff\0\x03\0\0", "32767 bytes, allowed are 10000"),
        (b"\0\0\0\x04\0\x03\0\0", "4 bytes"),
        (startup(user="u") + b"?\0\0\0\x04", "unknown type"),
        (startup(user="u") + b"S\0\0\0\x03", "3 bytes"),
        (startup(user="u") + b"S\0\0\xff\xff", "65535 bytes, allowed are 30000"),
        (startup(user="u") + b"Q\x7f\xff\xff\xff", f"allowed are {MAX_LONG}"),
    ],
)
def test_what_is_not_the_protocol_is_the_clients_fault(data: bytes, words: str) -> None:
    framer = Framer.of_client()
    with pytest.raises(ClientProtocolError, match=r"^the client ") as caught:
        framer.feed(data)
    assert words in str(caught.value)


def test_or_the_servers() -> None:
    with pytest.raises(ServerProtocolError, match=r"^the server sent"):
        Framer.of_server().feed(b"HTTP/1.1 400 Bad Request")


@given(st.lists(st.binary(max_size=40), max_size=8), st.booleans())
def test_random_bytes_give_spans_or_a_protocol_error(pieces: list[bytes], client: bool) -> None:
    framer = Framer.of_client() if client else Framer.of_server()
    try:
        _, everything = spans(framer, pieces)
    except ProtocolError:
        return
    assert b"".join(pieces).startswith(everything)
