"""Addresses that are sent in place of a client's, and how it is known that one was called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from seamproof.analysis.calls import calls
from seamproof.analysis.inputs import Input
from seamproof.checks.ssrf.forms import MARK
from seamproof.core.canary import canary, found
from seamproof.core.experiment import Act, Experiment, Fault, Phase
from seamproof.core.history import Crossing, Section
from seamproof.core.subject import Subject
from seamproof.core.verdict import Tier

CHECK: Final = "ssrf"
_SINKHOLE = "sinkhole"
_SENT_ON = ", redirected to "


@dataclass(frozen=True, slots=True)
class Bait:
    """One address in one input."""

    input: Input
    mark: str
    """The canary in its path."""
    text: str
    fault: Fault | None = None
    """That its host sends the service on to a port of ours."""
    tier: Tier = Tier.PROVEN

    @classmethod
    def of(cls, subject: Subject, place: Input, form: str) -> Bait:
        """A form of `checks.ssrf.forms` in an input."""
        mark = canary(CHECK, subject.operation.id, place.label, form)
        return cls(place, mark, form.replace(MARK, mark))

    @classmethod
    def again(cls, place: Input, address: str, experiment: Experiment, tier: Tier) -> Bait | None:
        """That of a finding: what it says was sent, and what it was found by."""
        marks, faults = found(address), [f for phase in experiment.phases for f in phase.faults]
        text = address.partition(_SENT_ON)[0]
        return cls(place, marks[0], text, next(iter(faults), None), tier) if marks else None

    @property
    def address(self) -> str:
        """What is sent, as a person reads it."""
        return self.text if self.fault is None else f"{self.text}{_SENT_ON}{self.fault.text}"

    def call(self, section: Section, subject: Subject) -> Crossing | None:
        """The call to our port that came of it."""
        for each in self._calls(section, subject):
            if f" {_SINKHOLE} " in each.key.shape:
                return each
        return None

    def abroad(self, section: Section, subject: Subject) -> Crossing | None:
        """The call to the host itself that came of it, which can be answered in its place."""
        for each in self._calls(section, subject):
            if f" {_SINKHOLE} " not in each.key.shape:
                return each
        return None

    def _calls(self, section: Section, subject: Subject) -> list[Crossing]:
        return [
            each
            for each in calls(section, subject.profile)
            if self.mark in found(each.request.target if each.request else each.statement)
        ]

    def kept(self, section: Section) -> bool:
        """Whether it was stored."""
        rows = (row.new or {} for row in section.changes.rows)
        return any(self.mark in (text or "") for row in rows for text in row.values())


def sending(subject: Subject, *baits: Bait) -> Phase:
    """The act with all of these."""
    step = subject.scenario.act
    for each in baits:
        step = each.input.sent(step, each.text)
    return Phase((Act(step),), tuple(each.fault for each in baits if each.fault))


def experiment(subject: Subject, *phases: Phase) -> Experiment:
    """These phases, each an act with an address of ours."""
    plain = Experiment.of(subject.scenario, purpose="an address of ours")
    return replace(plain, phases=phases)


def one_by_one(subject: Subject, baits: Sequence[Bait]) -> Experiment:
    """Each in an act of its own, one after the other."""
    return experiment(subject, *(sending(subject, each) for each in baits))
