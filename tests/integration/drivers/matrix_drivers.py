"""The same requests, made by each driver as a service makes them: from a pool that it keeps.

A request inserts a note into `orders`, most of them into `lines` also. Where a driver has no pool
of its own the class takes a new connection for one that says of itself that it is closed.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg
import django
import pg8000.dbapi
import psycopg
import psycopg2.errors
import psycopg2.pool
import psycopg_pool
import sqlalchemy as sa
from boundary_harness import Loop
from django.conf import settings
from django.db import connections, transaction
from sqlalchemy.ext.asyncio import create_async_engine

from seamproof.core.protocols import Address

READ = "SELECT count(*) FROM orders WHERE note = "
ORDER = "INSERT INTO orders (note) VALUES "
LINE = "INSERT INTO lines (note) VALUES "


def script(note: str) -> str:
    """Several statements in one message, with a transaction of their own."""
    return f"BEGIN; {ORDER}('{note}'); {LINE}('{note}'); COMMIT"


def implicit(note: str) -> str:
    """Several statements in one message, which are one transaction by that alone."""
    return f"{ORDER}('{note}'); {LINE}('{note}')"


@dataclass(frozen=True)
class Target:
    """Where a driver finds its database, and whom it trusts where it must use TLS."""

    address: Address
    authority: Path | None = None

    @property
    def keywords(self) -> dict[str, Any]:
        """What libpq takes."""
        address = self.address
        found = {
            "host": address.host,
            "port": address.port,
            "user": address.user,
            "password": address.password,
            "dbname": address.name,
        }
        if self.authority is None:
            return found
        return found | {"sslmode": "verify-full", "sslrootcert": str(self.authority)}

    @property
    def context(self) -> ssl.SSLContext | bool:
        """What drivers without libpq take."""
        return ssl.create_default_context(cafile=self.authority) if self.authority else False


@dataclass(frozen=True)
class Raised:
    """What a driver raised: its class, and the SQLSTATE where it has one."""

    name: str
    sqlstate: str | None = None


class Driver:
    """Requests, and what is known of the driver's errors."""

    requests: tuple[str, ...] = ("transaction", "autocommit", "savepoint", "script", "implicit")
    lost: tuple[str, ...]
    """The classes that say that the connection was lost."""
    lost_states: tuple[str | None, ...] = (None,)
    """The SQLSTATEs that they give to it."""
    refused: tuple[str, ...] = ("OperationalError",)
    """The classes that say that a connection was refused, by 53300."""
    gives_up: tuple[str, ...] = ()
    """The places at which an error costs the connection, by the driver's own choice."""
    connects_again = False
    """Whether a connection that cannot be made is tried again, and the request waits for it."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def request(self, name: str, note: str) -> None:
        getattr(self, name)(note)

    def close(self) -> None:
        raise NotImplementedError

    @staticmethod
    def raised(error: Any) -> Raised:
        """Read an error. SQLAlchemy wraps it, Django chains it."""
        inner = getattr(error, "orig", None) or error.__cause__ or error
        for each in (error, inner):
            state = getattr(each, "sqlstate", None) or getattr(each, "pgcode", None)
            if state is not None:
                return Raised(type(error).__name__, state)
        return Raised(type(error).__name__)

    @staticmethod
    def error(sqlstate: str) -> str:
        """Return the class of an error of this SQLSTATE."""
        raise NotImplementedError


# ---------------------------------------------------------------------------- libpq


class Psycopg(Driver):
    requests = (*Driver.requests, "prepared")
    lost = ("OperationalError",)
    options: Mapping[str, Any] = MappingProxyType({})
    _kept: psycopg.Connection[Any] | None = None

    def _connection(self) -> psycopg.Connection[Any]:
        if self._kept is None or self._kept.closed:
            self._kept = psycopg.connect(**self.target.keywords, autocommit=True, **self.options)
        return self._kept

    def transaction(self, note: str) -> None:
        connection = self._connection()
        with connection.transaction():
            connection.execute(READ + "%s", (note,)).fetchone()
            connection.execute(ORDER + "(%s)", (note,))
            connection.execute(LINE + "(%s)", (note,))

    def autocommit(self, note: str) -> None:
        self._connection().execute(ORDER + "(%s)", (note,))

    def savepoint(self, note: str) -> None:
        connection = self._connection()
        with connection.transaction():
            connection.execute(ORDER + "(%s)", (note,))
            try:
                with connection.transaction():
                    connection.execute(LINE + "(%s)", (note,))
            except psycopg.Error:
                if connection.closed:
                    raise

    def prepared(self, note: str) -> None:
        self._connection().execute(ORDER + "(%s)", (note,), prepare=True)

    def script(self, note: str) -> None:
        connection = self._connection()
        try:
            connection.execute(script(note))
        finally:
            if not connection.closed:
                connection.rollback()

    def implicit(self, note: str) -> None:
        self._connection().execute(implicit(note))

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()

    @staticmethod
    def error(sqlstate: str) -> str:
        return psycopg.errors.lookup(sqlstate).__name__


class PsycopgClientBound(Psycopg):
    """Values written into the text, one simple Query each."""

    requests = Driver.requests
    options = MappingProxyType({"cursor_factory": psycopg.ClientCursor})


class PsycopgPipeline(Psycopg):
    requests = ("transaction", "autocommit")

    def transaction(self, note: str) -> None:
        connection = self._connection()
        with connection.pipeline():
            super().transaction(note)

    def autocommit(self, note: str) -> None:
        with self._connection().pipeline():
            super().autocommit(note)


class PsycopgPool(Psycopg):
    """The pool of psycopg, which looks at a connection before it lends it."""

    connects_again = True

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._pool: psycopg_pool.ConnectionPool[Any] | None = None

    def request(self, name: str, note: str) -> None:
        if self._pool is None:
            self._pool = psycopg_pool.ConnectionPool(
                kwargs=self.target.keywords | {"autocommit": True},
                min_size=1,
                max_size=1,
                check=psycopg_pool.ConnectionPool.check_connection,
                open=True,
            )
        with self._pool.connection(timeout=15) as self._kept:
            super().request(name, note)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()


class Psycopg2(Driver):
    """psycopg 2 and its pool: everything is a simple Query."""

    lost = ("OperationalError", "InterfaceError")
    _pool: psycopg2.pool.ThreadedConnectionPool | None = None

    @contextmanager
    def _connection(self, *, autocommit: bool) -> Any:
        if self._pool is None:
            self._pool = psycopg2.pool.ThreadedConnectionPool(1, 1, **self.target.keywords)
        connection = self._pool.getconn()
        try:
            connection.autocommit = autocommit
            with connection.cursor() as cursor:
                yield connection, cursor
            if not autocommit:
                connection.commit()
        finally:
            self._pool.putconn(connection)

    def transaction(self, note: str) -> None:
        with self._connection(autocommit=False) as (_, cursor):
            cursor.execute(READ + "%s", (note,))
            cursor.execute(ORDER + "(%s)", (note,))
            cursor.execute(LINE + "(%s)", (note,))

    def autocommit(self, note: str) -> None:
        with self._connection(autocommit=True) as (_, cursor):
            cursor.execute(ORDER + "(%s)", (note,))

    def savepoint(self, note: str) -> None:
        with self._connection(autocommit=False) as (connection, cursor):
            cursor.execute(ORDER + "(%s)", (note,))
            cursor.execute("SAVEPOINT line")
            try:
                cursor.execute(LINE + "(%s)", (note,))
            except psycopg2.Error:
                if connection.closed:
                    raise
                cursor.execute("ROLLBACK TO line")

    def script(self, note: str) -> None:
        with self._connection(autocommit=True) as (connection, cursor):
            try:
                cursor.execute(script(note))
            except psycopg2.Error:
                # The pool would leave it in the transaction that it does not know of.
                if not connection.closed:
                    cursor.execute("ROLLBACK")
                raise

    def implicit(self, note: str) -> None:
        with self._connection(autocommit=True) as (_, cursor):
            cursor.execute(implicit(note))

    def close(self) -> None:
        if self._pool is not None:
            self._pool.closeall()

    @staticmethod
    def error(sqlstate: str) -> str:
        return psycopg2.errors.lookup(sqlstate).__name__


_aliases = count(1)


class Django(Driver):
    """Django's backend with a connection that is kept over requests."""

    lost = ("OperationalError", "InterfaceError")

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        if not settings.configured:
            settings.configure()
            django.setup()
        keywords = dict(target.keywords)
        self._alias = f"matrix_{next(_aliases)}"
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": keywords.pop("dbname"),
            "CONN_MAX_AGE": None,
        }
        database |= {name.upper(): keywords.pop(name) for name in ("host", "port", "user")}
        database |= {"PASSWORD": keywords.pop("password"), "OPTIONS": keywords}
        known = {"default": {}} | connections.settings
        connections.settings = connections.configure_settings(known | {self._alias: database})
        # Its connections belong to threads.
        self._thread = ThreadPoolExecutor(1)

    def request(self, name: str, note: str) -> None:
        self._thread.submit(self._request, name, note).result(15)

    def _request(self, name: str, note: str) -> None:
        connection = connections[self._alias]
        connection.close_if_unusable_or_obsolete()
        try:
            super().request(name, note)
        finally:
            connection.close_if_unusable_or_obsolete()

    def _execute(self, sql: str, *values: str) -> None:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(sql, values or None)

    def transaction(self, note: str) -> None:
        with transaction.atomic(self._alias):
            self._execute(READ + "%s", note)
            self._execute(ORDER + "(%s)", note)
            self._execute(LINE + "(%s)", note)

    def autocommit(self, note: str) -> None:
        self._execute(ORDER + "(%s)", note)

    def savepoint(self, note: str) -> None:
        with transaction.atomic(self._alias):
            self._execute(ORDER + "(%s)", note)
            try:
                with transaction.atomic(self._alias):
                    self._execute(LINE + "(%s)", note)
            except django.db.Error:
                if not connections[self._alias].is_usable():
                    raise

    def script(self, note: str) -> None:
        try:
            self._execute(script(note))
        except django.db.Error:
            # Django does not know of the transaction, and keeps the connection of some errors.
            connection = connections[self._alias]
            if connection.connection and not connection.connection.closed:
                self._execute("ROLLBACK")
            raise

    def implicit(self, note: str) -> None:
        self._execute(implicit(note))

    def close(self) -> None:
        self._thread.submit(self._close).result(15)
        self._thread.shutdown()

    def _close(self) -> None:
        connections[self._alias].close()

    @staticmethod
    def error(sqlstate: str) -> str:
        return "IntegrityError" if sqlstate == "23505" else "OperationalError"


