"""Verdicts of `resources` with their evidence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from seamproof.analysis.confirm import Confirmation, standing
from seamproof.analysis.controls import control
from seamproof.core.history import Crossing, Exchange, History
from seamproof.core.subject import Subject
from seamproof.core.verdict import Evidence, FindingClass, Outcome, Tier, Verdict

Facts: TypeAlias = dict[str, str | int | float | bool | None]

CHECK = "resources"
_CONTROL = "the act with the rows that are there"
_SHOWN = 40
"""Statements that are kept as evidence: those of a long list say nothing more."""
_BODY = 2000
_STATEMENT = 20_000
"""Characters of a value and of a statement that are kept."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a finding is made of."""

    finding_class: FindingClass
    tier: Tier
    history: History
    confirmation: Confirmation
    crossing: Crossing | None
    table: str = ""
    shape: str = ""
    cause: str = ""
    facts: Facts = field(default_factory=dict)


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """What the check comes to where it found nothing."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def found(subject: Subject, case: Case) -> Verdict:
    """A finding, as sure as its replays make it."""
    stands = standing(case.tier, case.confirmation, "the act by itself did not pass beside it")
    section = case.history.sections[-1]
    return stands.verdict(
        CHECK,
        subject.operation.id,
        case.finding_class,
        table=case.table,
        shape=case.shape,
        cause=case.cause,
        evidence=Evidence(
            experiment=case.history.experiment,
            control=control(subject, case.confirmation, _CONTROL),
            exchanges=(_short(section.exchange),),
            crossing=case.crossing,
            crossings=tuple(map(_brief, section.crossings[:_SHOWN])),
            facts={"operation": subject.operation.id, "table": case.table, **case.facts},
        ),
    )


def _short(exchange: Exchange) -> Exchange:
    """An exchange without the most of what is long."""
    request, response = exchange.request, exchange.response
    if len(request.body) > _BODY:
        request = replace(request, body=request.body[:_BODY])
    if response is not None and len(response.body) > _BODY:
        response = replace(response, body=response.body[:_BODY], truncated=True)
    return replace(exchange, request=request, response=response)


def _brief(crossing: Crossing) -> Crossing:
    """A statement without values that are long."""
    values = tuple(each if each is None else each[:_BODY] for each in crossing.parameters)
    return replace(crossing, statement=crossing.statement[:_STATEMENT], parameters=values)
