"""Rows that are stored already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from seamproof.core.catalog import Table
from seamproof.testing.factories.giving import take
from seamproof.testing.factories.inserting import Connection, identifier, quoted
from seamproof.testing.factories.made import Made


def find(connection: Connection, table: Table, columns: Mapping[str, Any]) -> Made:
    """The only row with these columns. Raises LookupError where there is none, or several."""
    values = take(table, (columns,), 1).values
    conditions: list[sql.Composable] = [
        sql.SQL("{} IS NOT DISTINCT FROM %s").format(quoted(name)) for name in values
    ] or [sql.SQL("true")]
    query = sql.SQL("SELECT * FROM {} WHERE {} LIMIT 2").format(
        identifier(table.name), sql.SQL(" AND ").join(conditions)
    )
    rows = connection.execute(query, list(values.values())).fetchall()
    if len(rows) != 1:
        asked = ", ".join(f"{name}={value!r}" for name, value in values.items()) or "anything"
        raise LookupError(f"{'several rows' if rows else 'no row'} of {table.name} with {asked}")
    return Made(table.name, rows[0], table.primary_key)
