"""Every split of the bytes tells and forwards the same, and nothing raises but our error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import (
    BOUND,
    COPY_DONE,
    COPY_IN,
    PARSED,
    SYNC,
    WELCOME,
    Play,
    Script,
    bind,
    columns,
    complete,
    copied,
    error,
    execute,
    extended,
    notice,
    parse,
    query,
    ready,
    row,
    startup,
)

from seamproof.wire.postgres.conversation import Conversation
from seamproof.wire.postgres.messages import ProtocolError, message

Stream = list[tuple[str, bytes]]
STREAMS: list[Stream] = [
    [
        ("client", extended("SELECT $1", b"1") + query("SELECT 2")),
        ("server", PARSED + BOUND + columns() + row() * 3 + complete("SELECT 3") + ready()),
        ("server", complete("SELECT 1") + ready("T")),
    ],
    [
        ("client", parse("bad") + bind() + execute() + SYNC),
        ("server", PARSED + BOUND + notice() + error("22012") + ready()),
        ("client", query("COPY t FROM STDIN")),
        ("server", COPY_IN),
        ("client", copied(b"x" * 30) + COPY_DONE),
        ("server", complete("COPY 1") + ready()),
    ],
]


def told(play: Play) -> list[tuple[object, ...]]:
    return [
        (each.sql, each.parameters, each.tag, each.sqlstate, each.before, each.after)
        for each in (*play.script.statements, *play.script.passed)
    ]


def unbroken(stream: Stream) -> Play:
    whole = Play()
    for side, data in stream:
        getattr(whole, side)(data)
    return whole


def cuts(stream: Stream) -> Iterator[tuple[int, int]]:
    """Each place where one chunk of it may be broken in two: the chunk's number, and the byte."""
    return ((step, at) for step, (_, broken) in enumerate(stream) for at in range(len(broken)))


def halves(stream: Stream, step: int, at: int) -> Iterator[tuple[int, str, bytes, bytes]]:
    """The chunks in two pieces each, by number and side: all but the one that is cut begin whole
    in the second."""
    for number, (side, data) in enumerate(stream):
        cut = at if number == step else 0
        yield number, side, data[:cut], data[cut:]


@pytest.mark.parametrize("stream", STREAMS)
def test_every_split_tells_the_same_and_forwards_every_byte(
    stream: Stream,
) -> None:
    whole = unbroken(stream)
    for step, at in cuts(stream):
        play = Play()
        for _, side, first, second in halves(stream, step, at):
            getattr(play, side)(first)
            getattr(play, side)(second)
        assert told(play) == told(whole), (step, at)
        assert (play.to_server, play.to_client) == (whole.to_server, whole.to_client)


@pytest.mark.parametrize("stream", STREAMS)
def test_what_is_forwarded_first_and_read_later_tells_the_same(
    stream: Stream,
) -> None:
    whole = unbroken(stream)
    for step, at in cuts(stream):
        play = Play()
        for number, side, first, second in halves(stream, step, at):
            forward = getattr(play.conversation, f"saw_{side}")
            if number < step:
                forward(second, 0.0)
                continue
            # The first piece is forwarded unread, the second has to wait for its reading.
            forward(first, 0.0)
            forwarded = len(play.to_server + play.to_client)
            getattr(play, side)(second)
            assert len(play.to_server + play.to_client) - forwarded == len(second)
        assert sorted(told(play), key=repr) == sorted(told(whole), key=repr), (step, at)


def test_nothing_is_transparent_before_the_start_and_while_armed() -> None:
    play = Play(connected=False)
    assert not play.conversation.transparent
    play.client(startup(user="u")).server(WELCOME)
    assert play.conversation.transparent
    assert not Play(Script(hold="x")).conversation.transparent


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["from_client", "from_server", "saw_client", "saw_server"]),
            st.one_of(
                st.binary(max_size=30),
                st.tuples(
                    st.sampled_from("PBEDCSHFQXdcf123nsICZKGENTAtvRWHV"), st.binary(max_size=30)
                ),
            ),
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_random_bytes_raise_nothing_but_our_error(steps: list, connected: bool) -> None:
    play = Play(connected=connected)
    try:
        for method, data in steps:
            if isinstance(data, tuple):
                data = message(data[0].encode(), data[1])
            getattr(play.conversation, method)(data, 0.0)
    except ProtocolError as problem:
        assert str(problem).startswith(("the client ", "the server "))  # noqa: PT017
    for each in (*play.script.statements, *play.script.passed):
        assert isinstance(each.parameters, tuple)
    assert isinstance(play.conversation, Conversation)
