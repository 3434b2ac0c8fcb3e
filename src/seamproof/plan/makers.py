"""Which operations make what a read lists: those that insert into a table that it reads.

A list that is empty says nothing of what a row of it costs. By table, and what lies at the same
path, under the same ids, comes first: that the new row is one of the list is for a check to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seamproof.analysis.footprint import touches, whole
from seamproof.core.catalog import Catalog
from seamproof.core.model import SAFE_METHODS, Scenario
from seamproof.core.profile import Profile
from seamproof.plan.profile import LearnedScenario

MOST = 2
"""Makers of one read."""


@dataclass(frozen=True, slots=True)
class _Maker:
    scenario: Scenario
    inserts: frozenset[str]


def makers(
    learned: Sequence[LearnedScenario], catalog: Catalog, profile: Profile
) -> tuple[tuple[Scenario, ...], ...]:
    """For each scenario of a read, those whose act adds rows to a table that it reads, the nearest
    first; none for any other.

    What a read needs to be there, its maker makes as well: what is extracted means the same then.
    """
    made = [found for each in learned if (found := _maker(each, profile)) is not None]
    return tuple(_chosen(each, made, catalog, profile)[:MOST] for each in learned)


def _maker(learned: LearnedScenario, profile: Profile) -> _Maker | None:
    clean, operation = learned.clean, learned.scenario.operation
    if clean is None or not clean.sections or not clean.section.exchange.ok:
        return None
    if not learned.reached or not operation.mutates or learned.disturbed:
        return None
    rows = clean.section.changes.rows
    inserts = frozenset(row.table for row in rows if row.old is None) - profile.ignored
    return _Maker(learned.scenario, inserts) if inserts else None


def _chosen(
    learned: LearnedScenario, made: Sequence[_Maker], catalog: Catalog, profile: Profile
) -> tuple[Scenario, ...]:
    read, clean = learned.scenario, learned.clean
    if read.operation.method not in SAFE_METHODS or clean is None or not clean.sections:
        return ()
    tables = whole(touches(clean.section, 0, catalog, profile)).reads
    size = len(read.arrangement)
    found = [
        each.scenario
        for each in made
        if each.inserts & tables and each.scenario.arrangement[:size] == read.arrangement
    ]
    found.sort(key=lambda each: (-_nearness(read, each), len(each.arrangement)))
    return tuple(found)


def _nearness(read: Scenario, maker: Scenario) -> int:
    """How many steps of their paths are the same, from the first on, and lead to the same thing."""
    ours, theirs = (each.operation.path.strip("/").split("/") for each in (read, maker))
    ids = read.act.path_parameters, maker.act.path_parameters
    count = 0
    for one, other in zip(ours, theirs, strict=False):
        name = one.strip("{}")
        if one != other or ids[0].get(name) != ids[1].get(name):
            return count
        count += 1
    return count
