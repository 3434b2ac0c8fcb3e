"""What equal runs of one act differ in. Whatever does is no evidence of a defect.

A value that differs is volatile, unless it is a number: an amount that two equal runs leave
different says that something beside the database remembers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from seamproof.analysis.background import CONTROL, foreground
from seamproof.analysis.changes import NetRow, net
from seamproof.analysis.masks import Mask, key_scopes, reference
from seamproof.analysis.values import is_number, is_time
from seamproof.core.catalog import Catalog
from seamproof.core.experiment import CrossingKey
from seamproof.core.history import Changes, History, Section
from seamproof.core.leaves import leaves
from seamproof.core.profile import Profile

STALLED = 1.0
"""Seconds behind an answer that need more than one run to be believed."""

Values: TypeAlias = dict[tuple[str, str], Counter[str | None]]
"""Per `table.leaf` and sign, how often each value is there."""


def crossing_keys(history: History, profile: Profile) -> Counter[CrossingKey]:
    """The crossings of the act, to see whether a process is warm."""
    if not history.sections:
        return Counter()
    return Counter(
        each.key for each in history.section.crossings if each.key.shape not in profile.background
    )


def rows_by_table(section: Section, profile: Profile) -> Counter[tuple[str, str]]:
    """How many net rows came and went, per table and sign."""
    rows = net(section.changes, profile.ambient)
    return Counter((table, sign) for table, sign, _ in rows if table not in profile.ignored)


def optional_tables(equal: Sequence[Section], profile: Profile) -> frozenset[str]:
    """Tables whose number of changed rows differs between equal runs."""
    counts = [rows_by_table(each, profile) for each in equal]
    keys = {key for count in counts for key in count}
    return frozenset(key[0] for key in keys if len({count[key] for count in counts}) > 1)


def volatile_leaves(
    equal: Sequence[Section], profile: Profile, catalog: Catalog
) -> tuple[frozenset[str], frozenset[str]]:
    """The `table.leaf` whose values differ between equal runs, and the numbers that do.

    Keys that the database generates are no part of either: they have names of their own.
    """
    scopes = key_scopes(catalog)
    seen = [
        _values(net(each.changes, profile.ambient), profile, frozenset(scopes)) for each in equal
    ]
    volatile: set[str] = set()
    numbers: set[str] = set()
    for place in {place for values in seen for place in values}:
        found = [values.get(place, Counter[str | None]()) for values in seen]
        if all(each == found[0] for each in found[1:]):
            continue
        differing = {value for each in found for value in each - _common(found)}
        (numbers if _are_numbers(differing) else volatile).add(place[0])
    return frozenset(volatile), frozenset(numbers - volatile)


def _common(found: Sequence[Counter[str | None]]) -> Counter[str | None]:
    common = found[0]
    for each in found[1:]:
        common = common & each
    return common


def _are_numbers(values: Iterable[str | None]) -> bool:
    """Whether they are amounts or counts, and not all of them times. Of random texts some are
    digits alone, and the others tell what they are."""
    there = [value for value in values if value is not None and not is_time(value)]
    return bool(there) and all(map(is_number, there))


def _values(rows: Iterable[NetRow], profile: Profile, keys: frozenset[tuple[str, str]]) -> Values:
    values: Values = defaultdict(Counter)
    for table, sign, row in rows:
        if table in profile.ignored:
            continue
        for column, text in row.items():
            if (table, column) in keys:
                continue
            for name, value in leaves(column, text):
                values[f"{table}.{name}", sign][value] += 1
    return values


def references(section: Section, profile: Profile, catalog: Catalog) -> frozenset[str]:
    """The `table.leaf -> other` without a foreign key whose value is the key of a new row there.

    Small numbers are equal by chance: what still agrees where each sequence counts from a base of
    its own does not.
    """
    mask = Mask.of(profile, catalog)
    rows = net(section.changes, profile.ambient)
    made: defaultdict[str, set[str]] = defaultdict(set)
    for each in mask.generated(rows):
        made[each.value].add(each.scope)
    return frozenset(
        reference(f"{table}.{name}", scope)
        for table, sign, row in rows
        for column, text in row.items()
        if sign == "+" and table not in profile.ignored and (table, column) not in mask.scopes
        for name, value in leaves(column, text)
        if value is not None and is_number(value)
        for scope in made.get(value, ())
    )


def ambient_writes(changes: Changes) -> frozenset[str]:
    """What harmless reads wrote: tables that got or lost rows, columns where rows only changed."""
    whole = {row.table for row in changes.rows if row.old is None or row.new is None}
    columns = {
        f"{row.table}.{column}"
        for row in changes.rows
        if row.table not in whole and row.old is not None and row.new is not None
        for column in row.new
        if row.old.get(column) != row.new[column]
    }
    return frozenset(whole | columns)


def trailing(equal: Sequence[History], background: Collection[str] = ()) -> float:
    """Seconds from the response to the last crossing of the act; 0 where none came after it.

    What came behind one of several equal answers alone is a job's by chance, and where one run
    alone took longer than STALLED the machine stood still.
    """
    runs = [_behind(each.section, background) for each in equal if each.sections]
    seen = Counter(shape for behind in runs for shape in behind)
    enough = min(2, len(runs))
    tails = sorted(
        max((late for shape, late in behind.items() if seen[shape] >= enough), default=0.0)
        for behind in runs
    )
    if len(tails) > 1 and tails[-1] > STALLED:
        tails.pop()
    return max(tails, default=0.0)


def _behind(section: Section, background: Collection[str]) -> dict[str, float]:
    """The shapes that crossed behind the response, and how many seconds behind it they ended."""
    behind: dict[str, float] = {}
    for each in foreground(section.crossings, background):
        late = (each.ended or each.started) - section.exchange.received
        if late > 0:
            behind[each.key.shape] = max(late, behind.get(each.key.shape, 0.0))
    return behind


def elsewhere(history: History) -> tuple[frozenset[str], frozenset[str]]:
    """The shapes that crossed at replicas which nobody had asked for anything, and the columns that
    these updated. Tables that they insert into or delete from stay in sight: an outbox is one.
    """
    if not history.sections:
        return frozenset(), frozenset()
    section = history.section
    asked = {each.act.replica for each in section.exchanges}
    others = [each for each in section.crossings if each.replica not in asked]
    shapes = frozenset(each.key.shape for each in others if each.kind not in CONTROL)
    backends = {each.backend for each in others}
    rows = (row for row in section.changes.rows if row.backend in backends)
    updates = tuple(row for row in rows if row.old is not None and row.new is not None)
    return shapes, ambient_writes(Changes(updates))
