"""Verdicts of `validation` with their evidence: what was seen, as data."""

from __future__ import annotations

from collections.abc import Sequence

from seamproof.analysis.confirm import Confirmation, standing
from seamproof.analysis.controls import control
from seamproof.checks.validation.classes import UNEVEN_ERRORS
from seamproof.checks.validation.judgement import Sight
from seamproof.checks.validation.shapes import Shape
from seamproof.checks.validation.stored import Kept
from seamproof.core.experiment import Experiment
from seamproof.core.history import DisturbanceKind, Exchange
from seamproof.core.subject import Subject
from seamproof.core.verdict import Evidence, Outcome, Tier, Verdict

CHECK = "validation"
_OTHERS = 4
"""Constraints beside the first that are named."""


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """A verdict without evidence."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def violated(
    subject: Subject,
    sights: Sequence[Sight],
    experiment: Experiment,
    confirmed: Confirmation | None,
    masked: tuple[str, ...],
) -> Verdict:
    """One defect of the operation: the first of its sights, and what else shows it."""
    first = sights[0]
    stands = standing(first.tier, confirmed, "the valid request did not pass beside it")
    exchange = first.section.exchange
    return stands.verdict(
        CHECK,
        subject.operation.id,
        first.finding_class,
        table=first.table,
        shape="" if first.cause else first.probe.constraint,
        cause=first.cause,
        evidence=Evidence(
            experiment=experiment,
            control=control(subject, confirmed, "the valid request"),
            exchanges=(exchange,),
            crossing=first.crossing,
            crossings=first.section.crossings,
            left=first.left,
            masked=masked,
            facts=_facts(subject, sights),
        ),
    )


def _facts(subject: Subject, sights: Sequence[Sight]) -> dict[str, str | int | float | bool | None]:
    first = sights[0]
    probe, exchange = first.probe, first.section.exchange
    others = [f"{each.probe.constraint} of {each.probe.field}" for each in sights[1:]]
    more = f", and {len(others) - _OTHERS} more" if len(others) > _OTHERS else ""
    named = f" Also seen: {', '.join(others[:_OTHERS])}{more}." if others else ""
    ended = first.section.disturbed(DisturbanceKind.SERVICE_DIED)
    return {
        "operation": subject.operation.id,
        "answer": str(exchange.status) if exchange.response else f"none ({exchange.silence})",
        "source": str(probe.source),
        "constraint": probe.constraint,
        "field": probe.field,
        "says": probe.says or probe.constraint,
        "left_rows": len(first.left),
        "tables": ", ".join(sorted({each.table for each in first.left})),
        "stored": _stored(first),
        "error": _error(first),
        "death": "" if ended is None else ended.detail,
        "others": named,
        "sqlstate": first.crossing.sqlstate if first.crossing is not None else None,
    }


def _stored(sight: Sight) -> str:
    where = sight.stored
    if where.kept is Kept.UNKNOWN:
        return "Nothing was stored." if not sight.left else ""
    text = "NULL" if where.text is None else f"{where.text!r:.60}"
    alike = ", as where the field is left out" if where.kept is Kept.AS_LEFT_OUT else ""
    return f"{where.table}.{where.column} has {text}{alike}."


def _error(sight: Sight) -> str:
    if sight.crossing is None:
        return ""
    return f"The database refused it: {sight.crossing.message or sight.crossing.sqlstate}."


def shapes(
    subject: Subject, found: Sequence[tuple[Shape, Exchange]], experiment: Experiment
) -> Verdict:
    """A note: refusals of several shapes."""
    said = "; ".join(f"{each.status} {shape}" for shape, each in found)
    return Verdict(
        Outcome.HELD,
        CHECK,
        subject.operation.id,
        finding_class=UNEVEN_ERRORS.name,
        tier=Tier.NOTE,
        cause="the shape of errors",
        evidence=Evidence(
            experiment=experiment,
            exchanges=tuple(each for _, each in found),
            facts={"operation": subject.operation.id, "shapes": said},
        ),
    )
