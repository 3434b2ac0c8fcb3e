"""A test server that the user names: refused where it is more than that, and left as it was."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from servers import TABLE, ask, fresh_key, provided, running

from seamproof.core.errors import DatabaseError, SafetyError, SeamproofError
from seamproof.core.protocols import Address
from seamproof.database.postgres import templates
from seamproof.database.settings import DatabaseSettings

MACHINES = os.environ.get("SEAMPROOF_TEST_SERVER", "postgresql://postgres@127.0.0.1:5432/postgres")
OURS = (
    "SELECT coalesce(string_agg(datname, ' '), '') FROM pg_database WHERE datname ~ '^seamproof_'"
)
ROLES = "SELECT coalesce(string_agg(rolname, ' '), '') FROM pg_roles WHERE rolname ~ '^seamproof_'"

KILLED = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from servers import TABLE, running
from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings

async def main():
    settings = DatabaseSettings(url=sys.argv[1])
    server = await Postgres().provision(settings, Path("."))
    await server.database(await server.template(sys.argv[2], running(TABLE)))
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@asynccontextmanager
async def given(workspace: Path) -> AsyncIterator[Address]:
    """A server that was there before: one of our own, given by its URL."""
    async with provided(workspace) as server:
        yield server.admin


def test_it_is_left_as_it_was_but_for_the_template(workspace: Path) -> None:
    async def scenario() -> None:
        async with given(workspace) as admin:
            settings = DatabaseSettings(url=admin.url())
            key, calls = fresh_key(), list[Address]()
            for _ in range(2):
                async with provided(workspace, settings, key=key) as server:
                    assert server.process is None
                    assert server.paths == ()
                    template = await server.template(key, running(TABLE, calls=calls))
                    database = await server.database(template)
                    assert await ask(database.address, "SHOW deadlock_timeout") == "20ms"
                    assert await ask(database.address, "SELECT count(*) FROM items") == 0
            assert len(calls) == 1
            assert await ask(admin, OURS) == template
            assert await ask(admin, ROLES) == template

    asyncio.run(scenario())


def test_what_a_killed_run_left_is_dropped_by_the_next_and_nothing_else(workspace: Path) -> None:
    async def scenario() -> None:
        async with given(workspace) as admin:
            bystander = "seamproof_000000000000_1"
            await ask(admin, f"CREATE DATABASE {bystander}")
            command = (sys.executable, "-c", KILLED, admin.url(), fresh_key(), str(HERE))
            child = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=workspace)
            assert child.stdout is not None
            assert await child.stdout.readline() == b"ready\n"
            settings = DatabaseSettings(url=admin.url())
            async with provided(workspace, settings):
                count = "SELECT count(*) FROM pg_database WHERE datname ~ '_1$'"
                assert await ask(admin, count) == 2, "a live run's database was dropped"
            child.kill()
            await child.wait()
            async with provided(workspace, settings):
                pass
            left = (await ask(admin, OURS)).split()
            assert sorted(each[:12] for each in left) == ["seamproof_00", "seamproof_t_"]
            assert len((await ask(admin, ROLES)).split()) == 1

    asyncio.run(scenario())


HERE = Path(__file__).parent


HALF = """
import asyncio, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from servers import TABLE, running
from seamproof.database.postgres import admin, clone, marker
from seamproof.database.postgres.backend import Postgres
from seamproof.database.postgres.levels import Level
from seamproof.database.postgres.templates import Seeding
from seamproof.database.settings import DatabaseSettings

async def die(*_):
    os.kill(os.getpid(), 9)

async def main():
    server = await Postgres().provision(DatabaseSettings(url=sys.argv[1]), Path("."))
    if sys.argv[4] == "build":
        admin.mark_database = die
    seeding = Seeding("seed", die) if sys.argv[4] == "seed" else None
    template = await server.template(sys.argv[2], running(TABLE), seeding)
    if sys.argv[4] == "clone":
        admin.mark_database = die
    database = await server.database(template)
    await database.install_journal()
    marker.mark_database = die
    await database._clone(Level.BASE)

