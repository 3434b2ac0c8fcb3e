"""Where rows alone do not lead back, the database is replaced by a copy of the template."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from journaled import Journaled, contents, journaled
from psycopg import AsyncConnection

from seamproof.core.errors import Bug, SafetyError
from seamproof.database.postgres.session import conninfo

pytestmark = pytest.mark.usefixtures("journal_server")

SCHEMA = """
CREATE TABLE items (id serial PRIMARY KEY, name text);
CREATE TABLE notes (text text);
INSERT INTO items (name) SELECT 'item ' || g FROM generate_series(1, 20) g;
INSERT INTO notes VALUES ('same'), ('same'), ('other');
"""


async def sign_in(world: Journaled) -> dict[str, list[str]]:
    """What a service writes before the first experiment, so that base is not the template."""
    await world.execute(
        "INSERT INTO items (name) VALUES ('session')",
        "UPDATE items SET name = 'seen' WHERE id = 1",
        "DELETE FROM notes WHERE ctid = (SELECT min(ctid) FROM notes)",
    )
    assert await world.database.mark("base") == ""
    return await contents(world.admin)


async def ended(world: Journaled) -> bool:
    try:
        await world.execute("SELECT 1")
    except psycopg.OperationalError:
        await world.reconnect()
        return True
    return False


@pytest.mark.parametrize(
    ("reason", "work"),
    [
        ("ALTER TABLE public.items", "ALTER TABLE items ADD extra int DEFAULT 5"),
        ("CREATE TABLE", "CREATE TABLE more (id int); INSERT INTO more VALUES (1)"),
        ("DROP TABLE", "DROP TABLE notes"),
        ("CREATE TABLE AS", "CREATE TABLE copied AS SELECT * FROM items"),
        ("large object", "SELECT lo_from_bytea(0, 'abc')"),
        ("rows were changed", "INSERT INTO notes SELECT g FROM generate_series(1, 5001) g"),
    ],
)
def test_what_no_trigger_can_take_back(reason: str, work: str) -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            before = await sign_in(world)
            await world.execute("DELETE FROM items WHERE id < 4", work)
            undone = await world.database.undo("base")
            assert reason in undone.cloned
            assert await contents(world.admin) == before
            await world.database.audit()
            assert await ended(world)
            await world.execute("DELETE FROM items WHERE id > 4")
            assert len(await world.changes()) == 17
            undone = await world.database.undo("base")
            assert (undone.cloned, undone.rows) == ("", 17)
            assert await contents(world.admin) == before

    asyncio.run(scenario())


def test_a_change_that_the_journal_did_not_see_is_noticed() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            before = await sign_in(world)
            async with await AsyncConnection.connect(
                conninfo(world.admin, options="-c seamproof.bypass=on")
            ) as behind:
                await world.execute("UPDATE items SET name = 'acted' WHERE id = 2")
                await behind.execute("UPDATE items SET name = 'hidden' WHERE id = 2")
            undone = await world.database.undo("base")
            assert "items" in undone.cloned
            assert await contents(world.admin) == before
            async with await AsyncConnection.connect(
                conninfo(world.admin, options="-c seamproof.bypass=on")
            ) as behind:
                await behind.execute("UPDATE items SET name = 'hidden' WHERE id = 5")
            with pytest.raises(Bug) as caught:
                await world.database.audit()
            assert any("items" in line for line in caught.value.details)

    asyncio.run(scenario())


def test_schema_changes_before_a_mark_belong_to_it() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            await world.execute(
                "CREATE TABLE started (id serial PRIMARY KEY, v text)",
                "INSERT INTO started (v) VALUES ('by the service')",
            )
            assert [change.table for change in await world.changes()] == ["started"]
            assert "started" in await world.database.mark("base")
            assert await ended(world)
            before = await contents(world.admin)
            await world.execute("UPDATE started SET v = 'acted'", "DELETE FROM items")
            assert (await world.database.undo("base")).cloned == ""
            assert await contents(world.admin) == before
            await world.execute("DROP TABLE started")
            assert "DROP TABLE" in (await world.database.undo("base")).cloned
            assert await contents(world.admin) == before

    asyncio.run(scenario())


def test_an_arrangement_with_schema_changes_can_be_kept_and_left() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            base = await sign_in(world)
            await world.execute("CREATE TABLE tenant (id int)", "INSERT INTO tenant VALUES (1)")
            assert await world.database.mark("arranged") != ""
            await world.reconnect()
            arranged = await contents(world.admin)
            await world.execute("DELETE FROM tenant", "DELETE FROM notes")
            assert (await world.database.undo("arranged")).cloned == ""
            assert await contents(world.admin) == arranged
            await world.execute("ALTER TABLE tenant ADD v int")
            assert "ALTER TABLE" in (await world.database.undo("arranged")).cloned
            await world.reconnect()
            assert await contents(world.admin) == arranged
            assert "CREATE TABLE" in (await world.database.undo("base")).cloned
            await world.reconnect()
            assert await contents(world.admin) == base
            await world.execute("DELETE FROM notes")
            assert (await world.database.undo("base")).cloned == ""

    asyncio.run(scenario())


def test_a_clone_brings_the_arrangement_back_too() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            base = await sign_in(world)
            await world.execute(
                "UPDATE items SET name = 'arranged' WHERE id IN (1, 2)",
                "INSERT INTO notes VALUES ('same'), ('arranged')",
            )
            await world.database.mark("arranged")
            arranged = await contents(world.admin)
            await world.execute("UPDATE items SET name = 'acted'", "DROP TABLE notes")
            assert "DROP TABLE" in (await world.database.undo("arranged")).cloned
            assert await contents(world.admin) == arranged
            await world.reconnect()
            await world.execute("UPDATE items SET name = 'acted'", "DELETE FROM notes")
            assert (await world.database.undo("arranged")).cloned == ""
            assert await contents(world.admin) == arranged
            assert (await world.database.undo("base")).cloned == ""
            assert await contents(world.admin) == base

    asyncio.run(scenario())


def test_owner_rights_and_settings_of_the_database_survive() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            name = world.admin.name
            query = """
                SELECT pg_get_userbyid(datdba) AS owner, datconnlimit,
                       (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a) AS rights,
                       (SELECT array_agg(setconfig) FROM pg_db_role_setting
                         WHERE setdatabase = d.oid)::text AS settings
                  FROM pg_database d WHERE datname = current_database()
            """
            async with await AsyncConnection.connect(
                conninfo(world.admin, options="-c seamproof.bypass=on"), autocommit=True
            ) as admin:
                await admin.execute(f"ALTER DATABASE {name} SET search_path = two, public".encode())
                await admin.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 50".encode())
                await admin.execute(f"GRANT TEMPORARY ON DATABASE {name} TO pg_monitor".encode())
            before = await world.rows(query)
            await world.execute("DROP TABLE notes")
            assert (await world.database.undo("base")).cloned
            await world.reconnect()
            assert await world.rows(query) == before

    asyncio.run(scenario())


def test_a_database_that_is_no_longer_ours_is_not_touched() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            await world.execute("DELETE FROM notes")
            comment = f"COMMENT ON DATABASE {world.admin.name} IS "
            async with await AsyncConnection.connect(
                conninfo(world.admin), autocommit=True
            ) as admin:
                await admin.execute((comment + "'production'").encode())
                with pytest.raises(SafetyError):
                    await world.database.undo("base")
                with pytest.raises(SafetyError):
                    await world.database.drop()
                assert await world.value("SELECT count(*) FROM notes") == 0
                await admin.execute((comment + f"'seamproof: {world.admin.name}'").encode())

    asyncio.run(scenario())
