"""What a crossing reads and writes, by table: two crossings conflict where they share one and at
least one of them writes it.

    statement text  ->  the catalog's tables that it names
    journal         ->  what foreign keys, triggers and functions wrote beside them

Tables that no verdict looks at conflict with nothing. By table and not by row: a statement does not
say which rows it reads, and a phantom is in none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from seamproof.analysis.background import CONTROL
from seamproof.analysis.intervals import WRITES, sql, target
from seamproof.analysis.statements import locks, names
from seamproof.core.catalog import Catalog
from seamproof.core.history import Crossing, CrossingKind, Section
from seamproof.core.profile import Profile


@dataclass(frozen=True, slots=True)
class Footprint:
    """Tables read and tables written."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    def __or__(self, other: Footprint) -> Footprint:
        return Footprint(self.reads | other.reads, self.writes | other.writes)

    def __bool__(self) -> bool:
        return bool(self.reads or self.writes)

    def conflicts(self, other: Footprint) -> bool:
        """Whether the order of the two can matter."""
        ours = self.writes & (other.reads | other.writes)
        return bool(ours or self.reads & other.writes)


@dataclass(frozen=True, slots=True)
class Touch:
    """A crossing with what it reads and writes."""

    crossing: Crossing
    footprint: Footprint


class Tables:
    """The tables that footprints are made of: the catalog's, less what no verdict looks at."""

    def __init__(self, catalog: Catalog, profile: Profile) -> None:
        self._catalog = catalog
        self._ignored = profile.ignored
        self._by_name: dict[str, set[str]] = defaultdict(set)
        for table in catalog.tables:
            self._by_name[table].add(table)
            self._by_name[table.rpartition(".")[2]].add(table)

    def named(self, text: str) -> frozenset[str]:
        """The tables that a name, qualified or not, may mean."""
        found = self._by_name.get(text) or self._by_name.get(text.rpartition(".")[2], set())
        return frozenset(found - self._ignored)

    def of(self, crossing: Crossing) -> Footprint:
        """What the text of a statement says that it touches."""
        if crossing.kind in CONTROL or crossing.kind is CrossingKind.CALL:
            return Footprint()
        mentioned = frozenset[str]().union(*map(self.named, names(crossing.statement)))
        if crossing.kind not in WRITES:
            return Footprint(mentioned, mentioned if locks(crossing.statement) else frozenset())
        written = self.named(target(crossing)) or mentioned
        return Footprint(mentioned | self._referenced(written), written)

    def _referenced(self, written: Iterable[str]) -> frozenset[str]:
        """The tables that a foreign key is looked up in."""
        keys = (key for each in written for key in self._catalog.tables[each].foreign_keys)
        return frozenset(key.references for key in keys) - self._ignored

    def seen(self, names_: Iterable[str]) -> frozenset[str]:
        """Those of these tables that verdicts look at."""
        return frozenset(names_) - self._ignored


def touches(
    section: Section, replica: int, catalog: Catalog, profile: Profile
) -> tuple[Touch, ...]:
    """The SQL crossings of one replica in order, with their footprints.

    What its backends wrote and no statement of theirs says, its writes and calls of procedures and
    its commits have written.
    """
    tables = Tables(catalog, profile)
    crossings = [each for each in sql(section, profile) if each.replica == replica]
    plain = [Touch(each, tables.of(each)) for each in crossings]
    backends = {each.backend for each in crossings}
    changed = tables.seen(row.table for row in section.changes.rows if row.backend in backends)
    unsaid = changed - whole(plain).writes
    if not unsaid:
        return tuple(plain)
    return tuple(
        Touch(each.crossing, each.footprint | Footprint(writes=unsaid))
        if each.crossing.kind in (*WRITES, CrossingKind.OTHER, CrossingKind.COMMIT)
        else each
        for each in plain
    )


def whole(touched: Iterable[Touch]) -> Footprint:
    """Everything that these crossings touch."""
    return Footprint(
        frozenset[str]().union(*(each.footprint.reads for each in touched)),
        frozenset[str]().union(*(each.footprint.writes for each in touched)),
    )


def points(touched: Sequence[Touch], other: Footprint) -> tuple[Crossing, ...]:
    """The crossings before which an act may stand so that it matters what the other does meanwhile.

    Those that conflict with the other, and the commits behind such. Not the first: to stand before
    it is to run after the other. Between two that conflict all places are equal, so that one is
    enough: the reduction of Flanagan and Godefroid ("Dynamic partial-order reduction for model
    checking software", POPL 2005), by tables; and the fewest preemptions first, as Musuvathi and
    Qadeer ("Iterative context bounding", PLDI 2007).
    """
    return tuple(list(_conflicting(touched, other))[1:])


def _conflicting(touched: Sequence[Touch], other: Footprint) -> Iterator[Crossing]:
    unfinished: set[int] = set()
    for each in touched:
        crossing = each.crossing
        if each.footprint.conflicts(other):
            unfinished.add(crossing.connection)
            yield crossing
        elif crossing.kind is CrossingKind.COMMIT and crossing.connection in unfinished:
            unfinished.discard(crossing.connection)
            yield crossing
