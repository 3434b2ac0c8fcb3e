"""A stored finding with the steps that lead to it: of the project's scenarios, else of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import Experiment
from seamproof.core.model import Scenario, Step
from seamproof.core.verdict import Finding, FindingClass
from seamproof.run import selection
from seamproof.run.catalogue import classes_of

if TYPE_CHECKING:
    from seamproof.config import Config


@dataclass(frozen=True, slots=True)
class Origin:
    """A finding, and what is needed to show it again."""

    finding: Finding
    scenario: Scenario
    experiment: Experiment
    known: FindingClass | None
    """What its check says of its class."""
    copies: int
    """How many copies of the service it takes."""


def origin(finding: Finding, config: Config) -> Origin:
    """What a finding is of. Raises ConfigurationError where it holds no experiment, or its check is
    not there."""
    experiment = finding.evidence.experiment
    if experiment is None or not experiment.phases:
        raise ConfigurationError(
            f"{finding.id} is of no request, so no test can send it: {finding.finding_class}",
            hint=f"`seamproof replay {finding.id}` shows it again",
        )
    parts = selection.checks((finding.check,))
    known = {each.name: each for part in parts.values() for each in classes_of(part)}
    return Origin(
        finding,
        _scenario(finding, experiment, selection.all_scenarios(config)),
        experiment,
        known.get(finding.finding_class),
        _copies(experiment),
    )


def _scenario(finding: Finding, experiment: Experiment, known: Sequence[Scenario]) -> Scenario:
    """The steps that the finding is of. Its experiment may send another request than the act."""
    sent = experiment.phases[0].acts[0].step
    control = finding.evidence.control
    right = control.exchange.act.step if control is not None and control.exchange else sent
    for act in (sent, right):
        for each in known:
            if (each.act, each.arrangement) == (act, experiment.arrangement):
                return each
    for each in known:
        if each.operation.id == finding.operation and each.serves(finding.check):
            return each
    act = right if right.operation == sent.operation else sent
    return Scenario(_name(act), replace(act, extracts=()), experiment.arrangement)


def _name(step: Step) -> str:
    return f"{step.operation.method} {step.operation.path}"


def _copies(experiment: Experiment) -> int:
    acts = [act for phase in experiment.phases for act in phase.acts]
    most = max(len(phase.acts) for phase in experiment.phases)
    return max(most, *(act.replica + 1 for act in acts))
