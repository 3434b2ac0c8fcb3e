"""The marker: only a database that we created is ever written to.

A database of ours is named `seamproof_<random>` and carries a comment that repeats its name. A
comment is kept by the cluster beside the database and not inside it, so that neither a dump nor a
clone of one of ours carries it along, and a renamed one is ours no longer.
"""

from __future__ import annotations

import secrets
from typing import Any

from psycopg import AsyncConnection, sql

from seamproof.core.errors import SafetyError

PREFIX = "seamproof_"

MARKED = """
    SELECT datname LIKE 'seamproof\\_%%'
       AND EXISTS (SELECT FROM pg_shdescription
                    WHERE objoid = d.oid AND classoid = 'pg_database'::regclass
                      AND description = 'seamproof: ' || datname)
      FROM pg_database d WHERE datname = coalesce(%(name)s, current_database())
"""
"""Whether a database is ours; of the name `name`, or where that is NULL of the connection."""


def fresh_name() -> str:
    """A name for a new database or role: `seamproof_` and twelve random hexadecimal digits."""
    return PREFIX + secrets.token_hex(6)


async def mark_database(connection: AsyncConnection[Any], name: str) -> None:
    """Mark a database that was just created under `name`, or renamed to it."""
    await connection.execute(
        sql.SQL("COMMENT ON DATABASE {} IS {}").format(
            sql.Identifier(name), sql.Literal(f"seamproof: {name}")
        )
    )


async def marked(connection: AsyncConnection[Any], name: str | None = None) -> bool:
    """Whether the database of this connection, or the one called `name`, is one of ours."""
    cursor = await connection.execute(MARKED, {"name": name})
    row = await cursor.fetchone()
    return row is not None and next(iter(row.values() if isinstance(row, dict) else row)) is True


async def require_marked(connection: AsyncConnection[Any], name: str | None = None) -> None:
    """Raise SafetyError where the database is not one of ours. Call before what destroys."""
    if not await marked(connection, name):
        raise SafetyError(
            f"the database {name or connection.info.dbname!r} does not carry seamproof's marker",
            hint="seamproof writes only to databases that it created itself; nothing was written",
        )
