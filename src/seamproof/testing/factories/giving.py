"""What a test gives for a row: columns, rows that it refers to, and what those are to have.

make.order(total=5)             a column
make.order(user=alice)          the row that a foreign key refers to, or its id
make.order(user_id=alice)       the same
make.order(user__role="admin")  a new row that it refers to, with this
make.order(total=lambda n: n)   called with the number of the row
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from seamproof.core.catalog import ForeignKey, Table
from seamproof.testing.factories.made import Made
from seamproof.testing.factories.named import column_for, relation, relations, unknown


@dataclass
class Given:
    """The same by column."""

    values: dict[str, Any] = field(default_factory=dict)
    nested: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By relation, what a new row is to have."""
    parents: dict[str, Made] = field(default_factory=dict)
    """By relation, the row that was given."""


def take(table: Table, layers: Iterable[Mapping[str, Any]], number: int) -> Given:
    """What layers give, of which a later one has the last word.

    Raises LookupError for a name that means nothing, and TypeError for a row of another table.
    """
    given = Given()
    for layer in layers:
        for name, value in layer.items():
            _take(given, table, name, value(number) if _computed(value) else value)
    return given


def _computed(value: Any) -> bool:
    return callable(value) and not isinstance(value, type | Mapping)


def _take(given: Given, table: Table, name: str, value: Any) -> None:
    columns, keys = {each.name for each in table.columns}, relations(table)
    head, dunder, rest = name.partition("__")
    if dunder and name not in columns:
        if head not in keys:
            raise unknown(table, name)
        given.nested.setdefault(relation(keys[head]), {})[rest] = value
    elif name in columns:
        _column(given, table, name, value)
    elif name in keys:
        _relation(given, table, keys[name], value)
    elif (column := column_for(table, name)) is not None:
        _column(given, table, column, value)
    else:
        raise unknown(table, name)


def _column(given: Given, table: Table, name: str, value: Any) -> None:
    if isinstance(value, Made):
        key = next((each for each in table.foreign_keys if name in each.columns), None)
        if key is not None:
            _relation(given, table, key, value)
            return
        value = next(iter(value.values()))
    given.values[name] = value


def _relation(given: Given, table: Table, key: ForeignKey, value: Any) -> None:
    given.nested.pop(relation(key), None)
    if isinstance(value, Made):
        if Made.table_of(value) != key.references:
            raise TypeError(
                f"{table.name}.{', '.join(key.columns)} refers to {key.references}, and was given "
                f"a row of {Made.table_of(value)}"
            )
        given.parents[relation(key)] = value
    for column, referenced in zip(key.columns, key.referenced, strict=True):
        given.values[column] = _part(value, referenced, alone=len(key.columns) == 1)


def _part(value: Any, referenced: str, *, alone: bool) -> Any:
    """A row's column, whatever the row is; an id is its only one."""
    if isinstance(value, Mapping):
        return value[referenced]
    if value is None:
        return None
    if hasattr(value, "__dict__") and hasattr(value, referenced):
        return getattr(value, referenced)
    if alone:
        return value
    raise TypeError(f"{value!r} is no row, and several columns refer to one")
