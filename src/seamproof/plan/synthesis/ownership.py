"""Which stored rows an identity may use: those that refer to its own row, or to its tenant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seamproof.core.catalog import Catalog, Stored, Table
from seamproof.core.history import RowChange
from seamproof.core.model import Identity, Json
from seamproof.plan.synthesis.naming import concept, words

_PART = re.compile(r"[^a-z0-9]+")
_ADMITTING = frozenset(
    "password hash secret token role active enabled disabled deleted locked banned blocked status"  # noqa: SIM905
    " username login email permissions".split()
)
"""Words of columns that say who may come in."""
_PEOPLE = ("user", "account", "member", "person", "principal", "customer", "profile", "identity")


@dataclass(frozen=True, slots=True)
class Belongings:
    """What the catalog and the rows tell of each identity."""

    catalog: Catalog
    stored: Stored
    selves: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """The rows that stand for each identity: table and number."""

    @classmethod
    def of(cls, catalog: Catalog, stored: Stored, identities: Sequence[Identity]) -> Belongings:
        """Find each identity's own row: the one that says its name."""
        selves = {each.name: tuple(_rows_of(each.name, catalog, stored)) for each in identities}
        return cls(catalog, stored, selves)

    def closeness(
        self, identity: str | None, table: str, row: Mapping[str, Json], number: int = -1
    ) -> int:
        """How near a row is to an identity.

        3 it refers to the identity's own row, 2 both refer to one tenant, 1 nothing is known,
        0 it is somebody else's.
        """
        if self.is_self(identity, table, number) or _mentions(row, identity):
            return 2
        described = self.catalog.tables.get(table)
        own = self._own_values(identity)
        if described is None or not own:
            return 1
        best = 1
        for key in described.foreign_keys:
            if len(key.columns) != 1:
                continue
            known = own.get((key.references, key.referenced[0]))
            if known is None or row.get(key.columns[0]) is None:
                continue
            if known[0] != row[key.columns[0]]:
                return 0
            best = max(best, known[1])
        return best

    def is_self(self, identity: str | None, table: str, number: int) -> bool:
        """Whether a row stands for the identity itself."""
        return identity is not None and (table, number) in self.selves.get(identity, ())

    def of_an_identity(self, table: str, number: int) -> bool:
        """Whether a row stands for any identity."""
        return any((table, number) in rows for rows in self.selves.values())

    def harmed(self, effect: Iterable[RowChange]) -> bool:
        """Whether rows that stand for identities are gone, or let them in no more."""
        for change in effect:
            if change.old is None or not _shuts_out(change):
                continue
            key = self.catalog.key_of(change.table)
            for rows in self.selves.values():
                for table, number in rows:
                    row = self.stored[table][number]
                    if table == change.table and all(
                        str(row.get(column)) == change.old.get(column) for column in key
                    ):
                        return True
        return False

    def _own_values(self, identity: str | None) -> dict[tuple[str, str], tuple[Json, int]]:
        """Values that rows of the identity refer by, with what such a reference means."""
        values: dict[tuple[str, str], tuple[Json, int]] = {}
        for table, number in self.selves.get(identity or "", ()):
            row = self.stored[table][number]
            described = self.catalog.tables.get(table)
            if described is None:
                continue
            for column in described.primary_key:
                values[table, column] = (row.get(column), 3)
            for key in described.foreign_keys:
                if len(key.columns) == 1 and row.get(key.columns[0]) is not None:
                    place = (key.references, key.referenced[0])
                    values.setdefault(place, (row[key.columns[0]], 2))
        return values


def _rows_of(name: str, catalog: Catalog, stored: Stored) -> Iterator[tuple[str, int]]:
    for table, rows in stored.items():
        described = catalog.tables.get(table)
        if described is None:
            continue
        people = _holds_people(described)
        keys = {each for names in (described.primary_key, *described.uniques) for each in names}
        for number, row in enumerate(rows):
            if any(_says(row[each], name) for each in row if people or each in keys):
                yield table, number
                break


def _holds_people(table: Table) -> bool:
    thing = concept(table.name)
    return any(thing.endswith(each) for each in _PEOPLE)


def _mentions(row: Mapping[str, Json], identity: str | None) -> bool:
    """Whether a row is about an identity in words: `account:alice`."""
    if identity is None or len(identity) < 3:
        return False
    wanted = identity.casefold()
    return any(
        isinstance(value, str) and len(value) < 200 and wanted in _PART.split(value.casefold())
        for value in row.values()
    )


def _shuts_out(change: RowChange) -> bool:
    """Whether a row is gone, or changed in what says who may come in."""
    if change.new is None:
        return True
    assert change.old is not None
    changed = {name for name, value in change.new.items() if value != change.old.get(name)}
    return any(not _ADMITTING.isdisjoint(words(name)) for name in changed)


def _says(value: Json, name: str) -> bool:
    if not isinstance(value, str):
        return False
    said, wanted = value.casefold(), name.casefold()
    return said == wanted or said.partition("@")[0] == wanted
