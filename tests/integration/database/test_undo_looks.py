"""What an undo looks at first: where nothing changed that is all, and nobody has to stand still."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from journaled import journaled

from seamproof.database.postgres import looks
from seamproof.database.postgres.database import PostgresDatabase

pytestmark = pytest.mark.usefixtures("journal_server")

TAKEN = "CREATE TABLE t (k serial PRIMARY KEY, v int)"


def test_what_was_only_read_takes_a_glance(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with journaled(TAKEN) as world:
            await world.execute("INSERT INTO t (v) VALUES (1)")
            await world.database.mark("arranged")
            await world.database.undo("arranged")
            await world.execute("SELECT * FROM t")
            assert not await world.database.changes()
            with monkeypatch.context() as patch:
                patch.delattr(PostgresDatabase, "_apply")
                assert (await world.database.undo("arranged")).rows == 0
            # What is arranged is no part of base.
            assert (await world.database.undo("base")).rows == 1
            await world.database.audit()

    asyncio.run(scenario())


def test_what_left_no_row_may_have_moved_a_sequence() -> None:
    async def scenario() -> None:
        async with journaled(TAKEN) as world:
            await world.database.undo("base")
            await world.execute("BEGIN", "INSERT INTO t (v) VALUES (1)", "ROLLBACK")
            assert not await world.database.changes()
            assert (await world.database.undo("base")).rows == 0
            await world.database.audit()

    asyncio.run(scenario())


def test_what_is_written_behind_the_last_look_is_undone() -> None:
    async def scenario() -> None:
        async with journaled(TAKEN) as world:
            await world.database.undo("base")
            assert not await world.database.changes()
            await world.execute("INSERT INTO t (v) VALUES (1)")
            assert (await world.database.undo("base")).rows == 1
            await world.database.audit()

    asyncio.run(scenario())


def test_what_is_written_between_the_look_and_the_undo_is_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look = looks.glance

    async def scenario() -> None:
        async with journaled(TAKEN) as world:
            await world.execute("INSERT INTO t (v) VALUES (1)")

            async def disturbed(*arguments: Any, **named: Any) -> Any:
                seen = await look(*arguments, **named)
                await world.execute("UPDATE t SET v = 2", "INSERT INTO t (v) VALUES (3)")
                return seen

            monkeypatch.setattr(looks, "glance", disturbed)
            undone = await world.database.undo("base")
            assert (undone.rows, undone.cloned) == (2, "")
            await world.database.audit()

    asyncio.run(scenario())


def test_who_writes_all_the_time_costs_no_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with journaled(TAKEN) as world:

            def disturbed(look: Any) -> Any:
                async def looked(*arguments: Any, **named: Any) -> Any:
                    seen = await look(*arguments, **named)
                    await world.execute("INSERT INTO t (v) VALUES (3)")
                    return seen

                return looked

            await world.execute("INSERT INTO t (v) VALUES (1)")
            with monkeypatch.context() as patch:
                patch.setattr(looks, "glance", disturbed(looks.glance))
                patch.setattr(looks, "begin", disturbed(looks.begin))
                undone = await world.database.undo("base")
            # The row of the test, and that which came behind the first look.
            assert (undone.rows, undone.cloned) == (2, "")
            undone = await world.database.undo("base")
            assert (undone.rows, undone.cloned) == (1, "")
            await world.database.audit()

    asyncio.run(scenario())


def test_what_nobody_has_committed_yet_is_spared() -> None:
    async def scenario() -> None:
        async with journaled(TAKEN) as world:
            await world.execute("BEGIN", "INSERT INTO t (v) VALUES (1)")
            await world.database.undo("base", sparing=True)
            # The same id again, had its sequence been put back.
            await world.execute("INSERT INTO t (v) VALUES (2)", "COMMIT")
            assert (await world.database.undo("base", sparing=True)).rows == 2
            await world.database.audit()

    asyncio.run(scenario())
