"""Migrations by files, on a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from servers import ask, fresh_key, provided

from seamproof.core.errors import DatabaseError
from seamproof.core.protocols import Address
from seamproof.database.migrations import apply, detect


def test_files_are_applied_in_order_and_an_error_names_its_line(
    workspace: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "db" / "migrations"
    folder.mkdir(parents=True)
    (folder / "V1__a.sql").write_text("CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n")
    (folder / "V2__b.sql").write_text(
        "-- +goose Up\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 100 % 7; $$;\n"
        "-- +goose Down\nDROP TABLE a;\n"
    )
    bad = folder / "V10__c.sql"
    bad.write_text("UPDATE a SET id = f();\nSELECT 1;\nCREATE TABLE a (id int);\nSELECT nothing;")

    async def scenario() -> None:
        detection = detect(tmp_path)
        assert detection is not None

        async def prepare(address: Address) -> None:
            await apply(detection.files, address)

        async with provided(workspace) as server:
            with pytest.raises(DatabaseError, match="already exists") as caught:
                await server.template(fresh_key(), prepare)
            assert "V10__c.sql" in caught.value.problem
            bad.write_text("UPDATE a SET id = f();\n\nSELECT nothing;")
            with pytest.raises(DatabaseError, match=r"V10__c.sql:3: .*nothing"):
                await server.template(fresh_key(), prepare)
            bad.write_text("VACUUM a; SELECT 1;")
            with pytest.raises(DatabaseError) as caught:
                await server.template(fresh_key(), prepare)
            assert "alone in its file" in caught.value.hint
            bad.write_text("UPDATE a SET id = f();")
            database = await server.database(await server.template(fresh_key(), prepare))
            assert await ask(database.address, "SELECT id FROM a") == 2

    asyncio.run(scenario())
