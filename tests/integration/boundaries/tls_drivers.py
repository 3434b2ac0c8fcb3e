"""Each driver on one encrypted connection: how it is told to, and what it can do then."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg
import pg8000.dbapi
import pg8000_connecting
import psycopg
import psycopg2

from seamproof.core.protocols import Address

WRITE = "INSERT INTO orders (note) VALUES "
REQUIRE, VERIFY, DIRECT = "require", "verify-full", "direct"


def libpq(mode: str, ca: Path) -> dict[str, str]:
    """What libpq is told."""
    if mode == REQUIRE:
        return {"sslmode": "require"}
    options = {"sslmode": "verify-full", "sslrootcert": str(ca)}
    return options | ({"sslnegotiation": "direct"} if mode == DIRECT else {})


def context(mode: str, ca: Path) -> ssl.SSLContext:
    """What a driver that uses Python's TLS is told."""
    made = ssl.create_default_context(cafile=str(ca))
    if mode == REQUIRE:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if mode == DIRECT:
        made.set_alpn_protocols(["postgresql"])
    return made


class Psycopg:
    modes = (REQUIRE, VERIFY, DIRECT)
    cancels = True
    lost = (psycopg.OperationalError,)
    options: Mapping[str, str] = MappingProxyType({})

    def __init__(self, address: Address, mode: str, ca: Path) -> None:
        self._kept = psycopg.connect(
            address.url(), autocommit=True, **libpq(mode, ca), **self.options
        )
        assert self._kept.pgconn.ssl_in_use

    def write(self, note: str) -> None:
        self._kept.execute(WRITE + "(%s)", (note,))

    def sleep(self) -> None:
        threading.Timer(0.2, self._kept.cancel_safe).start()
        self._kept.execute("SELECT pg_sleep(20)")

    def close(self) -> None:
        self._kept.close()

    @staticmethod
    def sqlstate(error: Any) -> str | None:
        return error.sqlstate


class Psycopg32(Psycopg):
    """Protocol 3.2, whose keys for a cancellation are longer."""

    options = MappingProxyType({"min_protocol_version": "3.2", "max_protocol_version": "3.2"})


class Psycopg2:
    modes = (REQUIRE, VERIFY, DIRECT)
    # It holds the interpreter while a cancellation is under way, and the boundary needs it too.
    cancels = False
    lost = (psycopg2.OperationalError, psycopg2.InterfaceError)

    def __init__(self, address: Address, mode: str, ca: Path) -> None:
        self._kept = psycopg2.connect(address.url(), **libpq(mode, ca))
        self._kept.autocommit = True
        assert self._kept.info.ssl_in_use

    def write(self, note: str) -> None:
        with self._kept.cursor() as cursor:
            cursor.execute(WRITE + "(%s)", (note,))

    def close(self) -> None:
        self._kept.close()

    @staticmethod
    def sqlstate(error: Any) -> str | None:
        return error.pgcode


class Asyncpg:
    modes = (REQUIRE, VERIFY, DIRECT)
    cancels = True
    lost = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError)

    def __init__(self, address: Address, mode: str, ca: Path) -> None:
        self._runner = asyncio.Runner()
        secured = {"ssl": context(mode, ca), "direct_tls": mode == DIRECT}
        try:
            self._kept = self._run(asyncpg.connect(address.url(), **secured))
        except BaseException:
            self._runner.close()
            raise

    def write(self, note: str) -> None:
        self._run(self._kept.execute(WRITE + "($1)", note))

    def sleep(self) -> None:
        """asyncpg cancels what takes longer than it may."""
        try:
            self._run(self._kept.execute("SELECT pg_sleep(20)", timeout=0.2))
        except TimeoutError as error:
            raise asyncpg.QueryCanceledError from error

    def close(self) -> None:
        if not self._kept.is_closed():
            self._run(self._kept.close())
        self._runner.close()

    def _run(self, work: Any) -> Any:
        async def limited() -> Any:
            return await asyncio.wait_for(work, 15)

        return self._runner.run(limited())

    @staticmethod
    def sqlstate(error: Any) -> str | None:
        return error.sqlstate


class Pg8000:
    modes = (REQUIRE, VERIFY)
    cancels = False
    lost = (pg8000.dbapi.InterfaceError,)

    def __init__(self, address: Address, mode: str, ca: Path) -> None:
        self._kept = pg8000_connecting.connect(address, ssl_context=context(mode, ca))
        self._kept.autocommit = True

    def write(self, note: str) -> None:
        self._kept.cursor().execute(WRITE + "(%s)", (note,))

    def close(self) -> None:
        with contextlib.suppress(pg8000.dbapi.InterfaceError):  # it was lost
            self._kept.close()

    @staticmethod
    def sqlstate(error: Any) -> str | None:
        return error.args[0]["C"]


DRIVERS = {
    "psycopg": Psycopg,
    "psycopg-3.2": Psycopg32,
    "psycopg2": Psycopg2,
    "asyncpg": Asyncpg,
    "pg8000": Pg8000,
}
