"""The nouns of importing: requests that were sent, and what their responses gave.

A step of a `Sent` refers to what others gave by the key of a `Given`, as `{g3}`. Each scenario
then has readable names of its own for them, so that no name is numbered by what it does not use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from seamproof.core.model import Json, Operation, Step
from seamproof.core.references import names
from seamproof.discovery.importers.source import Node

MOST_STEPS = 50
"""Steps that an arrangement may have."""
UUID = "uuid"
"""The reference that is a fresh UUID; nothing gives it."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who imports says of the file."""

    base: str | None = None
    """The address that is the service's `/` in the file."""
    environment: Node | None = None
    """A file of variables beside it."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value of a response that later requests use."""

    index: int
    """The request whose response it is of."""
    source: str
    """Where it is there, as `$.id`."""
    name: str
    """What it is best called."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that can be a step, and why."""

    index: int
    place: str
    """Where it stands in the file, for a person."""
    step: Step
    acts: bool
    """Whether it is to be an act: it succeeded, and is worth one."""
    after: frozenset[int] = frozenset()
    """Requests that come before it, though it uses nothing of their responses."""
    name: str = ""
    """What its scenario is called; the operation where empty."""


def mapped(step: Step, change: Callable[[str], Json]) -> Step:
    """The step with every text of its parameters, headers and body changed."""
    return replace(
        step,
        path_parameters=_changed(step.path_parameters, change),
        query=_changed(step.query, change),
        headers=_changed(step.headers, change),
        json=_changed(step.json, change),
        form=_changed(step.form, change),
        text=_changed(step.text, change),
    )


def _changed(value: Json, change: Callable[[str], Json]) -> Json:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {str(change(name)): _changed(each, change) for name, each in value.items()}
    if isinstance(value, list):
        return [_changed(each, change) for each in value]
    return value


def references(step: Step) -> list[str]:
    """The keys that a step refers to, in order, each once."""
    found: dict[str, None] = {}

    def see(text: str) -> str:
        found.update(dict.fromkeys(names(text)))
        return text

    mapped(step, see)
    return [key for key in found if key != UUID]


class Changes:
    """Which requests changed a thing, for those that change it later: a cart is filled, then paid.

    A thing is what the last parameter of a path names.
    """

    def __init__(self) -> None:
        self._made: dict[str, dict[str, list[int]]] = {}

    def before(self, operation: Operation, things: Iterable[str]) -> frozenset[int]:
        """Earlier changes of these things; repetitions of the operation itself are none."""
        return frozenset(
            index
            for each in things
            for other, indexes in self._made.get(each, {}).items()
            if other != operation.id
            for index in indexes
        )

    def note(self, index: int, operation: Operation, things: Iterable[str]) -> None:
        """Take note of a change."""
        for each in things:
            made = self._made.setdefault(each, {}).setdefault(operation.id, [])
            if len(made) <= MOST_STEPS:
                made.append(index)


def last_named(parameters: Mapping[str, Json]) -> str | None:
    """The thing that the last parameter of a path names; None where it has no parameters."""
    if not parameters:
        return None
    name, value = list(parameters.items())[-1]
    return f"{name}={value}"
