"""Every way to send a request again: after a lost answer, a client that went away, a kill, or while
the first is under way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.analysis.confirm import plain as once
from seamproof.analysis.footprint import points, touches, whole
from seamproof.analysis.intervals import changes_of_acts, intervals, sql, transactions
from seamproof.checks.idempotency.judgement import One
from seamproof.core.experiment import Act, Experiment, Fault, FaultKind, Phase, Schedule, Turn
from seamproof.core.history import Crossing, CrossingKind
from seamproof.core.subject import Subject

_KILLS = 2
"""Commits at which the process is killed, the last left out: each costs a start."""
_PLACES = 12
"""Crossings at which the client goes away, and before which a first request stands."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An experiment that ends with the request sent again."""

    experiment: Experiment
    how: str
    crossing: Crossing | None = None


def sent_twice(subject: Subject, *faults: Fault) -> Experiment:
    """The act, and with no reset the identical bytes again."""
    act = Phase((Act(subject.scenario.act),))
    if not faults:
        return _watched(once(subject, "retry").then(act))
    purpose = " and ".join(each.label for each in faults)
    first = replace(once(subject, purpose), phases=(replace(act, faults=faults),))
    return first.then(act)


def _watched(experiment: Experiment) -> Experiment:
    """The same, in which a process that the retry ends is seen to end."""
    return replace(experiment, settings=replace(experiment.settings, watched=True))


def attempts(subject: Subject, one: One, *, keyed: bool) -> Iterator[Attempt]:
    """Every way to send it again: what may have been stored by then differs. Kills come last:
    each costs a start of the service, and what they show an overlap mostly shows before."""
    if subject.replicas > 1:
        how = "the answer was lost, and another replica took the retry"
        elsewhere = Phase((Act(subject.scenario.act, replica=1),))
        yield Attempt(_watched(once(subject, "retry elsewhere").then(elsewhere)), how)
    if keyed and subject.replicas > 1:
        yield from _overlaps(subject, one)
    section = one.clean.section
    crossings = sql(section, subject.profile)
    changes = changes_of_acts(section, subject.profile)
    found = transactions(crossings, changes, subject.profile.ignored)
    ends = [each.end for each in intervals(found) if each.end is not None]
    first_end = min((each.started for each in ends), default=0.0)
    behind = [each for each in crossings if each.started >= first_end and _says(each)]
    for crossing in behind[:_PLACES]:
        how = f"the client went away at `{crossing.key.shape}`"
        fault = Fault(FaultKind.ABANDONED, crossing.key)
        yield Attempt(sent_twice(subject, fault), how, crossing)
    # After the last commit nothing is left to lose but what the process remembers, and the other
    # replica does not know that either.
    for crossing in ends if subject.deep else ends[:-1][:_KILLS]:
        how = f"the service was killed at `{crossing.key.shape}`, which was done"
        fault = Fault(FaultKind.KILLED, crossing.key)
        yield Attempt(sent_twice(subject, fault), how, crossing)


def _says(crossing: Crossing) -> bool:
    return crossing.kind not in (CrossingKind.CONNECT, CrossingKind.BEGIN, CrossingKind.SESSION)


def _overlaps(subject: Subject, one: One) -> Iterator[Attempt]:
    """The first request stands before each crossing that matters while the second runs."""
    touched = touches(one.clean.section, 0, subject.catalog, subject.profile)
    acts = (Act(subject.scenario.act, replica=0), Act(subject.scenario.act, replica=1))
    for crossing in points(touched, whole(touched))[:_PLACES]:
        schedule = Schedule(turns=(Turn(0, crossing.key), Turn(1)))
        phase = Phase(acts, schedule=schedule)
        how = f"the same request came while the first stood before `{crossing.key.shape}`"
        experiment = replace(once(subject, "the same key twice"), phases=(phase,))
        yield Attempt(experiment, how, crossing)
