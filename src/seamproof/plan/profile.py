"""Learns what is normal for one service from equal runs of all its scenarios.

    warm up       every scenario, on each replica that is asked, until its crossings are stable
    idle          nobody asks for anything: what crosses is the service's own
    reads         what harmless requests write is ambient
    baselines     three more equal runs, over a second in all, each watched for what trails behind
    once more     what did not answer as it must every time, in fresh processes and by itself
    references    the act with ids that were never used: which numbers are keys of new rows
    reset proof   the act after resets equals the act before any

Everything runs round-robin over the scenarios, so that the time between equal runs costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from seamproof.analysis.masks import narrowed
from seamproof.analysis.responses import same
from seamproof.analysis.responses import volatile_leaves as volatile_answers
from seamproof.analysis.trouble import RATE_LIMITED, trouble
from seamproof.core.catalog import Catalog
from seamproof.core.experiment import Act, Experiment, Phase, Settings
from seamproof.core.history import History, Section
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
from seamproof.plan.runs import (
    LearnedScenario,
    Runs,
    died,
    learned_scenario,
    proven_fresh,
    reset_fails,
    unexpected,
)

__all__ = ["Learned", "LearnedScenario", "learn"]

MOST_ROUNDS = 6
"""Rounds of warming up; what is not stable then is noted."""
IDLE_WATCH = 1.0
"""Seconds in which nobody asks for anything."""
WAITS = (IDLE_WATCH, 0.05, 0.1)
"""Seconds from each round of equal runs to the next at the least: different, and over 1.1 together,
because timestamps of one-second resolution look stable otherwise. The last round of warming up is
the first of them, and the idle second lies behind it."""
TAIL_WATCH = 0.05
"""Seconds that a run is watched beyond its answer, for what trails behind that."""
TAIL_WATCH_AGAIN = 0.02
"""The same once every scenario was watched and nothing came later than half of this behind any
answer: what trails behind in a warm process was not faster while it was cold."""
CHANCES = 2
"""Acts that a statement crosses in some of their equal runs only, for it to be a job's."""
READS, MOST_READS = 3, 8
"""Harmless reads that write, until no more are asked; and that are asked at most."""
_PLAIN = Settings()


@dataclass(frozen=True, slots=True)
class Learned:
    """The profile, and each scenario's baseline in the order given."""

    profile: Profile
    scenarios: tuple[LearnedScenario, ...]


def learn(
    scenarios: Sequence[Scenario],
    catalog: Catalog,
    *,
    reads: Sequence[Step] = (),
    replicas: int = 1,
    reviewed: Profile | None = None,
) -> Exploration[Learned]:
    """Learn the profile and every baseline. `reads` are harmless requests beside the scenarios';
    the first `replicas` are warmed up, and all else is asked of the first. What a `reviewed`
    profile says to differ is no doubt of a reset: a few runs need not show it."""
    runs = [Runs(each) for each in scenarios]
    rounds = yield from _warm_up(runs, replicas)
    profile = yield from _idle(Profile(warm_rounds=rounds))
    profile = yield from _harmless(runs, reads, profile)
    yield from _baselines(runs)
    yield from _once_more(runs, replicas)
    profile = _with_background(runs, profile)
    profile = _with_differences(runs, profile, catalog)
    profile = yield from _references(runs, profile, catalog)
    judged_by = joined(reviewed, profile) if reviewed else profile
    judged_by = yield from _prove_reset(runs, judged_by, catalog)
    notes = (*profile.notes, *_notes(runs, profile))
    profile = replace(profile, notes=notes, fresh_sequences=judged_by.fresh_sequences)
    return Learned(profile, tuple(learned_scenario(each, judged_by, catalog) for each in runs))


def joined(stored: Profile, learned: Profile) -> Profile:
    """Nothing that was ever seen to differ is judged; the rest is as it is now."""
    return replace(
        learned,
        volatile=stored.volatile | learned.volatile,
        references=narrowed(stored.references | learned.references),
        optional=stored.optional | learned.optional,
        ambient=stored.ambient | learned.ambient,
        audit=stored.audit | learned.audit,
        records=stored.records | learned.records,
        background=stored.background | learned.background,
        effects=stored.effects | learned.effects,
    )


def _experiment(
    scenario: Scenario, purpose: str, settings: Settings = _PLAIN, replica: int = 0
) -> Experiment:
    phase = Phase((Act(scenario.act, replica=replica),))
    return Experiment((phase,), scenario.arrangement, settings=settings, purpose=purpose)


