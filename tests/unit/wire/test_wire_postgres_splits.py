"""Every split of the bytes tells and forwards the same, and nothing raises but our error."""

from __future__ import annotations

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

STREAMS = [
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


def unbroken(stream: list[tuple[str, bytes]]) -> Play:
    whole = Play()
    for side, data in stream:
        getattr(whole, side)(data)
    return whole


@pytest.mark.parametrize("stream", STREAMS)
def test_every_split_tells_the_same_and_forwards_every_byte(
    stream: list[tuple[str, bytes]],
) -> None:
    whole = unbroken(stream)
    for step, (_, broken) in enumerate(stream):
        for at in range(len(broken)):
            play = Play()
            for number, (side, data) in enumerate(stream):
                cut = at if number == step else 0
                getattr(play, side)(data[:cut])
                getattr(play, side)(data[cut:])
            assert told(play) == told(whole), (step, at)
            assert (play.to_server, play.to_client) == (whole.to_server, whole.to_client)


@pytest.mark.parametrize("stream", STREAMS)
def test_what_is_forwarded_first_and_read_later_tells_the_same(
    stream: list[tuple[str, bytes]],
) -> None:
    whole = unbroken(stream)
    for step, (_, broken) in enumerate(stream):
        for at in range(len(broken)):
            play = Play()
            for number, (side, data) in enumerate(stream):
                if number < step:
                    getattr(play.conversation, f"saw_{side}")(data, 0.0)
                    continue
                cut = at if number == step else 0
                # The first piece is forwarded unread, the second has to wait for its reading.
                getattr(play.conversation, f"saw_{side}")(data[:cut], 0.0)
                forwarded = len(play.to_server + play.to_client)
                getattr(play, side)(data[cut:])
                assert len(play.to_server + play.to_client) - forwarded == len(data) - cut
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
