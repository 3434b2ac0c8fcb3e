"""What a run is asked for: which checks, which scenarios."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from seamproof.core import registry
from seamproof.core.errors import ConfigurationError, NothingExercised
from seamproof.core.model import SAFE_METHODS, Scenario, Step
from seamproof.core.registry import Part
from seamproof.core.verdict import Finding
from seamproof.discovery.scenarios import load_scenarios

if TYPE_CHECKING:
    from seamproof.config import Config
    from seamproof.run.provenance import Provenance

_SHOWN = 12
"""Refusals that an error shows."""
_UNAUTHORIZED = re.compile(r"40[13]\b")


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
    """Every scenario of a project's files. Raises ConfigurationError."""
    paths = [path for glob in config.scenarios for path in sorted(config.root.glob(glob))]
    return load_scenarios(paths, config.identities, config.service.retry_safe)


def asked_for(name: str, globs: Sequence[str]) -> bool:
    """Whether a glob matches the name of an operation or a scenario; without globs all are."""
    return not globs or any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def chosen(scenarios: Sequence[Scenario], globs: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios whose operation or name matches a glob; without globs all of them."""
    return tuple(
        each
        for each in scenarios
        if asked_for(each.operation.id, globs) or asked_for(each.name, globs)
    )


def matching(scenarios: Sequence[Scenario], globs: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios whose operation or name matches a glob. Raises NothingExercised for none."""
    found = chosen(scenarios, globs)
    if not found:
        operations = sorted({scenario.operation.id for scenario in scenarios})
        known = ", ".join(operations)
        near = {each for glob in globs for each in difflib.get_close_matches(glob, operations, n=1)}
        meant = f"did you mean {', '.join(sorted(near))}? " if near else ""
        raise NothingExercised(
            f"no operation matches {', '.join(globs)}", hint=f"{meant}known: {known}"
        )
    return found


def nothing(config: Config, refusals: Mapping[str, str] | None = None) -> NothingExercised:
    """Why a run has nothing to do: no scenario, and none found for the operations of `refusals`."""
    if not refusals:
        problem = f"no scenario file matches {', '.join(config.scenarios)} in {config.root}"
        hint = "write one: docs/how-to/write-scenarios.md"
        if "*" not in config.discovery.skip:
            problem += (
                f", and no OpenAPI document is at {config.service.openapi or 'a usual place'}"
            )
            hint = f"say where it is, service.openapi, or {hint}"
        return NothingExercised(problem, hint=hint)
    strangers = sum(_UNAUTHORIZED.match(text) is not None for text in refusals.values())
    hint = "see the refusals, and write a scenario: docs/how-to/write-scenarios.md"
    if strangers * 2 > len(refusals):
        names = ", ".join(config.identities) or "nobody"
        hint = f"nobody is let in: see [identities] ({names}), their passwords and roles"
    return NothingExercised(
        f"no request was found that any of {len(refusals)} operations answers with a success",
        hint=hint,
        details=tuple(f"{name}: {text}" for name, text in list(refusals.items())[:_SHOWN]),
    )


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
    part = _part(finding, parts)
    experiment = finding.evidence.experiment
    act = experiment.phases[0].acts[0].step if experiment is not None else None
    of_operation = [
        each
        for each in scenarios
        if each.operation.id == finding.operation and each.serves(finding.check)
    ]
    exact = [each for each in of_operation if each.act == act]
    if not of_operation and finding.cause:
        # What several operations share, or none has, is shown again with any of them.
        serving = [each for each in scenarios if each.serves(finding.check)]
        of_operation = [each for each in serving if each.operation.id in finding.also] or serving
        of_operation = of_operation[:1]
    if not of_operation:
        raise ConfigurationError(
            f"{finding.id} is of {finding.operation}, which no scenario for {finding.check} reaches"
            " any more"
        )
    return part, tuple(exact or of_operation)


def of_test(
    finding: Finding, parts: dict[str, Part], provenance: Provenance, config: Config
) -> tuple[dict[str, Part], tuple[Scenario, ...]]:
    """The same for a finding of what a test has sent. Raises ConfigurationError."""
    part, scenario = _part(finding, parts), provenance.scenario
    identity, lacks = scenario.act.identity, provenance.only_there
    if not lacks and identity is not None and identity not in config.identities:
        lacks = f"the identity {identity}"
    if lacks:
        raise ConfigurationError(
            f"{finding.id} is of a test, and {lacks} is only there", hint=provenance.command
        )
    return part, (scenario,)


def _part(finding: Finding, parts: dict[str, Part]) -> dict[str, Part]:
    if finding.check not in parts:
        raise ConfigurationError(f"{finding.id} is of the check {finding.check!r}, which is gone")
    return {finding.check: parts[finding.check]}
