"""Templates: a database is migrated and seeded once, and cloned ever after.

    seamproof_t_<hash>          the template, and the role that owns all in it (it cannot log in)
    seamproof_t_<hash>_use      a role with rights on the rows only
    seamproof_t_<hash>_<hash>   a copy of the first that was seeded, and its role: a member of the
                                first one's, which owns what is in it

So another seed does not have the migrations done again. The service's role is made anew for each
run and becomes a member of one of the two: of the owner, and it may do what the role that migrated
may; or of the other, and row-level security applies to it as it does in production (an owner
bypasses it, PostgreSQL manual 5.9).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection, sql

from seamproof.core.errors import DatabaseError
from seamproof.core.protocols import Address
from seamproof.database.postgres import leftovers
from seamproof.database.postgres.admin import Admin, connect
from seamproof.database.postgres.locate import provider
from seamproof.database.postgres.marker import PREFIX, fresh_name, mark_database, marked
from seamproof.database.settings import DatabaseSettings, ServiceRole

Prepare: TypeAlias = Callable[[Address], Awaitable[None]]
"""Brings an empty database to the state that every clone starts from: migrations, then seed. The
address is of the role that owns the database, and that is to own the tables."""


@dataclass(frozen=True, slots=True)
class Seeding:
    """What makes a template of a migrated one."""

    key: str
    """Stands for all that it depends on."""
    prepare: Prepare


_LAYOUT = 1
"""Counts changes of what a template consists of: one made by an older seamproof is not used."""
_NOTE = "seamproof: template, last used "
_KEPT = 24
_DAYS = 14

_UNPROTECTED = """
    SELECT exists(SELECT FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity)
"""
_SCHEMAS = """
    SELECT nspname FROM pg_namespace
     WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
"""


def template_name(key: str, version: str, settings: DatabaseSettings) -> str:
    """The template's name: the same for all that goes into it, and for nothing else."""
    made_of = (_LAYOUT, key, version, replace(settings, url="", version=""))
    return f"{PREFIX}t_{hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]}"


def seeded_name(base: str, key: str) -> str:
    """The name of a template that is made of `base` by a seeding of this key."""
    return f"{base}_{hashlib.sha256(key.encode()).hexdigest()[:8]}"


async def rights(admin: Admin, template: str) -> str:
    """The role whose rights the service gets: a member of it may do what it may."""
    use = f"{template}_use"
    return use if await admin.has_role(use) else template


