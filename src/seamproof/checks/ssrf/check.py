"""Whether a client chooses whom the service calls.

    every address in one request     called: each that was is tried alone, and replayed
    refused                          each alone: one that is refused hides no other; then spelled
                                     otherwise, and by a redirect
    stored, and not called           once more, with time for jobs behind the answer

The addresses are a port of ours on loopback, where nobody has any business. A service that is
meant to call what its users name says so in the configuration (`[ssrf] allowed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import ClassVar

from seamproof.analysis.addresses import is_address
from seamproof.analysis.begin import begin
from seamproof.analysis.confirm import (
    Confirmation,
    as_expected,
    replay_all,
    settling,
    standing,
)
from seamproof.analysis.controls import control
from seamproof.analysis.inputs import Input, inputs
from seamproof.analysis.trouble import trouble
from seamproof.checks.ssrf.baits import CHECK, Bait, experiment, one_by_one, sending
from seamproof.checks.ssrf.classes import CLASSES, FORGED_REQUEST
from seamproof.checks.ssrf.forms import plain
from seamproof.checks.ssrf.tricks import calls_its_host, past_the_list
from seamproof.core.experiment import BoundaryKind, Experiment
from seamproof.core.history import Crossing, History, Section
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Evidence, Finding, FindingClass, Outcome, Verdict

_NOTHING = "no input is an address"


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
        clean = yield from begin(subject, CHECK, BoundaryKind.HTTP_IN)
        if isinstance(clean, Verdict):
            return (clean,)
        places = _places(subject)
        if not places:
            return (_plain(subject, Outcome.SKIPPED, _NOTHING),)
        verdicts = []
        for bait, shown in (yield from _called(subject, places, clean.section)):
            verdicts.append((yield from _judged(subject, bait, shown)))
        if not verdicts:
            reason = f"{len(places)} addresses, none called: {', '.join(p.label for p in places)}"
            return (_plain(subject, Outcome.HELD, reason),)
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Send the address of the finding again."""
        facts, again = finding.evidence.facts, finding.evidence.experiment
        place = next((p for p in _places(subject) if p.label == facts.get("input")), None)
        bait = None
        if again is not None and place is not None:
            bait = Bait.again(place, str(facts.get("address", "")), again, finding.tier)
        if again is None or bait is None:
            return (_plain(subject, Outcome.INCONCLUSIVE, "the input is not there any more"),)
        return ((yield from _judged(subject, bait, again)),)


def _plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def _places(subject: Subject) -> tuple[Input, ...]:
    return tuple(filter(is_address, inputs(subject.scenario.act, subject.document)))


_Caught = list[tuple[Bait, Experiment]]


def _called(subject: Subject, places: Sequence[Input], clean: Section) -> Exploration[_Caught]:
    """The addresses that were called, one of each input, with an experiment that shows it."""
    baits = [Bait.of(subject, each, plain(each)) for each in places]
    caught, refused = yield from _tried(subject, baits)
    done = {each.input.label for each, _ in caught}
    for place in places:
        if place.label in done:
            continue
        if subject.deep or place.label in refused or calls_its_host(subject, place, clean):
            bait = yield from past_the_list(subject, place)
            caught += [(bait, one_by_one(subject, [bait]))] if bait else []
    return caught


def _tried(subject: Subject, baits: Sequence[Bait]) -> Exploration[tuple[_Caught, set[str]]]:
    """Those that were called, and the labels of the inputs in which they were refused."""
    together = experiment(subject, sending(subject, *baits))
    history: History = yield together
    if trouble(history):
        return [], set()
    section, caught = history.section, _caught(subject, baits, history)
    if not caught and section.exchange.ok and any(each.kept(section) for each in baits):
        # It is stored for a job to call.
        later: History = yield settling(subject, together)
        return [] if trouble(later) else _caught(subject, baits, later), set()
    if caught or section.exchange.ok:
        return caught, set()
    if len(baits) == 1:
        return [], {baits[0].input.label}
    alone: History = yield one_by_one(subject, baits)
    if trouble(alone):
        return [], set()
    pairs = list(zip(baits, alone.sections, strict=True))
    called = [bait for bait, section in pairs if bait.call(section, subject) is not None]
    refused = {bait.input.label for bait, section in pairs if not section.exchange.ok}
    return [(bait, one_by_one(subject, [bait])) for bait in called], refused


def _caught(subject: Subject, baits: Sequence[Bait], history: History) -> _Caught:
    """Those that were called, each alone and with as much time as it had."""
    settings = history.experiment.settings
    return [
        (each, replace(one_by_one(subject, [each]), settings=settings))
        for each in baits
        if each.call(history.sections[-1], subject) is not None
    ]


def _by(bait: Bait) -> str:
    if bait.fault is None:
        return ""
    return ", to which the host that it called redirected it"


def _judged(subject: Subject, bait: Bait, experiment: Experiment) -> Exploration[Verdict]:
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
    bait: Bait,
    call: Crossing,
    history: History,
    confirmation: Confirmation,
) -> Verdict:
    told = "the act with its own values did not pass beside it"
    stands = standing(bait.tier, confirmation, told)
    section = history.sections[-1]
    late = call.started > section.exchange.received
    return stands.verdict(
        CHECK,
        subject.operation.id,
        FORGED_REQUEST,
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
                "address": bait.address,
                "call": call.statement,
                "behind": (" behind its answer" if late else "") + _by(bait),
                "statement": call.key.shape,
            },
        ),
    )
