"""Statements that are held: whole, at their bind, and within the Query that they are one of."""

from __future__ import annotations

import pytest
from playbook import (
    BOUND,
    PARSED,
    SYNC,
    Play,
    Script,
    bind,
    complete,
    error,
    execute,
    notification,
    parse,
    query,
    ready,
)

from seamproof.wire.postgres.events import IDLE, OPEN, Action


def test_a_statement_is_held_at_its_bind() -> None:
    play = Play(Script(hold="UPDATE t"))
    batch = [parse("UPDATE t"), bind(), execute(), SYNC]
    play.client(*batch).expect(to_server=batch[0])
    assert play.actions == [Action.HOLD]
    assert play.conversation.held
    play.client(parse("later")).expect()
    play.server(PARSED, notification()).expect(to_client=PARSED + notification())
    assert not play.conversation.pending
    play.release().expect(to_server=b"".join(batch[1:]) + parse("later"))
    assert not play.conversation.held
    play.server(BOUND, complete("UPDATE 1"), ready())
    assert play.last.tag == "UPDATE 1"


def test_a_simple_query_is_held_whole_and_only_once() -> None:
    play = Play(Script(hold="COMMIT")).client(query("COMMIT")).expect()
    play.release().expect(to_server=query("COMMIT"))
    play.server(complete("COMMIT"), ready()).client(query("COMMIT"))
    assert play.actions == [Action.HOLD, Action.HOLD]


TRANSFER = "BEGIN; INSERT INTO a; UPDATE t; COMMIT"


def held_within() -> Play:
    play = Play(Script(hold="UPDATE t")).client(query(TRANSFER))
    play.expect(to_server=query("BEGIN; INSERT INTO a; "))
    assert play.actions == [Action.HOLD]
    assert play.conversation.pending, "what comes before it is still to be answered"
    return play


def test_a_statement_is_held_within_its_query_when_those_before_it_are_executed() -> None:
    play = held_within()
    play.server(complete("BEGIN"), complete("INSERT 0 1"), ready("T"))
    play.expect(to_client=complete("BEGIN") + complete("INSERT 0 1"))
    assert play.conversation.held
    assert not play.conversation.pending
    assert not play.conversation.transparent
    play.client(query("SELECT 1")).expect()
    play.release().expect(to_server=query("UPDATE t; COMMIT") + query("SELECT 1"))
    answer = complete("UPDATE 1") + complete("COMMIT") + ready() + complete("SELECT 1") + ready()
    play.server(answer).expect(to_client=answer)
    assert [(each.sql, each.before, each.after) for each in play.script.statements[:4]] == [
        ("BEGIN", IDLE, OPEN),
        ("INSERT INTO a", OPEN, OPEN),
        ("UPDATE t", OPEN, OPEN),
        ("COMMIT", OPEN, IDLE),
    ]
    assert not play.conversation.pending


def test_what_is_released_early_waits_for_those_before_it() -> None:
    play = held_within()
    play.release().expect()
    play.server(complete("BEGIN"), complete("INSERT 0 1")).server(ready("T"))
    play.expect(
        to_server=query("UPDATE t; COMMIT"), to_client=complete("BEGIN") + complete("INSERT 0 1")
    )
    assert not play.conversation.held


@pytest.mark.parametrize("early", [True, False])
def test_an_error_before_a_held_statement_skips_it(early: bool) -> None:
    play = held_within()
    if early:
        play.release()
    failed = complete("BEGIN") + error("23505") + ready("E")
    play.server(failed)
    if not early:
        play.client(query("ROLLBACK")).release().expect(
            to_server=query("ROLLBACK"), to_client=failed
        )
    else:
        play.expect(to_client=failed).client(query("ROLLBACK")).expect(to_server=query("ROLLBACK"))
    play.server(complete("ROLLBACK"), ready())
    assert [each.sql for each in play.script.statements] == ["BEGIN", "INSERT INTO a", "ROLLBACK"]
    assert not play.conversation.pending


def test_statements_that_are_one_transaction_by_their_message_are_not_parted() -> None:
    for sql in ("INSERT INTO a; UPDATE t", "BEGIN; COMMIT; INSERT INTO a; UPDATE t"):
        play = Play(Script(hold="UPDATE t")).client(query(sql)).expect(to_server=query(sql))
        assert play.actions == []


def test_what_follows_a_commit_is_held_within_its_query() -> None:
    play = Play(Script(hold="UPDATE t")).client(query("INSERT INTO a; COMMIT; UPDATE t"))
    play.expect(to_server=query("INSERT INTO a; COMMIT; "))
    play.server(complete("INSERT 0 1"), complete("COMMIT"), ready())
    play.release().server(complete("UPDATE 1"), ready())
    play.expect(
        to_server=query("UPDATE t"),
        to_client=complete("INSERT 0 1") + complete("COMMIT") + complete("UPDATE 1") + ready(),
    )


def test_a_transaction_that_is_open_already_may_be_held_at_any_statement() -> None:
    play = (
        Play(Script(hold="UPDATE t")).client(query("BEGIN")).server(complete("BEGIN"), ready("T"))
    )
    play.to_server = b""
    play.client(query("INSERT INTO a; UPDATE t")).expect(
        to_server=query("INSERT INTO a; "), to_client=complete("BEGIN") + ready("T")
    )
