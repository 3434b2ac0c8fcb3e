"""What the journal records, and that the service cannot tell that it is there."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from journaled import journaled

from seamproof.core.history import RowChange
from seamproof.database.postgres.journal import FORGET
from seamproof.database.postgres.session import conninfo

pytestmark = pytest.mark.usefixtures("journal_server")

ITEMS = """
CREATE TABLE items (id serial PRIMARY KEY, name text NOT NULL, price float8,
                    at timestamptz DEFAULT '2026-01-02 03:04:05.678+00');
INSERT INTO items (name, price) VALUES ('one', 0.1), ('two', 'NaN');
"""


def test_every_kind_of_write_is_recorded_with_its_transaction() -> None:
    async def scenario() -> None:
        async with journaled(ITEMS) as world:
            assert await world.changes() == []
            await world.execute(
                "BEGIN",
                "INSERT INTO items (name) VALUES ('it''s, \"odd\" \\ (very)'), ('')",
                "UPDATE items SET name = 'uno' WHERE id = 1",
                "DELETE FROM items WHERE id = 2",
            )
            xid = await world.value("SELECT pg_current_xact_id()::text")
            pid = await world.value("SELECT pg_backend_pid()")
            await world.execute("COMMIT")
            at = "2026-01-02 03:04:05.678+00"

            def row(id: int, name: str, price: str | None = None) -> dict[str, str | None]:
                return {"id": str(id), "name": name, "price": price, "at": at}

            assert await world.changes() == [
                RowChange("items", None, row(3, 'it\'s, "odd" \\ (very)'), xid, pid),
                RowChange("items", None, row(4, ""), xid, pid),
                RowChange("items", row(1, "one", "0.1"), row(1, "uno", "0.1"), xid, pid),
                RowChange("items", row(2, "two", "NaN"), None, xid, pid),
            ]

    asyncio.run(scenario())


def test_what_a_transaction_takes_back_is_not_recorded() -> None:
    async def scenario() -> None:
        async with journaled(ITEMS) as world:
            await world.execute(
                "BEGIN",
                "UPDATE items SET name = 'a' WHERE id = 1",
                "SAVEPOINT s",
                "UPDATE items SET name = 'b' WHERE id = 2",
                "ROLLBACK TO s",
                "COMMIT",
                "BEGIN",
                "DELETE FROM items",
                "ROLLBACK",
            )
            (change,) = await world.changes()
            assert change.new is not None
            assert change.new["name"] == "a"

    asyncio.run(scenario())


def test_a_mark_forgets_what_came_before_it() -> None:
    async def scenario() -> None:
        async with journaled(ITEMS) as world:
            await world.execute("UPDATE items SET name = 'arranged' WHERE id = 1")
            assert await world.database.mark("arranged") == ""
            assert await world.changes() == []
            await world.execute("UPDATE items SET name = 'acted' WHERE id = 1")
            (change,) = await world.changes()
            assert change.old is not None
            assert change.old["name"] == "arranged"
            undone = await world.database.undo("arranged")
            assert (undone.rows, undone.cloned) == (2, "")
            assert await world.value("SELECT name FROM items WHERE id = 1") == "arranged"
            assert await world.changes() == []
            undone = await world.database.undo("base")
            assert (undone.rows, undone.cloned) == (2, "")
            assert await world.value("SELECT name FROM items WHERE id = 1") == "one"
            await world.database.audit()

    asyncio.run(scenario())


def test_what_commits_late_shows_late_and_what_was_seen_stays() -> None:
    async def scenario() -> None:
        async with journaled(ITEMS) as world:
            late = await world.connect()
            await late.execute("BEGIN")
            await late.execute("UPDATE items SET name = 'late' WHERE id = 1")
            await world.execute(
                "BEGIN", "SAVEPOINT s", "UPDATE items SET name = 'due' WHERE id = 2"
            )
            assert await world.changes() == []
            await world.execute("COMMIT")
            (seen,) = await world.changes()
            await late.execute("SAVEPOINT s")
            await late.execute("UPDATE items SET name = 'later' WHERE id = 1")
            assert await world.changes() == [seen]
            await late.execute("COMMIT")
            await late.close()
            first, *rest = await world.changes()
            assert first is seen
            assert [each.new and each.new["name"] for each in rest] == ["late", "later"]
            assert (await world.database.undo("base")).rows == 4
            await world.database.audit()

    asyncio.run(scenario())


def test_what_another_session_takes_out_of_the_journal_has_gone() -> None:
    async def scenario() -> None:
        async with journaled(ITEMS) as world:
            await world.execute("UPDATE items SET name = 'a' WHERE id = 1")
            assert len(await world.changes()) == 1
            async with await psycopg.AsyncConnection.connect(conninfo(world.admin)) as superuser:
                await superuser.execute(FORGET.encode())
            assert await world.changes() == []
            await world.execute("UPDATE items SET name = 'b' WHERE id = 1")
            (change,) = await world.changes()
            assert change.new is not None
            assert change.new["name"] == "b"

    asyncio.run(scenario())


def test_what_a_dropped_table_had_stays_known() -> None:
    async def scenario() -> None:
        async with journaled(ITEMS) as world:
            await world.execute("UPDATE items SET name = 'a' WHERE id = 1")
            assert [each.table for each in await world.changes()] == ["items"]
            await world.execute("CREATE TABLE more (id int)", "INSERT INTO more VALUES (1)")
            assert [each.table for each in await world.changes()] == ["items", "more"]
            await world.execute("INSERT INTO more VALUES (2)", "DROP TABLE more")
            assert {each.table for each in await world.changes()} > {"items"}
            assert len(await world.changes()) == 3
            assert (await world.database.undo("base")).cloned

    asyncio.run(scenario())


def test_texts_do_not_depend_on_the_sessions_settings() -> None:
    async def scenario() -> None:
        async with journaled(
            """CREATE TABLE t (id int PRIMARY KEY, at timestamptz, day date, real float8,
                               span interval, bytes bytea);
               INSERT INTO t VALUES (1, '2026-01-02 03:04:05+00', '2026-01-02', 0.1::float8 + 0.2,
                                     '1 day 02:00', '\\x00ff')"""
        ) as world:
            plain = {
                "id": "1",
                "at": "2026-01-02 03:04:05+00",
                "day": "2026-01-02",
                "real": "0.30000000000000004",
                "span": "1 day 02:00:00",
                "bytes": "\\x00ff",
            }
            await world.execute(
                "SET TimeZone = 'Asia/Tokyo'",
                "SET DateStyle = 'German'",
                "SET extra_float_digits = -10",
                "SET IntervalStyle = 'iso_8601'",
                "SET bytea_output = 'escape'",
                "DELETE FROM t",
            )
            (change,) = await world.changes()
            assert change.old == plain
            assert (await world.database.undo("base")).cloned == ""
            await world.database.audit()
            await world.execute("TRUNCATE t")
            (change,) = await world.changes()
            assert change.old == plain

    asyncio.run(scenario())


def test_lastval_and_serializable_transactions_do_not_notice() -> None:
    async def scenario() -> None:
        async with journaled(ITEMS) as world, await world.connect() as other:
            await world.execute("INSERT INTO items (name) VALUES ('x')")
            assert await world.value("SELECT lastval()") == 3
            for session in (world.service, other):
                await session.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
            await world.service.execute("UPDATE items SET name = 'a' WHERE id = 1")
            await other.execute("INSERT INTO items (name) VALUES ('y')")
            for session in (world.service, other):
                await session.execute("COMMIT")
            assert len(await world.changes()) == 3

    asyncio.run(scenario())


def test_rows_that_are_copied_in_are_recorded_and_undone() -> None:
    async def scenario() -> None:
        async with journaled(ITEMS) as world:
            await world.database.mark("base")
            before = await world.database.fingerprint()
            async with await psycopg.AsyncConnection.connect(
                conninfo(world.database.address), autocommit=True
            ) as connection:
                copying = connection.cursor().copy("COPY items (name, price) FROM STDIN")
                async with copying as copy:
                    await copy.write("three\t3.5\nfour\t\\N\n")
            changed = await world.changes()
            assert [(row.old, row.new and row.new["name"]) for row in changed] == [
                (None, "three"),
                (None, "four"),
            ]
            assert (await world.database.undo("base")).cloned == ""
            assert await world.database.fingerprint() == before

    asyncio.run(scenario())
