"""Learns what is normal for one service from equal runs of all its scenarios.

    warm up       every scenario, on every replica, until its crossings are stable
    idle          nobody asks for anything: what crosses is the service's own
    reads         what harmless requests write is ambient
    baselines     three more equal runs, over a second in all, the last with a look at its tail
    references    the act with ids that were never used: which numbers are keys of new rows
    reset proof   the act after resets equals the act before any

Everything runs round-robin over the scenarios, so that the time between equal runs costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from seamproof.analysis.changes import Effect, effect
from seamproof.analysis.masks import Mask
from seamproof.analysis.responses import same
from seamproof.analysis.responses import volatile_leaves as volatile_answers
from seamproof.analysis.trouble import RATE_LIMITED, trouble
from seamproof.core.catalog import Catalog
from seamproof.core.experiment import Act, Experiment, Phase, Settings
from seamproof.core.history import DisturbanceKind, History, Section, Silence
from seamproof.core.model import SAFE_METHODS, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.protocols import Exploration
from seamproof.plan.audit import audit_tables, record_tables
from seamproof.plan.differences import (
    ambient_writes,
    crossing_keys,
    elsewhere,
    optional_tables,
    references,
    rows_by_table,
    trailing,
    volatile_leaves,
)

MOST_ROUNDS = 6
"""Rounds of warming up; what is not stable then is noted."""
WAITS = (0.35, 0.4, 0.45)
"""Seconds from each round of equal runs to the next at the least: different, and over 1.1 together,
because timestamps of one-second resolution look stable otherwise."""
TAIL_WATCH = 0.05
IDLE_WATCH = 1.0
DEATHS = 2
"""How often an act may end the service while it warms up, before it is asked no more."""
CHANCES = 2
"""Acts that a statement crosses in some of their equal runs only, for it to be a job's."""
READS, MOST_READS = 3, 8
"""Harmless reads that write, until no more are asked; and that are asked at most."""
_PLAIN = Settings()


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


@dataclass(frozen=True, slots=True)
class Learned:
    """The profile, and each scenario's baseline in the order given."""

    profile: Profile
    scenarios: tuple[LearnedScenario, ...]


@dataclass(slots=True)
class _Runs:
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
        return self.warming + self.equal + self.fresh

    @property
    def problem(self) -> str:
        """The first reason why a baseline cannot be judged, or answers as it must not."""
        for history in self.equal:
            if reason := trouble(history) or _unexpected(self.scenario, history):
                return reason
        return ""

    @property
    def given_up(self) -> bool:
        """Whether asking again would only cost time: it hangs, or ends the service."""
        return sum(map(_died, self.warming)) >= DEATHS or any(_hung(each) for each in self.warming)

    @property
    def mutates(self) -> bool:
        """Whether it answers 2xx to what may change something."""
        exchange = self.equal[0].section.exchange
        return exchange.ok and self.scenario.operation.mutates


def learn(
    scenarios: Sequence[Scenario],
    catalog: Catalog,
    *,
    reads: Sequence[Step] = (),
    replicas: int = 1,
) -> Exploration[Learned]:
    """Learn the profile and every baseline. `reads` are harmless requests beside the scenarios'."""
    runs = [_Runs(each) for each in scenarios]
    rounds = yield from _warm_up(runs, replicas)
    profile = yield from _idle(Profile(warm_rounds=rounds))
    profile = yield from _harmless(runs, reads, profile)
    yield from _baselines(runs)
    profile = _with_background(runs, profile)
    profile = _with_differences(runs, profile, catalog)
    profile = yield from _references(runs, profile, catalog)
    profile = yield from _prove_reset(runs, profile, catalog)
    profile = replace(profile, notes=(*profile.notes, *_notes(runs, profile)))
    return Learned(profile, tuple(_scenario(each, profile, catalog) for each in runs))


def _experiment(
    scenario: Scenario, purpose: str, settings: Settings = _PLAIN, replica: int = 0
) -> Experiment:
    phase = Phase((Act(scenario.act, replica=replica),))
    return Experiment((phase,), scenario.arrangement, settings=settings, purpose=purpose)


def _warm_up(runs: Sequence[_Runs], replicas: int) -> Exploration[int]:
    """Run each, round-robin, until none of its crossings differs from its round before.

    The last run of each on the first replica is as good as a baseline, and becomes one.
    """
    last: dict[tuple[int, int], object] = {}
    waiting = {(index, replica) for index in range(len(runs)) for replica in range(replicas)}
    rounds = 0
    while waiting and rounds < MOST_ROUNDS:
        rounds += 1
        for place in sorted(waiting):
            index, replica = place
            # The first run of all and the last are compared: what trails behind must be in both.
            watched = rounds > 1 or replica == 0
            settings = Settings(extra_quiet=TAIL_WATCH if watched else 0.0)
            history: History = yield _experiment(runs[index].scenario, "warm up", settings, replica)
            if replica == 0:
                runs[index].warming.append(history)
            keys = crossing_keys(history, Profile())
            if last.get(place) == keys or runs[index].given_up:
                waiting.remove(place)
            last[place] = keys
    for each in runs:
        each.equal.append(each.warming[-1])
    return rounds


