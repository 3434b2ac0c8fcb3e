"""One transaction round each test, for an application in the tests' own process.

    application -> SQL boundary -> SharedSession -> one session, in a transaction
    seam.db     ------------------/                 that is rolled back after the test

The application's own transactions are savepoints in it. Sequences and what other sessions have
committed are no part of it: an undo brings them back, as ever.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psycopg

from seamproof.boundaries.link import Upstream
from seamproof.boundaries.shared import SharedSession
from seamproof.core.errors import DatabaseError
from seamproof.database.postgres.session import Connection, connect

if TYPE_CHECKING:
    from seamproof.core.history import Changes
    from seamproof.core.protocols import Address
    from seamproof.world import World


class Transaction:
    """The session that everything in the world shares."""

    def __init__(self, world: World, session: SharedSession) -> None:
        self._world = world
        self._session = session
        self._view: Connection | None = None
        self.rollback = session.rollback
        self.mark = session.mark
        self.back = session.back

    @property
    def address(self) -> Address:
        """How the superuser sees what is in the transaction."""
        return self._session.address

    async def changes(self) -> Changes:
        """The rows written in the transaction. Raises DatabaseError while another connection has
        written in one of its own: it could not be looked into from outside."""
        try:
            if self._view is None or self._view.closed:
                self._view = await connect(self.address)
            return await self._world.database.changes(self._view)
        except psycopg.Error as error:
            raise DatabaseError(f"what changed cannot be seen: {error}".strip()) from error

    async def close(self) -> None:
        """End it."""
        if self._view is not None:
            await self._view.close()


@asynccontextmanager
async def sharing(world: World) -> AsyncIterator[Transaction]:
    """Lead every SQL boundary to one session."""
    session = SharedSession(world.database.admin)
    before = [each.upstream for each in world.sql_boundaries]
    try:
        await session.start()
        for each in world.sql_boundaries:
            each.upstream = Upstream(session.address.host, session.port)
        transaction = Transaction(world, session)
        try:
            yield transaction
        finally:
            await transaction.close()
    finally:
        for each, upstream in zip(world.sql_boundaries, before, strict=True):
            each.upstream = upstream
        await session.stop()
