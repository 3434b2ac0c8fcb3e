from __future__ import annotations

from struct import pack

import pytest
from playbook import (
    AUTHENTICATED,
    BOUND,
    CLOSED,
    COPY_DONE,
    COPY_IN,
    EMPTY,
    FLUSH,
    NEGOTIATED,
    NO_DATA,
    PARSED,
    SUSPENDED,
    SYNC,
    TERMINATE,
    WELCOME,
    Play,
    Script,
    bind,
    cancel,
    close,
    columns,
    complete,
    copied,
    describe,
    error,
    execute,
    extended,
    key,
    notice,
    notification,
    parameter,
    parse,
    query,
    ready,
    row,
    startup,
)

from seamproof.core.canary import canary
from seamproof.wire.postgres.events import FAILED, IDLE, OPEN
from seamproof.wire.postgres.messages import MAX_BOUND, ProtocolError, message


def test_the_client_authenticates_with_the_server_itself() -> None:
    play = Play(connected=False)
    hello = startup(user="ann", database="shop", application_name="web")
    play.client(hello).expect(to_server=hello)
    assert play.script.parameters["database"] == "shop"
    assert play.conversation.pending
    scram = message(b"R", b"\0\0\0\x0aSCRAM-SHA-256\0\0")
    play.server(scram).client(message(b"p", b"proof")).server(WELCOME)
    play.expect(to_server=message(b"p", b"proof"), to_client=scram + WELCOME)
    assert play.conversation.backend == 4711
    assert play.conversation.status == IDLE
    assert not play.conversation.pending
    assert play.last.ended is not None


def test_protocol_3_2_negotiates_and_has_longer_keys() -> None:
    play = Play(connected=False).client(startup(0x30002, user="u"))
    answer = NEGOTIATED + AUTHENTICATED + key(9, b"k" * 256) + ready()
    play.server(answer)
    assert play.to_client == answer
    assert play.conversation.backend == 9


def test_a_cancel_request_is_forwarded_whatever_its_key() -> None:
    for secret in (b"abcd", b"k" * 256):
        packet = cancel(4711, secret)
        play = Play(connected=False).client(packet)
        play.expect(to_server=packet)
        assert not play.script.statements
        assert not play.conversation.pending


def test_a_refused_password_ends_the_start() -> None:
    play = Play(connected=False).client(startup(user="u")).server(error("28P01"))
    assert play.last.sqlstate == "28P01"
    assert not play.conversation.pending


def test_a_simple_query() -> None:
    play = Play().client(query("SELECT 1"))
    assert play.conversation.pending
    answer = columns() + row() + complete("SELECT 1") + ready()
    play.server(answer).expect(to_server=query("SELECT 1"), to_client=answer)
    assert (play.last.sql, play.last.tag, play.last.before, play.last.after) == (
        "SELECT 1",
        "SELECT 1",
        IDLE,
        IDLE,
    )
    assert (play.last.started, play.last.ended) == (3.0, 4.0)
    assert not play.conversation.pending


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_canaries_in_rows_belong_to_their_statement_whatever_the_pieces(size: int) -> None:
    one, other = canary("orders", "1").encode(), canary("users", "2").encode()
    asked = query("SELECT 1; SELECT 2; SELECT 3")
    play = Play().client(asked)
    answer = (
        columns()
        + row(b"{" + one + b"}")
        + row(one)
        + complete("SELECT 2")
        + columns()
        + row()
        + complete("SELECT 1")
        + columns()
        + row(one + other)
        + complete("SELECT 1")
        + ready()
    )
    for at in range(0, len(answer), size):
        play.server(answer[at : at + size])
    play.expect(to_server=asked, to_client=answer)
    first, second, third = play.script.statements
    assert first.canaries == (one.decode(),)
    assert second.canaries == ()
    assert third.canaries == (one.decode(), other.decode())


def test_several_statements_in_one_query_are_crossings_of_their_own() -> None:
    play = Play().client(query("BEGIN; INSERT INTO t VALUES (';');\nCOMMIT; "))
    play.server(complete("BEGIN")).server(complete("INSERT 0 1"))
    assert play.conversation.pending
    play.server(complete("COMMIT"), ready())
    begin, insert, commit = play.script.statements
    assert [each.sql for each in play.script.statements] == [
        "BEGIN",
        "INSERT INTO t VALUES (';')",
        "COMMIT",
    ]
    assert [each.tag for each in play.script.statements] == ["BEGIN", "INSERT 0 1", "COMMIT"]
    assert (begin.before, begin.after) == (IDLE, OPEN)
    assert (insert.before, insert.after) == (OPEN, OPEN)
    assert (commit.before, commit.after) == (OPEN, IDLE)
    assert [(each.started, each.ended) for each in play.script.statements] == [
        (3.0, 4.0),
        (4.0, 5.0),
        (5.0, 6.0),
    ]
    assert not play.conversation.pending