def _idle(profile: Profile) -> Exploration[Profile]:
    """Listen while nobody asks for anything."""
    settings = Settings(extra_quiet=IDLE_WATCH)
    history: History = yield Experiment((Phase(()),), settings=settings, purpose="listen")
    if not history.sections:
        return profile
    return replace(
        profile,
        background=elsewhere(history)[0],
        ambient=ambient_writes(history.section.changes),
    )


def _with_background(runs: Sequence[_Runs], profile: Profile) -> Profile:
    """With what one replica did while another was asked: jobs that come seldom, or only where there
    is something to do, fall into no idle second. Without what acts cross too."""
    own, seen, ambient = _own(runs), profile.background, profile.ambient
    for shapes, columns in (elsewhere(each) for run in runs for each in run.all):
        seen, ambient = seen | shapes, ambient | columns
    return replace(
        profile,
        background=seen - own,
        ambient=ambient,
        notes=_noted(profile, sorted(seen & own), "crosses also while nobody asks"),
    )


def _own(runs: Sequence[_Runs]) -> frozenset[str]:
    """The shapes that an act itself crosses, each time that it was warm.

    A job of the service's own may come behind an answer, or fall by chance into one run, or even
    into all of a slow one: it falls then into some of others.
    """
    always: set[str] = set()
    sometimes: Counter[str] = Counter()
    for run in runs:
        warm = (*(run.warming[1:] or run.warming), *run.equal[1:])
        shapes = [_before_answer(each.section) for each in warm if each.sections]
        if shapes:
            every = frozenset.intersection(*shapes)
            always |= every
            sometimes.update(frozenset.union(*shapes) - every)
    return frozenset(shape for shape in always if sometimes[shape] < CHANCES)


def _before_answer(section: Section) -> frozenset[str]:
    """The shapes that crossed at the replica that was asked, before it answered."""
    exchange = section.exchange
    return frozenset(
        each.key.shape
        for each in section.crossings
        if each.started <= exchange.received and each.replica == exchange.act.replica
    )


def _noted(profile: Profile, items: Sequence[str], text: str) -> tuple[str, ...]:
    return (*profile.notes, *(f"{item}: {text}" for item in items))


def _harmless(
    runs: Sequence[_Runs], reads: Sequence[Step], profile: Profile
) -> Exploration[Profile]:
    """What harmless reads write: the scenarios' own, then those given, each operation once.

    Where more than one is there, two must write it: one alone may be a read that does change. What
    an arrangement has written before them is hidden, so reads that need none come first.
    """
    asked = {
        each.scenario.operation.id: each.scenario
        for each in runs
        if each.scenario.operation.method in SAFE_METHODS and not each.given_up
    }
    for step in reads:
        asked.setdefault(step.operation.id, Scenario("read", step))
    writers: Counter[str] = Counter()
    writing = chosen = 0
    for scenario in sorted(asked.values(), key=lambda each: len(each.arrangement)):
        if writing == READS or chosen == MOST_READS:
            break
        chosen += 1
        history: History = yield _experiment(scenario, "harmless read")
        if not history.sections:
            continue
        if history.section.exchange.status == RATE_LIMITED:
            profile = replace(profile, disturbed="429 to a harmless read: a rate limiter counts")
        written = ambient_writes(history.section.changes)
        writing += bool(written)
        writers.update(written)
    enough = min(2, chosen)
    found = {name for name, count in writers.items() if count >= enough}
    return replace(profile, ambient=profile.ambient | found)


def _baselines(runs: Sequence[_Runs]) -> Exploration[None]:
    """Equal runs of every scenario, each round over a third of a second after the one before.

    The first of all equal runs was the last of warming up, before the idle second.
    """
    elapsed = IDLE_WATCH
    for pause in WAITS:
        wait, elapsed = max(0.0, pause - elapsed), 0.0
        for index, each in enumerate(each for each in runs if not each.given_up):
            settings = Settings(wait=wait if index == 0 else 0.0, extra_quiet=2 * each.tail)
            history: History = yield _experiment(each.scenario, "baseline", settings)
            if _died(history) and not any(map(_died, each.warming)):
                # Not of the act: a reset takes rows from under a job, and some services end then.
                history = yield _experiment(each.scenario, "baseline", settings)
            each.equal.append(history)
            elapsed += history.timing.total if index else max(0.0, history.timing.total - wait)


