"""Connections of several drivers on one session, whose transaction is rolled back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import asyncpg
import pg8000.dbapi
import pg8000_connecting
import psycopg
import psycopg2
import pytest
from boundary_harness import Loop, background

from seamproof.boundaries.shared import SharedSession
from seamproof.core.errors import DatabaseError
from seamproof.core.protocols import Address

WAIT = 2.0
INSERT = "INSERT INTO orders (note) VALUES (%s)"
ROLES = (
    "CREATE ROLE plain LOGIN PASSWORD 'secret'; GRANT ALL ON ALL TABLES IN SCHEMA public TO plain"
)
CHECKED = """
CREATE TABLE IF NOT EXISTS parts (
    id int PRIMARY KEY, whole int REFERENCES parts DEFERRABLE INITIALLY DEFERRED
)
"""


class Line:
    """The shared session, seen from the test's thread."""

    def __init__(self, loop: Loop, session: SharedSession) -> None:
        self._loop, self._session = loop, session
        self.address = session.address

    def connect(self, *, autocommit: bool = False, **more: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.address.url(), autocommit=autocommit, **more)

    def rollback(self) -> bool:
        return self._loop.run(self._session.rollback())

    def mark(self) -> None:
        self._loop.run(self._session.mark())

    def back(self) -> None:
        self._loop.run(self._session.back())


@pytest.fixture
def line(loop: Loop, upstream: Address, direct: psycopg.Connection[Any]) -> Iterator[Line]:
    direct.execute(CHECKED)
    session = SharedSession(upstream, wait=WAIT)
    loop.run(session.start())
    try:
        yield Line(loop, session)
    finally:
        loop.run(session.stop())


def count(connection: psycopg.Connection[Any], table: str = "orders") -> int:
    (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found)


def test_what_is_committed_others_see_until_it_is_rolled_back(
    line: Line, direct: psycopg.Connection[Any]
) -> None:
    with line.connect() as one, line.connect(autocommit=True) as other:
        one.execute(INSERT, ["committed"])
        one.commit()
        other.execute(INSERT, ["at once"])
        one.execute(INSERT, ["never"])
        one.rollback()
        assert count(other) == 2
        assert count(direct) == 0
        assert line.rollback()
        assert count(other) == 0


