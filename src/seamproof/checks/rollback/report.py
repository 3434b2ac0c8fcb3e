"""Verdicts of `rollback` with their evidence: what was seen, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seamproof.analysis.background import foreground
from seamproof.analysis.calls import answered, calls, open_during, stub
from seamproof.analysis.confirm import Confirmation, standing
from seamproof.analysis.intervals import WRITES, Placement, rolls_back, written
from seamproof.checks.rollback.classes import LOST_WRITE, SERVICE_DIED
from seamproof.checks.rollback.clean import Clean, Symptom
from seamproof.checks.rollback.judgement import Observation
from seamproof.checks.rollback.outbound_classes import ERROR_NOT_TRANSLATED, OF_STALLS
from seamproof.core.counting import counted
from seamproof.core.experiment import Experiment, FaultKind
from seamproof.core.history import (
    Crossing,
    CrossingKind,
    Exchange,
    History,
    RowChange,
    Section,
    Silence,
)
from seamproof.core.subject import Subject
from seamproof.core.verdict import Control, Evidence, Outcome, Verdict

_CHECK = "rollback"
TRIES = 3
"""How often the act may fail after a fault before the service counts as not recovering."""

_LONGEST = 120
"""Characters of a statement in a title; the evidence has it whole."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a finding is made of."""

    symptom: Symptom
    observation: Observation
    first: Placement
    """The first placement that showed the same: it names the defect over runs."""
    experiment: Experiment | None = None
    """The minimal one; the observation's own where it was not minimised."""
    others: int = 0
    """Other places where a failure leaves a part, for the same reason."""


def held(subject: Subject, clean: Clean, observations: Sequence[Observation]) -> Verdict:
    """Every fault that was reached left all or nothing."""
    reached = [each for each in observations if each.state is not None]
    crossings = {each.placement.crossing.key for each in reached}
    reason = (
        f"{len(reached)} faults at {len(crossings)} crossings; "
        f"exhaustive over {len(clean.intervals)} commit intervals"
    )
    tried = [each for each in clean.outbound.calls if answered(each)]
    if tried:
        reason += f" and {len(tried)} calls to other services"
    if unfaked := {each.key.shape for each in clean.outbound.calls} - {e.key.shape for e in tried}:
        reason += f"; not tried, for nothing fakes it: {', '.join(sorted(unfaked))}"
    drifted = sum(bool(each.missed) for each in observations)
    if drifted:
        reason += f"; {drifted} faults not reached"
    ambiguous = sum(each.ambiguous for each in observations)
    if ambiguous:
        reason += f"; {ambiguous} ambiguous answers"
    evidence = Evidence(
        control=_control(clean.exchange, clean.compared(clean.history.section).left),
        masked=clean.mask.hidden(clean.effect.tables),
        facts={
            "faults": len(reached),
            "crossings": len(crossings),
            "intervals": len(clean.intervals),
            "not_reached": drifted,
            "ambiguous": ambiguous,
        },
    )
    return Verdict(Outcome.HELD, _CHECK, subject.operation.id, reason, evidence=evidence)


def inconclusive(subject: Subject, reason: str, observed: Observation | None = None) -> Verdict:
    """Nothing follows from what was seen."""
    evidence = Evidence()
    if observed is not None:
        evidence = Evidence(
            experiment=observed.history.experiment,
            exchanges=tuple(e for s in observed.history.sections for e in s.exchanges),
            crossing=observed.placement.crossing,
        )
    return Verdict(Outcome.INCONCLUSIVE, _CHECK, subject.operation.id, reason, evidence=evidence)


def violated(
    subject: Subject, clean: Clean, case: Case, confirmation: Confirmation | None
) -> Verdict:
    """A finding: proven, suspected or a note; inconclusive where it did not come again."""
    symptom = case.symptom
    stands = standing(symptom.tier, confirmation, "the act without a fault did not pass beside it")
    return stands.verdict(
        _CHECK,
        subject.operation.id,
        symptom.finding_class,
        # A call is no table's: the same one may be seen with this state left and with that.
        table="" if symptom.call else symptom.comparison.table,
        shape=_shape(case, clean),
        cause=symptom.cause or _cause(case),
        evidence=_evidence(subject, clean, case, confirmation),
    )


def _cause(case: Case) -> str:
    """Who meets the error of a write so badly, from wherever it is called: the code that writes
    this table so and goes on, or the code of this statement, where it ends the process."""
    placement, finding_class = case.observation.placement, case.symptom.finding_class
    crossing = placement.crossing
    if placement.fault.kind is not FaultKind.ERROR or crossing.kind not in WRITES:
        return ""
    if finding_class is SERVICE_DIED:
        return crossing.key.shape
    return written(crossing) if finding_class is LOST_WRITE else ""


def _shape(case: Case, clean: Clean) -> str:
    """What names the defect over runs."""
    call = case.symptom.call
    if call is None:
        return _naming(case.first, clean).key.shape
    # However many of its calls fail so: what is missing stands in one place.
    return stub(call) if case.symptom.finding_class is ERROR_NOT_TRANSLATED else call.key.shape


