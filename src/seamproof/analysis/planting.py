"""Canaries in rows, where nothing but people looks at what stands there.

That is a free text. Where a row that is only read has none, it is a UUID that is no reference, a
moment at which something was made, a long number, or a text inside of JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seamproof.analysis.places import Place, form_of, inside, referring
from seamproof.analysis.values import is_identifier, is_number, is_time
from seamproof.core.canaries import Form
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import RowEdit
from seamproof.core.history import Row
from seamproof.core.secrecy import sensitive

_MEANS_SOMETHING = re.compile(
    r"(^|_)(status|state|type|kind|role|code|currency|lang|language|locale|country|format|method"
    r"|mode|level|phase|stage|visibility|scope|slug|path|hash|salt|key|email|mail|login|username"
    r"|user_name|phone|url|uri|host|id|uuid|version|timezone|permissions?|owner)$"
)
"""Columns whose texts a service looks at, and not only passes on."""
_LIMITS = re.compile(
    r"(^|_)(expir|until|valid|delet|archiv|end|start|due|publish|activ|revok|lock|schedul|last|next"
    r"|paid|balance|amount|total|quantity|stock|limit|quota|count|sequence|position|rank|order)"
)
"""Columns by which a service chooses what it shows."""
_A_ROW = 2
"""Columns of one row that are edited."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A row, and the canaries that stand in it."""

    table: str
    row: Row
    """As it was before."""
    places: dict[Place, str]
    """Place to canary."""

    @property
    def canaries(self) -> frozenset[str]:
        """The canaries alone."""
        return frozenset(self.places.values())

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in which they stand."""
        return tuple(dict.fromkeys(each.column for each in self.places))

    @property
    def sorts(self) -> bool:
        """Whether a list may leave the row out for its canaries, or put it on another page."""
        return any(each.form in (Form.MOMENT, Form.NUMBER) for each in self.places)

    @property
    def words(self) -> bool:
        """Whether they stand in columns of text alone."""
        return all(each.form is Form.WORD and not each.within for each in self.places)


def planted(
    catalog: Catalog, rows: Iterable[tuple[str, Row]], *, read: bool = False
) -> tuple[Planted, ...]:
    """Where a canary can stand in these rows, each once.

    What is no text a service may reckon with: it is left alone but for rows that are only `read`.
    """
    found: dict[tuple[str, str], Planted] = {}
    for name, row in rows:
        table = catalog.tables.get(name)
        if table is None or not table.primary_key:
            continue
        key = "/".join(str(row.get(column)) for column in table.primary_key)
        places = [Place(c.name, Form.WORD) for c in table.columns if _free(table, c, row)]
        if read and not places:
            places = list(_others(table, row))
        if places and (name, key) not in found:
            texts = {each: each.made(name, key) for each in places[:_A_ROW]}
            found[name, key] = Planted(name, row, texts)
    return tuple(found.values())


def edits(catalog: Catalog, where: Iterable[Planted]) -> tuple[RowEdit, ...]:
    """The same as edits of rows, which are found by their keys."""
    return tuple(
        RowEdit(
            each.table,
            {column: each.row.get(column) for column in catalog.key_of(each.table)},
            _new(each),
        )
        for each in where
    )


def _new(planted: Planted) -> dict[str, str | None]:
    new: dict[str, str | None] = {}
    for place, text in planted.places.items():
        new[place.column] = place.written(new.get(place.column), text)
    return new


def _others(table: Table, row: Row) -> Iterator[Place]:
    """Places that take no word, the safest first."""
    inner, forms = [], dict[Form, list[Place]]()
    for column in table.columns:
        value = row.get(column.name)
        if value is None or not _quiet(table, column) or _LIMITS.search(column.name):
            continue
        form = form_of(column)
        if form is not None and form is not Form.WORD:
            forms.setdefault(form, []).append(Place(column.name, form))
        inner += [each for each in inside(column, value) if _apart(each)]
    for form in (Form.UUID, Form.MOMENT, Form.NUMBER):
        yield from forms.get(form, ())
    yield from inner


def _apart(place: Place) -> bool:
    """Whether a text inside of JSON means something to people alone."""
    name = place.name.lower()
    known = _MEANS_SOMETHING.search(name) or sensitive(name)
    return not known and not _looked_at(place.text)


def _free(table: Table, column: Column, row: Row) -> bool:
    """Whether a column holds a text that means something to people alone."""
    value = row.get(column.name)
    if form_of(column) is not Form.WORD or value is None or not _quiet(table, column):
        return False
    return not (_looked_at(value) or is_number(value) or is_time(value))


def _quiet(table: Table, column: Column) -> bool:
    """Whether neither a rule of the table is about a column, nor its name says that a service looks
    at it."""
    if column.generated or column.values or column.name in _constrained(table):
        return False
    if sensitive(column.name) or _MEANS_SOMETHING.search(column.name):
        return False
    return not any(column.name in each for each in table.conditions)


def _looked_at(value: str) -> bool:
    return is_identifier(value) or value.startswith(("http://", "https://", "{", "[", "/"))


def _constrained(table: Table) -> frozenset[str]:
    return referring(table) | {column for names in table.uniques for column in names}
