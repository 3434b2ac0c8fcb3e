"""Some rows of each table, as the values that requests may refer to."""

from __future__ import annotations

import json
from collections.abc import Collection

from seamproof.core.catalog import Stored
from seamproof.database.postgres.batch import Batch
from seamproof.database.postgres.relations import Relation, quoted
from seamproof.database.postgres.session import Connection

ROWS = 25
"""Rows of each table: the first by its primary key."""
MAX_BYTES = 8192
"""A row that takes more is left out: no request refers to a value in it."""


async def read(connection: Connection, relations: Collection[Relation]) -> Stored:
    """The first rows of each table. Costs an index scan of each, not what is stored."""
    batch = Batch(connection)
    tables = [each for each in relations if each.table.columns]
    for each in tables:
        key = ", ".join(quoted(column) for column in each.table.primary_key)
        order = f"ORDER BY {key}" if key else ""
        batch.add(
            f"SELECT text FROM (SELECT row_to_json(t)::text AS text FROM (SELECT * FROM {each.sql}"
            f" {order} LIMIT {ROWS}) t WHERE pg_column_size(t) <= {MAX_BYTES}) s"
            f" WHERE octet_length(text) <= {MAX_BYTES}"
        )
    answers = await batch.send()
    return {
        each.table.name: tuple(json.loads(text or "{}") for (text,) in answer.rows())
        for each, answer in zip(tables, answers, strict=True)
    }
