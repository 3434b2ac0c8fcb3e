"""Which job breaks the writes that requests make for their own upkeep, as refreshing a session.

Harmless requests make them too, so what they leave is no operation's effect. Whether a failure
there ends the process, or is answered as success, is one question for the whole service: one job
asks it, and the others are spared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seamproof.analysis.intervals import WRITES, sql, target
from seamproof.core.profile import Profile
from seamproof.plan.profile import LearnedScenario


def spared(learned: Sequence[LearnedScenario], profile: Profile) -> tuple[frozenset[str], ...]:
    """For each scenario, the shapes of the writes that another one's faults are at.

    Which one that is depends on the operations' names alone: a finding keeps its own over runs.
    """
    own = [
        frozenset(_upkeep(each, profile)) if each.scenario.operation.mutates else frozenset()
        for each in learned
    ]
    bearer: dict[str, LearnedScenario] = {}
    for each, shapes in sorted(zip(learned, own, strict=True), key=lambda pair: _name(pair[0])):
        if not each.disturbed:
            bearer = dict.fromkeys(shapes, each) | bearer
    return tuple(
        frozenset(shape for shape in shapes if bearer.get(shape, each) is not each)
        for each, shapes in zip(learned, own, strict=True)
    )


def _name(learned: LearnedScenario) -> tuple[str, str]:
    return learned.scenario.operation.id, learned.scenario.name


def _upkeep(learned: LearnedScenario, profile: Profile) -> Iterator[str]:
    """The writes of a clean run to tables of which harmless requests update a column."""
    if learned.clean is None or not learned.clean.sections:
        return
    section = learned.clean.section
    tables = profile.kept_up.difference(learned.tables)
    for crossing in sql(section, profile):
        if crossing.kind in WRITES and target(crossing) in tables:
            yield crossing.key.shape
