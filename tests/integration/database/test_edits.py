"""Rows written directly are a part of the arrangement."""

from __future__ import annotations

import asyncio

import pytest
from journaled import contents, journaled

from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import RowEdit

pytestmark = pytest.mark.usefixtures("journal_server")

SCHEMA = """
CREATE TABLE owners (id int PRIMARY KEY);
CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner int REFERENCES owners,
                    extra json, price numeric,
                    double numeric GENERATED ALWAYS AS (price * 2) STORED);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
CREATE TABLE parts (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (10);
INSERT INTO owners VALUES (1);
INSERT INTO items (owner, extra, price) VALUES (1, '{"a":  1}', 2);
INSERT INTO parts VALUES (1, 'one');
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON items
  FOR EACH ROW EXECUTE FUNCTION refuse();
"""


def test_edits_write_exactly_these_rows() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            base = await contents(world.admin)
            await world.execute("INSERT INTO owners VALUES (2)")
            item = {"id": "1", "owner": "1", "extra": '{"a":  1}', "price": "2", "double": "4"}
            await world.database.edit(
                [
                    RowEdit("items", None, {"id": "77", "owner": "99", "price": "1.50"}),
                    RowEdit("items", item, {"price": "3", "double": "4", "extra": None}),
                    RowEdit("parts", {"id": "1"}, {"v": "'; DROP TABLE parts; --"}),
                    RowEdit("owners", {"id": "1"}, None),
                    RowEdit("owners", None, {"id": "5"}),
                ]
            )
            assert await world.rows("SELECT * FROM items ORDER BY id") == [
                {"id": 1, "owner": 1, "extra": None, "price": 3, "double": 6},
                {"id": 77, "owner": 99, "extra": None, "price": 1.5, "double": 3},
            ]
            assert [change.table for change in await world.changes()] == ["owners"]
            await world.database.mark("arranged")
            arranged = await contents(world.admin)
            await world.execute("DELETE FROM owners", "DELETE FROM parts")
            assert (await world.database.undo("arranged")).cloned == ""
            assert await contents(world.admin) == arranged
            assert (await world.database.undo("base")).cloned == ""
            assert await contents(world.admin) == base

    asyncio.run(scenario())


def test_another_edit_takes_the_place_of_the_one_before() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            base = await contents(world.admin)
            await world.execute("INSERT INTO owners VALUES (2)")
            plain = await contents(world.admin)
            await world.database.edit([RowEdit("owners", {"id": "2"}, None)])
            await world.database.mark("arranged")
            await world.execute("INSERT INTO owners VALUES (3)")
            await world.database.undo("arranged")
            await world.database.edit([RowEdit("owners", None, {"id": "5"})])
            await world.database.mark("arranged")
            await world.execute("DELETE FROM owners WHERE id = 5")
            await world.database.undo("arranged")
            assert await world.rows("SELECT id FROM owners ORDER BY id") == [
                {"id": 1},
                {"id": 2},
                {"id": 5},
            ]
            await world.database.edit([])
            await world.database.mark("arranged")
            assert await contents(world.admin) == plain
            assert (await world.database.undo("base")).cloned == ""
            assert await contents(world.admin) == base

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (RowEdit("nowhere", None, {"id": "1"}), "nowhere"),
        (RowEdit("owners", None, {"name": "x"}), "owners.name"),
        (RowEdit("owners", {"id": "9"}, None), "0 rows"),
        (RowEdit("parts", {}, {"v": "x"}), "2 rows"),
        (RowEdit("owners", {"id": "1"}, {"id": "x"}), "invalid input syntax"),
    ],
)
def test_an_edit_that_meets_nothing_changes_nothing(edit: RowEdit, says: str) -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            await world.execute("INSERT INTO parts VALUES (2, 'two')")
            before = await contents(world.admin)
            with pytest.raises(ConfigurationError, match=says):
                await world.database.edit([RowEdit("owners", None, {"id": "8"}), edit])
            assert await contents(world.admin) == before

    asyncio.run(scenario())
