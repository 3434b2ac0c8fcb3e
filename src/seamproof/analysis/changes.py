"""The net effect of an act, and how what a fault left compares with it.

Raw rows are cancelled first and masked afterwards: the other way round an update of a volatile
column alone would vanish.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from seamproof.analysis.masks import Mask
from seamproof.analysis.naming import Generated, Line, names
from seamproof.core.catalog import Catalog
from seamproof.core.history import Changes, Row, RowChange

NetRow: TypeAlias = tuple[str, str, Row]
"""A table, `+` for a row that is there and was not, `-` for one that is gone, and the row."""

Entry: TypeAlias = tuple[str, str, tuple[tuple[str, str | None], ...]]
"""A masked net row: table, sign, and its leaves."""


def net(changes: Changes, ambient: frozenset[str] = frozenset()) -> tuple[NetRow, ...]:
    """The net multiset of the changes: what was there in between cancels.

    Columns named in `ambient` (`table.column`) are left out first, so that an update of such a
    column alone, as of a "last seen", is no change.
    """
    balance: Counter[tuple[str, tuple[tuple[str, str | None], ...]]] = Counter()

    def count(table: str, row: Row | None, by: int) -> None:
        if row is not None:
            kept = tuple(item for item in row.items() if f"{table}.{item[0]}" not in ambient)
            balance[table, kept] += by

    for change in changes.rows:
        count(change.table, change.new, 1)
        count(change.table, change.old, -1)
    return tuple(
        (table, "+" if count > 0 else "-", dict(items))
        for (table, items), count in balance.items()
        for _ in range(abs(count))
    )


def without_records(changes: Changes, known: frozenset[str]) -> Changes:
    """Leave out rows that are only inserted, into tables beside those `known` to change by success.

    A refusal leaves such rows too: attempts, audit.
    """
    kept = known | {row.table for row in changes.rows if row.old is not None}
    return Changes(tuple(row for row in changes.rows if row.table in kept))


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act changed, so that equal runs have equal effects."""

    exact: Counter[Entry]
    """With a name for each generated value: two effects are equal when these are."""
    loose: Counter[Entry]
    """Without names: what is a part of what shows here, where names would be numbered otherwise."""
    rows: tuple[tuple[Entry, RowChange], ...] = ()
    """Each loose entry with the row that it is of, in an order that no run changes."""

    @classmethod
    def nothing(cls) -> Effect:
        """The effect of an act that changes nothing."""
        return cls(Counter(), Counter())

    def __bool__(self) -> bool:
        return bool(self.loose)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it changes, sorted."""
        return tuple(sorted({table for table, _, _ in self.loose}))

    @property
    def signature(self) -> str:
        """A text that equal effects share: the state left, to deduplicate by."""
        return repr(sorted(self.loose.items(), key=repr))


def effect(changes: Changes, mask: Mask) -> Effect:
    """The net effect of these changes on the tables that verdicts look at."""
    watched = Changes(tuple(row for row in changes.rows if mask.looks_at(row.table)))
    rows = net(watched, mask.profile.ambient)
    if not rows:
        return Effect.nothing()
    generated = mask.generated(rows)
    pairs = [
        (mask.line(table, sign, row, generated), (table, sign, row)) for table, sign, row in rows
    ]
    ordered = sorted(pairs, key=lambda pair: repr(_entry(pair[0])))
    named = names([line for line, _ in ordered])
    return Effect(
        Counter(_entry(line, named) for line, _ in ordered),
        Counter(_entry(line) for line, _ in ordered),
        tuple((_entry(line), _change(*row)) for line, row in ordered),
    )


def _change(table: str, sign: str, row: Row) -> RowChange:
    return RowChange(table, None, row) if sign == "+" else RowChange(table, row, None)


def _entry(line: Line, named: dict[Generated, str] | None = None) -> Entry:
    cells = []
    for cell in line.cells:
        text = cell.text
        for value in cell.generated:
            name = named[value] if named else f"<{value.scope}>"
            text = (text or "").replace("<>", name, 1)
        cells.append((cell.name, text))
    return line.table, line.sign, tuple(cells)


class State(StrEnum):
    """What is there after an act that a fault met."""

    BEFORE = "before"
    AFTER = "after"
    PARTIAL = "partial"
    """A part of what the clean run changes, and nothing else."""
    OTHER = "other"
    """Something that the clean run does not leave."""
    COMPENSATED = "compensated"
    """What is left where a service that is called refuses, without any failure."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A state, with its rows as data."""

    state: State
    left: tuple[RowChange, ...] = ()
    """What is there, with respect to before."""
    missing: tuple[RowChange, ...] = ()
    """What the clean run changes and is not there."""
    extra: tuple[RowChange, ...] = ()
    """What is there and the clean run does not leave."""
    doubled: bool = False
    """Whether all of the clean run's rows are there, and some of its insertions more than once."""
    signature: str = ""

    @property
    def legal(self) -> bool:
        """Whether it is all, nothing, or what the service leaves on purpose."""
        return self.state in (State.BEFORE, State.AFTER, State.COMPENSATED)

    @property
    def table(self) -> str:
        """The first table, by name, of the rows left; of those missing where none is."""
        tables = {each.table for each in self.left or self.missing}
        return min(tables, default="")


