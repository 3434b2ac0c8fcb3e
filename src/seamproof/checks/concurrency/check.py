"""Overlapping requests end as they would one after the other.

alone, alone        each act by itself: what a refusal of the other leaves
serial x 4          A;B and B;A, each twice: what equal runs differ in proves nothing
schedules           one act stands before a crossing that matters, the other runs; then two stops
at the limit        the same from the state in which just one of two fits
confirm             the schedule three times from a fresh state, and the serial order as control
isolation           the schedule at SERIALIZABLE: would a stronger level alone help?
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import ClassVar

from seamproof.analysis.begin import begin, without_effect
from seamproof.analysis.confirm import REPLAYS, Confirmation, Shows
from seamproof.analysis.intervals import sql
from seamproof.analysis.masks import Mask
from seamproof.checks.concurrency.anomalies import classify
from seamproof.checks.concurrency.classes import (
    CLASSES,
    ENDED_BY_OVERLAP,
    NON_SERIALIZABLE,
    UNHANDLED_CONFLICT,
)
from seamproof.checks.concurrency.oracle import Judgement, Oracle, Ruling, oracle
from seamproof.checks.concurrency.pairs import Pair, twice, with_partners
from seamproof.checks.concurrency.report import CHECK, Case, Tally, plain, violated
from seamproof.checks.concurrency.schedules import (
    MOST,
    MOST_TWICE,
    Interleaving,
    one_stop,
    places,
    two_stops,
)
from seamproof.checks.concurrency.seeding import at_its_limit
from seamproof.core.experiment import BoundaryKind, Experiment
from seamproof.core.history import History
from seamproof.core.protocols import Exploration, Spent
from seamproof.core.registry import check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

_STRONGEST = "serializable"
_ALONE = "one replica cannot interleave with itself: set service.replicas to 2"
_ENDS_SESSION = "it ends the session of its sender, so that no second one is let in behind it"
AGAIN = 3
"""Schedules with as many stops of a pair that are tried once more where they cannot be judged."""


@check(
    "concurrency", title="Overlapping requests end as some order of them", boundary=BoundaryKind.SQL
)
class Concurrency:
    """Forces two requests to overlap at each place that matters, and compares with both orders.

    State, statuses and calls must be those of one order; a refusal without effect is legal. Needs
    two replicas. *Exhaustive up to k preemptions* is what it can say, never *free of races*.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Skip operations that promise to change nothing, and scenarios that are refused."""
        return without_effect(subject)

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Run the pairs in every schedule that may matter, until one shows a defect."""
        if BoundaryKind.SQL in subject.boundaries and subject.replicas < 2:
            return (plain(subject, Outcome.NOT_RUN, _ALONE),)
        clean = yield from begin(subject, CHECK, expected=True)
        if isinstance(clean, Verdict):
            return (clean,)
        if not sql(clean.section, subject.profile):
            return (plain(subject, Outcome.NOT_RUN, "no crossing seen: the SQL boundary is blind"),)
        tally = Tally()
        verdicts: list[Verdict] = []
        try:
            yield from _with_itself(subject, tally, verdicts)
            for pair in with_partners(subject):
                verdicts += yield from _pair(subject, pair, tally)
        except Spent:
            return _with_one_note(verdicts)
        if tally.blind:
            verdicts.append(plain(subject, Outcome.INCONCLUSIVE, f"no overlap came about: {tally}"))
        told = any(each.outcome in (Outcome.VIOLATED, Outcome.INCONCLUSIVE) for each in verdicts)
        if not told and (tally.pairs or not verdicts):
            verdicts.append(plain(subject, Outcome.HELD, str(tally)))
        return _with_one_note(verdicts)

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Show a stored finding again: its schedule, three times, beside the serial orders."""
        experiment = finding.evidence.experiment
        if experiment is None:
            return (plain(subject, Outcome.INCONCLUSIVE, "the finding has no experiment"),)
        pair = _stored(experiment, str(finding.evidence.facts.get("seeded") or ""))
        judge = yield from _learn(subject, pair)
        if isinstance(judge, str):
            return (plain(subject, Outcome.INCONCLUSIVE, judge),)
        schedule = experiment.phases[0].schedule
        known = places(subject, *judge.histories)
        candidates = chain(one_stop(known, alike=pair.alike), two_stops(known, alike=pair.alike))
        for each in candidates:
            if schedule is not None and each.turns == schedule.turns:
                return (yield from _tried(subject, pair, judge, (each,), Tally()))
        reason = "the crossing before which an act stood is no more there"
        return (plain(subject, Outcome.INCONCLUSIVE, reason),)


def _with_itself(subject: Subject, tally: Tally, verdicts: list[Verdict]) -> Exploration[None]:
    """The act twice: from the scenario's state, and where that holds, from that at its limit.

    What is found is added to `verdicts` at once: it stands where there is no time for the rest.
    """
    pair = twice(subject)
    judge = yield from _learn(subject, pair)
    if isinstance(judge, str):
        verdicts.append(plain(subject, Outcome.INCONCLUSIVE, judge))
        return
    if judge.ends_sessions:
        verdicts.append(plain(subject, Outcome.SKIPPED, _ENDS_SESSION))
        return
    verdicts += yield from _searched(subject, pair, judge, tally)
    if any(each.tier is Tier.PROVEN for each in verdicts if each.outcome is Outcome.VIOLATED):
        return
    limited = yield from at_its_limit(subject, pair, judge.alone[0])
    if limited is None:
        return
    at_limit = yield from _learn(subject, limited)
    if not isinstance(at_limit, str) and at_limit.refuses_one:
        verdicts += yield from _searched(subject, limited, at_limit, tally)


def _pair(subject: Subject, pair: Pair, tally: Tally) -> Exploration[list[Verdict]]:
    judge = yield from _learn(subject, pair)
    if isinstance(judge, str) or judge.ends_sessions:
        # Two acts that exclude each other, or whose arrangements do, are no pair.
        return []
    return (yield from _searched(subject, pair, judge, tally))


def _learn(subject: Subject, pair: Pair) -> Exploration[Oracle | str]:
    """The two serial orders, each twice, and each act alone."""
    forwards, backwards = pair.serial((0, 1)), pair.serial((1, 0))
    runs: tuple[History, ...] = yield (
        forwards,
        backwards,
        pair.alone(0),
        pair.alone(1),
        forwards,
        backwards,
    )
    mask = Mask.for_subject(subject)
    return oracle(
        mask,
        ((runs[0], runs[4]), (runs[1], runs[5])),
        (runs[2], runs[3]),
        repeats=pair.alike and subject.operation.idempotent,
    )


def _searched(
    subject: Subject, pair: Pair, judge: Oracle, tally: Tally
) -> Exploration[list[Verdict]]:
    """One stop everywhere, then two, until one shows a defect."""
    found = places(subject, *judge.histories)
    tally.pairs += 1
    tally.interleavings += found.interleavings
    notes: list[Verdict] = []
    for stops, (each, most) in enumerate(((one_stop, MOST), (two_stops, MOST_TWICE)), start=1):
        every = each(found, alike=pair.alike)
        chosen = tuple(every if subject.deep else islice(every, most))
        verdicts = yield from _tried(subject, pair, judge, chosen, tally)
        if any(each.tier is not Tier.NOTE for each in verdicts):
            return verdicts
        notes = notes or verdicts
        tally.tried(stops, whole=next(every, None) is None)
    return notes


def _tried(
    subject: Subject,
    pair: Pair,
    judge: Oracle,
    chosen: tuple[Interleaving, ...],
    tally: Tally,
) -> Exploration[list[Verdict]]:
    """Each schedule once, up to the first that proves a violation; else the first doubt.

    A few that cannot be judged are tried once more: what disturbed them, as a job of the service
    that a reset took the rows from, need not come again.
    """
    first: dict[Ruling, tuple[Interleaving, Judgement]] = {}
    again = AGAIN
    for each in chosen:
        judged = judge.judge((yield pair.by_turns(each.turns)))
        if judged.ruling is Ruling.UNCLEAR and again:
            again -= 1
            judged = judge.judge((yield pair.by_turns(each.turns)))
        tally.count(judged)
        if _proves(pair, judge, judged):
            return [(yield from _confirmed(subject, pair, judge, each, judged))]
        first.setdefault(judged.ruling, (each, judged))
    verdicts = []
    if doubt := first.get(Ruling.VIOLATION) or first.get(Ruling.CONFLICT):
        verdicts.append((yield from _confirmed(subject, pair, judge, *doubt)))
    elif Ruling.UNCLEAR in first:
        verdicts.append(plain(subject, Outcome.INCONCLUSIVE, first[Ruling.UNCLEAR][1].reason))
    if Ruling.RECORDED in first:
        verdicts.append(_noted(subject, pair, judge, *first[Ruling.RECORDED]))
    return verdicts


def _proves(pair: Pair, judge: Oracle, judged: Judgement) -> bool:
    """Whether it is against every order, and no repetition which is told success explains it."""
    if judged.ruling is Ruling.ENDED:
        return True
    violation = judged.ruling is Ruling.VIOLATION
    return violation and not (pair.alike and judge.acknowledges(judged))


def _with_one_note(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Without the notes behind the first: the log differs with every pair, if it does with one."""
    notes = [each for each in verdicts if each.finding_class and each.tier is Tier.NOTE]
    return [each for each in verdicts if each not in notes[1:]]


