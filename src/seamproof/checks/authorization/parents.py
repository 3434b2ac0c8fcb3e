"""Requests with several ids: one of the owner's, the rest of the sender's own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seamproof.core import references
from seamproof.core.access import Admission, Attempt
from seamproof.core.experiment import NOBODY, Act
from seamproof.core.model import Json, Step
from seamproof.core.subject import Subject

_OWN = "own_"
_SENDERS = 2
"""Who else it is tried as: one of another tenant, and a peer."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """The act as somebody who has made all of it again, but for one id that is the owner's."""

    attempt: Attempt
    name: str
    """The reference that is the owner's."""
    act: Act
    arrangement: tuple[Step, ...]
    """What the sender makes for themselves, behind the owner's."""


def mixtures(subject: Subject, others: Sequence[Attempt]) -> Iterator[Mixture]:
    """Each id of the act that the arrangement made beside another one."""
    scenario = subject.scenario
    made = {each.name for step in scenario.arrangement for each in step.extracts}
    used = [name for name in _referred(scenario.act) if name in made]
    if len(used) < 2:
        return
    refused = [each for each in others if each.identity != NOBODY and _refused(each)]
    # The farthest come first; of one standing one is enough.
    by_standing = {each.standing: each for each in reversed(refused)}
    chosen = sorted(by_standing.values(), key=lambda each: "tenant" in each.standing)
    for attempt in chosen[:_SENDERS]:
        arrangement = tuple(
            _own(step, made, attempt.identity)
            for step in scenario.arrangement
            if step.identity == scenario.act.identity
        )
        for name in used[1:]:
            act = _renamed(scenario.act, made - {name})
            yield Mixture(attempt, name, Act(act, identity=attempt.identity), arrangement)


def _refused(attempt: Attempt) -> bool:
    return attempt.admission is Admission.REFUSED and not attempt.wrote


def _own(step: Step, made: set[str], identity: str) -> Step:
    """A step of the arrangement that makes the same for somebody else."""
    renamed = _renamed(step, made)
    extracts = tuple(replace(each, name=f"{_OWN}{each.name}") for each in step.extracts)
    return replace(renamed, identity=identity, extracts=extracts)


def _renamed(step: Step, made: set[str]) -> Step:
    """A step whose references to these names are to the sender's own."""

    def change(name: str) -> str:
        return f"{_OWN}{name}" if name in made else name

    path = {
        name: f"{{{name}}}"
        for name in references.names(step.operation.path)
        if name not in step.path_parameters
    } | step.path_parameters
    return replace(
        step,
        path_parameters=_tree(path, change),
        query=_tree(step.query, change),
        headers=_tree(step.headers, change),
        json=_tree(step.json, change),
        form=_tree(step.form, change),
        multipart=_tree(step.multipart, change),
        text=_tree(step.text, change),
    )


def _tree(value: Json, change: Any) -> Any:
    if isinstance(value, str):
        return references.renamed(value, change)
    if isinstance(value, Mapping):
        return {key: _tree(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [_tree(each, change) for each in value]
    return value


def _referred(step: Step) -> list[str]:
    """The names that an act refers to, each once, those of the path first."""
    found = list(references.names(step.operation.path))
    for value in (
        step.path_parameters,
        step.query,
        step.headers,
        step.json,
        step.form,
        step.multipart,
        step.text,
    ):
        found += _names(value)
    return list(dict.fromkeys(found))


def _names(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield from references.names(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)
