"""Verdicts of `roundtrip` with their evidence: what was seen, as data."""

from __future__ import annotations

from dataclasses import dataclass

from seamproof.analysis.confirm import Confirmation, standing
from seamproof.analysis.controls import control
from seamproof.checks.roundtrip.values import Telling
from seamproof.core.experiment import Experiment
from seamproof.core.history import Exchange, RowChange, Section
from seamproof.core.model import Json
from seamproof.core.subject import Subject
from seamproof.core.verdict import (
    Evidence,
    FindingClass,
    Outcome,
    Tier,
    Verdict,
)

CHECK = "roundtrip"
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Sight:
    """One value that came out otherwise."""

    finding_class: FindingClass
    tier: Tier
    field: str
    telling: Telling
    table: str
    column: str
    stored: str | None
    difference: str
    section: Section
    rows: tuple[RowChange, ...]
    read: Json = None
    where: str = ""
    """Which answer says otherwise: `the answer`, or the read."""
    reading: Exchange | None = None
    written: Exchange | None = None
    """The request that sent it, where that is not the section's."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Equal for what is one defect."""
        return self.finding_class.name, f"{self.table}.{self.column}", self.telling.kind


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """A verdict without evidence."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def violated(
    subject: Subject, sight: Sight, experiment: Experiment, confirmed: Confirmation | None
) -> Verdict:
    """A finding, or a note."""
    stands = standing(sight.tier, confirmed, "the act's own values did not pass beside it")
    written = sight.written or sight.section.exchange
    exchanges = (written, *([sight.reading] if sight.reading else []))
    return stands.verdict(
        CHECK,
        subject.operation.id,
        sight.finding_class,
        table=sight.table,
        shape=f"{sight.column} {sight.telling.kind}",
        evidence=Evidence(
            experiment=experiment,
            control=control(subject, confirmed, "the act's own values"),
            exchanges=exchanges,
            crossings=sight.section.crossings,
            left=sight.rows,
            facts={
                "operation": subject.operation.id,
                "kind": sight.telling.kind,
                "field": sight.field,
                "sent": _shown(sight.telling.value),
                "column": f"{sight.table}.{sight.column}",
                "stored": _shown(sight.stored),
                "answer": str(written.status),
                "difference": sight.difference,
                "read": _shown(sight.read),
                "where": sight.where,
            },
        ),
    )


def _shown(value: Json) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
