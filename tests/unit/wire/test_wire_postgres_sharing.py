"""What is sent in place of transaction control, and a conversation of two clients."""

from __future__ import annotations

from typing import Any

import pytest
from playbook import BOUND, COPY_IN, PARSED, SYNC, bind, execute, parse, query

from seamproof.wire.postgres.messages import message
from seamproof.wire.postgres.sharing.client import Client
from seamproof.wire.postgres.sharing.control import Effect, State, instead_of
from seamproof.wire.postgres.sharing.shared import TERMINATE, Shared

IN, OUT, FAILED = State(open=True, failed=False), State(open=False, failed=False), State(True, True)
SET, BACK, FREE = (
    b'SAVEPOINT "seamproof"',
    b'ROLLBACK TO SAVEPOINT "seamproof"',
    b'RELEASE SAVEPOINT "seamproof"',
)


def translated(sql: str, state: State = IN) -> Any:
    client = Client(1, prepared={b"one": b"SELECT 1", b'a"b': b"SELECT 2"})
    return instead_of(sql.encode(), state, client.renamed, client.prepared)


@pytest.mark.parametrize(
    ("sql", "sent", "shown", "effect"),
    [
        ("BEGIN", b"SET TRANSACTION READ WRITE", "BEGIN", Effect.OPENS),
        ("/* why */ begin;", b"SET TRANSACTION READ WRITE", "BEGIN", Effect.OPENS),
        (
            "start transaction isolation level serializable, read only",
            b"SET TRANSACTION READ ONLY",
            "START TRANSACTION",
            Effect.OPENS,
        ),
        ("COMMIT", FREE + b"; " + SET, "COMMIT", Effect.COMMITS),
        ("-- done\nend work", FREE + b"; " + SET, "COMMIT", Effect.COMMITS),
        ("ROLLBACK", BACK, "ROLLBACK", Effect.ROLLS_BACK),
        ("abort transaction", BACK, "ROLLBACK", Effect.ROLLS_BACK),
        ("SET LOCAL TRANSACTION READ ONLY", b"SET TRANSACTION READ ONLY", "", Effect.NONE),
        ("DEALLOCATE one", b'DEALLOCATE "seamproof_1_one"', "", Effect.NONE),
        ('DEALLOCATE PREPARE "a""b"', b'DEALLOCATE "seamproof_1_a""b"', "", Effect.NONE),
    ],
)
def test_what_is_sent_instead(sql: str, sent: bytes, shown: str, effect: Effect) -> None:
    found = translated(sql)
    assert (found.sql, found.tags[-1], found.effect) == (sent, shown, effect)
    assert set(found.tags[:-1]) <= {None}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'COMMIT'",
        "ROLLBACK TO SAVEPOINT inner",
        "rollback work to inner",
        "SAVEPOINT inner",
        "RELEASE inner",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SET TRANSACTION SNAPSHOT '1'",
        "DEALLOCATE another",
        "NOTIFY news",
        "",
    ],
)
def test_what_passes(sql: str) -> None:
    assert translated(sql) is None


def test_a_commit_depends_on_what_came_before() -> None:
    failed = translated("COMMIT", FAILED)
    assert (failed.sql, failed.tags, failed.effect) == (BACK, ("ROLLBACK",), Effect.ROLLS_BACK)
    checked = translated(
        "COMMIT AND CHAIN", State(True, False, (b"SET CONSTRAINTS ALL IMMEDIATE",))
    )
    assert checked.sql.startswith(b"SET CONSTRAINTS ALL IMMEDIATE; RELEASE")
    assert checked.tags == (None, None, "COMMIT")
    assert checked.chains


@pytest.mark.parametrize(
    ("sql", "sqlstate"),
    [
        ("LISTEN news", b"0A000"),
        ("COMMIT PREPARED 'x'", b"0A000"),
        ("SAVEPOINT a", b"25P01"),
        ("LOCK notes", b"25P01"),
        ("DECLARE c CURSOR FOR SELECT 1", b"25P01"),
    ],
)
def test_what_is_refused(sql: str, sqlstate: bytes) -> None:
    assert sqlstate in translated(sql, OUT).sql


def test_a_cursor_that_outlives_its_transaction_needs_none() -> None:
    assert translated("DECLARE c CURSOR WITH HOLD FOR SELECT 1", OUT) is None


# ---------------------------------------------------------------------------- two clients