def _warm_up(runs: Sequence[Runs], replicas: int) -> Exploration[int]:
    """Run each, round-robin, until none of its crossings differs from its round before.

    The last run of each on the first replica is as good as a baseline, and becomes one.
    """
    last: dict[tuple[int, int], object] = {}
    waiting = {(index, replica) for index in range(len(runs)) for replica in range(replicas)}
    rounds, trails = 0, False
    while waiting and rounds < MOST_ROUNDS:
        rounds += 1
        watch = TAIL_WATCH if rounds == 1 or trails else TAIL_WATCH_AGAIN
        for place in sorted(waiting):
            index, replica = place
            # The first run of all and the last are compared: what trails behind must be in both.
            watched = rounds > 1 or replica == 0
            settings = Settings(extra_quiet=watch if watched else 0.0)
            history: History = yield _experiment(runs[index].scenario, "warm up", settings, replica)
            if replica == 0:
                runs[index].warming.append(history)
            trails = trails or trailing((history,)) > TAIL_WATCH_AGAIN / 2
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


def _with_background(runs: Sequence[Runs], profile: Profile) -> Profile:
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


def _own(runs: Sequence[Runs]) -> frozenset[str]:
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
    runs: Sequence[Runs], reads: Sequence[Step], profile: Profile
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


def _baselines(runs: Sequence[Runs]) -> Exploration[None]:
    """Equal runs of every scenario, each round as long after the one before as WAITS says.

    The first of all equal runs was the last of warming up, before the idle second.
    """
    elapsed = IDLE_WATCH
    for pause in WAITS:
        wait, elapsed = max(0.0, pause - elapsed), 0.0
        for index, each in enumerate(each for each in runs if not each.given_up):
            settings = Settings(wait=wait if index == 0 else 0.0, extra_quiet=2 * each.tail)
            history: History = yield _experiment(each.scenario, "baseline", settings)
            if died(history) and not any(map(died, each.warming)):
                # Not of the act: a reset takes rows from under a job, and some services end then.
                history = yield _experiment(each.scenario, "baseline", settings)
            each.equal.append(history)
            elapsed += history.timing.total if index else max(0.0, history.timing.total - wait)


def _once_more(runs: list[Runs], replicas: int) -> Exploration[None]:
    """Learn those again that did not answer as they must every time, without the others.

    What one act leaves in the service's memory no reset takes back, as a mode that it remembers for
    a minute: all others are refused meanwhile, and are sound.
    """
    alone: dict[int, Runs] = {}
    for place, each in enumerate(runs):
        if each.falters:
            settings = Settings(fresh_process=not alone)
            history: History = yield _experiment(each.scenario, "once more", settings)
            if not trouble(history) and not unexpected(each.scenario, history):
                alone[place] = Runs(each.scenario)
    again = list(alone.values())
    if again:
        yield from _warm_up(again, replicas)
        yield from _baselines(again)
    for place, each in alone.items():
        if not each.falters:
            runs[place] = each


def _with_differences(runs: Sequence[Runs], profile: Profile, catalog: Catalog) -> Profile:
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


def _references(runs: Sequence[Runs], profile: Profile, catalog: Catalog) -> Exploration[Profile]:
    """Which numbers are keys of new rows: those that still are where no two sequences meet."""
    for each in runs:
        if each.problem or not each.mutates:
            continue
        likely = references(each.equal[0].section, profile, catalog) - profile.references
        if not likely:
            continue
        settings = Settings(fresh_sequences=True)
        history: History = yield _experiment(each.scenario, "references", settings)
        if not trouble(history) and not unexpected(each.scenario, history):
            confirmed = likely & references(history.section, profile, catalog)
            profile = replace(profile, references=profile.references | confirmed)
    return profile


def _prove_reset(runs: Sequence[Runs], profile: Profile, catalog: Catalog) -> Exploration[Profile]:
    """Where the act after a reset is not the act before any, try ids that were never used."""
    failing = [each for each in runs if reset_fails(each, profile, catalog)]
    if not failing:
        return profile
    attempt = replace(profile, fresh_sequences=True)
    for each in failing:
        for _ in range(2):
            settings = Settings(fresh_sequences=True)
            each.fresh.append((yield _experiment(each.scenario, "reset proof", settings)))
    if all(proven_fresh(each, attempt, catalog) for each in failing):
        return attempt
    return profile


def _notes(runs: Sequence[Runs], profile: Profile) -> Iterator[str]:
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
