from __future__ import annotations

import pytest
from playbook import (
    BOUND,
    COPY_DONE,
    COPY_IN,
    FLUSH,
    NO_DATA,
    PARSED,
    SYNC,
    Play,
    Script,
    bind,
    complete,
    copied,
    describe,
    error,
    execute,
    extended,
    notice,
    parameter,
    parse,
    query,
    ready,
    row,
    startup,
)

from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.history import CrossingKind
from seamproof.wire.postgres.events import IDLE, OPEN, Action
from seamproof.wire.postgres.faults import (
    Cut,
    LoseReply,
    Raise,
    Refuse,
    order,
    raising,
    raising_execute,
)

K = CrossingKind
WRITE = "INSERT INTO t"


def raising_query(sqlstate: str) -> bytes:
    return query(raising(sqlstate).decode())


def opened(**orders: object) -> Play:
    """A conversation in a transaction."""
    play = Play(Script(orders={sql.replace("_", " "): each for sql, each in orders.items()}))
    play.client(query("BEGIN")).server(complete("BEGIN"), ready("T"))
    play.to_server = play.to_client = b""
    return play


# ---------------------------------------------------------------------------- an error


def test_a_query_is_replaced_by_one_that_raises() -> None:
    play = Play(Script(orders={WRITE: Raise("40001")}))
    play.client(query("SELECT 1") + query(WRITE))
    play.expect(to_server=query("SELECT 1") + raising_query("40001"))
    first = complete("SELECT 1") + ready()
    play.server(first, error("40001"), ready()).expect(to_client=first + error("40001") + ready())
    assert (play.last.sqlstate, play.last.tag) == ("40001", None)
    assert not play.conversation.pending


def test_an_execute_is_preceded_by_one_that_raises_whose_replies_are_hidden() -> None:
    play = Play(Script(orders={WRITE: Raise("40001")}))
    before = parse("SELECT 1") + bind() + execute() + parse(WRITE) + bind(b"1") + describe()
    play.client(before + execute() + SYNC)
    play.expect(to_server=before + raising_execute("40001", b"_seamproof_1") + SYNC)
    replies = PARSED + BOUND + complete("SELECT 1") + PARSED + BOUND + NO_DATA
    play.server(replies, PARSED, BOUND, error("40001"), ready())
    play.expect(to_client=replies + error("40001") + ready())
    assert play.last.sqlstate == "40001"


def test_every_split_of_an_error_hides_the_same() -> None:
    client = parse(WRITE) + bind(b"1") + execute() + SYNC + query("SELECT 1")
    server = PARSED + BOUND + PARSED + BOUND + error("40001") + ready() + complete("SELECT 1")
    server += ready()
    sent = parse(WRITE) + bind(b"1") + raising_execute("40001", b"_seamproof_1") + SYNC
    shown = PARSED + BOUND + error("40001") + ready() + complete("SELECT 1") + ready()
    for at in range(max(len(client), len(server))):
        play = Play(Script(orders={WRITE: Raise("40001")}))
        play.client(client[:at]).client(client[at:]).server(server[:at]).server(server[at:])
        play.expect(to_server=sent + query("SELECT 1"), to_client=shown)


def test_a_second_error_has_a_name_of_its_own() -> None:
    play = Play(Script(orders={WRITE: Raise("40001")}))
    for number in (b"1", b"2"):
        play.client(extended(WRITE))
        assert b"_seamproof_" + number in play.to_server
        play.server(PARSED, BOUND, NO_DATA, PARSED, BOUND, error("40001"), ready())
        play.to_server = b""


def test_a_statement_that_was_prepared_before_fails_at_execute() -> None:
    play = Play(Script(orders={WRITE: Raise("40001")}))
    play.client(parse(WRITE, "s"), SYNC).server(PARSED, ready())
    play.client(bind(name="s"), execute(), SYNC).server(
        BOUND, PARSED, BOUND, error("40001"), ready()
    )
    assert play.to_client == PARSED + ready() + BOUND + error("40001") + ready()


def test_a_failed_commit_leaves_no_transaction() -> None:
    play = opened(COMMIT=Raise("40001", ends_transaction=True))
    play.client(query("COMMIT"))
    play.expect(to_server=query("ROLLBACK;" + raising("40001").decode()))
    play.server(parameter("a", "b"), complete("ROLLBACK"), error("40001"), ready())
    play.expect(to_client=parameter("a", "b") + error("40001") + ready())
    assert (play.last.sqlstate, play.last.tag) == ("40001", None)
    assert (play.last.before, play.last.after) == (OPEN, IDLE)
    assert not play.conversation.pending