class World:
    """The server and two clients, of which the test plays all."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.seen: dict[int, bytes] = {1: b"", 2: b""}
        self.waiting: list[int] = []
        self.shared = Shared(self)
        self.clients = {number: Client(number, parameters={"user": "u"}) for number in (1, 2)}
        for each in self.clients.values():
            self.shared.join(each)

    def to_server(self, data: bytes) -> None:
        self.sent.append(data)

    def to_client(self, client: Client, data: bytes) -> None:
        self.seen[client.number] += data

    def on_waiting(self, client: Client) -> None:
        self.waiting.append(client.number)

    def says(self, number: int, *messages: bytes) -> None:
        for each in messages:
            self.shared.from_client(self.clients[number], each[0] if each else TERMINATE, each)

    def answers(self, *messages: bytes) -> None:
        self.shared.from_server(b"".join(messages))

    def took(self) -> bytes:
        taken, self.sent = b"".join(self.sent), []
        return taken

    def saw(self, number: int) -> bytes:
        seen, self.seen[number] = self.seen[number], b""
        return seen


def done(tag: str) -> bytes:
    return message(b"C", tag.encode() + b"\0")


OPEN, BROKEN, IDLE = message(b"Z", b"T"), message(b"Z", b"E"), message(b"Z", b"I")
ERROR = message(b"E", b"SERROR\0C23505\0Mno\0\0")


@pytest.fixture
def world() -> World:
    world = World()
    # Both have been here: what follows is the same session.
    world.says(1, query("SELECT 1"))
    assert world.took().startswith(b"Q")
    world.answers(done("BEGIN"), done("SAVEPOINT"), OPEN, done("SELECT 1"), OPEN)
    assert world.took() == query(FREE.decode())
    assert world.saw(1) == done("SELECT 1")
    world.answers(done("RELEASE"), OPEN)
    assert world.saw(1) == IDLE
    return world


def test_a_transaction_is_a_savepoint(world: World) -> None:
    world.says(1, query("BEGIN"))
    assert world.took() == query(SET.decode()) + query("SET TRANSACTION READ WRITE")
    world.answers(done("SAVEPOINT"), OPEN, done("SET"), OPEN)
    assert world.saw(1) == done("BEGIN") + OPEN
    world.says(1, query("INSERT"))
    world.answers(done("INSERT 0 1"), OPEN)
    world.saw(1), world.took()
    world.says(1, query("COMMIT"))
    assert world.took() == query(f"{FREE.decode()}; {SET.decode()}")
    world.answers(done("RELEASE"), done("SAVEPOINT"), OPEN)
    assert world.saw(1) == done("COMMIT")
    world.answers(done("RELEASE"), OPEN)
    assert world.saw(1) == IDLE


def test_the_reply_may_come_in_any_pieces(world: World) -> None:
    world.says(1, query("BEGIN"))
    for each in done("SAVEPOINT") + OPEN + done("SET") + OPEN:
        world.answers(bytes((each,)))
    assert world.saw(1) == done("BEGIN") + OPEN


def test_an_error_alone_is_rolled_back(world: World) -> None:
    world.says(1, query("INSERT"))
    world.took()
    world.answers(done("SAVEPOINT"), OPEN, ERROR, BROKEN)
    assert world.saw(1) == ERROR
    assert world.took() == query(f"{BACK.decode()}; {FREE.decode()}")
    world.answers(done("ROLLBACK"), done("RELEASE"), OPEN)
    assert world.saw(1) == IDLE


def begun(world: World, number: int, statement: str, tag: str) -> None:
    world.says(number, query("BEGIN"), query(statement))
    world.answers(done("SAVEPOINT"), OPEN, done("SET"), OPEN, done(tag), OPEN)
    world.saw(number), world.took()


def test_who_has_read_steps_aside_and_who_has_written_does_not(world: World) -> None:
    begun(world, 1, "SELECT 1", "SELECT 1")
    world.says(2, query("INSERT"))
    assert world.took() == query(FREE.decode())
    world.says(1, query("INSERT"))
    world.answers(done("RELEASE"), OPEN)
    assert world.took() == query(SET.decode()) + query("INSERT")
    world.answers(done("SAVEPOINT"), OPEN, done("INSERT 0 1"), OPEN, done("RELEASE"), OPEN)
    assert world.saw(2) == done("INSERT 0 1") + IDLE
    assert world.took().endswith(query("INSERT"))
    world.answers(done("SAVEPOINT"), OPEN, done("INSERT 0 1"), OPEN)
    assert world.saw(1) == done("INSERT 0 1") + OPEN
    world.says(2, query("SELECT 1"))
    assert not world.took()
    assert world.waiting[-1] == 2
    assert world.shared.refuse(world.clients[2], "no")
    assert world.saw(2).endswith(IDLE)
    assert not world.shared.refuse(world.clients[2], "no")


def test_who_is_refused_in_a_batch_is_ignored_up_to_its_sync(world: World) -> None:
    begun(world, 1, "INSERT", "INSERT 0 1")
    world.says(2, parse("SELECT 1"))
    world.shared.refuse(world.clients[2], "no")
    assert world.saw(2).startswith(b"E")
    world.says(2, bind(), execute(), SYNC)
    assert world.saw(2) == IDLE


def test_what_is_behind_an_error_in_a_batch_is_skipped(world: World) -> None:
    world.says(1, parse("BEGIN"), bind(), execute(), parse("INSERT"), bind(), execute())
    closed = message(b"3")
    world.answers(done("SAVEPOINT"), OPEN, closed, PARSED, BOUND, done("SET"), OPEN)
    assert world.saw(1) == PARSED + BOUND + done("BEGIN")
    world.answers(closed, PARSED, BOUND, ERROR)
    world.took()
    world.says(1, parse("COMMIT"), bind(), execute(), SYNC)
    assert world.took() == SYNC
    world.answers(BROKEN)
    assert world.saw(1) == PARSED + BOUND + ERROR + BROKEN


def test_copied_data_may_come_before_it_is_asked_for(world: World) -> None:
    data, end = message(b"d", b"row"), message(b"c")
    world.says(1, query("COPY t FROM STDIN"), data, end)
    assert data not in world.took()
    world.answers(done("SAVEPOINT"), OPEN, COPY_IN)
    assert world.took() == data + end


def test_a_client_that_is_lost_is_rolled_back(world: World) -> None:
    begun(world, 1, "INSERT", "INSERT 0 1")
    world.says(1, b"")
    assert world.took() == query(f"{BACK.decode()}; {FREE.decode()}")
    world.answers(done("ROLLBACK"), done("RELEASE"), OPEN)
    assert world.shared.settled


def test_nothing_is_rolled_back_that_a_suite_has_open(world: World) -> None:
    begun(world, 1, "INSERT", "INSERT 0 1")
    told: list[bool] = []
    world.shared.rollback(told.append)
    assert told == [False]
    assert not world.took()
