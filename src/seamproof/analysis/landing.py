"""Where the fields of a request land: the column that each was written to, in a run that succeeded.

    POST /orders {"product": 3}   and   + order_items  product_id 3   ->   body /product: product_id

By name and by value: a telling value alone is enough, a plain one (`1`, `true`) needs the name too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from seamproof.analysis.refusals.sent import Sent
from seamproof.core.catalog import Catalog, Column
from seamproof.core.history import Exchange, History, Row, Section
from seamproof.core.model import Json
from seamproof.core.secrecy import redacted

Landing: TypeAlias = dict[str, tuple[str, str]]
"""By a field, as `body /items/0/product` or `query page`, the table and the column."""

_TELLING = 4
"""Characters from which on a value is hardly that of a column by chance."""
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class _Cell:
    table: str
    column: str
    text: str | None


def field_name(place: str, path: Iterable[str | int]) -> str:
    """What a field is called: `body /items/0/product`, `query page`."""
    if place == "body":
        return f"body /{'/'.join(map(str, path))}"
    return f"{place} {'.'.join(map(str, path))}"


def landing(clean: History, catalog: Catalog) -> Landing:
    """Where each field of the act of a clean run was written."""
    if not clean.sections or len(clean.section.exchanges) != 1:
        return {}
    sent = Sent.of(clean.section.exchange)
    cells = list(_cells(clean.section, catalog))
    found: Landing = {}
    for place, path, value in (*sent.fields, *_headers(clean.section.exchange)):
        if place is None or isinstance(value, dict | list):
            continue
        name = str(next((each for each in reversed(path) if isinstance(each, str)), ""))
        if name and (cell := _landed(name, value, cells)) is not None:
            found[field_name(place, path)] = (cell.table, cell.column)
    return found


def column_of(catalog: Catalog, table: str, column: str) -> Column | None:
    """A column of the catalog by its name."""
    known = catalog.tables.get(table)
    return next((c for c in known.columns if c.name == column), None) if known else None


def same_name(field: str, column: str) -> bool:
    """Whether a field is called as a column: `productId` and `product` as `product_id`."""
    one, other = _plain(field), _plain(column)
    return bool(one) and (other in {one, f"{one}id"} or one == f"{other}id")


def same_value(value: Json, text: str | None) -> bool:
    """Whether a column's text says what a JSON value says."""
    if value is None or text is None:
        return value is None and text is None
    if isinstance(value, bool):
        return text == ("t" if value else "f")
    said = value if isinstance(value, str) else str(value)
    if said == text:
        return True
    try:
        return Decimal(said) == Decimal(text)
    except InvalidOperation:
        return len(said) == len(text) and said.lower() == text.lower()


def _headers(exchange: Exchange) -> Iterator[tuple[str, tuple[str], str]]:
    """The headers of an act's own, and not those of who sends it."""
    sent = {name.lower(): value for name, value in exchange.request.headers}
    for name in exchange.act.step.headers:
        value = sent.get(name.lower())
        if value is not None and not redacted(value):
            yield "header", (name,), value


def _cells(section: Section, catalog: Catalog) -> Iterator[_Cell]:
    """The cells that were written: all of new rows, of changed ones those that changed."""
    for change in section.changes.rows[:_MOST_ROWS]:
        if change.new is None or change.table not in catalog.tables:
            continue
        old: Mapping[str, str | None] = change.old or {}
        new: Row = change.new
        for column, text in new.items():
            if change.old is None or old.get(column) != text:
                yield _Cell(change.table, column, text)


def _landed(name: str, value: Json, cells: list[_Cell]) -> _Cell | None:
    equal = [each for each in cells if same_value(value, each.text)]
    named = [each for each in equal if same_name(name, each.column)]
    if named:
        return named[0]
    places = Counter((each.table, each.column) for each in equal)
    if len(places) == 1 and value is not None and len(str(value)) >= _TELLING:
        return equal[0]
    # A value that is stored in another form, as a password or a name in lower case; NULL is none.
    called = [
        each for each in cells if _plain(name) == _plain(each.column) and each.text is not None
    ]
    return called[0] if called and not equal else None


def _plain(name: str) -> str:
    return _NOT_PLAIN.sub("", name.lower())
