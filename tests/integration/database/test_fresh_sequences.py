"""Sequences moved far apart: an integer that turns up later tells of which table it is an id."""

from __future__ import annotations

import asyncio

import pytest
from journaled import contents, journaled

pytestmark = pytest.mark.usefixtures("journal_server")

SCHEMA = """
CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id bigserial PRIMARY KEY);
CREATE TABLE c (id smallserial PRIMARY KEY);
CREATE SEQUENCE wide; CREATE TABLE d (id smallint DEFAULT nextval('wide'));
CREATE SEQUENCE down INCREMENT -1; CREATE SEQUENCE few MAXVALUE 9;
CREATE SEQUENCE round MAXVALUE 5000 CYCLE;
"""


def test_bases_are_far_apart_fit_their_columns_and_are_undone() -> None:
    async def scenario() -> None:
        async with journaled(SCHEMA) as world:
            base = await contents(world.admin)
            seen: set[int] = set()
            for _ in range(3):
                await world.database.fresh_sequences()
                await world.database.mark("arranged")
                ids = [
                    await world.value(f"INSERT INTO {table} DEFAULT VALUES RETURNING id")
                    for table in "abcd"
                ]
                ids.append(await world.value("SELECT nextval('down')"))
                assert all(abs(one) > 90 for one in ids)
                assert max(ids[2:4]) < 32768
                assert not seen.intersection(ids)
                seen.update(ids)
                assert abs(ids[0] - ids[1]) > 1_000_000
                assert await world.value("SELECT nextval('few')") == 1
                assert await world.value("SELECT nextval('round')") == 1
                assert (await world.database.undo("arranged")).cloned == ""
                assert await world.value("SELECT nextval('a_id_seq')") == ids[0]
                assert (await world.database.undo("base")).cloned == ""
                assert await contents(world.admin) == base

    asyncio.run(scenario())
