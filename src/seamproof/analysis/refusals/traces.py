"""Where a value that was sent arrives: the column that it is compared with or written to.

    SELECT ... FROM orders o WHERE o.id = $1        with our 42 as $1   ->   orders, id

So a 404 tells which row was looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seamproof.analysis.refusals.columns import Column, Read, read
from seamproof.analysis.refusals.sql import table_named
from seamproof.core.catalog import Catalog
from seamproof.core.history import Crossing, CrossingKind
from seamproof.core.model import Json

_MOST_SQL = 60_000


def traces(
    value: Json, crossings: Sequence[Crossing], catalog: Catalog | None = None
) -> tuple[tuple[str, str], ...]:
    """The tables and columns that a value met, what was read before what was written, the last
    statement first: nearest to the refusal. None for a value that says nothing, as True.

    The catalog, where it is given, tells the table of a column that stands alone.
    """
    if value is None or isinstance(value, bool | dict | list) or value == "":
        return ()
    text = value if isinstance(value, str) else str(value)
    reads: dict[tuple[str, str], None] = {}
    writes: dict[tuple[str, str], None] = {}
    for crossing in reversed(crossings):
        into = writes if crossing.kind is CrossingKind.WRITE else reads
        if crossing.kind in (CrossingKind.READ, CrossingKind.WRITE, CrossingKind.OTHER):
            into |= dict.fromkeys(_met(text, crossing, catalog))
    return tuple((reads | writes).keys())


def _met(text: str, crossing: Crossing, catalog: Catalog | None) -> Iterator[tuple[str, str]]:
    if len(crossing.statement) > _MOST_SQL:
        return
    found = read(crossing.statement)
    for number, column in found.parameters.items():
        bound = crossing.parameters[number - 1] if number <= len(crossing.parameters) else None
        if bound is not None and _same(text, bound):
            yield _named(column, found, catalog)
    for literal, column in found.literals:
        if _same(text, literal):
            yield _named(column, found, catalog)


def _same(text: str, bound: str) -> bool:
    if text == bound:
        return True
    if bound[:1] == "{" and bound[-1:] == "}" and len(bound) < 10_000:
        return text in (each.strip('"') for each in bound[1:-1].split(","))
    return len(text) == 36 and text.lower() == bound.lower()


def _named(column: Column, statement: Read, catalog: Catalog | None) -> tuple[str, str]:
    """The table as the catalog has it, and the column."""
    if column.qualifier:
        table = statement.aliases.get(column.qualifier, column.qualifier)
        known = table_named(catalog, table) if catalog else None
        return (known.name if known else _bare(table)), column.name
    near = (*column.before, *statement.tables)
    for table in near:
        known = table_named(catalog, table) if catalog else None
        if known and any(each.name == column.name for each in known.columns):
            return known.name, column.name
    return _bare(next(iter(near), "")), column.name


def _bare(table: str) -> str:
    return table.removeprefix("public.")
