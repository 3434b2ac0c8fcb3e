"""What equal runs may differ in: which values have a name of ours in place of their own.

    raw rows -> net rows (`changes`) -> leaves -> this mask -> names (`naming`)

NULL is never masked: that a column was set, or was not, always shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from seamproof.analysis.naming import Cell, Generated, Line
from seamproof.analysis.values import is_identifier, is_number, is_time, is_uuid
from seamproof.core.catalog import Catalog, Table
from seamproof.core.history import Row
from seamproof.core.leaves import leaves
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject

NOW = "<now>"
VOLATILE = "<volatile>"
KEY = "<key>"
_PLACE = "<>"
_EMBEDDED = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|(?<![\w.])\d{5,}(?![\w.])"
)
"""A UUID, or an integer so large that it is a key of a sequence with a far-apart base."""
_LEADS = " -> "
_INTEGERS = ("int", "serial", "numeric(")


def key_scopes(catalog: Catalog) -> dict[tuple[str, str], str]:
    """The columns that hold keys which the database generates, and of which table.

    A primary key with a sequence or an identity, or of one integer column (a sequence that the
    service reads itself), and each foreign key that leads to one, through any number of tables.
    """
    scopes = {
        (table.name, column): table.name
        for table in catalog.tables.values()
        for column in _generated_keys(table)
    }
    unresolved = [
        ((table.name, column), (key.references, referenced))
        for table in catalog.tables.values()
        for key in table.foreign_keys
        for column, referenced in zip(key.columns, key.referenced, strict=False)
    ]
    while found := [each for each in unresolved if each[0] not in scopes and each[1] in scopes]:
        scopes |= {place: scopes[target] for place, target in found}
    return scopes


def _generated_keys(table: Table) -> Iterator[str]:
    foreign = {column for key in table.foreign_keys for column in key.columns}
    for column in table.columns:
        if column.name in foreign:
            continue
        counted = column.identity or (column.default or "").startswith("nextval(")
        alone = table.primary_key == (column.name,) and column.type.startswith(_INTEGERS)
        if counted or alone:
            yield column.name


def reference(place: str, table: str) -> str:
    """What a profile says of a place whose numbers are keys of a table's new rows."""
    return f"{place}{_LEADS}{table}"


def narrowed(references: Iterable[str]) -> frozenset[str]:
    """The same, without the places that name no table where others say which."""
    every = frozenset(references)
    return every - {each.partition(_LEADS)[0] for each in every if _LEADS in each}


@dataclass(frozen=True, slots=True)
class Mask:
    """How rows of one service are made comparable."""

    profile: Profile = Profile()
    catalog: Catalog = Catalog()
    scopes: dict[tuple[str, str], str] = field(default_factory=dict)
    """Columns of generated keys and the table whose key it is."""

    @classmethod
    def of(cls, profile: Profile, catalog: Catalog) -> Mask:
        """The mask for a profile and the catalog's keys."""
        return cls(profile, catalog, key_scopes(catalog))

    @classmethod
    def for_subject(cls, subject: Subject) -> Mask:
        """The mask for what a subject knows of its service."""
        return cls.of(subject.profile, subject.catalog)

    def without_records(self) -> Mask:
        """The same, which looks at no log of what was done."""
        profile = replace(self.profile, audit=self.profile.audit | self.profile.records)
        return replace(self, profile=profile)

    def looks_at(self, table: str) -> bool:
        """Whether verdicts look at this table."""
        return table not in self.profile.ignored

    def hidden(self, tables: Iterable[str]) -> tuple[str, ...]:
        """What the profile masks or ignores of these tables, for the evidence."""
        wanted = tuple(f"{each}." for each in sorted(set(tables)))
        places = {each.partition(_LEADS)[0] for each in self.profile.references}
        named = self.profile.volatile | places
        columns = {each for each in named if each.startswith(wanted)}
        return tuple(sorted(columns | self.profile.ignored))

    def generated(self, rows: Iterable[tuple[str, str, Row]]) -> frozenset[Generated]:
        """The values that these net rows (table, sign, row) were given anew."""
        signed: dict[str, set[Generated]] = {"+": set(), "-": set()}
        for table, sign, row in rows:
            for column, text in row.items():
                if text is None:
                    continue
                scope = self.scopes.get((table, column))
                if scope == table or (scope and self.profile.fresh_sequences):
                    signed[sign].add(Generated(scope, text))
                for name, value in leaves(column, text):
                    if value and self.is_volatile(table, name) and is_identifier(value):
                        signed[sign].add(_random(value))
        if self.profile.fresh_sequences:
            return frozenset(signed["+"] | signed["-"])
        return frozenset(signed["+"] - signed["-"])

    def line(self, table: str, sign: str, row: Row, generated: frozenset[Generated]) -> Line:
        """A net row with what equal runs may differ in replaced."""
        values = {each.value: each for each in sorted(generated, key=lambda g: g.scope)}
        cells = []
        for column, text in row.items():
            scope = self.scopes.get((table, column))
            key = Generated(scope, text) if scope and text is not None else None
            if key is not None and key in generated:
                cells.append(Cell(column, _PLACE, (key,)))
                continue
            cells += [
                self._cell(table, name, value, values, generated)
                for name, value in leaves(column, text)
            ]
        return Line(table, sign, tuple(cells))

    def is_volatile(self, table: str, name: str) -> bool:
        """Whether the values of this leaf differ between equal runs."""
        return f"{table}.{name}" in self.profile.volatile

    def _refers(self, place: str, value: str, generated: frozenset[Generated]) -> bool:
        """Whether a number is the key of a new row of a table that its place leads to.

        Small keys of many tables are equal. One more than the place leads to would take an older
        row's key for a new one's, until a transaction that is rolled back has used a number up.
        """
        known = self.profile.references
        scopes = (each.scope for each in generated if each.value == value)
        return any(place in known or reference(place, scope) in known for scope in scopes)

    def _cell(
        self,
        table: str,
        name: str,
        value: str | None,
        named: dict[str, Generated],
        generated: frozenset[Generated],
    ) -> Cell:
        if not value:
            return Cell(name, value)
        if self.is_volatile(table, name):
            if is_time(value):
                return Cell(name, NOW)
            known = named.get(value)
            # One that is no new value names a row of the arrangement, which also was made anew.
            return Cell(name, _PLACE, (known,)) if known else Cell(name, VOLATILE)
        if is_number(value):
            refers = value in named and self._refers(f"{table}.{name}", value, generated)
            return Cell(name, KEY if refers else value)
        found: list[Generated] = []

        def replace(match: re.Match[str]) -> str:
            known = named.get(match[0])
            if known is None:
                return match[0]
            found.append(known)
            return _PLACE

        return Cell(name, _EMBEDDED.sub(replace, value), tuple(found))


def _random(value: str) -> Generated:
    return Generated("uuid" if is_uuid(value) else "value", value)
