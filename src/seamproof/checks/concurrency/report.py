"""Verdicts of `concurrency` with their evidence: what was seen, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from seamproof.analysis.changes import Comparison, paired
from seamproof.analysis.confirm import Confirmation, standing
from seamproof.checks.concurrency.culprits import culprits
from seamproof.checks.concurrency.oracle import Judgement, Oracle, answers, stop_of
from seamproof.checks.concurrency.pairs import Pair
from seamproof.checks.concurrency.schedules import Interleaving
from seamproof.core.history import Crossing, CrossingKind, History, RowChange
from seamproof.core.subject import Subject
from seamproof.core.verdict import (
    Control,
    Evidence,
    FindingClass,
    Outcome,
    Tier,
    Verdict,
)

CHECK = "concurrency"
_LONGEST = 120


@dataclass(slots=True)
class Tally:
    """What was tried, for the reason under which a verdict held."""

    pairs: int = 0
    schedules: int = 0
    interleavings: int = 0
    locked: int = 0
    kept_apart: int = 0
    missed: int = 0
    whole: dict[int, bool] = field(default_factory=dict)
    """By a number of stops, whether every schedule with so many was tried, of every pair."""

    def count(self, judged: Judgement) -> None:
        """Count one schedule that was run."""
        self.schedules += 1
        self.locked += judged.locked
        self.kept_apart += judged.kept_apart
        self.missed += judged.missed

    def tried(self, stops: int, *, whole: bool) -> None:
        """Count that schedules of a pair with so many stops were tried: all, or the first only."""
        self.whole[stops] = self.whole.get(stops, True) and whole

    @property
    def _exhausted(self) -> int:
        """The stops up to which every schedule was tried."""
        return next((stops - 1 for stops in (1, 2, 3) if not self.whole.get(stops)), 0)

    @property
    def blind(self) -> bool:
        """Whether no schedule could be forced."""
        return self.schedules > 0 and self.missed == self.schedules

    def __str__(self) -> str:
        if not self.schedules:
            return "no crossing of one act conflicts with the other's"
        parts = [f"{self.schedules} schedules of {self.pairs} pair{'s' * (self.pairs != 1)}"]
        stops = self._exhausted
        if stops:
            parts.append(f"exhaustive up to {stops} preemption{'s' * (stops != 1)}")
        else:
            parts.append("the likeliest of those with one preemption")
        if self.locked:
            parts.append(f"{self.locked} kept apart by locks of the database")
        if self.kept_apart:
            parts.append(f"{self.kept_apart} kept apart by something outside of the database")
        if self.missed:
            parts.append(f"{self.missed} not reached")
        return "; ".join(parts)


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """A verdict without evidence."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


@dataclass(frozen=True, slots=True)
class Case:
    """What a finding is made of."""

    pair: Pair
    oracle: Oracle
    interleaving: Interleaving
    judged: Judgement
    finding_class: FindingClass
    tier: Tier
    serializable: str = ""
    """What a stronger isolation level alone does: `helps`, `does not help`; empty if not tried."""


def violated(subject: Subject, case: Case, confirmation: Confirmation | None) -> Verdict:
    """A finding: proven, suspected or a note; inconclusive where it did not come again."""
    stands = standing(case.tier, confirmation, "the same acts one after the other did not pass")
    named = _naming(case)
    return replace(stands, reason=_doubt(case, stands.reason)).verdict(
        CHECK,
        subject.operation.id,
        case.finding_class,
        table=_table(case),
        shape=named.key.shape,
        evidence=_evidence(subject, case, confirmation, named),
    )


def _doubt(case: Case, reason: str) -> str:
    """Why a finding does not stand, and which: of what pair, and what the clients were told."""
    if not reason:
        return ""
    told = answers(case.judged.history.section.exchanges)
    second = case.pair.acts[1].operation.id
    beside = "twice" if case.pair.alike else f"beside {second}"
    return f"{case.finding_class.name} {beside} ({told}): {reason}"


def _naming(case: Case) -> Crossing:
    """The statement before which the first act stood: of a COMMIT, the write before it."""
    stop = case.interleaving.stops[0]
    if stop.kind is not CrossingKind.COMMIT:
        return stop
    order = case.interleaving.stopped
    before = [
        each
        for each in case.oracle.histories[order].section.crossings
        if each.replica == order
        and each.connection == stop.connection
        and each.started < stop.started
        and each.kind is CrossingKind.WRITE
    ]
    return before[-1] if before else stop


def _table(case: Case) -> str:
    assert case.judged.outcome is not None
    _, compared = case.oracle.nearest(case.judged.outcome)
    return min(_differing(compared), default="")


def _differing(compared: Comparison) -> set[str]:
    """The tables whose rows are others than in the nearest order; where none are, all changed."""
    tables = {row.table for row in compared.missing + compared.extra}
    return tables or {row.table for row in compared.left}


def _evidence(
    subject: Subject, case: Case, confirmation: Confirmation | None, named: Crossing
) -> Evidence:
    history, judged = case.judged.history, case.judged
    assert judged.outcome is not None
    order, compared = case.oracle.nearest(judged.outcome)
    catalog = subject.catalog
    controls = tuple(
        _control(label, run, tuple(paired((row for _, row in outcome.state.rows), catalog)))
        for label, run, outcome in zip(
            ("A, then B", "B, then A"),
            case.oracle.histories,
            case.oracle.serial,
            strict=True,
        )
    )
    stop = case.interleaving.stops[0]
    position = stop_of(history, case.interleaving.stopped, stop.key)
    crossings = history.section.crossings
    known = culprits(subject, history.section, _differing(compared))
    return Evidence(
        experiment=history.experiment,
        control=Control(
            "the same two, one after the other",
            controls[order].exchange,
            controls[order].changes,
            confirmation is None or confirmation.passed,
        ),
        controls=controls,
        exchanges=history.section.exchanges,
        crossing=stop if position is None else crossings[position],
        crossings=crossings,
        left=compared.left,
        expected=controls[order].changes,
        masked=case.oracle.mask.hidden(judged.outcome.state.tables),
        facts={
            "operation": subject.operation.id,
            "pair": case.pair.name,
            "answers": answers(history.section.exchanges),
            "orders": _orders(case.oracle),
            "death": judged.death or None,
            "statement": named.key.shape[:_LONGEST],
            "occurrence": named.key.occurrence,
            "preemptions": len(case.interleaving.stops),
            "seeded": case.pair.seeded or None,
            "serializable": case.serializable or None,
            "locked": judged.locked or None,
            "read": known.read if known else None,
            "meanwhile": known.meanwhile if known else None,
            "written": known.written if known else None,
            "calls": _calls(judged),
            "tables": ", ".join(judged.outcome.state.tables),
        },
    )


def _control(label: str, history: History, changes: tuple[RowChange, ...]) -> Control:
    return Control(f"{label}: {answers(history.section.exchanges)}", None, changes)


def _orders(oracle: Oracle) -> str:
    """What the clients are told in the serial orders."""
    told: Sequence[str] = [answers(each.section.exchanges) for each in oracle.histories]
    return " or ".join(dict.fromkeys(told))


def _calls(judged: Judgement) -> str:
    assert judged.outcome is not None
    return ", ".join(f"{shape} {count} times" for (shape, _), count in judged.outcome.calls.items())