def test_an_error_leaves_what_came_before(line: Line) -> None:
    with line.connect() as one, line.connect(autocommit=True) as other:
        other.execute(INSERT, ["a"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            other.execute(INSERT, ["a"])
        one.execute(INSERT, ["b"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            one.execute(INSERT, ["b"])
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            one.execute("SELECT 1")
        cursor = one.execute("COMMIT")
        assert cursor.statusmessage == "ROLLBACK"
        assert one.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert count(other) == 1


def test_several_statements_at_once(line: Line) -> None:
    with line.connect(autocommit=True) as one:
        one.execute("BEGIN; INSERT INTO orders (note) VALUES ('a'); COMMIT; SELECT 1")
        one.execute("BEGIN; INSERT INTO orders (note) VALUES ('b'); ROLLBACK")
        with pytest.raises(psycopg.errors.UniqueViolation):
            one.execute("INSERT INTO orders VALUES (7, 'c'); INSERT INTO orders VALUES (8, 'a')")
        assert count(one) == 1
        one.execute("COMMIT")


def test_savepoints_of_the_client(line: Line) -> None:
    with line.connect() as one, line.connect(autocommit=True) as other:
        with one.transaction():
            one.execute(INSERT, ["kept"])
            with pytest.raises(psycopg.errors.UniqueViolation), one.transaction():
                one.execute(INSERT, ["kept"])
        assert count(other) == 1
        with pytest.raises(psycopg.errors.NoActiveSqlTransaction):
            other.execute("SAVEPOINT lost")


def test_deferred_constraints_are_checked_when_it_commits(line: Line) -> None:
    with line.connect() as one, line.connect(autocommit=True) as other:
        for _ in range(2):
            one.execute("INSERT INTO parts VALUES (1, 2)")
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                one.commit()
            assert one.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        one.execute("INSERT INTO parts VALUES (1, 2), (2, 1)")
        one.commit()
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            other.execute("INSERT INTO parts VALUES (3, 4)")
        assert count(other, "parts") == 2


def test_who_has_only_read_steps_aside(line: Line) -> None:
    with line.connect() as one, line.connect() as other:
        assert count(one) == 0
        other.execute(INSERT, ["a"])
        other.commit()
        one.execute(INSERT, ["b"])
        one.rollback()
        assert count(one) == 1


def test_who_has_written_is_waited_for_and_then_told(line: Line) -> None:
    with line.connect() as one, line.connect(autocommit=True) as other:
        one.execute(INSERT, ["a"])
        with pytest.raises(psycopg.errors.LockNotAvailable, match="use undo"):
            other.execute(INSERT, ["b"])
        waiting = background(lambda: count(other))
        one.commit()
        assert waiting.result(10) == 1


def test_settings_are_of_each_client(line: Line) -> None:
    settings = "-c search_path=pg_catalog -c statement_timeout=7s"
    with line.connect(autocommit=True, options=settings) as one, line.connect() as other:
        show = "SELECT current_setting(%s, true)"

        def of(connection: psycopg.Connection[Any], name: str) -> Any:
            return connection.execute(show, [name]).fetchone()[0]

        other.execute("SET TIME ZONE 'Asia/Tokyo'")
        other.execute("SELECT set_config('app.tenant', %s, false)", ["seven"])
        other.commit()
        other.execute("SET LOCAL statement_timeout = '3s'")
        other.execute("SET DateStyle = 'German'")
        other.rollback()
        other.execute("SET LOCAL app.who = 'carol'")
        other.commit()
        for _ in range(2):
            assert of(one, "search_path") == "pg_catalog"
            assert of(one, "statement_timeout") == "7s"
            assert not of(one, "app.tenant")
            assert of(other, "TimeZone") == "Asia/Tokyo"
            assert of(other, "app.tenant") == "seven"
            assert of(other, "statement_timeout") == "0"
            assert not of(other, "app.who")
            assert of(other, "DateStyle").startswith("ISO")
            other.rollback()
            line.rollback()


def test_prepared_statements_are_of_each_client(line: Line) -> None:
    with line.connect(autocommit=True) as one, line.connect(autocommit=True) as other:
        for connection, value in ((one, 1), (other, 2), (one, 3)):
            found = connection.execute("SELECT %s::int", [value], prepare=True).fetchone()
            assert found == (value,)
        one.execute("DEALLOCATE ALL")
        one.execute('PREPARE "of its own" AS SELECT 1')
        assert other.execute("SELECT %s::int", [4], prepare=True).fetchone() == (4,)


def test_copies_pipelines_and_cursors(line: Line) -> None:
    with line.connect() as one:
        with one.cursor().copy("COPY orders (note) FROM STDIN") as copy:
            for number in range(500):
                copy.write_row([f"note {number}"])
        with (
            suppress(ValueError),
            one.transaction(),
            one.cursor().copy("COPY orders (note) FROM STDIN") as copy,
        ):
            copy.write_row(["lost"])
            raise ValueError
        one.commit()
        with one.cursor("named") as cursor:
            cursor.execute("SELECT note FROM orders ORDER BY id")
            assert len(cursor.fetchmany(7)) == 7
        with one.pipeline():
            first = one.execute("SELECT 1")
            one.execute(INSERT, ["piped"])
            last = one.execute("SELECT 2")
            assert (first.fetchone(), last.fetchone()) == ((1,), (2,))
        one.commit()
        with suppress(psycopg.errors.UniqueViolation), one.pipeline():
            one.execute(INSERT, ["more"])
            one.execute(INSERT, ["piped"])
        one.rollback()
        with one.cursor().copy("COPY orders TO STDOUT") as copy:
            assert len(list(copy.rows())) == 501


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("LISTEN news", psycopg.errors.FeatureNotSupported),
        ("PREPARE TRANSACTION 'x'", psycopg.errors.FeatureNotSupported),
        ("VACUUM", psycopg.errors.ActiveSqlTransaction),
    ],
)
def test_what_cannot_be_is_refused(line: Line, statement: str, error: type[Exception]) -> None:
    with line.connect(autocommit=True) as one:
        with pytest.raises(error, match="transaction"):
            one.execute(statement)
        assert one.execute("SELECT 1").fetchone() == (1,)


def test_modes_of_a_transaction(line: Line) -> None:
    with line.connect() as one:
        one.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        one.execute(INSERT, ["a"])
        one.commit()
        one.read_only = True
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            one.execute(INSERT, ["b"])
        one.rollback()
        one.read_only = False
        one.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        one.execute(INSERT, ["c"])


def test_each_has_the_rights_of_its_role(line: Line, direct: psycopg.Connection[Any]) -> None:
    direct.execute(ROLES)
    try:
        plain = replace(line.address, user="plain", password="secret")
        with psycopg.connect(plain.url(), autocommit=True) as one:
            assert one.execute("SELECT session_user, current_user").fetchone() == (("plain",) * 2)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                one.execute("CREATE ROLE another")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(replace(plain, password="wrong").url())
        with pytest.raises(psycopg.OperationalError, match="that all share"):
            psycopg.connect(replace(plain, name="postgres").url())
    finally:
        direct.execute("DROP OWNED BY plain; DROP ROLE plain")


def test_a_transaction_that_is_of_several_tests_stays(line: Line) -> None:
    with line.connect() as suite, line.connect(autocommit=True) as service:
        suite.execute(INSERT, ["of the class"])
        assert line.rollback() is False
        assert count(suite) == 1
        suite.rollback()
        service.execute(INSERT, ["committed"])
        suite.execute(INSERT, ["left open"])
        assert line.rollback() is True
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            suite.execute("SELECT 1")
        suite.rollback()
        assert count(suite) == 0


def test_who_is_lost_leaves_what_it_has_committed(line: Line) -> None:
    with line.connect(autocommit=True) as other:
        with line.connect() as one:
            one.execute(INSERT, ["committed"])
            one.commit()
            one.execute(INSERT, ["lost"])
            one.pgconn.finish()
        slow = line.connect(autocommit=True)
        slow.pgconn.send_query(b"SELECT pg_sleep(0.1); INSERT INTO orders (note) VALUES ('slow')")
        slow.pgconn.flush()
        slow.pgconn.finish()
        assert count(other) == 2


def test_a_statement_is_cancelled(line: Line) -> None:
    with line.connect(autocommit=True) as one:
        waiting = background(one.execute, "SELECT pg_sleep(20)")
        while not waiting.done():
            one.cancel_safe()
        with pytest.raises(psycopg.errors.QueryCanceled):
            waiting.result(10)
        # The last of these may arrive behind the statement that it was for.
        with suppress(psycopg.errors.QueryCanceled):
            one.execute("SELECT pg_sleep(0.3)")
        assert count(one) == 0


def test_a_session_that_ends_is_another_the_next_time(
    line: Line, direct: psycopg.Connection[Any]
) -> None:
    with line.connect(autocommit=True) as one, pytest.raises(psycopg.OperationalError):
        one.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert line.rollback()
    with line.connect(autocommit=True) as one:
        assert count(one) == 0


def test_a_state_is_kept_and_restored(line: Line) -> None:
    with line.connect(autocommit=True) as one:
        one.execute(INSERT, ["arranged"])
        line.mark()
        for _ in range(3):
            one.execute(INSERT, ["acted"])
            line.back()
        assert count(one) == 1
        line.rollback()
        with pytest.raises(DatabaseError, match="is gone"):
            line.back()
        assert count(one) == 0


def test_psycopg2_and_pg8000(line: Line) -> None:
    at = line.address
    with closing(psycopg2.connect(at.url())) as one:
        with one, one.cursor() as cursor:
            cursor.execute(INSERT, ["psycopg2"])
        with pytest.raises(psycopg2.errors.UniqueViolation), one, one.cursor() as cursor:
            cursor.execute(INSERT, ["psycopg2"])
        with closing(pg8000_connecting.connect(at)) as other:
            cursor = other.cursor()
            cursor.execute(INSERT, ["pg8000"])
            other.commit()
            with pytest.raises(pg8000.dbapi.DatabaseError):
                cursor.execute(INSERT, ["pg8000"])
            other.rollback()
            cursor.execute("SELECT count(*) FROM orders")
            assert cursor.fetchone() == [2]


def test_asyncpg(line: Line) -> None:
    async def body() -> None:
        one, other = [await asyncpg.connect(line.address.url()) for _ in range(2)]
        async with one.transaction(isolation="serializable"):
            await one.execute("INSERT INTO orders (note) VALUES ($1)", "a")
        with pytest.raises(asyncpg.UniqueViolationError):
            async with other.transaction():
                await other.execute("INSERT INTO orders (note) VALUES ($1)", "a")
        with pytest.raises(asyncpg.UniqueViolationError):
            await other.execute("INSERT INTO orders (note) VALUES ($1)", "a")
        await asyncio.gather(
            *(
                each.executemany(
                    "INSERT INTO orders (note) VALUES ($1)", [(f"{number} {n}",) for n in range(9)]
                )
                for number, each in enumerate((one, other))
            )
        )
        async with one.transaction():
            assert len([row async for row in one.cursor("SELECT * FROM orders", prefetch=4)]) == 19
        await one.copy_records_to_table("orders", records=[("copied",)], columns=["note"])
        await one.reset()
        assert await other.fetchval("SELECT count(*) FROM orders") == 20
        await one.close()
        await other.close()

    asyncio.run(body())
