"""What passes the boundary beside plain statements, and what the boundary says of it."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from typing import Any

import asyncpg
import psycopg
import pytest
from boundary_harness import WRITE, Proxy, background, connect
from psycopg import pq

from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.history import Crossing, CrossingKind, TransactionStatus
from seamproof.core.registry import BOUNDARY, discover

pytestmark = pytest.mark.timeout(60)

SHAPE = "INSERT INTO orders (note) VALUES (?)"


def statements(proxy: Proxy) -> list[Crossing]:
    return [each for each in proxy.crossings() if each.kind is not CrossingKind.CONNECT]


def copy_in(cursor: psycopg.Cursor[Any], *notes: str) -> None:
    with cursor.copy("COPY orders (note) FROM STDIN") as copy:
        for note in notes:
            copy.write_row((note,))


def test_it_is_registered() -> None:
    assert discover(BOUNDARY)["postgres"].implementation is PostgresBoundary


# ---------------------------------------------------------------------------- what is recorded


def test_crossings_tell_what_was_asked_and_answered(proxy, direct) -> None:
    with connect(proxy, application_name="shop") as connection, connection.transaction():
        connection.execute(WRITE, ("one",))
        backend = connection.info.backend_pid
    assert proxy.quiet()
    start, begin, write, commit = proxy.crossings()
    assert (start.key, start.kind) == (CrossingKey("<connect>"), CrossingKind.CONNECT)
    assert write.key == CrossingKey(SHAPE, 1)
    assert (write.kind, write.statement) == (CrossingKind.WRITE, WRITE.replace("%s", "$1"))
    assert (write.parameters, write.tag, write.backend) == (("one",), "INSERT 0 1", backend)
    assert (begin.before, begin.after) == (TransactionStatus.IDLE, TransactionStatus.OPEN)
    assert (commit.before, commit.after) == (TransactionStatus.OPEN, TransactionStatus.IDLE)
    assert {each.replica for each in proxy.crossings()} == {3}
    times = [moment for each in proxy.crossings() for moment in (each.started, each.ended)]
    assert times == sorted(times)
    assert times[0] >= 0
    (startup,) = proxy.loop.call(proxy.boundary.startups)
    assert (startup.user, startup.database) == ("postgres", "boundary")
    assert startup.application_name == "shop"


def test_occurrences_count_from_begin(proxy) -> None:
    with connect(proxy) as connection:
        for note in ("a", "b"):
            connection.execute(WRITE, (note,))
        assert [each.key.occurrence for each in statements(proxy)] == [1, 2]
        proxy.begin()
        assert proxy.crossings() == ()
        connection.execute(WRITE, ("c",))
        assert [each.key for each in statements(proxy)] == [CrossingKey(SHAPE, 1)]


def test_an_error_of_the_database_is_recorded(proxy) -> None:
    with connect(proxy) as connection:
        connection.execute(WRITE, ("a",))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(WRITE, ("a",))
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute("SELEC 1")
    unique, syntax = statements(proxy)[1:]
    assert (unique.sqlstate, unique.fault) == ("23505", None)
    assert "duplicate key" in unique.message
    assert (syntax.sqlstate, syntax.statement) == ("42601", "SELEC 1")


def test_a_commit_of_a_failed_transaction_answers_rollback(proxy) -> None:
    with connect(proxy) as connection:
        connection.execute("BEGIN")
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1/0")
        connection.execute("COMMIT")
    commit = statements(proxy)[-1]
    assert (commit.kind, commit.tag) == (CrossingKind.COMMIT, "ROLLBACK")
    assert commit.before is TransactionStatus.FAILED


# ---------------------------------------------------------------------------- what passes


def test_prepared_statements_live_over_requests(proxy) -> None:
    async def requests() -> None:
        connection = await asyncpg.connect(proxy.url)
        prepared = await connection.prepare("SELECT $1::int + 1")
        for number in range(5):
            proxy.boundary.begin(time.monotonic())
            assert await prepared.fetchval(number) == number + 1
            (crossing,) = proxy.boundary.crossings()
            assert crossing.statement == "SELECT $1::int + 1"
            assert crossing.parameters == (str(number),)
        await connection.close()

    proxy.loop.run(requests())


def test_copying_in_and_out(proxy, direct) -> None:
    rows = [f"row {number}" for number in range(20_000)]
    with connect(proxy) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY orders (note) FROM STDIN") as copy:
            for each in rows:
                copy.write_row((each,))
        with cursor.copy("COPY (SELECT note FROM orders ORDER BY id) TO STDOUT") as copy:
            assert [each for (each,) in copy.rows()] == rows
        with pytest.raises(psycopg.errors.UniqueViolation):
            copy_in(cursor, "row 1")
        cursor.execute("SELECT 1")
    kinds = [(each.kind, each.tag, each.sqlstate) for each in statements(proxy)]
    assert kinds[:2] == [
        (CrossingKind.COPY, "COPY 20000", None),
        (CrossingKind.COPY, "COPY 20000", None),
    ]
    assert kinds[2] == (CrossingKind.COPY, None, "23505")
    assert direct.execute("SELECT count(*) FROM orders").fetchone() == (20_000,)
    assert proxy.quiet()


def test_copying_with_asyncpg(proxy) -> None:
    async def copy() -> None:
        connection = await asyncpg.connect(proxy.url)
        records = [(f"row {number}",) for number in range(1000)]
        await connection.copy_records_to_table("orders", records=records, columns=["note"])
        assert await connection.fetchval("SELECT count(*) FROM orders") == 1000
        await connection.close()

    proxy.loop.run(copy())


@pytest.mark.parametrize(
    ("kind", "stored"), [(FaultKind.REPLY_LOST, 2), (FaultKind.CUT, 0), (FaultKind.ERROR, 0)]
)
def test_faults_at_a_copy(kind: FaultKind, stored: int, proxy, direct) -> None:
    at = CrossingKey("COPY orders (note) FROM STDIN")
    proxy.begin(Fault(kind, at, "57014" if kind is FaultKind.ERROR else None))
    with connect(proxy) as connection, pytest.raises(psycopg.OperationalError):
        copy_in(connection.cursor(), "a", "b")
    assert proxy.quiet()
    assert direct.execute("SELECT count(*) FROM orders").fetchone() == (stored,)


def test_notifications_pass(proxy, direct) -> None:
    with connect(proxy) as connection:
        connection.execute("LISTEN news")
        direct.execute("NOTIFY news, 'hello'")
        (notice,) = connection.notifies(timeout=5, stop_after=1)
    assert (notice.channel, notice.payload) == ("news", "hello")
    assert statements(proxy)[0].kind is CrossingKind.SESSION


def test_a_cancel_request_reaches_the_statement(proxy) -> None:
    with connect(proxy) as connection:
        timer = threading.Timer(0.2, connection.cancel_safe)
        timer.start()
        started = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(20)")
        assert time.monotonic() - started < 5
        timer.join()
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert statements(proxy)[0].sqlstate == "57014"


def test_asyncpg_cancels_by_timeout(proxy) -> None:
    async def cancel() -> None:
        connection = await asyncpg.connect(proxy.url)
        with pytest.raises(asyncio.TimeoutError):
            await connection.execute("SELECT pg_sleep(20)", timeout=0.2)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()

    proxy.loop.run(cancel())


def test_protocol_3_2(proxy) -> None:
    if pq.version() < 180000:
        pytest.skip("libpq before 18 speaks 3.0 only")
    with connect(proxy, max_protocol_version="3.2") as connection:
        assert connection.pgconn.protocol_version == 3
        timer = threading.Timer(0.2, connection.cancel_safe)
        timer.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(20)")
        timer.join()


def test_a_pipeline_with_an_error_in_the_middle(proxy, direct) -> None:
    with connect(proxy) as connection:

        def pipeline() -> None:
            with connection.pipeline():
                connection.execute(WRITE, ("a",))
                connection.execute("SELECT 1/0")
                connection.execute(WRITE, ("b",))

        with pytest.raises(psycopg.errors.DivisionByZero):
            pipeline()
        connection.execute(WRITE, ("c",))
    assert proxy.quiet()
    assert {note for (note,) in direct.execute("SELECT note FROM orders")} >= {"c"}
    assert "22012" in [each.sqlstate for each in statements(proxy)]


def test_a_wrong_password_is_refused_by_the_database(proxy) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(replace(proxy.address, password="wrong").url())
    assert proxy.quiet()
    assert proxy.crossings()[0].sqlstate == "28P01"


def test_required_tls_is_said_to_be_missing(proxy) -> None:
    with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
        psycopg.connect(proxy.url, sslmode="require")


# ---------------------------------------------------------------------------- quiet and pause


def test_a_running_statement_and_an_open_transaction_are_not_quiet(proxy) -> None:
    with connect(proxy) as connection:
        assert proxy.quiet()
        running = background(connection.execute, "SELECT pg_sleep(0.3)")
        time.sleep(0.1)
        assert proxy.loop.call(proxy.boundary.activity).pending == 1
        assert not proxy.quiet(limit=0.05)
        running.result()
        assert proxy.quiet(limit=1)
        connection.execute("BEGIN")
        opened = proxy.loop.call(proxy.boundary.activity).open_transactions
        assert opened == (connection.info.backend_pid,)
        assert not proxy.quiet(limit=0.05)
        connection.execute("ROLLBACK")
        assert proxy.quiet()


def test_a_statement_whose_client_is_gone_is_not_quiet(proxy, direct) -> None:
    connection = connect(proxy)
    connection.pgconn.send_query(b"INSERT INTO orders SELECT 1, 'late' FROM pg_sleep(0.4)")
    connection.close()
    assert not proxy.quiet(limit=0.1)
    assert proxy.quiet()
    assert direct.execute("SELECT note FROM orders").fetchall() == [("late",)]


def test_a_pause_keeps_back_idle_and_new_connections_only(proxy, direct) -> None:
    with connect(proxy) as idle, connect(proxy) as busy:
        busy.execute("BEGIN")
        proxy.loop.call(proxy.boundary.pause)
        kept = background(idle.execute, WRITE, ("idle",))
        new = background(lambda: connect(proxy).close())
        busy.execute(WRITE, ("busy",))
        busy.execute("COMMIT")
        time.sleep(0.1)
        assert not kept.done()
        assert not new.done()
        assert direct.execute("SELECT note FROM orders").fetchall() == [("busy",)]
        proxy.loop.call(proxy.boundary.resume)
        kept.result(5)
        new.result(5)
        assert direct.execute("SELECT count(*) FROM orders").fetchone() == (2,)


# ---------------------------------------------------------------------------- holds


def test_a_held_statement_waits_for_its_release(proxy, direct) -> None:
    with connect(proxy) as connection:
        connection.execute(WRITE, ("first",))
        hold = proxy.loop.call(proxy.boundary.hold, CrossingKey(SHAPE, 2))
        running = background(connection.execute, WRITE, ("second",))
        proxy.loop.run(hold.reached(), 5)
        time.sleep(0.05)
        assert not running.done()
        assert proxy.loop.call(proxy.boundary.activity).pending == 0
        (state,) = proxy.loop.call(proxy.boundary.connections)
        assert state.held
        assert direct.execute("SELECT note FROM orders").fetchall() == [("first",)]
        # What is committed while it is held is in its snapshot.
        direct.execute("INSERT INTO orders (note) VALUES ('between')")
        proxy.loop.call(hold.release)
        running.result(5)
        connection.execute(WRITE, ("third",))
    assert [each.key.occurrence for each in statements(proxy)] == [1, 2, 3]


def test_a_held_read_takes_its_snapshot_after_the_release(proxy, direct) -> None:
    read = "SELECT count(*) FROM orders WHERE note <> $1"

    async def count() -> int:
        connection = await asyncpg.connect(proxy.url)
        prepared = await connection.prepare(read)
        hold = proxy.boundary.hold(CrossingKey("SELECT count(*) FROM orders WHERE note <> ?"))
        running = asyncio.ensure_future(prepared.fetchval("x"))
        await hold.reached()
        await asyncio.to_thread(direct.execute, "INSERT INTO orders (note) VALUES ('new')")
        hold.release()
        found = await running
        await connection.close()
        return found

    assert proxy.loop.run(count()) == 1


def test_a_hold_that_was_not_reached_holds_nothing_after_its_release(proxy) -> None:
    hold = proxy.loop.call(proxy.boundary.hold, CrossingKey(SHAPE))
    proxy.loop.call(hold.release)
    assert not hold.arrived
    with connect(proxy) as connection:
        connection.execute(WRITE, ("a",))
    hold = proxy.loop.call(proxy.boundary.hold, CrossingKey(SHAPE, 2))
    proxy.begin()
    with connect(proxy) as connection:
        connection.execute(WRITE, ("b",))
        connection.execute(WRITE, ("c",))
    assert not hold.takes
