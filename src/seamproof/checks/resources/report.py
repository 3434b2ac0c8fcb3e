"""Verdicts of `resources` with their evidence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from seamproof.analysis.confirm import Confirmation, standing
from seamproof.analysis.controls import control
from seamproof.core.history import Crossing, Exchange, History, Response
from seamproof.core.subject import Subject
from seamproof.core.verdict import Evidence, FindingClass, Outcome, Tier, Verdict

CHECK = "resources"
_CONTROL = "the act with the rows that are there"
_SHOWN = 40
"""Statements that are kept as evidence: those of a long list say nothing more."""
_BODY = 2000


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
    facts: dict[str, str | int | float | bool | None] = field(default_factory=dict)


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """What the check comes to where it found nothing."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def found(subject: Subject, case: Case) -> Verdict:
    """A finding, as sure as its replays make it."""
    stands = standing(case.tier, case.confirmation, "the act by itself did not pass beside it")
    section = case.history.sections[-1]
    return Verdict(
        stands.outcome,
        CHECK,
        subject.operation.id,
        stands.reason,
        finding_class=case.finding_class.name,
        tier=stands.tier,
        replays=stands.replays,
        table=case.table,
        shape=case.shape,
        evidence=Evidence(
            experiment=case.history.experiment,
            control=control(subject, case.confirmation, _CONTROL),
            exchanges=(_short(section.exchange),),
            crossing=case.crossing,
            crossings=section.crossings[:_SHOWN],
            facts={"operation": subject.operation.id, "table": case.table, **case.facts},
        ),
    )


def _short(exchange: Exchange) -> Exchange:
    """An exchange without the most of a long answer."""
    response = exchange.response
    if response is None or len(response.body) <= _BODY:
        return exchange
    cut = Response(response.status, response.headers, response.body[:_BODY], truncated=True)
    return replace(exchange, response=cut)