def compare(found: Effect, clean: Effect, catalog: Catalog) -> Comparison:
    """Say which state an effect is, against that of the clean run."""
    missing, extra = clean.loose - found.loose, found.loose - clean.loose
    if not found:
        state = State.BEFORE
    elif found.exact == clean.exact:
        state = State.AFTER
    elif missing and not extra:
        state = State.PARTIAL
    else:
        state = State.OTHER
    again = bool(extra) and not missing and all(e[1] == "+" and e in clean.loose for e in extra)
    return Comparison(
        state,
        paired((row for _, row in found.rows), catalog),
        paired(_pick(clean, missing), catalog),
        paired(_pick(found, extra), catalog),
        again,
        found.signature,
    )


def lacks_only_volatile(found: Effect, clean: Effect, mask: Mask) -> bool:
    """Whether every row of the clean run is there, and nothing differs but that volatile columns of
    some are empty.

    A row that is not changed at all is no such row: with its change more than a value is missing.
    """
    missing, extra = clean.loose - found.loose, found.loose - clean.loose
    unmatched = list(missing.elements())
    for entry in extra.elements():
        whole = next((each for each in unmatched if _lacks(entry, each, mask)), None)
        if whole is None:
            return False
        unmatched.remove(whole)
    return bool(extra) and not unmatched


def _lacks(found: Entry, whole: Entry, mask: Mask) -> bool:
    if found[:2] != whole[:2]:
        return False
    filled, empty = Counter(whole[2]), Counter(found[2])
    lost, left = filled - empty, empty - filled
    return (
        sorted(name for name, _ in lost.elements()) == sorted(name for name, _ in left.elements())
        and all(mask.is_volatile(found[0], name) for name, _ in lost)
        and not any(text for _, text in left)
    )


def _pick(whole: Effect, wanted: Counter[Entry]) -> Iterator[RowChange]:
    remaining = Counter(wanted)
    for entry, row in whole.rows:
        if remaining[entry] > 0:
            remaining[entry] -= 1
            yield row


def paired(rows: Iterable[RowChange], catalog: Catalog) -> tuple[RowChange, ...]:
    """Join a row that is gone and one that came with the same primary key: an update."""
    gone: dict[tuple[str, tuple[str | None, ...]], list[int]] = defaultdict(list)
    joined: list[RowChange | None] = []
    kept = list(rows)
    for index, row in enumerate(kept):
        if row.old is not None and (key := _key(row.table, row.old, catalog)):
            gone[row.table, key].append(index)
    taken: set[int] = set()
    for row in kept:
        key = _key(row.table, row.new, catalog) if row.new is not None else ()
        partners = gone.get((row.table, key), []) if key else []
        if partners:
            partner = partners.pop(0)
            taken.add(partner)
            joined.append(RowChange(row.table, kept[partner].old, row.new))
        else:
            joined.append(row)
    return tuple(row for index, row in enumerate(joined) if row is not None and index not in taken)


def _key(table: str, row: Row, catalog: Catalog) -> tuple[str | None, ...]:
    return tuple(row.get(column) for column in catalog.key_of(table))