def test_a_failed_commit_in_a_pipeline_leaves_no_transaction_either() -> None:
    play = opened(COMMIT=Raise("40001", ends_transaction=True))
    batch = parse("COMMIT") + bind()
    play.client(batch, execute(), parse("SELECT 1"), bind(), execute(), SYNC, query("SELECT 2"))
    raised = raising_execute("40001", b"_seamproof_1", ends_transaction=True)
    skipped = parse("SELECT 1") + bind() + execute()
    play.expect(to_server=batch + raised + skipped + SYNC + query("SELECT 2"))
    play.server(PARSED, BOUND, PARSED, BOUND, notice(), complete("ROLLBACK"))
    play.server(PARSED, BOUND, error("40001"), ready(), complete("SELECT 1"), ready())
    play.expect(
        to_client=PARSED + BOUND + error("40001") + ready() + complete("SELECT 1") + ready()
    )
    assert play.last.tag == "SELECT 1"


# ---------------------------------------------------------------------------- a cut


@pytest.mark.parametrize("simple", [True, False])
def test_a_cut_forwards_what_came_before_and_nothing_more(simple: bool) -> None:
    play = Play(Script(orders={WRITE: Cut()}))
    asked = query(WRITE) if simple else execute() + SYNC
    before = query("SELECT 1") if simple else parse(WRITE) + bind()
    play.client(before + asked + query("SELECT 2")).expect(to_server=before)
    assert play.actions == [Action.CLOSE]
    assert play.last.ended is None
    play.client(query("SELECT 3")).server(ready()).expect()


def test_the_start_may_be_cut_or_refused() -> None:
    for ordered, answer in ((Cut(), b""), (Refuse("53300"), b"C53300\0")):
        play = Play(Script(connect=ordered), connected=False).client(startup(user="u"))
        assert play.to_server == b""
        assert answer in play.to_client
        assert bool(play.to_client) == bool(answer)
        assert play.actions == [Action.CLOSE]


# ---------------------------------------------------------------------------- a lost reply


def test_a_lost_reply_ends_the_connection_when_the_server_is_ready() -> None:
    play = Play(Script(orders={WRITE: LoseReply()}))
    batch = extended("SELECT 1") + parse(WRITE) + bind() + execute() + SYNC
    play.client(batch).expect(to_server=batch)
    first = PARSED + BOUND + NO_DATA + complete("SELECT 1") + ready()
    play.server(first, PARSED, BOUND, row(), complete("INSERT 0 1"))
    play.expect(to_client=first + PARSED + BOUND)
    assert play.actions == []
    play.server(ready()).expect()
    assert play.actions == [Action.CLOSE]
    assert (play.last.tag, play.last.after) == ("INSERT 0 1", IDLE)


def test_every_split_loses_the_same_reply() -> None:
    data = row() + complete("SELECT 1") + ready() + row() * 2 + complete("INSERT 0 1") + ready()
    for at in range(len(data)):
        play = Play(Script(orders={WRITE: LoseReply()}))
        play.client(query("SELECT 1"), query(WRITE))
        play.to_server = b""
        play.server(data[:at]).server(data[at:])
        play.expect(to_client=row() + complete("SELECT 1") + ready())
        assert play.actions == [Action.CLOSE]


def test_a_client_that_waits_without_sync_is_not_left_hanging() -> None:
    play = opened(**{"INSERT_INTO_t": LoseReply()})
    play.client(parse(WRITE), bind(), execute(), FLUSH).server(
        PARSED, BOUND, complete("INSERT 0 1")
    )
    assert play.actions == [Action.CLOSE]
    play = opened(**{"INSERT_INTO_t": LoseReply()})
    play.client(parse(WRITE), bind(), execute()).server(PARSED, BOUND, complete("INSERT 0 1"))
    assert play.actions == []
    play.client(FLUSH)
    assert play.actions == [Action.CLOSE]