asyncio.run(main())
"""


@pytest.mark.parametrize("moment", ["build", "seed", "clone", "replace"])
def test_a_database_that_was_not_yet_marked_is_told_by_its_owner(
    workspace: Path, moment: str
) -> None:
    async def scenario() -> None:
        async with given(workspace) as admin:
            databases, roles = await ask(admin, EVERY_DATABASE), await ask(admin, EVERY_ROLE)
            command = (sys.executable, "-c", HALF, admin.url(), fresh_key(), str(HERE), moment)
            child = await asyncio.create_subprocess_exec(*command, cwd=workspace)
            assert await child.wait() == -9
            role = await ask(admin, RUNS) or "seamproof_no_run"
            # A namesake of the dead run's databases that somebody else made, and a foreign role.
            await ask(admin, f"CREATE DATABASE {role}_9")
            await ask(admin, "CREATE ROLE seamproof_0123456789ab")
            async with provided(workspace, DatabaseSettings(url=admin.url())):
                pass
            await ask(admin, f"DROP DATABASE {role}_9")
            await ask(admin, "DROP ROLE seamproof_0123456789ab")
            left = set((await ask(admin, EVERY_DATABASE)).split()) - set(databases.split())
            owners = set((await ask(admin, EVERY_ROLE)).split()) - set(roles.split())
            assert left == owners
            assert len(left) == (moment != "build"), "but for a template that was finished"

    asyncio.run(scenario())


EVERY_DATABASE = "SELECT string_agg(datname, ' ') FROM pg_database"
EVERY_ROLE = "SELECT string_agg(rolname, ' ') FROM pg_roles"
RUNS = (
    "SELECT coalesce(string_agg(rolname, ' '), '') FROM pg_roles"
    " WHERE starts_with(shobj_description(oid, 'pg_authid'), 'seamproof: run')"
)


@pytest.mark.long
def test_templates_that_nobody_uses_expire(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "_KEPT", 1)

    async def scenario() -> None:
        async with given(workspace) as admin:
            settings = DatabaseSettings(url=admin.url())
            names = []
            for _ in range(2):
                async with provided(workspace, settings) as server:
                    names.append(await server.template(fresh_key(), running(TABLE)))
            async with provided(workspace, settings):
                pass
            assert await ask(admin, OURS) == names[1], "the one that was used last"
            assert await ask(admin, ROLES) == await ask(admin, OURS)

    asyncio.run(scenario())


@pytest.mark.long
def test_a_template_stays_as_long_as_one_that_is_made_of_it(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "_KEPT", 1)

    async def scenario() -> None:
        async with given(workspace) as admin:
            settings, key, calls = DatabaseSettings(url=admin.url()), fresh_key(), list[Address]()
            insert = running("INSERT INTO items (name) VALUES ('a')")
            for seed in ("one", "two", "three"):
                async with provided(workspace, settings) as server:
                    seeding = templates.Seeding(seed, insert)
                    await server.template(key, running(TABLE, calls=calls), seeding)
            assert len(calls) == 1
            async with provided(workspace, settings):
                pass
            base, made = sorted((await ask(admin, OURS)).split())
            assert made.startswith(f"{base}_")
            assert set((await ask(admin, ROLES)).split()) == {base, made}

    asyncio.run(scenario())


async def _refused(workspace: Path, settings: DatabaseSettings) -> SeamproofError:
    with pytest.raises(SeamproofError) as caught:
        async with provided(workspace, settings, key="any"):
            pass
    assert caught.value.exit_code == 4
    assert caught.value.hint
    return caught.value


def test_servers_that_cannot_be_used_are_named(workspace: Path) -> None:
    async def scenario() -> None:
        async with given(workspace) as admin:
            url = admin.url()
            await ask(admin, "CREATE ROLE plain LOGIN PASSWORD 'p'")
            await ask(admin, "CREATE ROLE maker LOGIN CREATEDB PASSWORD 'p'")
            for role, said in (("plain", "may not create"), ("maker", "is no superuser")):
                plain = replace(admin, user=role, password="p").url()
                error = await _refused(workspace, DatabaseSettings(url=plain))
                assert isinstance(error, DatabaseError)
                assert said in error.problem
            wrong = replace(admin, password="not-the-password").url()
            error = await _refused(workspace, DatabaseSettings(url=wrong))
            assert "password authentication failed" in error.problem
            assert "not-the-password" not in f"{error.problem}{error.hint}{error.details}"
            error = await _refused(workspace, DatabaseSettings(url=url, version="9.1"))
            assert "not the wanted 9.1" in error.problem
            error = await _refused(workspace, DatabaseSettings(url=url, extensions=("postgis",)))
            assert "PostGIS" in error.hint
            nobody = replace(admin, port=1).url()
            error = await _refused(workspace, DatabaseSettings(url=nobody))
            assert "nothing listens" in error.problem
            assert await ask(admin, OURS) == ""
            assert await ask(admin, ROLES) == ""

    asyncio.run(scenario())


def test_servers_that_may_not_be_used_are_refused_with_nothing_written(workspace: Path) -> None:
    async def scenario() -> None:
        async with given(workspace) as admin:
            await ask(admin, "CREATE DATABASE shop_production")
            named = DatabaseSettings(url=replace(admin, name="shop_production").url())
            error = await _refused(workspace, named)
            assert isinstance(error, SafetyError)
            assert "named after production" in error.problem
            await ask(admin, "CREATE DATABASE rails")
            rails = replace(admin, name="rails")
            await ask(rails, "CREATE TABLE ar_internal_metadata (key text, value text)")
            await ask(
                rails, "INSERT INTO ar_internal_metadata VALUES ('environment', 'production')"
            )
            error = await _refused(workspace, DatabaseSettings(url=rails.url()))
            assert isinstance(error, SafetyError)
            assert "Rails" in error.problem
            assert await ask(admin, OURS) == ""
            assert await ask(admin, ROLES) == ""

    asyncio.run(scenario())


def test_the_machines_own_server_serves(workspace: Path) -> None:
    try:
        psycopg.connect(MACHINES, connect_timeout=2).close()
    except psycopg.Error:
        pytest.skip("no test server at SEAMPROOF_TEST_SERVER")

    async def scenario() -> None:
        async with provided(workspace, DatabaseSettings(url=MACHINES)) as server:
            template = await server.template(fresh_key(), running(TABLE))
            try:
                database = await server.database(template)
                assert await ask(database.address, "SELECT count(*) FROM items") == 0
                admin = await server._connected()
                await database.drop()
            finally:
                admin = await server._connected()
                await admin.drop_database(template)
                await server.stop()
                admin = await server._connected()
                await admin.drop_role(template)

    asyncio.run(scenario())
