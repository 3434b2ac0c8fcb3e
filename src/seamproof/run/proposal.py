"""Healed scenarios as changes of their files, and as what a person reads."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.core.model import Scenario
from seamproof.discovery import filing
from seamproof.discovery.rewriting import NotEditable, rewritten
from seamproof.plan.healing import Behaviour, Evidence, Healed, Healing

if TYPE_CHECKING:
    from seamproof.config import Config

_SHOWN = 6
"""Scenarios that are named at once."""
_CHANGES = 60
"""Changed behaviours that are shown."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One scenario file, before and after."""

    path: Path
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be written, and what a person must write."""

    files: tuple[FileChange, ...]
    by_hand: tuple[tuple[Scenario, str], ...] = ()
    """Scenarios whose file cannot be edited, each with the reason."""


def propose(healed: Healed, scenarios: Sequence[Scenario], config: Config) -> Proposal:
    """The changes of files that heal scenarios. Raises ConfigurationError for unreadable ones."""
    by_file: dict[Path, dict[str, Scenario]] = {}
    taken = {each.name for each in scenarios}
    for each in healed.healings:
        path = Path(each.before.source.rpartition(":")[0])
        by_file.setdefault(path, {})[each.before.name] = _named(each, taken)
    files: list[FileChange] = []
    by_hand: list[tuple[Scenario, str]] = []
    for path, changed in by_file.items():
        text = _text(path)
        try:
            after = _rewritten(text, changed, config)
        except NotEditable as error:
            by_hand += [(each, str(error)) for each in changed.values()]
            continue
        files.append(FileChange(path, text, after))
    return Proposal(tuple(files), tuple(by_hand))


def apply(proposal: Proposal) -> None:
    """Write the files, each at once. Raises MachineError where one cannot be written."""
    for each in proposal.files:
        try:
            filing.replace(each.path, each.after)
        except OSError as error:
            raise MachineError(
                f"{each.path} cannot be written: {error.strerror}", hint="make it writable"
            ) from error


def _rewritten(text: str, changed: Mapping[str, Scenario], config: Config) -> str:
    return rewritten(text, changed, config.identities, config.service.retry_safe)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from None


def _named(healing: Healing, taken: set[str]) -> Scenario:
    """The scenario; one that is called by its operation is called by the new one."""
    old, new = healing.before.operation.id, healing.after.operation.id
    if healing.before.name == old and new not in taken:
        return replace(healing.after, name=new)
    return healing.after


# What a person reads


def lines(healed: Healed, proposal: Proposal, root: Path) -> Iterator[str]:
    """The evidence, the unified diff, and what is not healed."""
    for each in healed.evidence:
        yield from _evidence(each)
    for change in proposal.files:
        yield from _diff(change, root)
    for scenario, reason in proposal.by_hand:
        yield f"to be changed by hand: {scenario.name} ({scenario.source}): {reason}"
        yield ""
    for told in healed.behaviours[:_CHANGES]:
        yield from _behaviour(told)
    if len(healed.behaviours) > _CHANGES:
        yield f"and {len(healed.behaviours) - _CHANGES} more changes of behaviour"
    if healed.behaviours:
        yield ""


def _evidence(evidence: Evidence) -> Iterator[str]:
    yield f"{evidence.operation}: {'; '.join(evidence.words)}"
    yield from (f"  document: {each}" for each in evidence.document)
    yield f"  before:   {evidence.before}"
    yield f"  after:    {evidence.after}"
    yield f"  in:       {_names(evidence.scenarios)}"
    yield ""


def _diff(change: FileChange, root: Path) -> Iterator[str]:
    path = change.path
    name = path.relative_to(root) if path.is_relative_to(root) else path
    yield from difflib.unified_diff(
        change.before.splitlines(), change.after.splitlines(), f"a/{name}", f"b/{name}", lineterm=""
    )
    yield ""


def _behaviour(told: Behaviour) -> Iterator[str]:
    kind = "breaking" if told.breaking else "not breaking"
    yield f"changed behaviour, {kind}: {told.operation}: {told.words}"
    if told.scenarios:
        yield f"  in: {_names(told.scenarios)}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
