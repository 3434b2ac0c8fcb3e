"""Whose a row is: its foreign keys lead to the row of a person, or of a tenant.

    order_items -> orders -> users 7          alice's
    products -> tenants 1                     Acme's, and nobody's in Acme
    comments -> users 9, -> posts -> users 7  the nearest person's: it is 9 who wrote it

A person's row is the one that says the name of an identity. A tenant's row is one that a person's
refers to, and that is called like one or says the tenant's name. Columns that are called like
references count as such although no foreign key says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from seamproof.core.catalog import Catalog, Stored, Table
from seamproof.core.history import Changes, Row
from seamproof.core.model import Identity, Json

Principal: TypeAlias = tuple[str, str]
"""A person or a tenant: the table of its row, and its key."""
_FARTHEST = 4
"""References between a row and whom it belongs to."""
_PEOPLE = re.compile(
    r"(^|_)(users?|accounts?|members?|persons?|people|principals?|customers?|profiles?|identit\w+)$"
)
_TENANTS = re.compile(
    r"(^|_)(tenants?|organi[sz]ations?|orgs?|compan(y|ies)|workspaces?|teams?|accounts?|clubs?"
    r"|schools?|sites?|shops?|stores?|customers?|clients?)$"
)
_OF_PEOPLE = re.compile(r"^(user|owner|member|customer|account|person|holder|buyer)(_?(id|name))?$")
_OF_TENANTS = re.compile(r"^(tenant|org|organi[sz]ation|company|workspace|team)(_?(id|name))?$")
_AUTHORS = re.compile(
    r"^(created|updated|modified|edited|approved|deleted|added|invited)_?by|^(author|creator|editor"
    r"|reporter|assignee|assigned_to|reviewer|uploader)(_?id)?$"
)
"""Columns that say who did something, and not whose it is where it is a tenant's."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """Whom a row belongs to; empty where nobody is known."""

    people: frozenset[Principal] = frozenset()
    tenants: frozenset[Principal] = frozenset()
    authored: bool = False
    """Whether the people are only those who made it: in a team others may change it as well."""

    def __bool__(self) -> bool:
        return bool(self.people or self.tenants)


