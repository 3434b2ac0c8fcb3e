"""psycopg's asynchronous connection, and asyncpg."""

from __future__ import annotations

from typing import Any

import asyncpg
import psycopg
from driver_requests import LINE, ORDER, READ, AsyncDriver, Driver, implicit, script
from libpq_drivers import Psycopg


class PsycopgAsync(AsyncDriver):
    requests = Psycopg.requests
    lost = Psycopg.lost
    error = staticmethod(Psycopg.error)
    _kept: psycopg.AsyncConnection[Any] | None = None

    async def _connection(self) -> psycopg.AsyncConnection[Any]:
        if self._kept is None or self._kept.closed:
            self._kept = await psycopg.AsyncConnection.connect(
                **self.target.keywords, autocommit=True
            )
        return self._kept

    async def transaction(self, note: str) -> None:
        connection = await self._connection()
        async with connection.transaction():
            await (await connection.execute(READ + "%s", (note,))).fetchone()
            await connection.execute(ORDER + "(%s)", (note,))
            await connection.execute(LINE + "(%s)", (note,))

    async def autocommit(self, note: str) -> None:
        await (await self._connection()).execute(ORDER + "(%s)", (note,))

    async def savepoint(self, note: str) -> None:
        connection = await self._connection()
        async with connection.transaction():
            await connection.execute(ORDER + "(%s)", (note,))
            try:
                async with connection.transaction():
                    await connection.execute(LINE + "(%s)", (note,))
            except psycopg.Error:
                if connection.closed:
                    raise

    async def prepared(self, note: str) -> None:
        await (await self._connection()).execute(ORDER + "(%s)", (note,), prepare=True)

    async def script(self, note: str) -> None:
        connection = await self._connection()
        try:
            await connection.execute(script(note))
        finally:
            if not connection.closed:
                await connection.rollback()

    async def implicit(self, note: str) -> None:
        await (await self._connection()).execute(implicit(note))

    async def _close(self) -> None:
        if self._kept is not None:
            await self._kept.close()


class Asyncpg(AsyncDriver):
    """asyncpg and its pool, which resets a connection by several statements in one Query."""

    requests = (*Driver.requests, "prepared")
    lost = ("ConnectionDoesNotExistError", "InterfaceError")
    lost_states = (None, "08003")
    refused = ("TooManyConnectionsError",)
    _pool: asyncpg.Pool | None = None

    async def _acquire(self) -> Any:
        if self._pool is None:
            address = self.target.address
            self._pool = await asyncpg.create_pool(
                address.url(), min_size=1, max_size=1, ssl=self.target.context
            )
        return self._pool.acquire()

    async def transaction(self, note: str) -> None:
        async with await self._acquire() as connection, connection.transaction():
            await connection.fetchval(READ + "$1", note)
            await connection.execute(ORDER + "($1)", note)
            await connection.execute(LINE + "($1)", note)

    async def autocommit(self, note: str) -> None:
        async with await self._acquire() as connection:
            await connection.execute(ORDER + "($1)", note)

    prepared = autocommit
    """It keeps a prepared statement for each text."""

    async def savepoint(self, note: str) -> None:
        async with await self._acquire() as connection, connection.transaction():
            await connection.execute(ORDER + "($1)", note)
            try:
                async with connection.transaction():
                    await connection.execute(LINE + "($1)", note)
            except asyncpg.PostgresError:
                if connection.is_closed():
                    raise

    async def script(self, note: str) -> None:
        async with await self._acquire() as connection:
            await connection.execute(script(note))

    async def implicit(self, note: str) -> None:
        async with await self._acquire() as connection:
            await connection.execute(implicit(note))

    async def _close(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    @staticmethod
    def error(sqlstate: str) -> str:
        return {
            "23505": "UniqueViolationError",
            "40001": "SerializationError",
            "40P01": "DeadlockDetectedError",
            "53300": "TooManyConnectionsError",
            "57014": "QueryCanceledError",
        }[sqlstate]