def test_what_is_copied_in_still_arrives_when_the_reply_is_lost() -> None:
    sql = "COPY t FROM STDIN"
    play = Play(Script(orders={sql: LoseReply()})).client(query(sql)).server(COPY_IN)
    play.expect(to_server=query(sql), to_client=COPY_IN)
    play.client(copied(b"1\n"), COPY_DONE).server(complete("COPY 1"), ready())
    play.expect(to_server=copied(b"1\n") + COPY_DONE)
    assert play.actions == [Action.CLOSE]


def test_an_error_whose_reply_is_lost() -> None:
    play = Play(Script(orders={WRITE: LoseReply()})).client(extended(WRITE))
    play.to_client = b""
    play.server(PARSED, BOUND, NO_DATA, error("23505"), ready())
    assert play.to_client == PARSED + BOUND + NO_DATA
    assert play.last.sqlstate == "23505"
    assert play.actions == [Action.CLOSE]


# ---------------------------------------------------------------------------- what means what


def fault(kind: FaultKind, sqlstate: str | None = None) -> Fault:
    return Fault(kind, CrossingKey("x"), sqlstate)


@pytest.mark.parametrize(
    ("kind", "at", "expected"),
    [
        (fault(FaultKind.ERROR, "40001"), K.WRITE, Raise("40001")),
        (fault(FaultKind.ERROR, "40P01"), K.COMMIT, Raise("40P01", ends_transaction=True)),
        (fault(FaultKind.CUT), K.BEGIN, Cut()),
        (fault(FaultKind.CUT), K.CONNECT, Cut()),
        (fault(FaultKind.REPLY_LOST), K.COMMIT, LoseReply()),
        (fault(FaultKind.REFUSED), K.CONNECT, Refuse("53300")),
    ],
)
def test_orders(kind: Fault, at: CrossingKind, expected: object) -> None:
    assert order(kind, at) == expected


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        (fault(FaultKind.ERROR, "40001"), K.BEGIN),
        (fault(FaultKind.ERROR, "40001"), K.SAVEPOINT),
        (fault(FaultKind.ERROR, "40001"), K.ROLLBACK),
        (fault(FaultKind.ERROR, "40001"), K.CONNECT),
        (fault(FaultKind.REPLY_LOST), K.BEGIN),
        (fault(FaultKind.REPLY_LOST), K.CONNECT),
        (fault(FaultKind.REFUSED), K.WRITE),
        (fault(FaultKind.ERROR), K.WRITE),
        (fault(FaultKind.ERROR, "00000"), K.WRITE),
        (fault(FaultKind.ERROR, "1' OR"), K.WRITE),
    ],
)
def test_what_has_no_meaning_is_refused(kind: Fault, at: CrossingKind) -> None:
    with pytest.raises(ValueError, match=r"has no meaning|no SQLSTATE"):
        order(kind, at)


# ---------------------------------------------------------------------------- of several in a Query

SCRIPT = "INSERT INTO a; INSERT INTO t; INSERT INTO c"


def sent(*statements: str | bytes) -> bytes:
    """The Query of these statements, as `SCRIPT` separates them."""
    pieces = [each if isinstance(each, bytes) else each.encode() for each in statements]
    return query(b"; ".join(pieces).decode())


def names(play: Play) -> list[str]:
    return [each.sql for each in (*play.script.statements, *play.script.passed)]


def test_an_error_within_a_query_comes_after_what_is_before_it() -> None:
    play = Play(Script(orders={WRITE: Raise("40001")})).client(query(SCRIPT))
    play.expect(to_server=sent("INSERT INTO a", raising("40001"), "INSERT INTO c"))
    answer = complete("INSERT 0 1") + error("40001") + ready()
    play.server(answer).expect(to_client=answer)
    first, struck = play.script.statements
    (skipped,) = play.script.passed
    assert (first.tag, first.after) == ("INSERT 0 1", OPEN)
    assert (struck.sqlstate, struck.tag, struck.after, struck.reached) == (
        "40001",
        None,
        IDLE,
        True,
    )
    assert (skipped.sql, skipped.ended) == ("INSERT INTO c", None)
    assert play.actions == []
    assert play.conversation.transparent is False, "orders are left in the script"
    play.script.orders.clear()
    assert play.conversation.transparent


