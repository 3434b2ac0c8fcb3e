"""Many undos leave neither a growing journal nor growing tables, and bad luck leaves no mess."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg
import pytest
from journaled import contents, journaled
from psycopg import AsyncConnection

from seamproof.database.postgres.session import conninfo

pytestmark = pytest.mark.usefixtures("journal_server")

SCHEMA = """
CREATE TABLE items (id int PRIMARY KEY, v text);
INSERT INTO items SELECT g, 'v' FROM generate_series(1, 100) g
"""


def test_what_undos_leave_dead_is_reclaimed() -> None:
    async def scenario() -> None:
        async with (
            journaled(SCHEMA) as world,
            await AsyncConnection.connect(conninfo(world.admin), autocommit=True) as admin,
        ):
            for _ in range(80):
                await world.execute("UPDATE items SET v = 'acted'")
                assert (await world.database.undo("base")).rows == 200
            sizes = await admin.execute(
                "SELECT pg_relation_size('items'), pg_relation_size('seamproof_journal.entry')"
            )
            # 80 times 200 dead rows would be some 500 kB in each.
            assert all(size < 200_000 for size in await sizes.fetchone() or ())

    asyncio.run(scenario())


def test_a_session_that_writes_meanwhile_loses_nothing_but_what_is_undone() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world, await world.connect() as background:
            before = await contents(world.admin)
            stop = asyncio.Event()

            async def write() -> None:
                with suppress(psycopg.OperationalError):
                    while not stop.is_set():
                        await background.execute("UPDATE items SET v = v || '.' WHERE id < 4")

            async with asyncio.TaskGroup() as group:
                group.create_task(write())
                undone = []
                for _ in range(30):
                    await world.execute("UPDATE items SET v = 'acted' WHERE id > 50")
                    undone.append(await world.database.undo("base"))
                    if undone[-1].cloned:
                        break
                stop.set()
            if not undone[-1].cloned:
                undone.append(await world.database.undo("base"))
            assert undone[-1].cloned in {"", "a session of the service goes on writing"}
            assert await contents(world.admin) == before

    asyncio.run(scenario())
