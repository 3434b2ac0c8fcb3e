"""Templates: built once, kept over runs, cloned; and the rights that the service has in a clone."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from servers import TABLE, ask, fresh_key, provided, running

from seamproof.core.errors import DatabaseError
from seamproof.core.protocols import Address
from seamproof.database.postgres.marker import marked
from seamproof.database.postgres.pristine import Store
from seamproof.database.postgres.templates import Seeding
from seamproof.database.settings import DatabaseSettings, ServiceRole

OURS = "SELECT count(*) FROM pg_database WHERE datname LIKE 'seamproof%'"
ROLES = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'seamproof%'"
PROTECTED = (
    TABLE,
    "ALTER TABLE items ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON items USING (name = current_setting('app.name', true))",
    "INSERT INTO items (name) VALUES ('a'), ('b')",
)


def test_a_template_is_built_once_and_kept_for_the_next_run(workspace: Path) -> None:
    async def scenario() -> None:
        calls: list[Address] = []
        key = fresh_key()
        prepare = running(TABLE, "INSERT INTO items (name) VALUES ('seed')", calls=calls)
        async with provided(workspace, key=key) as server:
            template = await server.template(key, prepare)
            assert await server.template(key, prepare) == template
            database = await server.database(template)
            assert await ask(database.address, "SELECT name FROM items") == "seed"
        started = time.perf_counter()
        async with provided(workspace, key=key) as server:
            template = await server.template(key, prepare)
            database = await server.database(template)
            print(f"from a kept template in {time.perf_counter() - started:.3f} s")
            assert await ask(database.address, "SELECT name FROM items") == "seed"
            other = await server.template(fresh_key(), prepare)
            assert other != template
            assert await ask(database.address, "SELECT name FROM items") == "seed"
        assert len(calls) == 2

    asyncio.run(scenario())


def test_the_settings_and_the_version_are_part_of_the_key(workspace: Path) -> None:
    async def scenario() -> None:
        key = fresh_key()
        names = set()
        for path in ((), ("app",)):
            async with provided(workspace, DatabaseSettings(search_path=path)) as server:
                names.add(await server.template(key, running(TABLE)))
        assert len(names) == 2

    asyncio.run(scenario())


@pytest.mark.long
def test_only_the_last_few_templates_are_kept(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seamproof.database.postgres.pristine._KEPT_TEMPLATES", 1)
    monkeypatch.setattr("seamproof.database.postgres.pristine._ROOM", 0)

    async def scenario() -> None:
        calls: list[Address] = []
        first, second = fresh_key(), fresh_key()
        for key in (first, second, second, first):
            async with provided(workspace, key=key) as server:
                await server.template(key, running(TABLE, calls=calls))
                store: Store = server._host.store  # type: ignore[attr-defined]
                assert len(list((store.folder / "templates").iterdir())) == 1
        assert len(calls) == 3, "the first was evicted by the second, and built again"

    asyncio.run(scenario())


def seeding(key: str, *statements: str, calls: list[Address]) -> Seeding:
    return Seeding(key, running(*statements, calls=calls))


def test_another_seed_does_not_have_the_migrations_done_again(workspace: Path) -> None:
    async def scenario() -> None:
        key, migrated, seeded = fresh_key(), list[Address](), list[Address]()
        migrate = running(
            TABLE,
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET DateStyle = %L',"
            " current_database(), 'SQL, DMY'); END $$",
            calls=migrated,
        )
        for name in ("one", "two", "two", "one"):
            insert = f"INSERT INTO items (name) VALUES ('{name}')"
            seed = seeding(name, insert, "CREATE TABLE more (id int)", calls=seeded)
            async with provided(workspace, key=key, seeding=name) as server:
                template = await server.template(key, migrate, seed)
                assert await server.template(key, migrate, seed) == template
                service = (await server.database(template)).address
                assert await ask(service, "SELECT string_agg(name, ',') FROM items") == name
                assert await ask(service, "SHOW DateStyle") == "SQL, DMY"
                await ask(service, "ALTER TABLE items ADD COLUMN stock int")
                await ask(service, "ALTER TABLE more ADD COLUMN stock int")
                await ask(service, "CREATE SCHEMA of_the_service")
                owners = "SELECT count(DISTINCT tableowner) FROM pg_tables WHERE tablename = ANY"
                assert await ask(service, f"{owners} (ARRAY['items', 'more'])") == 1
                login = "SELECT count(*) FROM pg_roles WHERE rolcanlogin AND rolname LIKE"
                assert await ask(server.admin, f"{login} 'seamproof\\_t\\_%'") == 0
                assert await ask(server.admin, OURS) == 2, "the seeded one and its clone"
        assert (len(migrated), len(seeded)) == (1, 2)
        assert len({each.user for each in (*migrated, *seeded)}) == 1, "who owns the tables seeds"
        async with provided(workspace, key=key) as server:
            service = (await server.database(await server.template(key, migrate))).address
            assert await ask(service, "SELECT count(*) FROM items") == 0
        assert len(migrated) == 1, "without a seed the migrated one serves"

    asyncio.run(scenario())


def test_a_seed_that_fails_leaves_what_was_migrated(workspace: Path) -> None:
    async def scenario() -> None:
        key, migrated, seeded = fresh_key(), list[Address](), list[Address]()
        migrate = running(TABLE, calls=migrated)
        for statement in ("SELECT * FROM nowhere", "INSERT INTO items (name) VALUES ('a')"):
            async with provided(workspace, key=key, seeding=statement) as server:
                seed = seeding(statement, statement, calls=seeded)
                try:
                    template = await server.template(key, migrate, seed)
                except psycopg.errors.UndefinedTable:
                    assert await ask(server.admin, OURS) == 1
                    assert await ask(server.admin, ROLES) == 1
                    continue
                service = (await server.database(template)).address
                assert await ask(service, "SELECT name FROM items") == "a"
        assert (len(migrated), len(seeded)) == (1, 2)

    asyncio.run(scenario())


def test_nothing_is_left_of_a_template_whose_preparation_fails(workspace: Path) -> None:
    async def scenario() -> None:
        async with provided(workspace) as server:
            key = fresh_key()
            with pytest.raises(psycopg.errors.UndefinedTable):
                await server.template(key, running("SELECT * FROM nowhere"))
            assert await ask(server.admin, OURS) == 0
            assert await ask(server.admin, ROLES) == 0
            calls: list[Address] = []
            await server.template(key, running(TABLE, calls=calls))
            assert len(calls) == 1

    asyncio.run(scenario())


def test_clones_are_independent_marked_and_keep_the_databases_settings(workspace: Path) -> None:
    async def scenario() -> None:
        settings = DatabaseSettings(
            search_path=("app", "public"), extensions=("hstore",), setup_sql="CREATE ROLE reader;"
        )
        async with provided(workspace, settings) as server:
            prepare = running(
                TABLE,
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET DateStyle = %L',"
                " current_database(), 'SQL, DMY'); END $$",
                "GRANT SELECT ON items TO reader",
            )
            template = await server.template(fresh_key(), prepare)
            one, two = await server.database(template), await server.database(template)
            three = await server.database(template)
            assert len({one.address.name, two.address.name, three.address.name}) == 3
            await ask(one.address, "INSERT INTO items (name) VALUES ('x') RETURNING 1")
            assert await ask(two.address, "SELECT count(*) FROM items") == 0
            assert await ask(two.address, "SHOW search_path") == "app, public"
            assert await ask(two.address, "SHOW DateStyle") == "SQL, DMY"
            assert await ask(two.address, "SELECT 'app.items'::regclass::text") == "items"
            assert await ask(two.address, "SELECT ('a=>1'::hstore)->'a'") == "1"
            admin = replace(server.admin, name=three.address.name)
            async with await psycopg.AsyncConnection.connect(admin.url()) as connection:
                assert await marked(connection)
                assert not await marked(connection, "postgres")
                assert await marked(connection, template)

    asyncio.run(scenario())


def test_the_services_role_is_no_superuser_and_may_change_the_schema(workspace: Path) -> None:
    async def scenario() -> None:
        async with provided(workspace) as server:
            template = await server.template(fresh_key(), running(TABLE))
            database = await server.database(template)
            role = (
                "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication"
                " FROM pg_roles WHERE rolname = current_user"
            )
            assert await ask(database.address, role) is False
            alter = "ALTER TABLE items ADD COLUMN stock int; SELECT 1"
            async with await psycopg.AsyncConnection.connect(database.address.url()) as service:
                await service.execute(alter.encode())
                await service.execute("CREATE TABLE made_by_the_service (id int)")

    asyncio.run(scenario())


@pytest.mark.parametrize("seeded", [False, True])
def test_row_level_security_is_not_bypassed(workspace: Path, seeded: bool) -> None:
    async def scenario() -> None:
        async with provided(workspace) as server:
            made = PROTECTED[:-1] if seeded else PROTECTED
            seed = Seeding("seed", running(PROTECTED[-1])) if seeded else None
            template = await server.template(fresh_key(), running(*made), seed)
            database = await server.database(template)
            async with await psycopg.AsyncConnection.connect(database.address.url()) as service:
                await service.execute("SET app.name = 'a'")
                rows = await (await service.execute("SELECT name FROM items")).fetchall()
                assert rows == [("a",)]
                await service.execute("INSERT INTO items (name) VALUES ('a')")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await service.execute("ALTER TABLE items DISABLE ROW LEVEL SECURITY")

    asyncio.run(scenario())


def test_an_owner_that_is_asked_for_bypasses_row_level_security(workspace: Path) -> None:
    async def scenario() -> None:
        settings = DatabaseSettings(role=ServiceRole.OWNER)
        async with provided(workspace, settings) as server:
            database = await server.database(
                await server.template(fresh_key(), running(*PROTECTED))
            )
            assert await ask(database.address, "SELECT count(*) FROM items") == 2

    asyncio.run(scenario())


def test_setup_sql_that_fails_is_the_configurations_fault(workspace: Path) -> None:
    async def scenario() -> None:
        async with provided(workspace, DatabaseSettings(setup_sql="CREATE NONSENSE")) as server:
            with pytest.raises(DatabaseError, match="setup_sql") as caught:
                await server.template(fresh_key(), running(TABLE))
            assert "NONSENSE" in caught.value.problem

    asyncio.run(scenario())
