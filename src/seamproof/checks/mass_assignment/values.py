"""A value for a column that differs from the one that the service sets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from seamproof.core.canary import canary
from seamproof.core.catalog import Catalog, Column, Stored, Table
from seamproof.core.model import Json

_QUOTED = re.compile(r"'([^']{1,40})'")
_PRIVILEGED = "admin"
_LONG_AGO = "2001-02-03T04:05:06+00:00"
_UUID = "7b1b6a8e-5a5b-4d0e-9a55-0b7a6c1d0e5f"
_TRUE = frozenset({"true", "t"})


def another(
    catalog: Catalog, stored: Stored, table: Table, column: Column, usual: str | None
) -> Json:
    """A value that the column can hold and that is not `usual`; None where none is known."""
    kind = column.type
    for key in table.foreign_keys:
        if key.columns == (column.name,):
            others = (row.get(key.referenced[0]) for row in stored.get(key.references, ()))
            return next((each for each in others if str(each) != str(usual)), None)
    if kind == "boolean":
        return usual not in _TRUE
    if kind.startswith(("smallint", "integer", "bigint")):
        return int(usual or 0) + 1
    if kind.startswith(("numeric", "real", "double", "money")):
        return _number(usual)
    if kind.startswith(("timestamp", "date")):
        return _LONG_AGO[:10] if kind == "date" else _LONG_AGO
    if kind == "uuid":
        return _UUID
    if column.values or kind.startswith(("text", "character", "varchar", "citext")):
        known = (each for each in _texts(stored, table, column) if each != usual)
        return next(known, _PRIVILEGED if "role" in column.name else None) or _free(table, column)
    return None


def _texts(stored: Stored, table: Table, column: Column) -> Iterator[str]:
    """Texts that the column may hold: labels, words of its CHECK, what other rows have."""
    found = [*column.values]
    for condition in table.conditions:
        if column.name in condition:
            found += _QUOTED.findall(condition)
    found += [
        row[column.name]
        for row in stored.get(table.name, ())
        if isinstance(row.get(column.name), str)
    ]
    # What gives more comes first.
    yield from sorted(dict.fromkeys(found), key=lambda each: _PRIVILEGED not in each.lower())


def _free(table: Table, column: Column) -> str | None:
    return None if column.values else canary(table.name, column.name)


def _number(usual: str | None) -> Json:
    try:
        more = Decimal(usual or 0) + 1
    except InvalidOperation:
        return 1
    return int(more) if more == int(more) else float(more)


def holds(stored: str | None, sent: Json) -> bool:
    """Whether a column has what was sent, as the database prints it."""
    if stored is None or sent is None:
        return False
    if isinstance(sent, bool):
        return (stored in _TRUE) is sent
    if isinstance(sent, int | float):
        try:
            return Decimal(stored) == Decimal(str(sent))
        except InvalidOperation:
            return False
    if sent == _LONG_AGO:
        # Whatever the time zone that it is printed in: nothing else is of that time.
        return stored.startswith(("2001-02-02", "2001-02-03", "2001-02-04"))
    return stored == str(sent)