class Templates:
    """Builds the templates of one server."""

    def __init__(
        self,
        admin: Admin,
        address: Address,
        settings: DatabaseSettings,
        building: str,
        strategy: str = "",
    ) -> None:
        """`building` is the comment that a template's role has until it is finished, `strategy` how
        a database is copied fastest."""
        self.admin = admin
        self.address = address
        self.settings = settings
        self._building = building
        self._strategy = strategy

    async def has(self, template: str) -> bool:
        """Whether it was built before. It counts as used then."""
        found = await marked(self.admin.connection, template)
        if found:
            await self._note(template)
        return found

    async def _note(self, template: str) -> None:
        note = sql.Literal(_NOTE + datetime.now(UTC).isoformat(timespec="milliseconds"))
        await self.admin.run("COMMENT ON ROLE {role} IS {note}", role=template, note=note)

    @asynccontextmanager
    async def building(self, template: str) -> AsyncIterator[None]:
        """Keep other runs from building the same template meanwhile."""
        number = int(hashlib.sha256(template.encode()).hexdigest()[:15], 16)
        await self.admin.rows("SELECT pg_advisory_lock(%s)", number)
        try:
            yield
        finally:
            if not self.admin.connection.closed:
                await self.admin.rows("SELECT pg_advisory_unlock(%s)", number)

    async def build(self, template: str, prepare: Prepare) -> None:
        """Build it. On any failure nothing of it is left. Raises what `prepare` does."""
        # What a run left that was killed while it built.
        await leftovers.discard(self.admin, template)
        name = fresh_name()
        password = secrets.token_urlsafe(18)
        try:
            await self.admin.create_role(template, self._building, password)
            await self.admin.create_role(f"{template}_use", "seamproof: rights on rows")
            await self.admin.create_database(name, template="template0", owner=template)
            await self._set_up(name, template)
            await prepare(replace(self.address, user=template, password=password, name=name))
            await self.admin.end_sessions(name)
            await self._finish(name, template, template)
        except BaseException:
            await leftovers.discard(self.admin, template)
            raise

    async def seed(self, template: str, base: str, prepare: Prepare) -> None:
        """Build it as a copy of another template, which `prepare` fills as the role that owns the
        tables. On any failure nothing of it is left. Raises what `prepare` does."""
        await leftovers.discard(self.admin, template)
        name = fresh_name()
        password = secrets.token_urlsafe(18)
        try:
            await self.admin.create_role(template, self._building)
            await self.admin.create_role(f"{template}_use", "seamproof: rights on rows")
            await self.admin.create_database(
                name, template=base, owner=template, strategy=self._strategy
            )
            for setting, value in await self.admin.settings_of(base):
                await self.admin.set_for(name, setting, value)
            # A member of the database's owner may do there what it may where it is the owner.
            await self.admin.run("GRANT {role} TO {base}", role=template, base=base)
            await self.admin.let_in(base, password)
            await prepare(replace(self.address, user=base, password=password, name=name))
            await self.admin.end_sessions(name)
            await self.admin.run("REVOKE {role} FROM {base}", role=template, base=base)
            await self.admin.run("GRANT {base} TO {role}", base=base, role=template)
            await self._finish(name, template, base)
        except BaseException:
            await leftovers.discard(self.admin, template)
            await self.admin.shut_out(base)
            raise

    async def _set_up(self, name: str, owner: str) -> None:
        path = self.settings.search_path
        if path:
            quoted = ", ".join(sql.Identifier(each).as_string() for each in path)
            await self.admin.set_for(name, "search_path", quoted)
        connection = await connect(replace(self.address, name=name))
        async with connection:
            for each in path:
                await connection.execute(
                    sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(
                        sql.Identifier(each), sql.Identifier(owner)
                    )
                )
            for each in self.settings.extensions:
                await _create_extension(connection, each)
            if self.settings.setup_sql.strip():
                await self._run_setup(connection, owner)

    async def _run_setup(self, connection: AsyncConnection[Any], owner: str) -> None:
        text = self.settings.setup_sql.replace("{owner}", sql.Identifier(owner).as_string())
        try:
            await connection.execute(text.encode())
        except psycopg.Error as error:
            raise DatabaseError(
                f"the statements of setup_sql fail: {error.diag.message_primary or error}",
                hint="they run as superuser before the migrations; see setup_sql under [database]",
            ) from error

    async def _finish(self, name: str, template: str, owner: str) -> None:
        connection = await connect(replace(self.address, name=name))
        async with connection:
            separate = await self._wants_separate(connection)
            if separate:
                await _grant(connection, owner=owner, to=f"{template}_use")
            # Rows are marked as visible and statistics taken here once, and not by the first
            # reader of every clone.
            await connection.execute("VACUUM (ANALYZE)")
        if not separate:
            await self.admin.drop_role(f"{template}_use")
        async with self.admin.connection.transaction():
            await self.admin.shut_out(owner)
            await self.admin.run("ALTER DATABASE {old} RENAME TO {new}", old=name, new=template)
            await mark_database(self.admin.connection, template)
            await self._note(template)
            await self.admin.run(
                "ALTER DATABASE {name} IS_TEMPLATE true ALLOW_CONNECTIONS false", name=template
            )

    async def _wants_separate(self, connection: AsyncConnection[Any]) -> bool:
        if self.settings.role is not ServiceRole.AUTO:
            return self.settings.role is ServiceRole.SEPARATE
        row = await (await connection.execute(_UNPROTECTED)).fetchone()
        return bool(row and row[0])

    async def expire(self) -> None:
        """Drop the templates that nobody used for long, and all but the last few. One that others
        are made of stays as long as these."""
        rows = await self.admin.rows(
            "SELECT d.datname, shobj_description(r.oid, 'pg_authid') FROM pg_database d"
            " JOIN pg_roles r ON r.oid = d.datdba AND r.rolname = d.datname"
            " WHERE d.datistemplate AND d.datname LIKE 'seamproof\\_t\\_%%'"
            " AND (SELECT count(*) FROM pg_database o WHERE o.datdba = r.oid) = 1"
            " AND NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid)",
        )
        used = sorted(((_used(note), name) for name, note in rows), reverse=True)
        now = datetime.now(UTC)
        for place, (last, name) in enumerate(used):
            if place >= _KEPT or (now - last).days > _DAYS:
                await self.admin.drop_database(name)
                await self.admin.drop_role(f"{name}_use")
                await self.admin.drop_role(name)


def _used(note: str | None) -> datetime:
    """When a template was used last. A day alone, as it once was noted, is that day's beginning."""
    try:
        return datetime.fromisoformat((note or "").removeprefix(_NOTE)).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


async def _create_extension(connection: AsyncConnection[Any], name: str) -> None:
    statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {} CASCADE").format(sql.Identifier(name))
    try:
        await connection.execute(statement)
    except psycopg.Error as error:
        raise DatabaseError(
            f"the extension {name!r} cannot be created: {error.diag.message_primary or error}",
            hint=provider([name]),
        ) from error


async def _grant(connection: AsyncConnection[Any], *, owner: str, to: str) -> None:
    async def run(statement: str, **names: str) -> None:
        parts = {each: sql.Identifier(name) for each, name in names.items()}
        await connection.execute(sql.SQL(statement).format(**parts))

    schemas = [row[0] for row in await (await connection.execute(_SCHEMAS)).fetchall()]
    for schema in schemas:
        names = {"schema": schema, "to": to}
        await run("GRANT USAGE ON SCHEMA {schema} TO {to}", **names)
        await run(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {to}",
            **names,
        )
        await run("GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO {to}", **names)
    for granted in (
        "GRANT USAGE ON SCHEMAS",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES",
        "GRANT ALL ON SEQUENCES",
    ):
        await run(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {{owner}} {granted} TO {{to}}", owner=owner, to=to
        )
