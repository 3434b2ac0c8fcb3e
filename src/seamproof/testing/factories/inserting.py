"""The INSERT of one row: what refuses it, and which values are tried instead.

A refusal names a constraint, and the constraint its columns. Those that the test has not given are
varied; where it has given all of them, it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.types.json import Json, Jsonb

from seamproof.core.catalog import Column, Table
from seamproof.testing.factories.conditions import mentioned
from seamproof.testing.factories.kinds import Kind

Connection = psycopg.Connection[dict[str, Any]]

NOT_NULL = "23502"
FOREIGN_KEY = "23503"
UNIQUE = "23505"
CHECK = "23514"
EXCLUSION = "23P01"

REFUSALS = (
    psycopg.IntegrityError,
    psycopg.DataError,
    psycopg.NotSupportedError,
    psycopg.errors.RaiseException,
    psycopg.errors.DatatypeMismatch,
)
"""What the database raises for a row that it does not take."""

_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?")
_USUAL_NUMBERS = (1, 0, 2, 10, 100, -1, 5, 1000)

_DEFINITION = """
SELECT coalesce(
  (SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
     WHERE k.conname = %(name)s AND (k.conrelid = to_regclass(%(table)s) OR k.contypid <> 0)
     ORDER BY k.contypid LIMIT 1),
  (SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relname = %(name)s AND i.indrelid = to_regclass(%(table)s)), '') AS definition
"""


def identifier(table: str) -> sql.Composable:
    """A table's name as everywhere in seamproof: qualified by its schema, or in the first one."""
    schema, _, name = table.rpartition(".")
    return quoted(schema, name) if schema else quoted(name)


def quoted(*names: str) -> sql.SQL:
    """A name in quotes. psycopg leaves a `%` in it, and takes it for a placeholder."""
    return sql.SQL(sql.Identifier(*names).as_string().replace("%", "%%"))


def insert(
    connection: Connection, table: Table, kinds: Mapping[str, Kind], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Write one row, and return all of it. What is refused leaves nothing, also in a transaction.

    Raises one of REFUSALS.
    """
    columns = [each for each in table.columns if each.name in values]
    query = sql.SQL("INSERT INTO {} DEFAULT VALUES RETURNING *").format(identifier(table.name))
    if columns:
        query = sql.SQL(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({}) RETURNING *"
        ).format(
            identifier(table.name),
            sql.SQL(", ").join(quoted(each.name) for each in columns),
            sql.SQL(", ").join(_placeholder(each) for each in columns),
        )
    adapted = [adapt(values[each.name], kinds[each.name]) for each in columns]
    idle = connection.info.transaction_status is TransactionStatus.IDLE
    with nullcontext() if idle else connection.transaction():
        row = connection.execute(query, adapted).fetchone()
    if row is None:
        raise psycopg.IntegrityError("a rule or trigger of the table took the row away")
    return row


def _placeholder(column: Column) -> sql.Composable:
    # psycopg sends a list as an array of text, which is no array of an enumeration.
    if column.type.endswith("[]"):
        return sql.SQL("%s::" + column.type.replace("%", "%%"))
    return sql.SQL("%s")


def adapt(value: Any, kind: Kind) -> Any:
    """A value as psycopg takes it for a column."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, Json | Jsonb):
        return value
    if kind.json:
        return Jsonb(value) if kind.name == "jsonb" else Json(value)
    if isinstance(value, Mapping) and kind.name == "hstore":
        return ", ".join(f'"{name}"=>"{each}"' for name, each in value.items())
    return value


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was refused."""

    sqlstate: str
    said: str
    constraint: str = ""
    definition: str = ""
    columns: tuple[str, ...] = ()
    """The columns that it is about; empty where it does not say."""


def refusal(connection: Connection, table: Table, error: psycopg.Error) -> Refusal:
    """What the database says of a row that it refused."""
    diagnosis = error.diag
    said = (diagnosis.message_primary or str(error)).partition("\n")[0]
    if diagnosis.message_detail:
        said = f"{said}: {diagnosis.message_detail}"
    sqlstate = error.sqlstate or ""
    name = diagnosis.constraint_name or ""
    if not name:
        return Refusal(
            sqlstate, said, columns=(diagnosis.column_name,) if diagnosis.column_name else ()
        )
    values = {"name": name, "table": identifier(table.name).as_string(connection)}
    found = connection.execute(_DEFINITION, values).fetchone()
    definition = str(found["definition"]) if found else ""
    columns = table.constraints.get(name) or mentioned(definition, table)
    if not columns and diagnosis.datatype_name:
        wanted = diagnosis.datatype_name
        columns = tuple(
            each.name for each in table.columns if each.type.rpartition(".")[2].strip('"') == wanted
        )
    return Refusal(sqlstate, said, name, definition, tuple(columns))


def candidates(column: Column, kind: Kind, definition: str, own: Any) -> Sequence[Any]:
    """Values that a CHECK constraint may allow, with the one that is made for the column."""
    found = [own, *_hinted(kind, definition)]
    return [*found, None] if column.nullable else found


def _hinted(kind: Kind, definition: str) -> Iterator[Any]:
    whole = kind.name in {"smallint", "integer", "bigint"}
    if kind.name == "boolean":
        yield from (True, False)
    elif whole or kind.name in {"numeric", "real", "double precision"}:
        for text in _NUMBER.findall(definition):
            number = float(text)
            for each in (number, number + 1, number - 1):
                yield int(each) if whole else each
        yield from _USUAL_NUMBERS
    elif kind.name in {"text", "character varying", "character", "citext"}:
        for text in _LITERAL.findall(definition):
            yield text.replace("''", "'")
        yield from ("sample", "SAMPLE", "Sample", "12345")


def misfit(connection: Connection, kind: Kind, column: Column, value: Any) -> str:
    """Why a column's type does not take a value; empty where it does."""
    if value is None:
        return ""
    adapted = adapt(value, kind)
    if isinstance(adapted, str) and kind.length is not None and len(adapted) > kind.length:
        return f"{len(adapted)} characters do not fit into {column.type}"
    if column.values and str(adapted) not in column.values:
        return f"{adapted!r} is none of {', '.join(column.values)}"
    try:
        with connection.transaction():
            connection.execute(f"SELECT %s::{column.type.replace('%', '%%')}".encode(), [adapted])
    except psycopg.Error as error:
        return (error.diag.message_primary or str(error)).partition("\n")[0]
    return ""
