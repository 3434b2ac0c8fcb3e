"""Verdicts of `exposure` with their evidence."""

from __future__ import annotations

from dataclasses import dataclass

from seamproof.analysis.confirm import Confirmation, standing
from seamproof.analysis.controls import control
from seamproof.analysis.disclosure import Disclosure, Inside
from seamproof.checks.exposure.classes import CODE_IN_ERROR, DATABASE_IN_ERROR
from seamproof.checks.exposure.columns import Mark
from seamproof.checks.exposure.judgement import Asker
from seamproof.core.history import Exchange, History, Section
from seamproof.core.subject import Subject
from seamproof.core.verdict import Evidence, FindingClass, Outcome, Tier, Verdict

CHECK = "exposure"
_LONGEST = 90
_CONTROL = "the act by itself"
_FAILED = "the act by itself did not pass beside it"


@dataclass(frozen=True, slots=True)
class Case:
    """A column that was told to whom it is not for."""

    finding_class: FindingClass
    tier: Tier
    found: tuple[Mark, ...]
    """Those of it that are in the answer."""
    asker: Asker


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """What the check comes to where it found nothing."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def told(
    subject: Subject, case: Case, history: History, confirmation: Confirmation | None
) -> Verdict:
    """A sensitive column that reached an answer."""
    stands = standing(case.tier, confirmation, _FAILED)
    section = history.sections[-1]
    exchange, mark = section.exchange, case.found[0]
    body = exchange.response.body if exchange.response else b""
    crossing = next((each for each in section.crossings if mark.canary in each.canaries), None)
    return stands.verdict(
        CHECK,
        subject.operation.id,
        case.finding_class,
        table=mark.table,
        shape=mark.column,
        cause=mark.place,
        evidence=Evidence(
            experiment=history.experiment,
            control=control(subject, confirmation, _CONTROL),
            exchanges=(exchange,),
            crossing=crossing,
            crossings=section.crossings,
            facts={
                "operation": subject.operation.id,
                "column": mark.place,
                "kind": mark.kind.value[0].upper() + mark.kind.value[1:],
                "field": mark.field(body),
                "canary": mark.canary,
                "owner": _owner(case.found),
                "who": case.asker.label,
                "rows": len(case.found),
            },
        ),
    )


def _owner(found: tuple[Mark, ...]) -> str:
    if all(each.mine for each in found):
        return "themselves"
    others = sum(not each.mine for each in found)
    return "another row" if others == 1 else f"{others} rows of others"


def disclosed(
    subject: Subject,
    section: Section,
    exchange: Exchange,
    one: Disclosure,
    history: History,
    confirmation: Confirmation,
) -> Verdict:
    """An error that tells of the inside."""
    finding_class = DATABASE_IN_ERROR if one.inside is Inside.DATABASE else CODE_IN_ERROR
    stands = standing(Tier.PROVEN, confirmation, _FAILED)
    text = " ".join(one.text.split())
    return stands.verdict(
        CHECK,
        subject.operation.id,
        finding_class,
        shape=one.inside,
        cause=one.inside,
        evidence=Evidence(
            experiment=history.experiment,
            control=control(subject, confirmation, _CONTROL),
            exchanges=(exchange,),
            crossing=one.crossing,
            crossings=section.crossings,
            facts={
                "operation": subject.operation.id,
                "answer": str(exchange.status),
                "kind": one.inside.value,
                "told": text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…",
            },
        ),
    )
