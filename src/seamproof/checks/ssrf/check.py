"""Whether a client chooses whom the service calls.

    every address in one request     called: each that was is tried alone, and replayed
    refused                          each alone: one that is refused hides no other
    stored, and not called           once more, with time for jobs behind the answer

The addresses are a port of ours on loopback, where nobody has any business. A service that is
meant to call what its users name says so in the configuration (`[ssrf] allowed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import ClassVar

from seamproof.analysis.addresses import is_address
from seamproof.analysis.calls import calls
from seamproof.analysis.confirm import (
    Confirmation,
    as_expected,
    clean_run,
    replay_all,
    settling,
    standing,
)
from seamproof.analysis.controls import control
from seamproof.analysis.inputs import Input, inputs
from seamproof.analysis.trouble import trouble
from seamproof.checks.ssrf.classes import CLASSES, FORGED_REQUEST
from seamproof.checks.ssrf.forms import MARK, forms
from seamproof.core.canary import canary, found
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Phase
from seamproof.core.history import Crossing, History, Section
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Evidence, Finding, FindingClass, Outcome, Tier, Verdict

_CHECK = "ssrf"
_SINKHOLE = "sinkhole"
_NOTHING = "no input is an address"


@dataclass(frozen=True, slots=True)
class _Bait:
    """One address of ours in one input."""

    input: Input
    mark: str
    """The canary in its path."""
    text: str

    def call(self, section: Section, subject: Subject) -> Crossing | None:
        """The call that came of it."""
        for each in calls(section, subject.profile):
            target = each.request.target if each.request else each.statement
            if f" {_SINKHOLE} " in each.key.shape and self.mark in found(target):
                return each
        return None

    def kept(self, section: Section) -> bool:
        """Whether it was stored."""
        rows = (row.new or {} for row in section.changes.rows)
        return any(self.mark in (text or "") for row in rows for text in row.values())


@check(
    "ssrf",
    title="A client does not choose whom the service calls",
    boundary=BoundaryKind.HTTP_IN,
    needs={Need.DOCUMENT},
)
class Ssrf:
    """Puts an address of ours into every input that is one, and sees who calls there."""

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Only a request that has an address in it."""
        if any(fnmatchcase(subject.operation.id, each) for each in subject.calls_anybody):
            return Skip("[ssrf] allowed: it is meant to call what its users name")
        return None if _places(subject) else Skip(_NOTHING)

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Send addresses of ours, and wait for who calls."""
        if BoundaryKind.HTTP_IN not in subject.boundaries:
            return (_plain(subject, Outcome.NOT_RUN, "the inbound boundary is blind"),)
        if subject.profile.disturbed:
            return (_plain(subject, Outcome.INCONCLUSIVE, subject.profile.disturbed),)
        clean = yield from clean_run(subject)
        if reason := trouble(clean):
            return (_plain(subject, Outcome.INCONCLUSIVE, reason),)
        places = _places(subject)
        if not places:
            return (_plain(subject, Outcome.SKIPPED, _NOTHING),)
        verdicts = []
        for bait, experiment in (yield from _called(subject, places)):
            verdicts.append((yield from _judged(subject, bait, experiment)))
        if not verdicts:
            reason = f"{len(places)} addresses, none called: {', '.join(p.label for p in places)}"
            return (_plain(subject, Outcome.HELD, reason),)
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Send the address of the finding again."""
        facts, again = finding.evidence.facts, finding.evidence.experiment
        place = next((p for p in _places(subject) if p.label == facts.get("input")), None)
        marks = found(str(facts.get("address", "")))
        if again is None or place is None or not marks:
            return (_plain(subject, Outcome.INCONCLUSIVE, "the input is not there any more"),)
        bait = _Bait(place, marks[0], str(facts["address"]))
        return ((yield from _judged(subject, bait, again)),)


def _plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome, _CHECK, subject.operation.id, reason)


def _places(subject: Subject) -> tuple[Input, ...]:
    return tuple(filter(is_address, inputs(subject.scenario.act, subject.document)))


