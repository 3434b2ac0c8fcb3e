"""What servers 12 to 18 say differently, as playbooks.

Sources (manual of 18, part VII): "Asynchronous Operations" for which parameters are reported since
when; "Protocol Versions" and NegotiateProtocolVersion; BackendKeyData and CancelRequest for the
keys; "Pipelining" and "COPY Operations" for ReadyForQuery. Release notes of 14: a parameter that
changes is reported once, before ReadyForQuery. Release notes of 18: protocol 3.2, `search_path`.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack

import pytest
from playbook import (
    AUTHENTICATED,
    BOUND,
    COPY_DONE,
    COPY_IN,
    NO_DATA,
    PARSED,
    SYNC,
    Play,
    bind,
    cancel,
    complete,
    copied,
    error,
    execute,
    key,
    parameter,
    parse,
    query,
    ready,
    startup,
)

from seamproof.wire.postgres.events import IDLE, OPEN
from seamproof.wire.postgres.messages import message

ALWAYS = (
    *("application_name", "client_encoding", "DateStyle", "integer_datetimes", "IntervalStyle"),
    *("is_superuser", "server_encoding", "session_authorization", "standard_conforming_strings"),
    "TimeZone",
)
SINCE = {
    "default_transaction_read_only": 14,
    "in_hot_standby": 14,
    "scram_iterations": 16,
    "search_path": 18,
}
V3_0, V3_2 = 0x30000, 0x30002
UNKNOWN_OPTION = "_pq_.something"


@dataclass(frozen=True)
class Server:
    """A major version of the server."""

    major: int

    @property
    def newest(self) -> int:
        """The newest protocol that it speaks."""
        return V3_2 if self.major >= 18 else V3_0

    def welcome(self, asked: int, *options: str) -> bytes:
        """Its answer to a StartupMessage, to the first ReadyForQuery."""
        since = [name for name, major in SINCE.items() if self.major >= major]
        said = b""
        if asked > self.newest or options:
            names = b"".join(each.encode() + b"\0" for each in options)
            said = message(b"v", pack("!II", self.newest, len(options)) + names)
        said += AUTHENTICATED + parameter("server_version", f"{self.major}.1")
        said += b"".join(parameter(name, "x") for name in (*ALWAYS, *since))
        return said + key(4711, self.secret(asked)) + ready()

    def secret(self, asked: int) -> bytes:
        """What must be shown to cancel: four bytes in 3.0, more in 3.2."""
        return b"k" * (32 if min(asked, self.newest) == V3_2 else 4)

    def set_answer(self, name: str) -> bytes:
        """Its answer to a SET in a simple Query: since 14 the report comes behind the tag."""
        report = parameter(name, "y")
        if self.major >= 14:
            return complete("SET") + report + ready()
        return report + complete("SET") + ready()


SERVERS = [Server(major) for major in range(12, 19)]


def connect(server: Server, asked: int = V3_0, *options: str) -> Play:
    hello = startup(asked, user="u", database="d", **dict.fromkeys(options, "1"))
    welcome = server.welcome(asked, *options)
    play = Play(connected=False).client(hello)
    return play.server(welcome).expect(to_server=hello, to_client=welcome)


@pytest.mark.parametrize("server", SERVERS, ids=str)
@pytest.mark.parametrize("options", [(), (UNKNOWN_OPTION,)])
@pytest.mark.parametrize("asked", [V3_0, V3_2])
def test_the_start(server: Server, asked: int, options: tuple[str, ...]) -> None:
    play = connect(server, asked, *options)
    assert (play.conversation.backend, play.conversation.status) == (4711, IDLE)
    assert not play.conversation.pending
    assert play.conversation.transparent
    assert (play.last.ended, play.last.sqlstate) == (2.0, None)


@pytest.mark.parametrize("server", [Server(12), Server(18)], ids=str)
def test_the_start_in_two_pieces(server: Server) -> None:
    hello, welcome = startup(V3_2, user="u"), server.welcome(V3_2)
    for at in range(len(welcome)):
        play = Play(connected=False).client(hello).server(welcome[:at])
        assert not play.conversation.transparent
        play.server(welcome[at:]).expect(to_server=hello, to_client=welcome)
        assert (play.conversation.backend, play.conversation.status) == (4711, IDLE)


@pytest.mark.parametrize("server", SERVERS, ids=str)
@pytest.mark.parametrize("asked", [V3_0, V3_2])
def test_the_key_of_a_cancellation(server: Server, asked: int) -> None:
    packet = cancel(4711, server.secret(asked))
    for at in range(len(packet)):
        play = Play(connected=False).client(packet[:at]).client(packet[at:])
        play.expect(to_server=packet)


@pytest.mark.parametrize("server", SERVERS, ids=str)
@pytest.mark.parametrize("name", ["search_path", "default_transaction_read_only", "TimeZone"])
def test_a_parameter_that_changes(server: Server, name: str) -> None:
    play = connect(server)
    reported = server.major >= SINCE.get(name, 0)
    answer = server.set_answer(name) if reported else complete("SET") + ready()
    play.client(query(f"SET {name} = y")).server(answer)
    assert play.to_client == answer
    assert (play.last.tag, play.last.after) == ("SET", IDLE)
    assert not play.conversation.pending


@pytest.mark.parametrize("server", SERVERS, ids=str)
def test_a_parameter_that_changes_within_a_pipeline(server: Server) -> None:
    """Before 14 the report is between the replies, since then before ReadyForQuery."""
    play = connect(server)
    play.client(parse("SET TimeZone = y"), bind(), execute())
    play.client(parse("SELECT 1"), bind(), execute(), SYNC)
    report = parameter("TimeZone", "y")
    early, late = (b"", report) if server.major >= 14 else (report, b"")
    answer = PARSED + BOUND + early + complete("SET") + PARSED + BOUND + complete("SELECT 1") + late
    play.server(answer).server(ready())
    assert play.to_client == answer + ready()
    assert [each.tag for each in play.script.statements[-2:]] == ["SET", "SELECT 1"]
    assert not play.conversation.pending


def test_a_pipeline_in_a_transaction_has_one_ready_for_each_sync() -> None:
    play = connect(Server(18)).client(parse("BEGIN"), bind(), execute(), SYNC)
    play.client(parse("bad"), bind(), execute(), parse("skipped"), bind(), execute(), SYNC)
    play.server(PARSED, BOUND, complete("BEGIN"), ready("T"))
    assert (play.conversation.status, play.conversation.pending) == (OPEN, True)
    play.server(error("42601"), ready("E"))
    assert not play.conversation.pending
    assert [each.sqlstate for each in play.script.statements[-2:]] == ["42601", None]


def test_a_sync_while_data_is_copied_in_is_not_answered() -> None:
    play = connect(Server(18)).client(parse("COPY t FROM STDIN"), bind(), execute(), SYNC)
    play.server(PARSED, BOUND, NO_DATA, COPY_IN).client(copied(b"1\n"), SYNC, COPY_DONE)
    play.server(complete("COPY 1"))
    assert not play.conversation.pending, "a Sync is awaited that the server has ignored"
    play.client(SYNC)
    assert play.conversation.pending
    play.server(ready())
    assert (play.last.tag, play.conversation.pending) == ("COPY 1", False)
