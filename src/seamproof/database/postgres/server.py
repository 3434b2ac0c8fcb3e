"""A server of ours or the user's: templates are built on it once, databases are cloned."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Protocol, Self

from seamproof.core.protocols import Address
from seamproof.database.postgres import leftovers, outage
from seamproof.database.postgres.admin import Admin, connect
from seamproof.database.postgres.database import PostgresDatabase
from seamproof.database.postgres.intent import Intend, ServerProcess
from seamproof.database.postgres.marker import fresh_name
from seamproof.database.postgres.templates import (
    Prepare,
    Seeding,
    Templates,
    rights,
    seeded_name,
    template_name,
)
from seamproof.database.settings import DatabaseSettings

_BACK = 3.0
"""Seconds that a server which went away may take to come back for what is left on it."""


class Host(Protocol):
    """Where the server is: one of our own that comes and goes, or one that was there before."""

    version: str
    machine: str
    """Our random name, which what we create carries."""
    strategy: str
    """How a database is copied fastest: a strategy of CREATE DATABASE, or empty for its default."""
    clone_settings: Mapping[str, str]
    """Defaults that each database of ours gets."""
    persistent: bool
    """Whether templates outlive the run on the server itself."""

    @property
    def admin(self) -> Address:
        """A superuser on the maintenance database."""
        ...

    @property
    def process(self) -> ServerProcess | None:
        """The server's process where it is ours."""
        ...

    @property
    def paths(self) -> tuple[Path, ...]:
        """What is ours on disk and goes away with `close`."""
        ...

    @property
    def socket_directory(self) -> Path | None:
        """The folder of a Unix socket that the server listens on, where it is known."""
        ...

    async def start(self, *templates: str) -> bool:
        """Get ready, with the first of these templates on the server that was kept; say whether
        there was any."""
        ...

    async def keep(self, template: str) -> None:
        """Keep the template for later runs. The server may restart."""
        ...

    async def close(self) -> None:
        """End what `start` began."""
        ...