# ---------------------------------------------------------------------------- without libpq


class Pg8000(Driver):
    """pg8000 keeps a named statement for each text; it has no pool, nor does it know a lost
    connection before it has met one."""

    requests = (*Driver.requests, "prepared")
    lost = ("InterfaceError",)
    refused = ("DatabaseError",)
    _kept: Any = None

    def request(self, name: str, note: str) -> None:
        if self._kept is None:
            address = self.target.address
            self._kept = pg8000.dbapi.connect(
                address.user,
                host=address.host,
                port=address.port,
                password=address.password,
                database=address.name,
                ssl_context=self.target.context or None,
                timeout=15,
            )
        self._kept.autocommit = name not in ("transaction", "savepoint")
        try:
            super().request(name, note)
            self._kept.commit()
        except pg8000.dbapi.InterfaceError:
            self._kept = None
            raise
        except pg8000.dbapi.Error:
            self._kept.rollback()
            raise

    def _execute(self, sql: str, *values: str) -> None:
        cursor = self._kept.cursor()
        cursor.execute(sql, values)

    def transaction(self, note: str) -> None:
        self._execute(READ + "%s", note)
        self._execute(ORDER + "(%s)", note)
        self._execute(LINE + "(%s)", note)

    def autocommit(self, note: str) -> None:
        self._execute(ORDER + "(%s)", note)

    prepared = autocommit

    def savepoint(self, note: str) -> None:
        self._execute(ORDER + "(%s)", note)
        self._execute("SAVEPOINT line")
        try:
            self._execute(LINE + "(%s)", note)
        except pg8000.dbapi.DatabaseError:
            self._execute("ROLLBACK TO line")

    def script(self, note: str) -> None:
        self._execute(script(note))

    def implicit(self, note: str) -> None:
        self._execute(implicit(note))

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()

    @staticmethod
    def raised(error: Any) -> Raised:
        fields = error.args[0] if error.args else None
        state = fields.get("C") if isinstance(fields, dict) else None
        return Raised(type(error).__name__, state)

    @staticmethod
    def error(sqlstate: str) -> str:
        return "DatabaseError"


class _Async(Driver):
    """On a loop of its own that runs between requests also, as that of a service does."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._loop = Loop()

    def request(self, name: str, note: str) -> None:
        self._loop.run(getattr(self, name)(note), 15)

    def close(self) -> None:
        self._loop.run(self._close())
        self._loop.close()

    async def _close(self) -> None:
        raise NotImplementedError


class PsycopgAsync(_Async):
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


class Asyncpg(_Async):
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


# ---------------------------------------------------------------------------- SQLAlchemy


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


class AlchemyAsyncpg(_Async):
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


PYTHON: dict[str, Callable[[Target], Driver]] = {
    "psycopg": Psycopg,
    "psycopg-client-bound": PsycopgClientBound,
    "psycopg-pipeline": PsycopgPipeline,
    "psycopg-pool": PsycopgPool,
    "psycopg-async": PsycopgAsync,
    "psycopg2": Psycopg2,
    "pg8000": Pg8000,
    "asyncpg": Asyncpg,
    "sqlalchemy-psycopg": AlchemyPsycopg,
    "sqlalchemy-asyncpg": AlchemyAsyncpg,
    "django": Django,
}