def test_several_statements_without_begin_are_one_transaction() -> None:
    play = Play().client(query("INSERT INTO a; INSERT INTO b"))
    assert [each.before for each in play.script.statements] == [IDLE, OPEN]
    play.server(complete("INSERT 0 1"), complete("INSERT 0 1"), ready())
    assert [(each.before, each.after) for each in play.script.statements] == [
        (IDLE, OPEN),
        (OPEN, IDLE),
    ]


def test_an_error_skips_what_follows_in_its_query() -> None:
    play = Play().client(query("INSERT INTO a; bad; INSERT INTO c"), query("SELECT 1"))
    play.server(complete("INSERT 0 1"), error("22012"), ready(), complete("SELECT 1"), ready())
    _, bad, skipped, after = play.script.statements
    assert (bad.sqlstate, bad.after, bad.reached) == ("22012", IDLE, True)
    assert (skipped.ended, skipped.sqlstate, skipped.reached) == (None, None, False)
    assert after.tag == "SELECT 1"
    assert not play.conversation.pending


def test_an_error_of_the_commit_that_a_query_makes_is_its_last_statements() -> None:
    play = Play().client(query("INSERT INTO a; INSERT INTO b"))
    play.server(complete("INSERT 0 1"), error("23503"), ready())
    assert [each.sqlstate for each in play.script.statements] == [None, "23503"]


def test_rolling_back_and_chaining_within_a_query() -> None:
    play = Play().client(query("BEGIN; SAVEPOINT a; ROLLBACK TO a; COMMIT AND CHAIN; ROLLBACK"))
    tags = ("BEGIN", "SAVEPOINT", "ROLLBACK", "COMMIT", "ROLLBACK")
    assert [each.before for each in play.script.statements] == [IDLE, *[OPEN] * 4]
    play.server(*map(complete, tags), ready())
    assert [each.after for each in play.script.statements] == [*[OPEN] * 4, IDLE]


def test_backslashes_escape_where_the_server_says_so() -> None:
    sql = r"SELECT '\'; SELECT 2'"
    assert len(Play().client(query(sql)).script.statements) == 2
    play = Play().server(parameter("standard_conforming_strings", "off"))
    assert len(play.client(query(sql)).script.statements) == 1
    play = Play().server(parameter("standard_conforming_strings", "on"))
    assert len(play.client(query(sql)).script.statements) == 2


def test_more_and_fewer_answers_than_statements_confuse_nobody() -> None:
    play = Play().client(query("SELECT 1; SELECT 2"), query("SELECT 3"))
    play.server(*[complete("SELECT 1")] * 3, ready(), ready())
    assert not play.conversation.pending


def test_an_extended_query_has_its_values() -> None:
    play = Play().client(extended("INSERT INTO t VALUES ($1, $2)", b"caf\xc3\xa9", None))
    play.server(PARSED, BOUND, NO_DATA, complete("INSERT 0 1"), ready())
    assert play.last.sql == "INSERT INTO t VALUES ($1, $2)"
    assert play.last.parameters == ("café", None)
    assert play.last.tag == "INSERT 0 1"


def test_binary_values_of_no_known_type_are_hex_and_long_ones_are_cut() -> None:
    play = Play().client(parse("a"), bind(b"\0\x07", binary=True), execute(), SYNC)
    assert play.last.parameters == ("\\x0007",)
    play.client(parse("a"), bind(b"1", b"x" * 2 * MAX_BOUND, b"3"), execute(), SYNC)
    first, second = play.last.parameters
    assert first == "1"
    assert second
    assert second.endswith("x…")


@pytest.mark.parametrize("asked", ["by the client", "of the server"])
def test_binary_values_are_shown_by_the_types_that_were_told(asked: str) -> None:
    types = pack("!HIII", 3, 21, 0, 25)
    known = types if asked == "by the client" else b"\0\0"
    play = Play().client(message(b"P", b"s\0a\0" + known), describe("S", "s"), SYNC)
    told = message(b"t", types) if asked == "of the server" else b""
    play.server(PARSED, told, NO_DATA, ready())
    play.client(bind(b"\0\x07", None, b"\0", name="s", binary=True), execute(), SYNC)
    assert play.last.parameters == ("7", None, "\0")
    assert play.conversation.pending
    play.server(BOUND, complete("INSERT 0 1"), ready())
    assert not play.conversation.pending


