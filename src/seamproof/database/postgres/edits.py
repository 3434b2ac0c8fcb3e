"""Rows written directly: exactly these, without the service's triggers and foreign keys."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import RowEdit
from seamproof.core.history import Row
from seamproof.database.postgres.relations import Relation, quoted
from seamproof.database.postgres.session import Connection, run


async def write(
    connection: Connection, tables: dict[str, Relation], edits: Sequence[RowEdit]
) -> None:
    """Write the rows, in order, in the transaction that is open.

    Raises ConfigurationError for a table or a column that does not exist, where an edit's old row
    names none or several, and where the database refuses a value.
    """
    for edit in edits:
        relation = tables.get(edit.table)
        if relation is None:
            raise ConfigurationError(
                f"a row edit names the table {edit.table!r}, which is not there"
            )
        types = {column.name: column.type for column in relation.table.columns}
        for name in (*(edit.old or {}), *(edit.new or {})):
            if name not in types:
                raise ConfigurationError(
                    f"a row edit names {edit.table}.{name}, a column that is not there"
                )
        query, parameters = _statement(relation, types, edit)
        try:
            cursor = await run(connection, query, parameters)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            said = str(error).partition("\n")[0]
            raise ConfigurationError(f"a row edit of {edit.table} is refused: {said}") from error
        if cursor.rowcount != 1:
            raise ConfigurationError(
                f"a row edit of {edit.table} met {cursor.rowcount} rows, where it must meet one"
            )


def _statement(
    relation: Relation, types: dict[str, str], edit: RowEdit
) -> tuple[str, list[str | None]]:
    parameters: list[str | None] = []

    def value(column: str, text: str | None) -> str:
        parameters.append(text)
        return f"${len(parameters)}::text::{types[column]}"

    generated = {column.name for column in relation.table.columns if column.generated}
    new = {name: text for name, text in (edit.new or {}).items() if name not in generated}
    # The parent of partitions stores nothing itself, so ONLY would find nothing.
    only = "ONLY " if relation.stores_rows else ""
    if edit.old is None:
        columns = ", ".join(quoted(name) for name in new)
        values = ", ".join(value(name, text) for name, text in new.items())
        into = f"INSERT INTO {relation.sql}"
        if not new:
            return f"{into} DEFAULT VALUES", parameters
        return f"{into} ({columns}) OVERRIDING SYSTEM VALUE VALUES ({values})", parameters
    if edit.new is None:
        where = _match(relation, edit.old, types, parameters)
        return f"DELETE FROM {only}{relation.sql} t WHERE {where}", parameters
    assigned = ", ".join(f"{quoted(name)} = {value(name, text)}" for name, text in new.items())
    where = _match(relation, edit.old, types, parameters)
    return f"UPDATE {only}{relation.sql} t SET {assigned} WHERE {where}", parameters


def _match(
    relation: Relation, old: Row, types: dict[str, str], parameters: list[str | None]
) -> str:
    """The key by its type, so that its index is used; the rest by text: json has no equality."""
    conditions = []
    key = relation.table.primary_key
    for name, text in old.items():
        parameters.append(text)
        place = f"${len(parameters)}::text"
        column = f"t.{quoted(name)}"
        conditions.append(
            f"{column} = {place}::{types[name]}"
            if name in key
            else f"{column}::text IS NOT DISTINCT FROM {place}"
        )
    return " AND ".join(conditions) or "true"