@dataclass(frozen=True, slots=True)
class _Reference:
    """What one row refers to."""

    principal: Principal
    row: Row | None
    """None where the row is not known."""
    column: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """The rows that are known, and which of them stand for whom."""

    catalog: Catalog
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    people: Mapping[str, Principal] = field(default_factory=dict)
    """By identity, the row that stands for it."""
    tenants: Mapping[str, frozenset[Principal]] = field(default_factory=dict)
    """By identity, the rows of its tenants."""
    _names: Mapping[str, Principal] = field(default_factory=dict)
    """By what a text column may say of a person, as a name: whose it is."""

    @classmethod
    def of(cls, catalog: Catalog, stored: Stored, identities: Sequence[Identity]) -> Ownership:
        """Find each identity's own row, and its tenants'."""
        rows = {table: tuple(map(as_text, found)) for table, found in stored.items()}
        selves = {
            each.name: found
            for each in identities
            if (found := _self(each.name, catalog, rows)) is not None
        }
        people = {name: _principal(catalog, table, row) for name, (table, row) in selves.items()}
        names = {name.casefold(): people[name] for name in selves}
        bare = cls(catalog, rows, people, {}, names)
        tenants = {
            each.name: frozenset(bare._tenants(each, *selves[each.name]))
            for each in identities
            if each.name in selves
        }
        return replace(bare, tenants=tenants)

    def also(self, *changes: Changes) -> Ownership:
        """The same, which knows the rows that these changes wrote as well."""
        rows = {table: list(found) for table, found in self.rows.items()}
        for each in changes:
            for change in each.rows:
                for row in (change.new, change.old):
                    if row is not None:
                        rows.setdefault(change.table, []).insert(0, row)
        return replace(self, rows={table: tuple(found) for table, found in rows.items()})

    def belonging(self, table: str, row: Row) -> Belonging:
        """Whom a row belongs to: the nearest people and the nearest tenants."""
        if self._is_person(table):
            own = _principal(self.catalog, table, row)
            return Belonging(frozenset({own}), frozenset(self._direct(table, row)))
        if self._is_tenant(table):
            return Belonging(tenants=frozenset({_principal(self.catalog, table, row)}))
        people: set[Principal] = set()
        authors: set[Principal] = set()
        tenants: set[Principal] = set()
        level, seen = [(table, row)], {_principal(self.catalog, table, row)}
        for _ in range(_FARTHEST):
            following: list[tuple[str, Row]] = []
            done = bool(people or authors)
            found_tenants: set[Principal] = set()
            for name, each in level:
                found_tenants |= set(self._direct(name, each))
                for reference in self._references(name, each):
                    if self._is_person(reference.principal[0]):
                        if not done:
                            author = _AUTHORS.match(reference.column)
                            (authors if author else people).add(reference.principal)
                    elif reference.row is not None and reference.principal not in seen:
                        seen.add(reference.principal)
                        following.append((reference.principal[0], reference.row))
            tenants = tenants or found_tenants
            level = following
            if not level:
                break
        authored = not people and not tenants and bool(authors)
        return Belonging(frozenset(authors if authored else people), frozenset(tenants), authored)

    def mine(self, identity: str, belonging: Belonging) -> bool:
        """Whether a row is of this identity, alone or among others."""
        return self.people.get(identity) in belonging.people

    def apart(self, one: str, other: str) -> bool:
        """Whether two identities are known to have no tenant in common."""
        mine, theirs = self.tenants.get(one), self.tenants.get(other)
        return bool(mine and theirs and not mine & theirs)

    def parents(self, table: str, row: Row) -> Iterator[tuple[str, Row]]:
        """The rows that a row refers to, and those that they do, the nearest first."""
        level, seen = [(table, row)], {_principal(self.catalog, table, row)}
        for _ in range(_FARTHEST):
            following: list[tuple[str, Row]] = []
            for name, each in level:
                for reference in self._references(name, each):
                    if reference.row is not None and reference.principal not in seen:
                        seen.add(reference.principal)
                        following.append((reference.principal[0], reference.row))
            yield from following
            level = following

    def member(self, identity: str, table: str, row: Row) -> bool:
        """Whether a row that is known makes an identity a member of what another stands for."""
        me, group = self.people.get(identity), _principal(self.catalog, table, row)
        if group in self.tenants.get(identity, frozenset()):
            return True
        return me is not None and any(
            {me, group} <= {found.principal for found in self._references(name, each)}
            for name, rows in self.rows.items()
            if _columns(self.catalog, name) <= _MEMBERSHIP
            for each in rows
        )

    # References

    def _references(self, table: str, row: Row) -> Iterator[_Reference]:
        described = self.catalog.tables.get(table)
        if described is None:
            return
        known: set[str] = set()
        for key in described.foreign_keys:
            known.update(key.columns)
            values = tuple(row.get(column) for column in key.columns)
            if None not in values:
                found = self._find(key.references, key.referenced, values)
                name = "/".join(str(each) for each in values)
                principal = (
                    (key.references, name)
                    if found is None
                    else _principal(self.catalog, key.references, found)
                )
                yield _Reference(principal, found, key.columns[0])
        for column, value in row.items():
            if column not in known and value and (_OF_PEOPLE.match(column) or _author(column)):
                person = self._person(value)
                if person is not None:
                    yield _Reference(person, None, column)

    def _direct(self, table: str, row: Row) -> Iterator[Principal]:
        """The tenants that a row itself refers to."""
        keyed = {column for key in self._keys(table) for column in key}
        for reference in self._references(table, row):
            if self._is_tenant(reference.principal[0]):
                yield reference.principal
        for column, value in row.items():
            if column not in keyed and value and _OF_TENANTS.match(column):
                yield column, value

    def _keys(self, table: str) -> Iterator[tuple[str, ...]]:
        described = self.catalog.tables.get(table)
        for key in described.foreign_keys if described else ():
            yield key.columns

    def _find(
        self, table: str, columns: tuple[str, ...], values: tuple[str | None, ...]
    ) -> Row | None:
        for row in self.rows.get(table, ()):
            if tuple(row.get(column) for column in columns) == values:
                return row
        return None

    def _person(self, value: str) -> Principal | None:
        """The person whose name or key this is."""
        named = self._names.get(value.casefold())
        if named is not None:
            return named
        return next((each for each in self.people.values() if each[1] == value), None)

    # People and tenants

    def _is_person(self, table: str) -> bool:
        return any(each[0] == table for each in self.people.values())

    def _is_tenant(self, table: str) -> bool:
        if any(table == each[0] for found in self.tenants.values() for each in found):
            return True
        return bool(_TENANTS.search(table)) and not self._is_person(table)

    def _tenants(self, identity: Identity, table: str, row: Row) -> Iterator[Principal]:
        """The tenants of a person: those of its own row, and of the rows that make it a member."""
        yield from self._direct(table, row)
        for reference in self._references(table, row):
            said = set((reference.row or {}).values())
            if identity.tenant and identity.tenant in said:
                yield reference.principal
        me = _principal(self.catalog, table, row)
        for name, rows in self.rows.items():
            if name == table or _columns(self.catalog, name) > _MEMBERSHIP:
                continue
            for each in rows:
                referred = [found.principal for found in self._references(name, each)]
                if me in referred:
                    # A session is of an account: where accounts are people, that is no tenant.
                    groups = (found for found in referred if not self._is_person(found[0]))
                    yield from (found for found in groups if _TENANTS.search(found[0]))


_MEMBERSHIP = 6
"""Columns of a table that says who belongs to what, and little else."""


def _columns(catalog: Catalog, table: str) -> int:
    described = catalog.tables.get(table)
    return len(described.columns) if described else _MEMBERSHIP + 1


def _author(column: str) -> bool:
    return _AUTHORS.match(column) is not None


def as_text(row: Mapping[str, Json]) -> Row:
    """A stored row, as rows are written elsewhere."""
    return {
        name: None
        if value is None
        else json.dumps(value)
        if isinstance(value, (dict, list))
        else str(value)
        for name, value in row.items()
    }


def _principal(catalog: Catalog, table: str, row: Row) -> Principal:
    key = catalog.key_of(table) or tuple(sorted(row))
    return table, "/".join(str(row.get(column)) for column in key)


def _self(name: str, catalog: Catalog, rows: Mapping[str, Iterable[Row]]) -> tuple[str, Row] | None:
    """The row that stands for an identity: it says its name, best in a table of people."""
    found: list[tuple[str, Row]] = []
    for table, each in rows.items():
        described = catalog.tables.get(table)
        if described is None:
            continue
        people = bool(_PEOPLE.search(table))
        columns = None if people else _unique(described)
        for row in each:
            if any(
                _says(value, name)
                for column, value in row.items()
                if columns is None or column in columns
            ):
                found.append((table, row))
                break
    found.sort(key=lambda pair: not _PEOPLE.search(pair[0]))
    return found[0] if found else None


def _unique(table: Table) -> set[str]:
    keys = (*((table.primary_key,) if len(table.primary_key) == 1 else ()), *table.uniques)
    return {each for names in keys for each in names}


def _says(value: str | None, name: str) -> bool:
    if value is None:
        return False
    said, wanted = value.casefold(), name.casefold()
    return said == wanted or said.partition("@")[0] == wanted
