"""Experiments with the calls that an act makes to other services.

provoke     each failure of each call; what a refusal leaves is learned before anything is judged
awaited     whether a job of the service settles in a while what a failure left
stalled     what is seen while a call is not answered: it costs a deadline, so one run shows all
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from seamproof.analysis.calls import place_calls
from seamproof.analysis.confirm import replay_all, settling
from seamproof.checks.rollback.classes import PARTIAL_STATE
from seamproof.checks.rollback.clean import Clean, Symptom
from seamproof.checks.rollback.judgement import Observation, judge
from seamproof.checks.rollback.outbound import learned
from seamproof.checks.rollback.outbound_classes import LOST_CALL, OF_STALLS, UNCOMPENSATED_CALL
from seamproof.checks.rollback.report import Case, violated
from seamproof.core.experiment import Experiment, Fault, FaultKind
from seamproof.core.history import History
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject
from seamproof.core.verdict import Tier, Verdict


def provoke(
    subject: Subject,
    clean: Clean,
    experiment: Callable[[Subject, Fault], Experiment],
    *,
    stalls: bool = True,
) -> Exploration[tuple[Clean, list[Observation]]]:
    """Fail each call in each way. Returns the clean run with what that says, and what it showed."""
    placements = [
        each
        for each in place_calls(clean.outbound.calls, deep=subject.deep, refusals=subject.refusals)
        if stalls or each.fault.kind is not FaultKind.STALL
    ]
    if not placements:
        return clean, []
    histories: tuple[History, ...] = yield tuple(
        experiment(subject, each.fault) for each in placements
    )
    clean = learned(clean, placements, histories)
    return clean, [judge(clean, p, h) for p, h in zip(placements, histories, strict=True)]


def awaited(
    subject: Subject, clean: Clean, symptom: Symptom, observed: Observation
) -> Exploration[bool]:
    """Whether it is gone after a while: a job has made the call, or taken it or the rows back."""
    settled = (UNCOMPENSATED_CALL, LOST_CALL, PARTIAL_STATE)
    if not clean.outbound.calls or symptom.finding_class not in settled:
        return False
    if symptom.tier is Tier.NOTE:
        return False
    first = observed.history.experiment
    history: History = yield settling(subject, replace(first, phases=first.phases[:1]))
    again = judge(clean, observed.placement, history)
    if again.trouble or again.missed:
        return False
    return not any(each.finding_class is symptom.finding_class for each in again.symptoms)


def is_stall(symptom: Symptom) -> bool:
    """Whether it is seen only while a call is not answered."""
    return symptom.finding_class in OF_STALLS


def stalled(subject: Subject, clean: Clean, cases: Sequence[Case]) -> Exploration[list[Verdict]]:
    """Confirm what stalled calls show: two replays of each beside the run that showed it first."""
    by_fault: dict[Fault, list[Case]] = {}
    for case in cases:
        by_fault.setdefault(case.observation.placement.fault, []).append(case)
    verdicts: list[Verdict] = []
    for together in by_fault.values():
        first = together[0].observation.history
        experiment = replace(first.experiment, phases=first.experiment.phases[:1])
        seen = replace(first, experiment=experiment, sections=first.sections[:1])
        shows = [_shows(clean, case) for case in together]
        confirmations = yield from replay_all(subject, experiment, shows, clean.holds, (seen,))
        verdicts += [
            violated(subject, clean, _alone(case, seen), confirmation)
            for case, confirmation in zip(together, confirmations, strict=True)
        ]
    return verdicts


def _alone(case: Case, seen: History) -> Case:
    """The case with nothing but the act that hung."""
    observed = replace(case.observation, history=seen)
    return replace(case, observation=observed, experiment=seen.experiment)


def _shows(clean: Clean, case: Case) -> Callable[[History], bool]:
    def shows(history: History) -> bool:
        again = judge(clean, case.observation.placement, history)
        return any(each.key == case.symptom.key for each in again.symptoms)

    return shows
