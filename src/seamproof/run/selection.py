"""What a run is asked for: which checks, which scenarios."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seamproof.core import registry
from seamproof.core.errors import ConfigurationError, NothingExercised
from seamproof.core.model import SAFE_METHODS, Scenario, Step
from seamproof.core.registry import Part
from seamproof.core.verdict import Finding
from seamproof.discovery.scenarios import load_scenarios

if TYPE_CHECKING:
    from seamproof.config import Config


def checks(names: Sequence[str]) -> dict[str, Part]:
    """The checks of these names, all of them for none. Raises ConfigurationError."""
    known = registry.discover(registry.CHECK)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise ConfigurationError(
                f"no check is called {name!r}", hint=f"{meant}known: {', '.join(known)}"
            )
    return {name: part for name, part in known.items() if not names or name in names}


def all_scenarios(config: Config) -> tuple[Scenario, ...]:
    """Every scenario of a project. Raises ConfigurationError, or NothingExercised for none."""
    paths = [path for glob in config.scenarios for path in sorted(config.root.glob(glob))]
    if not paths:
        raise NothingExercised(
            f"no scenario file matches {', '.join(config.scenarios)} in {config.root}",
            hint="write one: docs/how-to/write-scenarios.md",
        )
    scenarios = load_scenarios(paths, config.identities, config.service.retry_safe)
    if not scenarios:
        raise NothingExercised(
            f"no scenario in {', '.join(map(str, paths))}",
            hint="write one: docs/how-to/write-scenarios.md",
        )
    return scenarios


def matching(scenarios: Sequence[Scenario], globs: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios whose operation or name matches a glob. Raises NothingExercised for none."""
    chosen = tuple(
        scenario
        for scenario in scenarios
        if not globs
        or any(
            fnmatch.fnmatchcase(text, glob)
            for glob in globs
            for text in (scenario.operation.id, scenario.name)
        )
    )
    if not chosen:
        operations = sorted({scenario.operation.id for scenario in scenarios})
        known = ", ".join(operations)
        near = {each for glob in globs for each in difflib.get_close_matches(glob, operations, n=1)}
        meant = f"did you mean {', '.join(sorted(near))}? " if near else ""
        raise NothingExercised(
            f"no operation matches {', '.join(globs)}", hint=f"{meant}known: {known}"
        )
    return chosen


def harmless(scenarios: Sequence[Scenario]) -> tuple[Step, ...]:
    """Reads that need nothing before them, of all scenarios: also of those not chosen."""
    return tuple(
        scenario.act
        for scenario in scenarios
        if scenario.operation.method in SAFE_METHODS and not scenario.arrangement
    )


def of_finding(
    finding: Finding, parts: dict[str, Part], scenarios: Sequence[Scenario]
) -> tuple[dict[str, Part], tuple[Scenario, ...]]:
    """The check and the scenarios that a stored finding needs. Raises ConfigurationError."""
    if finding.check not in parts:
        raise ConfigurationError(f"{finding.id} is of the check {finding.check!r}, which is gone")
    experiment = finding.evidence.experiment
    act = experiment.phases[0].acts[0].step if experiment is not None else None
    of_operation = [
        each
        for each in scenarios
        if each.operation.id == finding.operation and each.serves(finding.check)
    ]
    exact = [each for each in of_operation if each.act == act]
    if not of_operation:
        raise ConfigurationError(
            f"{finding.id} is of {finding.operation}, which no scenario for {finding.check} reaches"
            " any more"
        )
    return {finding.check: parts[finding.check]}, tuple(exact or of_operation)
