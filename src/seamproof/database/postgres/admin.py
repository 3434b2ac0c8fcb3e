"""What is done to a server as a whole: roles, databases, their settings. All as superuser."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, sql

from seamproof.core.protocols import Address
from seamproof.database.postgres.marker import mark_database, require_marked

LIST_SETTINGS = frozenset(
    {"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"}
)
"""Settings whose stored value is a list of quoted names (GUC_LIST_QUOTE in guc_tables.c)."""

_SCRAM_ITERATIONS_SINCE = 160000
_OUR_ROLE = """
    SELECT 1 FROM pg_roles
     WHERE rolname = %s AND starts_with(shobj_description(oid, 'pg_authid'), 'seamproof: ')
"""


async def connect(address: Address, name: str = "seamproof") -> AsyncConnection[Any]:
    """Open an autocommit connection, with nothing taken from the environment. The server lists it
    under `name`."""
    return await AsyncConnection.connect(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password,
        dbname=address.name,
        application_name=name,
        autocommit=True,
        connect_timeout=10,
        options="",
        target_session_attrs="any",
    )


class Admin:
    """A superuser's connection to the maintenance database."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection

    async def close(self) -> None:
        """Close the connection."""
        await self.connection.close()

    async def alive(self) -> bool:
        """Whether the connection still is one: the server may have restarted."""
        try:
            await self.connection.execute("SELECT")
        except psycopg.OperationalError:
            await self.connection.close()
        return not self.connection.closed

    async def run(self, statement: LiteralString, **names: object) -> None:
        """Run a statement: a string is inserted as an identifier, a Composable as it is."""
        parts = {
            name: sql.Identifier(value) if isinstance(value, str) else value
            for name, value in names.items()
        }
        await self.connection.execute(sql.SQL(statement).format(**parts))

    async def rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        cursor = await self.connection.execute(query, values)
        return await cursor.fetchall()

    async def has_role(self, name: str) -> bool:
        """Whether there is a role of this name."""
        return bool(await self.rows("SELECT 1 FROM pg_roles WHERE rolname = %s", name))

    async def create_role(self, name: str, note: str, password: str = "") -> None:
        """Create a role with no rights; it may log in where it has a password."""
        login = (
            sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(password))
            if password
            else sql.SQL("NOLOGIN")
        )
        async with self.connection.transaction():
            if self.connection.info.server_version >= _SCRAM_ITERATIONS_SINCE:
                # Iterations protect weak passwords; this is a random one of a single run, and each
                # connection that a fault cuts pays for them on both sides (RFC 7677, section 4).
                await self.run("SET LOCAL scram_iterations = 1")
            await self.run(
                "CREATE ROLE {name} {login} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
                name=name,
                login=login,
            )
            await self.run("COMMENT ON ROLE {name} IS {note}", name=name, note=sql.Literal(note))

    async def let_in(self, role: str, password: str) -> None:
        """Let a role log in for a while."""
        async with self.connection.transaction():
            if self.connection.info.server_version >= _SCRAM_ITERATIONS_SINCE:
                await self.run("SET LOCAL scram_iterations = 1")
            await self.run(
                "ALTER ROLE {role} LOGIN PASSWORD {password}",
                role=role,
                password=sql.Literal(password),
            )

    async def shut_out(self, role: str) -> None:
        """Let a role log in no more."""
        await self.run("ALTER ROLE {role} NOLOGIN PASSWORD NULL", role=role)

    async def drop_role(self, name: str) -> None:
        """Drop a role, if it is there and its comment says that it is ours; where something of
        another database still depends on it, leave it."""
        ours = await self.rows(_OUR_ROLE, name)
        if not ours:
            return
        with suppress(psycopg.errors.DependentObjectsStillExist):
            await self.run("DROP ROLE IF EXISTS {name}", name=name)

    async def create_database(
        self, name: str, *, template: str, owner: str, strategy: str = ""
    ) -> None:
        """Create a database and mark it as ours. `strategy` is that of CREATE DATABASE."""
        await self.run(
            "CREATE DATABASE {name} TEMPLATE {template} OWNER {owner} {strategy}",
            name=name,
            template=template,
            owner=owner,
            strategy=sql.SQL("STRATEGY {}").format(sql.SQL(strategy)) if strategy else sql.SQL(""),
        )
        await mark_database(self.connection, name)

    async def drop_database(self, name: str) -> None:
        """End a database's sessions and drop it, if it is there. SafetyError where it is not ours.

        A template is dropped as well.
        """
        if not await self.rows("SELECT 1 FROM pg_database WHERE datname = %s", name):
            return
        await require_marked(self.connection, name)
        await self.run("ALTER DATABASE {name} IS_TEMPLATE false", name=name)
        await self.run("DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=name)

    async def end_sessions(self, name: str) -> None:
        """End every session on a database of ours."""
        await require_marked(self.connection, name)
        await self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name
        )

    async def set_for(self, database: str, setting: str, value: str) -> None:
        """Give a database a default for a setting; a list's value is its quoted names."""
        text = sql.SQL(value) if setting in LIST_SETTINGS else sql.Literal(value)
        # A setting of an extension has a dot in its name, and each part is an identifier.
        name = sql.SQL(".").join(sql.Identifier(part) for part in setting.split("."))
        await self.run(
            "ALTER DATABASE {database} SET {name} TO {text}",
            database=database,
            name=name,
            text=text,
        )

    async def settings_of(self, database: str) -> list[tuple[str, str]]:
        """The settings that a database has defaults for. A clone does not inherit them."""
        rows = await self.rows(
            "SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d"
            " ON d.oid = s.setdatabase WHERE d.datname = %s AND s.setrole = 0",
            database,
        )
        pairs = (row[0].partition("=") for row in rows)
        return [(name, value) for name, _, value in pairs]
