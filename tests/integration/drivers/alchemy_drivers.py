"""SQLAlchemy on psycopg and on asyncpg."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from driver_requests import LINE, ORDER, READ, AsyncDriver, Driver, Target, implicit, script
from sqlalchemy.ext.asyncio import create_async_engine


def _alchemy_class(sqlstate: str) -> str:
    return "IntegrityError" if sqlstate == "23505" else "OperationalError"


class AlchemyPsycopg(Driver):
    lost = ("OperationalError",)
    error = staticmethod(_alchemy_class)

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        url = target.address.url("postgresql+psycopg")
        options = {"pool_size": 1, "connect_args": _tls_only(target)}
        self._engine = sa.create_engine(url, **options)
        # In one pool with the other the level that is set back would show in its BEGIN.
        self._autocommit = sa.create_engine(url, isolation_level="AUTOCOMMIT", **options)

    def transaction(self, note: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text(READ + ":note"), {"note": note}).fetchone()
            connection.execute(sa.text(ORDER + "(:note)"), {"note": note})
            connection.execute(sa.text(LINE + "(:note)"), {"note": note})

    def autocommit(self, note: str) -> None:
        with self._autocommit.connect() as connection:
            connection.execute(sa.text(ORDER + "(:note)"), {"note": note})

    def savepoint(self, note: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text(ORDER + "(:note)"), {"note": note})
            try:
                with connection.begin_nested():
                    connection.execute(sa.text(LINE + "(:note)"), {"note": note})
            except sa.exc.DBAPIError as error:
                if error.connection_invalidated:
                    raise

    def script(self, note: str) -> None:
        with self._autocommit.connect() as connection:
            connection.exec_driver_sql(script(note))

    def implicit(self, note: str) -> None:
        with self._autocommit.connect() as connection:
            connection.exec_driver_sql(implicit(note))

    def close(self) -> None:
        self._engine.dispose()
        self._autocommit.dispose()


class AlchemyAsyncpg(AsyncDriver):
    """Every text is prepared, so several statements at once are refused by the server."""

    requests = ("transaction", "autocommit", "savepoint", "prepared")
    lost = ("DBAPIError", "InterfaceError", "OperationalError")
    lost_states = (None, "08003")
    refused = ("DBAPIError",)

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        url = target.address.url("postgresql+asyncpg")
        options = {"pool_size": 1, "connect_args": {"ssl": target.context}}
        self._engine = create_async_engine(url, **options)
        self._autocommit = create_async_engine(url, isolation_level="AUTOCOMMIT", **options)

    async def transaction(self, note: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(sa.text(READ + ":note"), {"note": note})
            await connection.execute(sa.text(ORDER + "(:note)"), {"note": note})
            await connection.execute(sa.text(LINE + "(:note)"), {"note": note})

    async def autocommit(self, note: str) -> None:
        async with self._autocommit.connect() as connection:
            await connection.execute(sa.text(ORDER + "(:note)"), {"note": note})

    prepared = autocommit

    async def savepoint(self, note: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(sa.text(ORDER + "(:note)"), {"note": note})
            try:
                async with connection.begin_nested():
                    await connection.execute(sa.text(LINE + "(:note)"), {"note": note})
            except sa.exc.DBAPIError as error:
                if error.connection_invalidated:
                    raise

    async def _close(self) -> None:
        await self._engine.dispose()
        await self._autocommit.dispose()

    @staticmethod
    def error(sqlstate: str) -> str:
        return "IntegrityError" if sqlstate == "23505" else "DBAPIError"


def _tls_only(target: Target) -> dict[str, Any]:
    return {name: value for name, value in target.keywords.items() if name.startswith("ssl")}
