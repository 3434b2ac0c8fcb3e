"""More rows like one that is there: the same values under other keys."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping

from seamproof.core.canary import canary
from seamproof.core.catalog import Column, Table
from seamproof.core.experiment import RowEdit
from seamproof.core.history import Row
from seamproof.core.model import Json
from seamproof.core.secrecy import redacted

_NAMESPACE = uuid.UUID("3b0b1c52-9f0d-4c77-8a6e-6f1f3e0f5d21")
_FIRST = {"smallint": 30_000, "integer": 1_900_000_000, "bigint": 1_900_000_000}
"""Far above what a sequence gives out in a test; every type has room for a thousand more."""
_TEXT = re.compile(r"^(?:text|citext|(?:character varying|varchar|character)(?:\((\d+)\))?)$")


def as_row(table: Table, stored: Mapping[str, Json]) -> Row:
    """A stored row as the server prints it."""
    types = {each.name: each.type for each in table.columns}
    return {name: _printed(types.get(name, ""), value) for name, value in stored.items()}


def clones(table: Table, row: Row, count: int) -> tuple[RowEdit, ...]:
    """So many rows like this one; none where a key of it is made of references alone, or where a
    value that would have to be kept is a secret that was redacted."""
    keyed = _changed_columns(table, row)
    kept = {name: text for name, text in row.items() if name not in keyed}
    types = {each.name: each for each in table.columns}
    if not keyed or any(
        redacted(text) and not _TEXT.match(types[name].type) for name, text in kept.items()
    ):
        return ()
    edits = []
    for number in range(count):
        fresh = {name: _fresh(table, types[name], number) for name in keyed}
        if any(value is None for value in fresh.values()):
            return ()
        edits.append(RowEdit(table.name, None, {**kept, **fresh}))
    return tuple(edits)


def _changed_columns(table: Table, row: Row) -> frozenset[str]:
    """A column of each key that is no reference; none where a key has no such column.

    A NULL is equal to no other, so that a key which has one is nobody else's.
    """
    referring = {column for key in table.foreign_keys for column in key.columns}
    chosen: set[str] = set()
    for key in (table.primary_key, *table.uniques):
        if any(row.get(column) is None for column in key):
            continue
        own = [column for column in key if column not in referring]
        if not own:
            return frozenset()
        if not chosen & set(own):
            chosen.add(own[-1])
    return frozenset(chosen)


def _fresh(table: Table, column: Column, number: int) -> str | None:
    first = _FIRST.get(column.type)
    if first is not None:
        return str(first + number)
    if column.type == "uuid":
        return str(uuid.uuid5(_NAMESPACE, f"{table.name}/{column.name}/{number}"))
    text = _TEXT.match(column.type)
    mark = canary("clone", table.name, column.name, str(number))
    return mark if text and (text[1] is None or int(text[1]) >= len(mark)) else None


def _printed(kind: str, value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if kind.endswith("[]") and isinstance(value, list):
        return _array(value)
    return json.dumps(value)


def _array(value: list[Json]) -> str:
    """An array as PostgreSQL writes one (section 8.15.6)."""
    inside = (
        _array(each) if isinstance(each, list) else "NULL" if each is None else json.dumps(each)
        for each in value
    )
    return f"{{{','.join(inside)}}}"
