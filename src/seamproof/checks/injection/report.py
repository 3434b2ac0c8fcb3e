"""Verdicts of `injection` with their evidence."""

from __future__ import annotations

from dataclasses import dataclass

from seamproof.analysis.confirm import Confirmation, standing
from seamproof.analysis.controls import control
from seamproof.analysis.splices import Payload, Sighting
from seamproof.core.history import Crossing, History
from seamproof.core.subject import Subject
from seamproof.core.verdict import Evidence, FindingClass, Outcome, Tier, Verdict

CHECK = "injection"
_AROUND = 34
"""Characters of a statement that are shown on each side of a payload."""
_CONTROL = "the act with its own values"


@dataclass(frozen=True, slots=True)
class Case:
    """What a finding is made of."""

    finding_class: FindingClass
    input: str
    payload: Payload | str
    """What was sent; a text where it is the name of a column."""
    sighting: Sighting
    history: History
    """Of the minimal experiment."""
    call: str = ""
    later: str = ""

    @property
    def names(self) -> str:
        """What names the defect over runs."""
        return " ".join(each for each in (self.call, self.input, self.later) if each)


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """What the check comes to where it found nothing."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def found(subject: Subject, case: Case, confirmation: Confirmation | None, tier: Tier) -> Verdict:
    """A finding, as sure as its replays make it."""
    stands = standing(tier, confirmation, "the act with its own values did not pass beside it")
    history = case.history
    section = history.sections[-1]
    return stands.verdict(
        CHECK,
        subject.operation.id,
        case.finding_class,
        shape=case.names,
        evidence=Evidence(
            experiment=history.experiment,
            control=control(subject, confirmation, _CONTROL),
            exchanges=tuple(each for one in history.sections for each in one.exchanges),
            crossing=case.sighting.crossing,
            crossings=section.crossings,
            facts={
                "operation": subject.operation.id,
                "input": case.input,
                "payload": case.payload if isinstance(case.payload, str) else case.payload.text,
                "wire": excerpt(case.sighting.crossing, case.payload),
                "statement": case.sighting.crossing.key.shape,
                "call": case.call,
                "later": case.later,
                "sqlstate": case.sighting.crossing.sqlstate,
            },
        ),
    )


def excerpt(crossing: Crossing, payload: Payload | str) -> str:
    """The part of a statement, or of its values, that a payload stands in."""
    for text in (crossing.statement, *(each or "" for each in crossing.parameters)):
        if isinstance(payload, str):
            # What is read is named before what it is sorted by.
            start, end = text.rfind(payload), text.rfind(payload) + len(payload)
        else:
            start = text.lower().find(payload.head)
            end = text.lower().find(payload.tail, start) + len(payload.tail)
        if start < 0:
            continue
        before, behind = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
        cut = "…" if start > _AROUND else "", "…" if end + _AROUND < len(text) else ""
        return " ".join(f"{cut[0]}{before}{text[start:end]}{behind}{cut[1]}".split())
    return crossing.key.shape
