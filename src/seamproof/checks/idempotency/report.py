"""Verdicts of `idempotency` with their evidence: what was seen, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from seamproof.analysis.changes import paired
from seamproof.analysis.confirm import Confirmation, standing
from seamproof.checks.idempotency.judgement import Judgement, One
from seamproof.core.history import Crossing, Exchange
from seamproof.core.subject import Subject
from seamproof.core.verdict import Control, Evidence, FindingClass, Outcome, Tier, Verdict

CHECK = "idempotency"


@dataclass(frozen=True, slots=True)
class Case:
    """What a finding is made of."""

    finding_class: FindingClass
    tier: Tier
    judged: Judgement
    how: str
    """What befell the first request, in words."""
    crossing: Crossing | None = None
    """Where."""
    facts: dict[str, str | int | float | bool | None] = field(default_factory=dict)


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """A verdict without evidence."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def violated(subject: Subject, one: One, case: Case, confirmed: Confirmation | None) -> Verdict:
    """A finding: proven, suspected or a note; inconclusive where it did not come again."""
    stands = standing(case.tier, confirmed, "one request alone did not pass beside it")
    history, compared = case.judged.history, case.judged.comparison
    exchanges = tuple(each for section in history.sections for each in section.exchanges)
    expected = tuple(paired((row for _, row in one.outcome.state.rows), subject.catalog))
    return stands.verdict(
        CHECK,
        subject.operation.id,
        case.finding_class,
        table=compared.table if compared else "",
        shape=case.crossing.key.shape if case.crossing else "",
        evidence=Evidence(
            experiment=history.experiment,
            control=Control(
                "the request once", one.exchange, expected, confirmed is None or confirmed.passed
            ),
            exchanges=exchanges,
            crossing=case.crossing,
            crossings=tuple(each for section in history.sections for each in section.crossings),
            left=compared.left if compared else (),
            expected=expected,
            masked=one.mask.hidden(one.outcome.state.tables),
            facts={
                "operation": subject.operation.id,
                "how": case.how,
                "retry": told(exchanges[-1]),
                "more": _more(case.judged),
                "death": case.judged.death or None,
                **case.facts,
            },
        ),
    )


def told(exchange: Exchange) -> str:
    """What a client was told, for people."""
    return str(exchange.status) if exchange.response else f"nothing ({exchange.silence})"


def _more(judged: Judgement) -> str:
    compared = judged.comparison
    parts = []
    if compared is not None and compared.extra:
        tables = ", ".join(sorted({row.table for row in compared.extra}))
        parts.append(f"{len(compared.extra)} rows more or other are in {tables}")
    if judged.doubled_call:
        parts.append("another service was called again")
    return " and ".join(parts) or "the effect is not that of one request"