def test_types_that_are_told_behind_the_values_count() -> None:
    play = Play().client(parse("a"), describe("S"), bind(b"\0\x07", binary=True), execute(), SYNC)
    play.server(PARSED, message(b"t", pack("!HI", 1, 21)), NO_DATA, BOUND)
    play.server(complete("INSERT 0 1"), ready())
    assert play.last.parameters == ("7",)


def test_a_description_that_nobody_asked_for_is_passed_on() -> None:
    play = Play().client(parse("a"), describe("S", "other"), SYNC)
    play.server(PARSED, message(b"t", pack("!HI", 9, 21)), NO_DATA, ready())
    assert not play.conversation.pending


def test_a_malformed_bind_has_no_values() -> None:
    play = Play().client(parse("a"), message(b"B", b"\0\0\0\x09"), execute(), SYNC)
    assert play.last.parameters == ()


def test_prepared_statements_are_known_by_name_over_requests() -> None:
    play = Play().client(parse("SELECT $1", "s1"), describe("S", "s1"), FLUSH)
    play.server(PARSED, message(b"t", b"\0\0"), columns())
    assert not play.conversation.pending
    for value in (b"1", b"2"):
        play.client(bind(value, name="s1"), execute(), SYNC)
        play.server(BOUND, row(), complete("SELECT 1"), ready())
    assert [each.sql for each in play.script.statements] == ["SELECT $1"] * 2
    play.client(close("S", "s1"), SYNC).server(CLOSED, ready())
    play.client(bind(name="s1"), execute(), SYNC)
    assert play.last.sql == "EXECUTE s1"


def test_a_portal_may_be_executed_in_parts() -> None:
    play = Play().client(parse("SELECT a"), bind(portal="c"), execute("c", 1), FLUSH)
    play.server(PARSED, BOUND, row(), SUSPENDED)
    assert play.last.ended
    assert play.last.tag is None
    play.client(execute("c"), SYNC).server(row(), complete("SELECT 1"), ready())
    assert [each.sql for each in play.script.statements] == ["SELECT a"] * 2


def test_an_empty_query() -> None:
    play = Play().client(query("")).server(EMPTY, ready())
    assert (play.last.tag, play.last.sqlstate) == (None, None)
    assert play.last.ended


def test_a_pipeline_follows_the_transaction_by_its_tags() -> None:
    statements = ("BEGIN", "INSERT INTO t", "COMMIT", "SELECT 1")
    batch = b"".join(parse(sql) + bind() + execute() for sql in statements)
    play = Play().client(batch, SYNC)
    tags = ("BEGIN", "INSERT 0 1", "COMMIT", "SELECT 1")
    play.server(b"".join(PARSED + BOUND + complete(tag) for tag in tags), ready())
    seen = [(each.before, each.after) for each in play.script.statements]
    assert seen == [(IDLE, OPEN), (OPEN, OPEN), (OPEN, IDLE), (IDLE, IDLE)]


def test_rolling_back_to_a_savepoint_ends_no_transaction() -> None:
    play = Play().client(query("BEGIN")).server(complete("BEGIN"), ready("T"))
    play.client(parse("ROLLBACK TO SAVEPOINT a"), bind(), execute(), FLUSH)
    play.server(PARSED, BOUND, complete("ROLLBACK"))
    assert play.conversation.status == OPEN


def test_an_error_skips_to_sync() -> None:
    batch = parse("bad") + bind() + execute() + parse("next") + bind() + execute()
    play = Play().client(batch, SYNC, query("SELECT 2"))
    play.server(PARSED, BOUND, error("22012"), ready())
    bad, skipped, pending = play.script.statements
    assert (bad.sqlstate, bad.message, bad.ended) == ("22012", "no", 4.0)
    assert (skipped.sqlstate, skipped.ended) == (None, None)
    play.server(complete("SELECT 1"), ready())
    assert pending.tag == "SELECT 1"


def test_an_error_before_the_clients_sync() -> None:
    play = Play().client(parse("bad"), bind(), execute(), FLUSH)
    play.server(PARSED, BOUND, error("22012"))
    play.client(parse("ignored"), bind(), execute(), query("ignored too"))
    assert len(play.script.statements) == 1
    assert not play.conversation.pending
    play.client(SYNC).server(ready())
    play.client(query("SELECT 1")).server(complete("SELECT 1"), ready())
    assert play.last.tag == "SELECT 1"


