"""The same two requests, made by each driver on a connection that it keeps while it can."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import asyncpg
import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from seamproof.core.protocols import Address

READ = "SELECT count(*) FROM orders WHERE note = "
WRITE = "INSERT INTO orders (note) VALUES "


class Psycopg:
    def __init__(self, address: Address) -> None:
        self._address = address
        self._kept: psycopg.Connection[Any] | None = None

    def _connection(self) -> psycopg.Connection[Any]:
        if self._kept is None or self._kept.closed:
            self._kept = psycopg.connect(self._address.url(), autocommit=True)
        return self._kept

    def transaction(self, note: str) -> None:
        connection = self._connection()
        with connection.transaction():
            connection.execute(READ + "%s", (note,)).fetchone()
            connection.execute(WRITE + "(%s)", (note,))

    def autocommit(self, note: str) -> None:
        self._connection().execute(WRITE + "(%s)", (note,))

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()


class PsycopgClientBound(Psycopg):
    """Values written into the text, one simple Query each, as psycopg 2 does it."""

    def _connection(self) -> psycopg.Connection[Any]:
        connection = super()._connection()
        connection.cursor_factory = psycopg.ClientCursor
        return connection


class PsycopgPrepared(Psycopg):
    """Named statements from the first execution on."""

    def _connection(self) -> psycopg.Connection[Any]:
        connection = super()._connection()
        connection.prepare_threshold = 0
        return connection


class PsycopgPipeline(Psycopg):
    def transaction(self, note: str) -> None:
        connection = self._connection()
        with connection.pipeline(), connection.transaction():
            connection.execute(READ + "%s", (note,))
            connection.execute(WRITE + "(%s)", (note,))

    def autocommit(self, note: str) -> None:
        connection = self._connection()
        with connection.pipeline():
            connection.execute(WRITE + "(%s)", (note,))


class _Async:
    def __init__(self, address: Address) -> None:
        self._address = address
        self._runner = asyncio.Runner()

    def transaction(self, note: str) -> None:
        self._runner.run(asyncio.wait_for(self._transaction(note), 15))

    def autocommit(self, note: str) -> None:
        self._runner.run(asyncio.wait_for(self._autocommit(note), 15))

    def close(self) -> None:
        self._runner.run(self._close())
        self._runner.close()

    async def _transaction(self, note: str) -> None:
        raise NotImplementedError

    async def _autocommit(self, note: str) -> None:
        raise NotImplementedError

    async def _close(self) -> None:
        raise NotImplementedError


class PsycopgAsync(_Async):
    _kept: psycopg.AsyncConnection[Any] | None = None

    async def _connection(self) -> psycopg.AsyncConnection[Any]:
        if self._kept is None or self._kept.closed:
            url = self._address.url()
            self._kept = await psycopg.AsyncConnection.connect(url, autocommit=True)
        return self._kept

    async def _transaction(self, note: str) -> None:
        connection = await self._connection()
        async with connection.transaction():
            await (await connection.execute(READ + "%s", (note,))).fetchone()
            await connection.execute(WRITE + "(%s)", (note,))

    async def _autocommit(self, note: str) -> None:
        await (await self._connection()).execute(WRITE + "(%s)", (note,))

    async def _close(self) -> None:
        if self._kept is not None:
            await self._kept.close()


class Asyncpg(_Async):
    _kept: asyncpg.Connection | None = None

    async def _connection(self) -> asyncpg.Connection:
        if self._kept is None or self._kept.is_closed():
            self._kept = await asyncpg.connect(self._address.url())
        return self._kept

    async def _transaction(self, note: str) -> None:
        connection = await self._connection()
        async with connection.transaction():
            await connection.fetchval(READ + "$1", note)
            await connection.execute(WRITE + "($1)", note)

    async def _autocommit(self, note: str) -> None:
        await (await self._connection()).execute(WRITE + "($1)", note)

    async def _close(self) -> None:
        if self._kept is not None and not self._kept.is_closed():
            await self._kept.close()


class AlchemyPsycopg:
    def __init__(self, address: Address) -> None:
        self._engine = sa.create_engine(address.url("postgresql+psycopg"), pool_size=1)

    def transaction(self, note: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text(READ + ":note"), {"note": note}).fetchone()
            connection.execute(sa.text(WRITE + "(:note)"), {"note": note})

    def autocommit(self, note: str) -> None:
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(WRITE + "(:note)"), {"note": note})

    def close(self) -> None:
        self._engine.dispose()


class AlchemyAsyncpg(_Async):
    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._engine = create_async_engine(address.url("postgresql+asyncpg"), pool_size=1)

    async def _transaction(self, note: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(sa.text(READ + ":note"), {"note": note})
            await connection.execute(sa.text(WRITE + "(:note)"), {"note": note})

    async def _autocommit(self, note: str) -> None:
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(sa.text(WRITE + "(:note)"), {"note": note})

    async def _close(self) -> None:
        await self._engine.dispose()


DRIVERS: dict[str, Callable[[Address], Any]] = {
    "psycopg": Psycopg,
    "psycopg-client-bound": PsycopgClientBound,
    "psycopg-prepared": PsycopgPrepared,
    "psycopg-pipeline": PsycopgPipeline,
    "psycopg-async": PsycopgAsync,
    "asyncpg": Asyncpg,
    "sqlalchemy-psycopg": AlchemyPsycopg,
    "sqlalchemy-asyncpg": AlchemyAsyncpg,
}

LOST = (
    psycopg.OperationalError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    sa.exc.InterfaceError,
    ConnectionError,
)


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE that a driver gives, also one wrapped by SQLAlchemy."""
    for each in (error, getattr(error, "orig", None), getattr(error, "__cause__", None)):
        found = getattr(each, "sqlstate", None)
        if isinstance(found, str):
            return found
    return None


def is_lost(error: BaseException) -> bool:
    """Whether a driver says that its connection was lost."""
    with contextlib.suppress(AttributeError):
        if error.connection_invalidated:  # type: ignore[attr-defined]
            return True
    return isinstance(error, LOST) and sqlstate(error) in (None, "08003", "08006")
