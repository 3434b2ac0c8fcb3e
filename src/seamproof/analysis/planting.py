"""Canaries in rows: texts that nobody else has written, where a free text stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seamproof.analysis.values import is_identifier, is_number, is_time
from seamproof.core.canary import LENGTH, canary
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import RowEdit
from seamproof.core.history import Row
from seamproof.core.secrecy import sensitive

_TEXT = re.compile(r"^(text|citext|character varying|character|varchar)(\((\d+)\))?$")
_MEANS_SOMETHING = re.compile(
    r"(^|_)(status|state|type|kind|role|code|currency|lang|language|locale|country|format|method"
    r"|mode|level|phase|stage|visibility|scope|slug|path|hash|salt|key|email|mail|login|username"
    r"|user_name|phone|url|uri|host|id|uuid|version|timezone|permissions?|owner)$"
)
"""Columns whose texts a service looks at, and not only passes on."""
_A_ROW = 2
"""Columns of one row that are edited."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A row, and the canaries that stand in it."""

    table: str
    row: Row
    """As it was before."""
    columns: dict[str, str]
    """Column to canary."""

    @property
    def canaries(self) -> frozenset[str]:
        """The canaries alone."""
        return frozenset(self.columns.values())


def planted(catalog: Catalog, rows: Iterable[tuple[str, Row]]) -> tuple[Planted, ...]:
    """Where a canary can stand in these rows, each once."""
    found: dict[tuple[str, str], Planted] = {}
    for name, row in rows:
        table = catalog.tables.get(name)
        if table is None or not table.primary_key:
            continue
        key = "/".join(str(row.get(column)) for column in table.primary_key)
        columns = [column.name for column in table.columns if _free(table, column, row)][:_A_ROW]
        if columns and (name, key) not in found:
            texts = {column: canary(name, key, column) for column in columns}
            found[name, key] = Planted(name, row, texts)
    return tuple(found.values())


def edits(catalog: Catalog, where: Iterable[Planted]) -> tuple[RowEdit, ...]:
    """The same as edits of rows, which are found by their keys."""
    return tuple(
        RowEdit(
            each.table,
            {column: each.row.get(column) for column in catalog.key_of(each.table)},
            dict(each.columns),
        )
        for each in where
    )


def _free(table: Table, column: Column, row: Row) -> bool:
    """Whether a column holds a text that means something to people alone."""
    kind, value = _TEXT.match(column.type), row.get(column.name)
    if kind is None or value is None or column.generated or column.values:
        return False
    if kind[3] is not None and int(kind[3]) < LENGTH:
        return False
    if column.name in _constrained(table) or sensitive(column.name):
        return False
    if _MEANS_SOMETHING.search(column.name) or any(column.name in c for c in table.conditions):
        return False
    return not (_looked_at(value) or is_number(value) or is_time(value))


def _looked_at(value: str) -> bool:
    return is_identifier(value) or value.startswith(("http://", "https://", "{", "[", "/"))


def _constrained(table: Table) -> set[str]:
    return {column for names in _keys(table) for column in names}


def _keys(table: Table) -> Iterator[tuple[str, ...]]:
    yield table.primary_key
    yield from table.uniques
    for key in table.foreign_keys:
        yield key.columns