def _naming(placement: Placement, clean: Clean) -> Crossing:
    """The statement that a person must look at: a COMMIT says less than the write before it."""
    if placement.crossing.kind is not CrossingKind.COMMIT or placement.interval < 0:
        return placement.crossing
    return clean.intervals[placement.interval].writes[-1]


def _place(placement: Placement, named: Crossing) -> str:
    """Where the fault was, in words: a COMMIT is told by the write before it."""
    statement = f"`{named.key.shape[:_LONGEST]}`"
    if named.kind is CrossingKind.CALL:
        return f"the call {statement}"
    at_commit = placement.crossing.kind is CrossingKind.COMMIT and named is not placement.crossing
    return f"the COMMIT after {statement}" if at_commit else statement


def _evidence(
    subject: Subject, clean: Clean, case: Case, confirmation: Confirmation | None
) -> Evidence:
    history, comparison = case.observation.history, case.symptom.comparison
    exchanges = tuple(each for section in history.sections for each in section.exchanges)
    expected = clean.compared(clean.history.section).left
    # What a call that hangs or escapes is about is the answer: rows would only distract.
    rows = case.symptom.finding_class not in (*OF_STALLS, ERROR_NOT_TRANSLATED)
    control = confirmation.control if confirmation else clean.history
    return Evidence(
        experiment=case.experiment or history.experiment,
        control=_control(
            control.sections[0].exchange if control.sections else None,
            expected,
            confirmation.passed if confirmation else True,
        ),
        exchanges=exchanges,
        crossing=case.symptom.call or _met(history, case.observation.placement),
        crossings=foreground(history.section.crossings, subject.profile.background),
        left=comparison.left if rows else (),
        expected=expected if rows else (),
        masked=clean.mask.hidden(clean.effect.tables),
        facts={
            "operation": subject.operation.id,
            **_fault_facts(clean, case.observation.placement),
            "answer": _answer(exchanges[0]),
            "retry": _answer(exchanges[-1]) if len(exchanges) > 1 else None,
            "state": str(comparison.state),
            "left_rows": len(comparison.left),
            "missing_rows": len(comparison.missing),
            "expected_rows": len(expected),
            "tables": ", ".join(sorted({each.table for each in comparison.left})),
            "tries": TRIES,
            "others": _others(case.others),
            "rolled_back": _rolled_back(history.section),
            **_call_facts(clean, case.symptom, history.section),
        },
    )


def _fault_facts(clean: Clean, placement: Placement) -> dict[str, str | int]:
    """What was broken, and where."""
    crossing = _naming(placement, clean)
    return {
        "fault": placement.fault.label,
        "place": _place(placement, crossing),
        "statement": crossing.key.shape[:_LONGEST],
        "occurrence": crossing.key.occurrence,
        "interval": placement.interval + 1,
        "intervals": len(clean.intervals),
    }


def _others(count: int) -> str:
    return f" Failures at {counted(count, 'other place')} leave other parts." if count else ""


def _rolled_back(section: Section) -> str:
    """How `trace` tells the same defect."""
    return "COMMIT answers ROLLBACK, " if any(map(rolls_back, section.crossings)) else ""


def _call_facts(clean: Clean, symptom: Symptom, section: Section) -> dict[str, str | int]:
    """What became of the calls to other services, and of the one that the defect is about."""
    profile = clean.mask.profile
    made = calls(section, profile)
    if not made:
        return {}
    facts: dict[str, str | int] = {
        "calls": ", ".join(f"{each.key.shape} -> {_became(each)}" for each in made)
    }
    if symptom.call is not None:
        facts |= {
            "call": symptom.call.key.shape,
            "stub": stub(symptom.call),
            "call_status": _became(symptom.call),
        }
        transaction = open_during(section, symptom.call, profile)
        if transaction is not None and transaction.writes:
            facts["statement"] = transaction.writes[0].key.shape[:_LONGEST]
    if section.exchange.silence is Silence.TIMEOUT:
        facts["deadline"] = f"{section.exchange.received - section.exchange.sent:.1f} s"
    return facts


def _became(call: Crossing) -> str:
    """The status that a call was answered, or why it was not."""
    if call.response is not None and call.fault is None:
        return str(call.response.status)
    return call.fault.label if call.fault else "no answer"


def _met(history: History, placement: Placement) -> Crossing:
    """The crossing as it was under the fault; that of the clean run where it left no trace."""
    for crossing in history.section.crossings:
        if crossing.fault == placement.fault:
            return crossing
    return placement.crossing


def _control(
    exchange: Exchange | None, changes: tuple[RowChange, ...], passed: bool = True
) -> Control:
    return Control("the same act with no fault", exchange, changes, passed)


def _answer(exchange: Exchange) -> str:
    """The status, or why there is none."""
    return str(exchange.status) if exchange.response else f"no answer ({exchange.silence})"
