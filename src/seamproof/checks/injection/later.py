"""Payloads that come by another way: out of a table, or out of the answer of another service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from seamproof.analysis.calls import calls
from seamproof.analysis.splices import Payload, Sighting, sightings
from seamproof.analysis.trouble import missed, trouble
from seamproof.checks.injection.attempts import Attempt, experiment, together
from seamproof.core.experiment import Act, Experiment, Fault, FaultKind, Phase
from seamproof.core.history import Crossing, History
from seamproof.core.leaves import json_leaves
from seamproof.core.model import Operation
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject

_READERS = 12
"""Requests that are sent behind one that stored payloads."""
_MOST_CALLS = 4
_MOST_PLACES = 8
"""Texts of one answer that are tried alone."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A payload that one request stored and another spliced."""

    attempt: Attempt
    sighting: Sighting
    history: History
    later: Operation


def stored(subject: Subject, accepted: Sequence[Attempt]) -> Exploration[list[Stored]]:
    """Send what reads behind a request that stored payloads. Does one build SQL of them?"""
    readers = tuple(_readers(subject))
    if not accepted or not readers:
        return []
    first = together(subject, accepted)
    phases = (first, *(Phase((each,)) for each in readers))
    history: History = yield experiment(subject, *phases, purpose="read what was stored")
    if trouble(history):
        return []
    found: dict[str, Stored] = {}
    by_head = {each.payload.head: each for each in accepted}
    for reader, section in zip(readers, history.sections[1:], strict=True):
        for sighting in sightings(section):
            attempt = by_head.get(sighting.head)
            if attempt is not None and sighting.torn:
                one = Stored(attempt, sighting, history, reader.step.operation)
                found.setdefault(sighting.crossing.key.shape, one)
    return list(found.values())


def reading(subject: Subject, one: Stored) -> Experiment:
    """Just the request that stores a payload, and the one that splices it."""
    reader = next(each for each in _readers(subject) if each.step.operation == one.later)
    return experiment(
        subject,
        together(subject, (one.attempt,)),
        Phase((reader,)),
        purpose="read what was stored",
    )


def _readers(subject: Subject) -> Iterator[Act]:
    """Requests that may read what the act stored, each operation once, its own last."""
    arranged = subject.scenario.arrangement
    seen: set[str] = set()
    usable = [
        *subject.reads,
        *(
            each
            for each in subject.partners
            if not each.arrangement or each.arrangement == arranged
        ),
    ]
    for scenario in usable[:_READERS]:
        if scenario.operation.id not in seen:
            seen.add(scenario.operation.id)
            yield Act(scenario.act)


@dataclass(frozen=True, slots=True)
class Answered:
    """A payload that a called service answered and the service spliced."""

    fault: Fault
    call: Crossing
    sighting: Sighting
    history: History


def answered(subject: Subject, clean: History) -> Exploration[list[Answered]]:
    """Have each called service answer payloads: all its texts at once, then one by one where the
    service does not take that."""
    found: list[Answered] = []
    shapes: dict[str, Crossing] = {}
    for call in calls(clean.section, subject.profile):
        if call.response is not None and call.response.ok and list(_texts(call)):
            shapes.setdefault(call.key.shape, call)
    for call in list(shapes.values())[:_MOST_CALLS]:
        places = ["", *list(_texts(call))[:_MOST_PLACES]]
        for place in places:
            fault = _tainting(subject, call, place)
            plain = Experiment.of(subject.scenario, faults=(fault,), purpose="answer a payload")
            history: History = yield plain
            if trouble(history) or missed(history):
                continue
            head = payload_of(subject, call, place).head
            spliced = [
                each for each in sightings(history.section) if each.torn and each.head == head
            ]
            if spliced:
                found.append(Answered(fault, call, spliced[0], history))
                break
            if not place and history.section.exchange.ok:
                break
    return found


def payload_of(subject: Subject, call: Crossing, place: str) -> Payload:
    """The payload of a place in an answer."""
    return Payload.of(subject.operation.id, call.key.shape, place)


def _tainting(subject: Subject, call: Crossing, place: str) -> Fault:
    text = payload_of(subject, call, place).text
    return replace(Fault(FaultKind.TAINTED, call.key), place=place, text=text)


def _texts(call: Crossing) -> Iterator[str]:
    """The places of the texts in a JSON answer, each once."""
    if call.response is None:
        return
    body = call.response.body.decode("utf-8", "replace")
    found = json_leaves(body) or ()
    yield from dict.fromkeys(path for path, text in found if text and f'"{text}"' in body)
