"""Who else uses the database: seen, waited for, ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import NamedTuple

from seamproof.database.postgres.batch import Batch
from seamproof.database.postgres.session import Connection, run

_SESSIONS = """
SELECT pid, coalesce(state, ''), coalesce(application_name, ''), client_port,
       backend_xid IS NOT NULL
  FROM pg_stat_get_activity(NULL)
 WHERE datid = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND backend_type = 'client backend' AND pid <> pg_backend_pid()
 ORDER BY pid
"""
_BLOCKERS = """
SELECT pid, array_to_string(blocking, ',')
  FROM (SELECT pid, pg_blocking_pids(pid) AS blocking FROM unnest($1::int[]) pid) waiting
 WHERE cardinality(blocking) > 0
"""
_POLL = 0.002
_END_LIMIT = 5.0


class Session(NamedTuple):
    """A client's connection to the database, as the server sees it."""

    pid: int
    state: str
    """As in `pg_stat_activity`: active, idle, idle in transaction, …"""
    application_name: str
    client_port: int | None
    """-1 for a Unix socket."""
    writes: bool
    """Whether its transaction has changed something."""

    @property
    def quiet(self) -> bool:
        """Whether nothing can come of what it has begun."""
        return self.state in {"idle", ""} and not self.writes


async def sessions(connection: Connection) -> tuple[Session, ...]:
    """Every session on this database but our own."""
    batch = Batch(connection)
    batch.add(_SESSIONS)
    (answer,) = await batch.send()
    return tuple(
        Session(int(pid or 0), state or "", name or "", int(port) if port else None, writes == "t")
        for pid, state, name, port, writes in answer.rows()
    )


async def barrier(connection: Connection, limit: float) -> tuple[int, ...]:
    """Wait until no other session is in a transaction; after `limit` seconds, end what is.

    Returns the backends that were ended. They are gone then, and their transactions rolled back.
    """
    deadline = time.monotonic() + limit
    while busy := [each.pid for each in await sessions(connection) if not each.quiet]:
        if time.monotonic() >= deadline:
            await end(connection, busy)
            return tuple(busy)
        await asyncio.sleep(_POLL)
    return ()


async def blockers(connection: Connection, pids: Collection[int]) -> dict[int, frozenset[int]]:
    """By backend, whom it waits for: row, index and advisory locks alike. Those that wait only."""
    batch = Batch(connection)
    batch.add(_BLOCKERS, "{" + ",".join(map(str, pids)) + "}")
    (answer,) = await batch.send()
    return {
        int(pid or 0): frozenset(map(int, (others or "").split(",")))
        for pid, others in answer.rows()
    }


async def end(connection: Connection, pids: list[int]) -> None:
    """End backends, and wait until they are gone."""
    array = "{" + ",".join(map(str, pids)) + "}"
    await run(connection, "SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", (array,))
    deadline = time.monotonic() + _END_LIMIT
    while {each.pid for each in await sessions(connection)}.intersection(pids):
        if time.monotonic() >= deadline:
            return
        await asyncio.sleep(_POLL)
