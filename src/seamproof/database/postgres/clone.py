"""Whole databases: copied, and replaced by a copy of a template under the same name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, sql

from seamproof.core.protocols import Address
from seamproof.database.postgres import marker
from seamproof.database.postgres.session import Connection, conninfo, run

_MAINTENANCE = "postgres"

_GRANTS = """
SELECT format('GRANT %s ON DATABASE %I TO %s', acl.privilege_type, $2::text,
              CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END)
  FROM pg_database d, aclexplode(d.datacl) acl WHERE d.datname = $1
"""
_COPY_SETTINGS = """
INSERT INTO pg_db_role_setting
SELECT target.oid, s.setrole, s.setconfig
  FROM pg_db_role_setting s
  JOIN pg_database source ON source.oid = s.setdatabase AND source.datname = $1
  JOIN pg_database target ON target.datname = $2
"""
_OWNER = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1"
_END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


async def maintain(admin: Address) -> Connection:
    """Connect to the server's maintenance database, as the superuser. The connection is listed
    under the name of `admin`'s database, by which it can be told whose it is."""
    at = Address(admin.host, admin.port, admin.user, admin.password, _MAINTENANCE)
    return await AsyncConnection.connect(conninfo(at, application_name=admin.name), autocommit=True)


async def copy(maintenance: Connection, source: str, target: str) -> None:
    """Create `target`, marked as ours, as a copy of `source`. Ends every session on `source`."""
    await _allow_connections(maintenance, source, False)
    try:
        await run(maintenance, _END_ALL, (source,))
        await _create(maintenance, target, source, owner_of=source)
    finally:
        await _allow_connections(maintenance, source, True)


def successor(name: str) -> str:
    """The name of the copy that is about to replace a database."""
    return f"{name}_next"


@asynccontextmanager
async def replaced(maintenance: Connection, name: str, template: str) -> AsyncIterator[None]:
    """Put a copy of `template` in the place of the database `name`, ending the sessions there.

    The name is without a database only between a DROP and a RENAME, and only superusers can
    connect before the block ends. Owner, rights and settings of the database are kept: CREATE
    DATABASE copies none of them from its template.
    """
    await marker.require_marked(maintenance, name)
    cursor = await run(
        maintenance, "SELECT datconnlimit FROM pg_database WHERE datname = $1", (name,)
    )
    (limit,) = await cursor.fetchone() or (-1,)
    fresh = successor(name)
    await drop(maintenance, fresh)
    await _create(maintenance, fresh, template, owner_of=name)
    await _keep_rights(maintenance, name, fresh)
    await _execute(maintenance, "ALTER DATABASE {} CONNECTION LIMIT 0", fresh)
    await _execute(maintenance, "DROP DATABASE {} WITH (FORCE)", name)
    await _execute(maintenance, "ALTER DATABASE {} RENAME TO {}", fresh, name)
    await marker.mark_database(maintenance, name)
    try:
        yield
    finally:
        await _execute(maintenance, f"ALTER DATABASE {{}} CONNECTION LIMIT {limit}", name)


async def drop(maintenance: Connection, name: str) -> None:
    """Drop a database of ours, ending the sessions there. One that is gone already is fine."""
    cursor = await run(maintenance, "SELECT FROM pg_database WHERE datname = $1", (name,))
    if cursor.rowcount:
        await marker.require_marked(maintenance, name)
        await _execute(maintenance, "DROP DATABASE {} WITH (FORCE)", name)


async def _create(maintenance: Connection, name: str, template: str, *, owner_of: str) -> None:
    """Create a database with the owner of another: it is told by that to be ours until it is
    marked."""
    (owner,) = await (await run(maintenance, _OWNER, (owner_of,))).fetchone() or ("",)
    # Copying files is the fastest, but needs a checkpoint: cheap only where nothing is synced.
    cursor = await run(maintenance, "SHOW fsync")
    synced = (await cursor.fetchone() or ("on",))[0] == "on"
    known = maintenance.info.server_version >= 150000
    strategy = " STRATEGY file_copy" if known and not synced else ""
    await _execute(
        maintenance, "CREATE DATABASE {} TEMPLATE {} OWNER {}" + strategy, name, template, owner
    )
    await marker.mark_database(maintenance, name)


async def _keep_rights(maintenance: Connection, source: str, target: str) -> None:
    grants = await (await run(maintenance, _GRANTS, (source, target))).fetchall()
    if grants:
        await _execute(maintenance, "REVOKE ALL ON DATABASE {} FROM PUBLIC", target)
    for (grant,) in grants:
        await run(maintenance, grant)
    await run(maintenance, _COPY_SETTINGS, (source, target))


async def _allow_connections(maintenance: Connection, name: str, allowed: bool) -> None:
    await _execute(maintenance, "ALTER DATABASE {} ALLOW_CONNECTIONS " + str(allowed).lower(), name)


async def _execute(maintenance: Connection, query: str, *names: str) -> None:
    await maintenance.execute(sql.SQL(query).format(*map(sql.Identifier, names)))