def test_an_error_of_parse_or_bind_is_the_statements() -> None:
    for replies in ((error("42601"),), (PARSED, error("22P02"))):
        play = Play().client(extended("SELECT $1", b"x")).server(*replies, ready())
        assert play.last.sqlstate in ("42601", "22P02")
        assert not play.script.passed


def test_a_statement_that_cannot_be_prepared_is_recorded() -> None:
    play = Play().client(parse("SELEC", "s1"), describe("S", "s1"), FLUSH).server(error("42601"))
    play.client(SYNC).server(ready())
    (refused,) = play.script.passed
    assert (refused.sql, refused.sqlstate) == ("SELEC", "42601")
    assert not play.script.statements


def test_an_error_of_the_commit_that_sync_makes() -> None:
    play = Play().client(extended("INSERT INTO t"))
    play.server(PARSED, BOUND, NO_DATA, complete("INSERT 0 1"), error("23503"), ready())
    assert (play.last.tag, play.last.sqlstate) == ("INSERT 0 1", "23503")
    assert not play.conversation.pending


def test_an_error_in_a_transaction_fails_it() -> None:
    play = Play().client(query("BEGIN")).server(complete("BEGIN"), ready("T"))
    play.client(query("bad")).server(error("42601"), ready("E"))
    assert (play.last.before, play.last.after) == (OPEN, FAILED)
    play.client(query("COMMIT")).server(complete("ROLLBACK"), ready())
    assert (play.last.tag, play.last.before, play.last.after) == ("ROLLBACK", FAILED, IDLE)


@pytest.mark.parametrize("simple", [True, False])
def test_copying_in(simple: bool) -> None:
    sql = "COPY t FROM STDIN"
    play = Play().client(query(sql) if simple else extended(sql))
    play.server(b"" if simple else PARSED + BOUND + NO_DATA, COPY_IN)
    play.client(copied(b"1\n") * 3, COPY_DONE, b"" if simple else SYNC)
    play.server(complete("COPY 3"), ready())
    assert play.last.tag == "COPY 3"
    assert not play.conversation.pending
    play.client(query("SELECT 1")).server(complete("SELECT 1"), ready())
    assert play.last.tag == "SELECT 1"


def test_an_error_while_copying_in() -> None:
    play = Play().client(extended("COPY t FROM STDIN")).server(PARSED, BOUND, NO_DATA, COPY_IN)
    play.client(copied(b"x")).server(error("22P04"))
    play.client(COPY_DONE, SYNC).server(ready())
    assert play.last.sqlstate == "22P04"
    assert not play.conversation.pending


def test_what_comes_unasked_passes() -> None:
    unasked = notification() + notice() + parameter("x", "y") + error("57P01", "shutdown")
    play = Play().server(unasked).expect(to_client=unasked)
    assert not play.conversation.pending


def test_a_function_call_is_recorded() -> None:
    play = Play().client(message(b"F", b"\0\0\x03\xb8" + bytes(6)))
    play.server(message(b"V", b"\xff\xff\xff\xff"), ready())
    assert play.last.sql == "<function 952>"
    assert not play.conversation.pending


def test_terminate_passes() -> None:
    Play().client(TERMINATE).expect(to_server=TERMINATE)


def test_a_text_that_does_not_end_is_the_clients_fault() -> None:
    with pytest.raises(ProtocolError, match="the client"):
        Play().client(message(b"P", b"name without end"))


@pytest.mark.parametrize("body", [b"", b"X", b"IT"])
def test_a_status_that_is_not_known_is_the_servers_fault(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="the server sent ReadyForQuery"):
        Play().server(message(b"Z", body) + notice())


@pytest.mark.parametrize(
    "begin", ["BEGIN", "begin;", "BEGIN ISOLATION LEVEL READ COMMITTED;", "start transaction"]
)
def test_every_transaction_begins_at_the_level_that_is_wanted(begin: str) -> None:
    play = Play(Script(isolation="serializable"))
    play.client(query(begin)).expect(to_server=query("BEGIN ISOLATION LEVEL SERIALIZABLE"))
    play.server(begun := complete("BEGIN") + ready("T")).expect(to_client=begun)
    assert [each.sql for each in play.script.statements] == [begin]
    play.client(parse(begin, "p")).expect(
        to_server=parse("BEGIN ISOLATION LEVEL SERIALIZABLE", "p")
    )


def test_only_what_begins_a_transaction_is_given_a_level() -> None:
    play = Play(Script(isolation="serializable"))
    for sql in ("SELECT 1", "BEGINNING", "COMMIT"):
        play.client(query(sql)).expect(to_server=query(sql))
        play.server(done := complete("X") + ready()).expect(to_client=done)
