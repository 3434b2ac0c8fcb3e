"""What the runs of one scenario say together: whether it answers as it must, whether equal runs are
equal, and whether the first of all, before any reset, is as those behind resets."""

from __future__ import annotations

from dataclasses import dataclass, field

from seamproof.analysis.changes import Effect, effect
from seamproof.analysis.masks import Mask
from seamproof.analysis.trouble import RATE_LIMITED, trouble
from seamproof.core.catalog import Catalog
from seamproof.core.history import DisturbanceKind, History, Silence
from seamproof.core.model import Scenario
from seamproof.core.profile import Profile
from seamproof.plan.differences import trailing, volatile_leaves

DEATHS = 2
"""How often an act may end the service while it warms up, before it is asked no more."""


@dataclass(frozen=True, slots=True)
class LearnedScenario:
    """What a scenario's act does alone."""

    scenario: Scenario
    reached: bool
    """Whether it answers as it must, every time."""
    reason: str = ""
    """Why it is not reached."""
    disturbed: str = ""
    """Why no verdict on it can be relied on: state outside the database."""
    clean: History | None = None
    """The first baseline."""
    tables: tuple[str, ...] = ()
    """The tables that it changes and verdicts look at."""


@dataclass(slots=True)
class Runs:
    """The histories of one scenario."""

    scenario: Scenario
    warming: list[History] = field(default_factory=list)
    equal: list[History] = field(default_factory=list)
    fresh: list[History] = field(default_factory=list)

    @property
    def tail(self) -> float:
        """Seconds from its answer to the last crossing behind it, in the last run of warming."""
        return trailing(self.warming[-1:])

    @property
    def all(self) -> list[History]:
        """Every run of it, in order."""
        return self.warming + self.equal + self.fresh

    @property
    def problem(self) -> str:
        """The first reason why a baseline cannot be judged, or answers as it must not."""
        for history in self.equal:
            if reason := trouble(history) or unexpected(self.scenario, history):
                return reason
        return ""

    @property
    def given_up(self) -> bool:
        """Whether asking again would only cost time: it hangs, or ends the service."""
        return sum(map(died, self.warming)) >= DEATHS or any(_hung(each) for each in self.warming)

    @property
    def limited(self) -> bool:
        """Whether a rate limiter has refused it."""
        return any(
            each.section.exchange.status == RATE_LIMITED for each in self.all if each.sections
        )

    @property
    def falters(self) -> bool:
        """Whether some run is not as it must be, for a reason that may not be its own."""
        if self.given_up or self.limited:
            return False
        return any(trouble(each) or unexpected(self.scenario, each) for each in self.all)

    @property
    def mutates(self) -> bool:
        """Whether it answers 2xx to what may change something."""
        exchange = self.equal[0].section.exchange
        return exchange.ok and self.scenario.operation.mutates


def reset_fails(run: Runs, profile: Profile, catalog: Catalog) -> str:
    """How the first run of all differs from those after resets; empty where it does not."""
    first = run.warming[0]
    if trouble(first) or any(trouble(each) for each in run.equal):
        return ""
    return _unlike(first, run.equal[0], profile, catalog)


def proven_fresh(run: Runs, profile: Profile, catalog: Catalog) -> bool:
    """Whether runs with ids that were never used are as the first of all."""
    return all(
        not trouble(each) and not _unlike(run.warming[0], each, profile, catalog)
        for each in run.fresh
    )


def _unlike(first: History, later: History, profile: Profile, catalog: Catalog) -> str:
    statuses = first.section.exchange.status, later.section.exchange.status
    if statuses[0] != statuses[1]:
        return f"it answered {statuses[0]} before any reset and {statuses[1]} after"
    mask = Mask.of(profile, catalog)
    before, after = effect(first.section.changes, mask), effect(later.section.changes, mask)
    if before.exact == after.exact:
        return ""
    # Rows in tables that no later run touches are what a first request sets up once.
    once = set(before.tables) - set(after.tables)
    differing = {entry[0] for entry in _difference(before, after)} - once
    return f"its rows differ in {', '.join(sorted(differing))}" if differing else ""


def _difference(one: Effect, other: Effect) -> set[tuple[str, ...]]:
    return {(e[0],) for e in (one.exact - other.exact) + (other.exact - one.exact)}


def learned_scenario(run: Runs, profile: Profile, catalog: Catalog) -> LearnedScenario:
    """What they come to."""
    clean = run.equal[0] if run.equal and run.equal[0].sections else None
    disturbed = "429: a rate limiter counts outside the database" if run.limited else ""
    if run.problem or clean is None:
        answered = {each.section.exchange.status for each in run.all if each.sections}
        if len(answered) > 1 and not disturbed:
            listed = ", ".join(sorted(str(each) for each in answered))
            disturbed = f"equal runs answer {listed}"
        return LearnedScenario(run.scenario, False, run.problem, disturbed, clean)
    mask = Mask.of(profile, catalog)
    tables = effect(clean.section.changes, mask).tables
    disturbed = disturbed or _unequal(run, profile, catalog)
    return LearnedScenario(run.scenario, True, "", disturbed, clean, tables)


def _unequal(run: Runs, profile: Profile, catalog: Catalog) -> str:
    """Why equal runs are not equal; empty where they are."""
    sections = [history.section for history in run.equal]
    _, numbers = volatile_leaves(sections, profile, catalog)
    if numbers:
        return f"equal runs leave other numbers in {', '.join(sorted(numbers))}"
    written = {row.table for each in sections for row in each.changes.rows}
    if run.mutates and written and not written - profile.ignored:
        only = ", ".join(sorted(written & profile.optional))
        if only:
            return f"equal runs change another number of rows in {only}"
    if not profile.fresh_sequences and (reason := reset_fails(run, profile, catalog)):
        return f"a reset does not bring the state back: {reason}"
    return ""


def died(history: History) -> bool:
    """Whether the service ended in it."""
    return history.disturbed(DisturbanceKind.SERVICE_DIED) is not None


def _hung(history: History) -> bool:
    exchanges = (*history.arranged, *(each for s in history.sections for each in s.exchanges))
    return any(each.silence is Silence.TIMEOUT for each in exchanges)


def unexpected(scenario: Scenario, history: History) -> str:
    """How the act is answered otherwise than it must be; empty where it is not."""
    exchange = history.section.exchange
    expected = scenario.act.expect
    if exchange.status in expected if expected else exchange.ok:
        return ""
    if exchange.response is None:
        died = history.section.disturbed(DisturbanceKind.SERVICE_DIED)
        why = f"; {died.detail}" if died is not None else ""
        return f"no answer ({exchange.silence}){why}"
    text = exchange.response.body[:120].decode("utf-8", "replace")
    return f"answered {exchange.status}: {text}".rstrip(": ")
