"""psycopg, psycopg 2 and their pools."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import psycopg
import psycopg2.errors
import psycopg2.pool
import psycopg_pool
from driver_requests import LINE, ORDER, READ, Driver, Target, implicit, script


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
