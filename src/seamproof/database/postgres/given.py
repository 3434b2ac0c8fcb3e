"""A test server that the user names. We create databases on it, and write to no other.

It is refused, and nothing is written, where it looks like more than a test server:

1. its host is a public address: only loopback and private networks are accepted;
2. its host or database is named after production (`prod`, `production`, `prd`, `live` as a word);
3. it is a replica (`pg_is_in_recovery`);
4. the named database says that it is production, as Rails notes in `ar_internal_metadata`.

It cannot be used where its role is no superuser: triggers that always fire, event triggers and the
replica role, by which a state is put back, are for superusers only.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict

from seamproof.core.errors import ConfigurationError, DatabaseError, SafetyError
from seamproof.core.protocols import Address
from seamproof.database.postgres.admin import connect
from seamproof.database.postgres.intent import ServerProcess
from seamproof.database.postgres.locate import OLDEST, provider, satisfies
from seamproof.database.settings import DatabaseSettings

_PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_URL_HINT = "set `url` under [database] to a test server, or remove it to use an embedded one"


class GivenServer:
    """A server that was there before us, and stays."""

    # A file copy needs checkpoints, which are slow on a server that syncs to disk.
    strategy = ""
    persistent = True
    process: ServerProcess | None = None
    paths: tuple[Path, ...] = ()
    socket_directory: Path | None = None
    clone_settings: Mapping[str, str] = {"deadlock_timeout": "20ms", "synchronous_commit": "off"}

    def __init__(self, settings: DatabaseSettings, machine: str) -> None:
        self._settings = settings
        self.machine = machine
        self.admin = parse(settings.url)
        self.version = ""

    async def inspect(self) -> None:
        """Look at the server without writing.

        Raises SafetyError where it may not be used, DatabaseError where it cannot.
        """
        await refuse_production(self.admin)
        try:
            connection = await connect(self.admin)
        except psycopg.Error as error:
            raise _refusal(self.admin, str(error)) from error
        async with connection:
            await _refuse_protected(connection)
            await _require_superuser(connection, self.admin.user)
            self.version = connection.info.parameter_status("server_version") or ""
            self.version = self.version.split(" ", maxsplit=1)[0]
            self._require_version()
            await self._require_extensions(connection)

    def _require_version(self) -> None:
        wanted = self._settings.version
        if not satisfies(self.version, wanted):
            raise DatabaseError(
                f"the test server is PostgreSQL {self.version}, not the wanted {wanted}",
                hint="change `version` or `url` under [database]; without `url` a server of that"
                " version is looked for on this machine",
            )
        if int(re.match(r"\d+", self.version)[0]) < OLDEST:  # type: ignore[index]
            raise DatabaseError(
                f"the test server is PostgreSQL {self.version}; {OLDEST} or later is needed",
                hint=_URL_HINT,
            )

    async def _require_extensions(self, connection: AsyncConnection[Any]) -> None:
        cursor = await connection.execute("SELECT name FROM pg_available_extensions")
        missing = set(self._settings.extensions) - {row[0] for row in await cursor.fetchall()}
        if missing:
            raise DatabaseError(
                f"the test server has no extension {', '.join(sorted(missing))}",
                hint=provider(missing, self.version),
            )

    async def start(self, *templates: str) -> bool:
        """Nothing to start: templates that were built before are on the server."""
        return False

    async def keep(self, template: str) -> None:
        """Nothing to do: the template stays on the server."""

    async def close(self) -> None:
        """Nothing to end: the server was there before."""


def _refusal(address: Address, message: str) -> DatabaseError:
    """The error for a server that does not let us in, for one line of what libpq says."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    # libpq asks whether a server runs there below the line that says what happened.
    said = next((line for line in lines if "failed:" in line), lines[-1] if lines else "")
    reason = said.rpartition("failed:")[2].strip().removeprefix("FATAL:").strip()
    where = f"{address.host}:{address.port}"
    if "refused" in reason:
        return DatabaseError(
            f"nothing listens at {where}, where the test server should be: {reason}",
            hint="start it, or correct `url` under [database]; without `url` a server is started",
        )
    return DatabaseError(
        f"the test server {where} refuses: {reason}",
        hint="see `url` under [database]: are user, password and database right?",
    )


def parse(url: str) -> Address:
    """Read a test server's URL. Raises ConfigurationError without repeating its password."""
    try:
        parts = conninfo_to_dict(re.sub(r"^postgres(ql)?\+\w+:", "postgresql:", url))
        port = int(parts.get("port") or 5432)
    except (psycopg.ProgrammingError, ValueError):
        raise ConfigurationError(
            "the database's `url` cannot be read",
            hint="it looks like postgresql://user:password@localhost:5432/postgres",
        ) from None
    host = str(parts.get("host") or "127.0.0.1")
    if "," in host or host.startswith("/"):
        raise ConfigurationError(
            f"the database's `url` names {host!r}: one host, reached by TCP, is needed",
            hint="the service reaches its database through a proxy on loopback",
        )
    user = str(parts.get("user") or "postgres")
    name = str(parts.get("dbname") or "postgres")
    return Address(host, port, user, str(parts.get("password") or ""), name)


async def refuse_production(address: Address) -> None:
    """Raise SafetyError where the address alone shows that it is no test server."""
    for what, text in (("host", address.host), ("database", address.name)):
        words = _PRODUCTION.intersection(re.split(r"[^a-z]+", text.lower()))
        if words:
            raise SafetyError(
                f"the {what} {text!r} is named after production; nothing was written",
                hint=_URL_HINT,
            )
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM
        )
    except OSError:
        raise DatabaseError(
            f"the host {address.host!r} of the database's `url` is not known", hint=_URL_HINT
        ) from None
    for *_, where in found:
        ip = ipaddress.ip_address(str(where[0]).split("%", maxsplit=1)[0])
        if not (ip.is_private or ip.is_loopback):
            raise SafetyError(
                f"the host {address.host!r} has the public address {ip}; nothing was written",
                hint="only servers on loopback or in a private network are used; " + _URL_HINT,
            )


async def _refuse_protected(connection: AsyncConnection[Any]) -> None:
    row = await (await connection.execute("SELECT pg_is_in_recovery()")).fetchone()
    if row and row[0]:
        raise SafetyError("the test server is a replica; nothing was written", hint=_URL_HINT)
    mark = "SELECT to_regclass('ar_internal_metadata') IS NOT NULL"
    row = await (await connection.execute(mark)).fetchone()
    if row and row[0]:
        query = "SELECT value FROM ar_internal_metadata WHERE key = 'environment'"
        row = await (await connection.execute(query)).fetchone()
        if row and row[0] == "production":
            raise SafetyError(
                "the database says that it is production (Rails' ar_internal_metadata);"
                " nothing was written",
                hint=_URL_HINT,
            )


async def _require_superuser(connection: AsyncConnection[Any], user: str) -> None:
    query = "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    row = await (await connection.execute(query)).fetchone()
    if row is None or not row[0]:
        may_create = bool(row and row[1])
        lacks = "is no superuser" if may_create else "may not create databases"
        raise DatabaseError(
            f"the role {user!r} of the test server {lacks}",
            hint="use a throwaway server whose role is a superuser, as the postgres image starts"
            " one; or remove `url` under [database] to use an embedded one",
        )
