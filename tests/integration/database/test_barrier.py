"""No transaction of the service is open when an undo begins."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest
from journaled import journaled

pytestmark = pytest.mark.usefixtures("journal_server")

SCHEMA = "CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1)"


def test_it_waits_for_a_transaction_that_commits() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            await world.execute("BEGIN", "DELETE FROM items")

            async def commit() -> None:
                await asyncio.sleep(0.2)
                await world.execute("COMMIT")

            started = time.monotonic()
            async with asyncio.TaskGroup() as group:
                group.create_task(commit())
                barrier = group.create_task(world.database.barrier(10))
            assert barrier.result() == ()
            assert 0.15 < time.monotonic() - started < 5
            assert len(await world.changes()) == 1

    asyncio.run(scenario())


def test_it_ends_what_stays_open_and_what_still_runs() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world, await world.connect() as slow:
            pids = {world.service.info.backend_pid, slow.info.backend_pid}
            async with await world.connect(application_name="pool") as idle:
                await world.execute("BEGIN", "DELETE FROM items")
                async with asyncio.TaskGroup() as group:
                    sleeping = group.create_task(_fails(slow, "SELECT pg_sleep(30)"))
                    await asyncio.sleep(0.1)
                    assert set(await world.database.barrier(0.1)) == pids
                assert sleeping.result() == "57P01"
                assert await _fails(world.service, "COMMIT") is not None
                await idle.execute("SELECT 1")
                assert (await world.database.undo("base")).rows == 0
                (session,) = await world.database.sessions()
                assert session.pid == idle.info.backend_pid
                assert (session.state, session.application_name) == ("idle", "pool")
                assert session.client_port

    asyncio.run(scenario())


async def _fails(connection: psycopg.AsyncConnection[dict[str, object]], query: str) -> str | None:
    with pytest.raises(psycopg.OperationalError) as caught:
        await connection.execute(query.encode())
    return caught.value.sqlstate or ""


def test_a_transaction_that_comes_late_is_left_for_the_next_undo() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            await world.execute("BEGIN", "INSERT INTO items VALUES (2)")
            assert (await world.database.undo("base")).rows == 0
            await world.execute("COMMIT")
            undone = await world.database.undo("base")
            assert (undone.rows, undone.cloned) == (1, "")
            await world.database.audit()

    asyncio.run(scenario())
