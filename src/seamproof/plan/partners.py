"""Which operations may disturb each other: those that touch the same tables, one of them writing.

By table, from what one clean run of each shows. That the two meet in the same rows is likely where
their scenarios make the same things, and where both write the same tables: such partners come
first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seamproof.analysis.footprint import Footprint, touches, whole
from seamproof.core.catalog import Catalog
from seamproof.core.model import Scenario
from seamproof.core.profile import Profile
from seamproof.plan.profile import LearnedScenario

_OVERLAPS = "concurrency"
"""The check that partners are for: what is not for it is no partner either."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    scenario: Scenario
    footprint: Footprint


def partners(
    learned: Sequence[LearnedScenario], catalog: Catalog, profile: Profile, most: int = 2
) -> tuple[tuple[Scenario, ...], ...]:
    """For each scenario, those behind it in the order given that it should overlap with.

    Each pair is named once, at the one that comes first, and each names `most` at most: the number
    of pairs grows with the square of the operations.
    """
    candidates = [_candidate(each, catalog, profile) for each in learned]
    return tuple(
        _chosen(each, candidates[index + 1 :])[:most] if each is not None else ()
        for index, each in enumerate(candidates)
    )


def _candidate(learned: LearnedScenario, catalog: Catalog, profile: Profile) -> _Candidate | None:
    """A scenario that changes something and succeeds; None for any other."""
    clean, scenario = learned.clean, learned.scenario
    if clean is None or not clean.sections or not clean.section.exchange.ok:
        return None
    if not scenario.serves(_OVERLAPS):
        return None
    if not learned.reached or not scenario.operation.mutates or learned.disturbed:
        return None
    return _Candidate(scenario, whole(touches(clean.section, 0, catalog, profile)))


def _chosen(one: _Candidate, others: Sequence[_Candidate | None]) -> tuple[Scenario, ...]:
    found = [each for each in others if each and one.footprint.conflicts(each.footprint)]
    found.sort(key=lambda each: -_nearness(one, each))
    return tuple(each.scenario for each in found)


def _nearness(one: _Candidate, other: _Candidate) -> int:
    shared = sum(step in one.scenario.arrangement for step in other.scenario.arrangement)
    return shared + len(one.footprint.writes & other.footprint.writes)