def _noted(
    subject: Subject, pair: Pair, judge: Oracle, chosen: Interleaving, judged: Judgement
) -> Verdict:
    """What only the service's own log shows: told, and no more looked into."""
    case = Case(pair, judge, chosen, judged, NON_SERIALIZABLE, Tier.NOTE)
    return violated(subject, case, None)


def _confirmed(
    subject: Subject, pair: Pair, judge: Oracle, chosen: Interleaving, judged: Judgement
) -> Exploration[Verdict]:
    """Three times from a fresh state, the serial order beside it, and once at SERIALIZABLE."""
    assert judged.outcome is not None
    violation, seeded = judged.ruling is Ruling.VIOLATION, bool(pair.seeded)
    finding_class = ENDED_BY_OVERLAP if judged.ruling is Ruling.ENDED else UNHANDLED_CONFLICT
    if violation:
        finding_class = classify(judge, judged.outcome, seeded=seeded)

    def shows(history: History) -> bool:
        again = judge.judge(history)
        if again.ruling is not judged.ruling or again.outcome is None:
            return False
        return not violation or classify(judge, again.outcome, seeded=seeded) is finding_class

    confirmation = yield from _replayed(pair, judge, chosen, shows, judged)
    proves = _proves(pair, judge, judged)
    case = Case(
        pair,
        judge,
        chosen,
        judged,
        finding_class,
        Tier.PROVEN if proves else Tier.SUSPECTED,
    )
    if proves and confirmation.proven:
        case = replace(case, serializable=(yield from _isolated(pair, judge, chosen)))
    return violated(subject, case, confirmation)