def _baits(subject: Subject, place: Input) -> Iterator[_Bait]:
    for form in forms(place, deep=subject.deep):
        mark = canary(_CHECK, subject.operation.id, place.label, form)
        yield _Bait(place, mark, form.replace(MARK, mark))


def _sending(subject: Subject, *baits: _Bait) -> Phase:
    step = subject.scenario.act
    for each in baits:
        step = each.input.sent(step, each.text)
    return Phase((Act(step),))


def _experiment(subject: Subject, *phases: Phase) -> Experiment:
    plain = Experiment.of(subject.scenario, purpose="an address of ours")
    return replace(plain, phases=phases)


_Caught = list[tuple[_Bait, Experiment]]


def _called(subject: Subject, places: Sequence[Input]) -> Exploration[_Caught]:
    """The addresses that were called, one of each input, with an experiment that shows it."""
    caught: _Caught = []
    left = {each.label: list(_baits(subject, each)) for each in places}
    while left:
        baits = [each.pop(0) for each in left.values()]
        caught += yield from _tried(subject, baits)
        done = {each.input.label for each, _ in caught}
        left = {label: rest for label, rest in left.items() if rest and label not in done}
    return caught


def _tried(subject: Subject, baits: Sequence[_Bait]) -> Exploration[_Caught]:
    together = _experiment(subject, _sending(subject, *baits))
    history: History = yield together
    if trouble(history):
        return []
    section, caught = history.section, _caught(subject, baits, history)
    if not caught and section.exchange.ok and any(each.kept(section) for each in baits):
        # It is stored for a job to call.
        patient = settling(subject, together)
        later: History = yield patient
        return [] if trouble(later) else _caught(subject, baits, later, patient)
    if caught or section.exchange.ok or len(baits) == 1:
        return caught
    alone: History = yield _experiment(subject, *(_sending(subject, each) for each in baits))
    if trouble(alone):
        return []
    pairs = zip(baits, alone.sections, strict=True)
    return [
        (bait, _experiment(subject, _sending(subject, bait)))
        for bait, section in pairs
        if bait.call(section, subject) is not None
    ]


def _caught(
    subject: Subject,
    baits: Sequence[_Bait],
    history: History,
    patient: Experiment | None = None,
) -> _Caught:
    settings = (patient or history.experiment).settings
    return [
        (each, replace(_experiment(subject, _sending(subject, each)), settings=settings))
        for each in baits
        if each.call(history.sections[-1], subject) is not None
    ]


def _judged(subject: Subject, bait: _Bait, experiment: Experiment) -> Exploration[Verdict]:
    def shows(history: History) -> bool:
        return bait.call(history.sections[-1], subject) is not None

    history: History = yield experiment
    (confirmation,) = yield from replay_all(
        subject, experiment, (shows,), lambda control: as_expected(subject, control), (history,)
    )
    call = bait.call(history.sections[-1], subject) if history.sections else None
    if call is None:
        reason = f"{bait.input.label}: it was called once, and not again"
        return _plain(subject, Outcome.INCONCLUSIVE, reason)
    return _verdict(subject, bait, call, history, confirmation)


def _verdict(
    subject: Subject,
    bait: _Bait,
    call: Crossing,
    history: History,
    confirmation: Confirmation,
) -> Verdict:
    told = "the act with its own values did not pass beside it"
    stands = standing(Tier.PROVEN, confirmation, told)
    section = history.sections[-1]
    late = call.started > section.exchange.received
    return Verdict(
        stands.outcome,
        _CHECK,
        subject.operation.id,
        stands.reason,
        finding_class=FORGED_REQUEST.name,
        tier=stands.tier,
        replays=stands.replays,
        shape=bait.input.label,
        evidence=Evidence(
            experiment=history.experiment,
            control=control(subject, confirmation, "the act with its own values"),
            exchanges=(section.exchange,),
            crossing=call,
            crossings=section.crossings,
            facts={
                "operation": subject.operation.id,
                "input": bait.input.label,
                "address": bait.text,
                "call": call.statement,
                "behind": " behind its answer" if late else "",
                "statement": call.key.shape,
            },
        ),
    )