class PostgresServer:
    """Builds a template once, clones databases from it, and leaves nothing of them behind.

    Everything that it creates is named `seamproof_<random>` and marked; the databases of a run
    begin with the name of its role, so that what a killed run left can be told by the role alone.
    """

    def __init__(self, host: Host, settings: DatabaseSettings, intend: Intend) -> None:
        self.version = host.version
        self._host = host
        self._settings = settings
        self._intend = intend
        self._admin: Admin | None = None
        self._role = fresh_name()
        self._password = secrets.token_urlsafe(18)
        self._has_role = False
        self._numbers = count(1)
        self._lock = asyncio.Lock()

    @property
    def admin(self) -> Address:
        """A superuser on the maintenance database."""
        return self._host.admin

    @property
    def process(self) -> ServerProcess | None:
        """The server's process, None for a server that is not ours. A first `template` may
        restart it."""
        return self._host.process

    @property
    def paths(self) -> tuple[Path, ...]:
        """What is ours on disk and goes away with `stop`."""
        return self._host.paths

    @property
    def socket_directory(self) -> Path | None:
        """Where the server also listens, faster than TCP; None where that is not known."""
        return self._host.socket_directory

    async def start(self, key: str, seeding: str = "") -> Self:
        """Get the server ready, at best with the template for these keys on it already."""
        base = self._name(key)
        wanted = (seeded_name(base, seeding), base) if base and seeding else (base,)
        try:
            await self._host.start(*filter(None, wanted))
            admin = await self._connected()
            if self._host.persistent:
                await leftovers.reap(admin, self._host.machine)
                await self._templates(admin).expire()
        except BaseException:
            await self.stop()
            raise
        return self

    def _name(self, key: str) -> str:
        return template_name(key, self.version, self._settings) if key else ""

    def _templates(self, admin: Admin) -> Templates:
        building = leftovers.building_note(self._host.machine)
        return Templates(admin, self.admin, self._settings, building, self._host.strategy)

    async def _connected(self) -> Admin:
        if self._admin is None or not await self._admin.alive():
            # Named after the run: what it was doing when it was killed can be ended by that.
            self._admin = Admin(await connect(self.admin, self._role))
        return self._admin

    async def template(self, key: str, prepare: Prepare, seeding: Seeding | None = None) -> str:
        """Return the template database for `key`, built by `prepare` where there is none yet; the
        one that `seeding` makes of it, where that is given.

        `key` stands for all that `prepare` depends on, see `seamproof.database.inputs`; what the
        settings say and the server's version are added to it. Raises what `prepare` raises, and
        DatabaseError where an extension or setup_sql fails; nothing is left of the template then.
        """
        base = self._name(key)
        async with self._lock:
            if seeding is None:
                await self._build(base, prepare)
                return base
            return await self._seeded(base, prepare, seeding)

    async def _build(self, template: str, prepare: Prepare) -> None:
        templates = self._templates(await self._connected())
        self._say("role", template)
        async with templates.building(template):
            if await templates.has(template):
                return
            await templates.build(template, prepare)
        await self._keep(template)

    async def _seeded(self, base: str, prepare: Prepare, seeding: Seeding) -> str:
        template = seeded_name(base, seeding.key)
        if await self._templates(await self._connected()).has(template):
            return template
        # Kept by itself: whoever mends the seed need not wait for the migrations again.
        await self._build(base, prepare)
        admin = await self._connected()
        templates = self._templates(admin)
        self._say("role", template)
        async with templates.building(base):
            if await templates.has(template):
                return template
            await templates.seed(template, base, seeding.prepare)
            if not self._host.persistent and not self._has_role:
                # Every later run copies the directory: it need not have the same tables twice.
                await admin.drop_database(base)
        await self._keep(template)
        return template

    async def _keep(self, template: str) -> None:
        if not self._has_role:
            # Databases that are in use would not survive the restart.
            await (await self._connected()).close()
            await self._host.keep(template)

    async def database(self, template: str) -> PostgresDatabase:
        """Clone a database from a template, and open it.

        Its `address` is of the service's role, the same for all databases of this server.
        """
        return await self._open(await self._clone(template), template)

    async def _open(self, name: str, template: str) -> PostgresDatabase:
        service = replace(self.admin, user=self._role, password=self._password, name=name)
        return await PostgresDatabase.open(replace(self.admin, name=name), service, template)

    async def _clone(self, template: str) -> str:
        async with self._lock:
            return await self._create(f"{self._role}_{next(self._numbers)}", template)

    async def _create(self, name: str, template: str) -> str:
        admin = await self._connected()
        await self._make_role(admin)
        await admin.run(
            "GRANT {group} TO {role}", group=await rights(admin, template), role=self._role
        )
        self._say("database", name)
        await admin.create_database(
            name, template=template, owner=template, strategy=self._host.strategy
        )
        for setting, value in (
            *self._host.clone_settings.items(),
            *await admin.settings_of(template),
        ):
            await admin.set_for(name, setting, value)
        return name

    async def _make_role(self, admin: Admin) -> None:
        if self._has_role:
            return
        self._has_role = True
        self._say("role", self._role)
        note = leftovers.note(self._host.machine)
        await admin.create_role(self._role, note, self._password)

    def _say(self, kind: str, name: str) -> None:
        # On a server of our own it goes away with the server's directory.
        if self._host.persistent:
            at = {"host": self.admin.host, "port": str(self.admin.port)}
            self._intend(kind, {**at, "name": name})

    async def stop(self) -> None:
        """Drop what this run created, and end the server where it is ours."""
        try:
            if self._host.persistent and self._has_role:
                await outage.wait_for(self.admin, _BACK)
                admin = await self._connected()
                for name in await leftovers.databases(admin, self._role):
                    await leftovers.drop_ours(admin, name)
                await admin.drop_role(self._role)
        finally:
            if self._admin is not None:
                await self._admin.close()
            await self._host.close()