def _replayed(
    pair: Pair, judge: Oracle, chosen: Interleaving, shows: Shows, judged: Judgement
) -> Exploration[Confirmation]:
    """Three times from a fresh state, and the serial order: behind them, or before each where the
    process ends, so that what ends is one that went on after that order."""
    overlap, control = pair.by_turns(chosen.turns, purpose="replay"), pair.serial((0, 1))
    ends = judged.ruling is Ruling.ENDED
    runs = (control, overlap) * REPLAYS if ends else (overlap,) * REPLAYS + (control,)
    histories: tuple[History, ...] = yield runs
    controls, again = (
        (histories[::2], histories[1::2]) if ends else (histories[-1:], histories[:-1])
    )
    passed = all(judge.judge(each).ruling is Ruling.LEGAL for each in controls)
    return Confirmation(sum(map(shows, again)), REPLAYS, controls[-1], passed)


def _isolated(pair: Pair, judge: Oracle, chosen: Interleaving) -> Exploration[str]:
    """Whether a stronger isolation level alone would help: else the reads are outside of the
    transaction that writes, or the service names its level itself.
    """
    history: History = yield pair.by_turns(
        chosen.turns, purpose="at SERIALIZABLE", isolation=_STRONGEST
    )
    judged = judge.judge(history)
    if judged.ruling is Ruling.UNCLEAR:
        return ""
    return "does not help" if judged.against_every_order else "helps"


def _stored(experiment: Experiment, seeded: str) -> Pair:
    """The pair that an experiment was made of."""
    first, second = experiment.phases[0].acts
    settings = replace(experiment.settings, isolation=None, watched=True)
    acts = (first.step, second.step)
    return Pair(acts, experiment.arrangement, settings, experiment.edits, seeded)