def test_an_error_at_a_commit_within_a_query_leaves_no_transaction() -> None:
    play = Play(Script(orders={"COMMIT": Raise("40001", ends_transaction=True)}))
    play.client(query("BEGIN; INSERT INTO a; COMMIT; SELECT 1"))
    play.expect(
        to_server=sent("BEGIN", "INSERT INTO a", b"ROLLBACK;" + raising("40001"), "SELECT 1")
    )
    shown = complete("BEGIN") + complete("INSERT 0 1")
    play.server(shown, complete("ROLLBACK"), error("40001"), ready())
    play.expect(to_client=shown + error("40001") + ready())
    assert (play.last.sqlstate, play.last.before, play.last.after) == ("40001", OPEN, IDLE)


def test_an_error_of_its_own_before_it_leaves_a_fault_unreached() -> None:
    for order_ in (Raise("40001"), Cut(), LoseReply()):
        play = Play(Script(orders={WRITE: order_})).client(query(SCRIPT))
        play.to_server = b""
        play.server(error("22012"), ready()).expect(to_client=error("22012") + ready())
        assert [each.reached for each in play.script.statements] == [True, False]
        assert play.actions == []
        play.script.orders.clear()
        assert play.conversation.transparent
        play.client(query("SELECT 1")).server(complete("SELECT 1"), ready())
        play.expect(to_server=query("SELECT 1"), to_client=complete("SELECT 1") + ready())


def test_a_cut_within_a_query_undoes_what_is_not_committed() -> None:
    play = Play(Script(orders={WRITE: Cut()})).client(query(SCRIPT))
    play.expect(to_server=sent("INSERT INTO a", raising("57P01"), "INSERT INTO c"))
    assert play.actions == []
    play.server(complete("INSERT 0 1")).server(error("57P01")).server(ready())
    play.expect(to_client=complete("INSERT 0 1"))
    assert play.actions == [Action.CLOSE]
    assert (play.last.sql, play.last.ended, play.last.sqlstate) == (WRITE, None, None)
    assert play.last.reached
    assert names(play) == ["INSERT INTO a", WRITE]


def test_a_cut_before_the_first_of_a_query_sends_nothing() -> None:
    play = Play(Script(orders={"INSERT INTO a": Cut()})).client(query(SCRIPT)).expect()
    assert play.actions == [Action.CLOSE]
    assert names(play) == ["INSERT INTO a"]


def test_a_reply_lost_within_a_query_ends_it_there() -> None:
    play = Play(Script(orders={WRITE: LoseReply()})).client(query(SCRIPT))
    ended = b"INSERT INTO t;" + raising("57P01")
    play.expect(to_server=sent("INSERT INTO a", ended, "INSERT INTO c"))
    play.server(complete("INSERT 0 1")).server(complete("INSERT 0 1"), error("57P01"), ready())
    play.expect(to_client=complete("INSERT 0 1"))
    assert play.actions == [Action.CLOSE]
    assert (play.last.sql, play.last.tag, play.last.sqlstate) == (WRITE, "INSERT 0 1", None)
    assert play.last.reached
    assert names(play) == ["INSERT INTO a", WRITE]


def test_a_reply_lost_at_the_last_of_a_query_needs_no_end() -> None:
    play = Play(Script(orders={"INSERT INTO c": LoseReply()})).client(query(SCRIPT))
    play.expect(to_server=query(SCRIPT))
    play.server(*[complete("INSERT 0 1")] * 3, ready())
    play.expect(to_client=complete("INSERT 0 1") * 2)
    assert play.actions == [Action.CLOSE]
    assert (play.last.before, play.last.after) == (OPEN, IDLE)


def test_a_fault_behind_an_error_of_parse_or_bind_is_not_reached() -> None:
    for replies in ((error("42601"),), (PARSED, error("22P02"))):
        for order_ in (Raise("40001"), LoseReply()):
            play = Play(Script(orders={WRITE: order_})).client(extended(WRITE))
            play.server(*replies, ready())
            assert play.last.sqlstate in ("42601", "22P02")
            assert not play.last.reached
            assert play.actions == []
            play.script.orders.clear()
            assert play.conversation.transparent


def test_a_reply_lost_behind_an_error_in_its_batch_is_not_reached() -> None:
    play = Play(Script(orders={WRITE: LoseReply()}))
    play.client(parse("bad"), bind(), execute(), parse(WRITE), bind(), execute(), SYNC)
    play.server(PARSED, BOUND, error("22012"), ready())
    play.script.orders.clear()
    assert not play.last.reached
    assert play.actions == []
    assert play.conversation.transparent
