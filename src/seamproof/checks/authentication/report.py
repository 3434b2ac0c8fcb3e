"""Verdicts of `authentication` with their evidence: what was seen, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from seamproof.analysis.changes import effect, paired
from seamproof.analysis.confirm import Confirmation, standing
from seamproof.analysis.masks import Mask
from seamproof.core.history import Crossing, History
from seamproof.core.subject import Subject
from seamproof.core.verdict import Control, Evidence, FindingClass, Outcome, Tier, Verdict

CHECK = "authentication"
Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Case:
    """What a finding is made of."""

    finding_class: FindingClass
    tier: Tier
    history: History
    crossing: Crossing | None = None
    cause: str = ""
    table: str = ""
    shape: str = ""
    """What is equal for one defect of the operation; empty where the statement's shape is."""
    facts: dict[str, Fact] = field(default_factory=dict)


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """A verdict without evidence."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def violated(
    subject: Subject, case: Case, confirmed: Confirmation | None, clean: History
) -> Verdict:
    """A finding: proven, suspected or a note; inconclusive where it did not come again."""
    stands = standing(case.tier, confirmed, "the right credential was refused beside it")
    section = case.history.sections[-1]
    mask = Mask.for_subject(subject)
    left, expected = (
        tuple(paired((row for _, row in effect(each.changes, mask).rows), subject.catalog))
        for each in (section, clean.section)
    )
    control = confirmed.control if confirmed and confirmed.control.sections else clean
    return stands.verdict(
        CHECK,
        subject.operation.id,
        case.finding_class,
        table=case.table,
        shape=case.shape or (case.crossing.key.shape if case.crossing and not case.cause else ""),
        cause=case.cause,
        evidence=Evidence(
            experiment=case.history.experiment,
            control=Control(
                "the same with the right credential",
                control.section.exchange,
                expected,
                confirmed is None or confirmed.passed,
            ),
            exchanges=tuple(each.exchange for each in case.history.sections),
            crossing=case.crossing,
            crossings=section.crossings,
            left=left,
            masked=mask.hidden({each.table for each in left}),
            facts={
                "operation": subject.operation.id,
                "owner": subject.scenario.act.identity or "nobody",
                "answer": str(section.exchange.status or section.exchange.silence),
                **case.facts,
            },
        ),
    )
