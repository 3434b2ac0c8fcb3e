"""Are the replicas the same service? Sign in on one, act on the other.

Each identity has signed in on the first replica. One scenario of each is acted out on the second,
and must answer and change as on the first; where it does not, the service remembers in its process
what it should keep in its database: sessions, most of the time.
"""

from __future__ import annotations

from collections.abc import Sequence

from seamproof.analysis.trouble import trouble
from seamproof.core.experiment import Act, Experiment, Phase, Settings
from seamproof.core.history import History
from seamproof.core.profile import Profile
from seamproof.core.protocols import Exploration
from seamproof.plan.differences import rows_by_table
from seamproof.plan.profile import LearnedScenario

OTHER = 1
"""The replica that nobody signed in on."""
TRIES = 2
"""A fresh process does some things only once, in its first request."""


def parity(learned: Sequence[LearnedScenario], profile: Profile) -> Exploration[tuple[str, ...]]:
    """How the second replica differs from the first, a text for each identity where it does.

    Nothing is disturbed by it where a check asks one replica alone.
    """
    found: list[str] = []
    for each in _one_for_each_identity(learned):
        difference = ""
        for _ in range(TRIES):
            history: History = yield _on_the_other(each, profile)
            difference = _difference(each, history, profile)
            if not difference:
                break
        if difference:
            who = each.scenario.act.identity or "nobody"
            found.append(f"{each.scenario.operation.id} as {who}: {difference}")
    return tuple(found)


def _one_for_each_identity(learned: Sequence[LearnedScenario]) -> list[LearnedScenario]:
    """The first scenario that changes something, or else the first at all, of each identity."""
    chosen: dict[str | None, LearnedScenario] = {}
    reached = [each for each in learned if each.reached and each.clean and not each.disturbed]
    for each in sorted(reached, key=lambda each: not each.tables):
        chosen.setdefault(each.scenario.act.identity, each)
    return list(chosen.values())


def _on_the_other(learned: LearnedScenario, profile: Profile) -> Experiment:
    scenario = learned.scenario
    return Experiment(
        (Phase((Act(scenario.act, replica=OTHER),)),),
        scenario.arrangement,
        settings=Settings(fresh_sequences=profile.fresh_sequences),
        purpose="parity of the replicas",
    )


def _difference(learned: LearnedScenario, history: History, profile: Profile) -> str:
    assert learned.clean is not None
    if reason := trouble(history):
        return reason
    mine, theirs = learned.clean.section, history.section
    if mine.exchange.status != theirs.exchange.status:
        answer = theirs.exchange.status or f"nothing ({theirs.exchange.silence})"
        return f"replica {OTHER} answers {answer} where replica 0 answers {mine.exchange.status}"
    before, after = rows_by_table(mine, profile), rows_by_table(theirs, profile)
    if before != after:
        tables = sorted({table for table, _ in (before - after) + (after - before)})
        return f"replica {OTHER} changes other rows than replica 0 in {', '.join(tables)}"
    return ""