def _with_differences(runs: Sequence[_Runs], profile: Profile, catalog: Catalog) -> Profile:
    """What the baselines differ in, over all scenarios."""
    judged = [each for each in runs if not each.problem]
    for each in judged:
        sections = [history.section for history in each.equal]
        profile = replace(profile, optional=profile.optional | optional_tables(sections, profile))
    for each in judged:
        sections = [history.section for history in each.equal]
        volatile, _ = volatile_leaves(sections, profile, catalog)
        profile = replace(profile, volatile=profile.volatile | volatile)
    audit = audit_tables(
        ((each.scenario.operation.id, history) for each in runs for history in each.equal), catalog
    )
    effects = {
        table
        for each in judged
        if each.mutates
        for table, _ in rows_by_table(each.equal[0].section, profile)
    }
    return replace(
        profile,
        effects=frozenset(effects - audit),
        audit=audit,
        records=record_tables(
            ((each.scenario.operation.id, each.equal[0]) for each in judged if each.mutates),
            catalog,
            profile,
        ),
        tail=max((trailing(each.equal, profile.background) for each in judged), default=0.0),
    )


def _references(runs: Sequence[_Runs], profile: Profile, catalog: Catalog) -> Exploration[Profile]:
    """Which numbers are keys of new rows: those that still are where no two sequences meet."""
    for each in runs:
        if each.problem or not each.mutates:
            continue
        likely = references(each.equal[0].section, profile, catalog) - profile.references
        if not likely:
            continue
        settings = Settings(fresh_sequences=True)
        history: History = yield _experiment(each.scenario, "references", settings)
        if not trouble(history) and not _unexpected(each.scenario, history):
            confirmed = likely & references(history.section, profile, catalog)
            profile = replace(profile, references=profile.references | confirmed)
    return profile


def _prove_reset(runs: Sequence[_Runs], profile: Profile, catalog: Catalog) -> Exploration[Profile]:
    """Where the act after a reset is not the act before any, try ids that were never used."""
    failing = [each for each in runs if _reset_fails(each, profile, catalog)]
    if not failing:
        return profile
    attempt = replace(profile, fresh_sequences=True)
    for each in failing:
        for _ in range(2):
            settings = Settings(fresh_sequences=True)
            each.fresh.append((yield _experiment(each.scenario, "reset proof", settings)))
    if all(_proven_fresh(each, attempt, catalog) for each in failing):
        return attempt
    return profile


def _notes(runs: Sequence[_Runs], profile: Profile) -> Iterator[str]:
    """What a person should know of the profile, beside what it says itself."""
    for each in runs:
        first, name = each.warming[0], each.scenario.operation.id
        if each.problem or trouble(first):
            continue
        exchanges = [history.section.exchange for history in each.equal]
        if not same(first.section.exchange, exchanges[0], volatile_answers(exchanges)):
            yield f"{name}: it answers otherwise before any reset and after: a cache?"
        hidden = each.equal[0].section.changes.tables & profile.ambient
        if each.mutates and hidden:
            listed = ", ".join(sorted(hidden))
            yield f"{name}: changes {listed}, which harmless reads write also: not judged"


def _reset_fails(run: _Runs, profile: Profile, catalog: Catalog) -> str:
    """How the first run of all differs from those after resets; empty where it does not."""
    first = run.warming[0]
    if trouble(first) or any(trouble(each) for each in run.equal):
        return ""
    return _unlike(first, run.equal[0], profile, catalog)


def _proven_fresh(run: _Runs, profile: Profile, catalog: Catalog) -> bool:
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


def _scenario(run: _Runs, profile: Profile, catalog: Catalog) -> LearnedScenario:
    limited = any(
        history.section.exchange.status == RATE_LIMITED for history in run.all if history.sections
    )
    clean = run.equal[0] if run.equal and run.equal[0].sections else None
    disturbed = "429: a rate limiter counts outside the database" if limited else ""
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


def _unequal(run: _Runs, profile: Profile, catalog: Catalog) -> str:
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
    if not profile.fresh_sequences and (reason := _reset_fails(run, profile, catalog)):
        return f"a reset does not bring the state back: {reason}"
    return ""


def _died(history: History) -> bool:
    return history.disturbed(DisturbanceKind.SERVICE_DIED) is not None


def _hung(history: History) -> bool:
    exchanges = (*history.arranged, *(each for s in history.sections for each in s.exchanges))
    return any(each.silence is Silence.TIMEOUT for each in exchanges)


def _unexpected(scenario: Scenario, history: History) -> str:
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
