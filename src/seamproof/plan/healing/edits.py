"""Changes of a step, as data, so that one that healed a step is done to every other like it.

Where a value is in a step is said by names and indexes: `("query", "page")`, `("json", "items", 0,
"qty")`. The first is the key that a scenario file has for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from seamproof.analysis.compatibility.pairing import parameters
from seamproof.core.model import Extract, Json, Operation, Step
from seamproof.plan.synthesis.drafts import put, without
from seamproof.plan.synthesis.suppliers import at, has

Address = tuple[str | int, ...]

BODIES = ("json", "form", "multipart")
_NAMES = {"path": "parameter of the path", "query": "query parameter", "headers": "header"}


class Edit(Protocol):
    """One change."""

    def applied(self, step: Step) -> Step | None:
        """The step with it, None where there is nothing to change."""
        ...

    @property
    def words(self) -> str:
        """What it does, for a person."""
        ...


@dataclass(frozen=True, slots=True)
class Move:
    """A value has another name, or is sent elsewhere."""

    old: Address
    new: Address

    def applied(self, step: Step) -> Step | None:
        """The step with the value at its new place."""
        if not holds(step, self.old) or holds(step, self.new):
            return None
        value = read(step, self.old)
        if self.old[:-1] == self.new[:-1]:
            return _with_name(step, self.old, str(self.new[-1]))
        return written(cut(step, self.old), self.new, value)

    @property
    def words(self) -> str:
        """From where to where."""
        if self.old[0] == self.new[0]:
            return f"{spoken(self.old)} is {dotted(self.new)} now"
        return f"{spoken(self.old)} is the {spoken(self.new)} now"


@dataclass(frozen=True, slots=True)
class Put:
    """A value that was not sent, or another one."""

    at: Address
    value: Json
    was: Json = None
    changes: bool = False
    """Whether it takes the place of `was`, and of nothing else."""

    def applied(self, step: Step) -> Step | None:
        """The step with the value."""
        there = holds(step, self.at)
        if there != self.changes or (there and read(step, self.at) != self.was):
            return None
        if len(self.at) > 2 and not holds(step, self.at[:-1]):
            return None
        return written(step, self.at, self.value)

    @property
    def words(self) -> str:
        """What is sent now."""
        if self.changes:
            return f"{spoken(self.at)} is sent as {self.value!r}, was {self.was!r}"
        return f"{spoken(self.at)} is sent, as {self.value!r}"


@dataclass(frozen=True, slots=True)
class Drop:
    """A value that is sent no more."""

    at: Address

    def applied(self, step: Step) -> Step | None:
        """The step without it."""
        return cut(step, self.at) if holds(step, self.at) else None

    @property
    def words(self) -> str:
        """What is left out."""
        return f"{spoken(self.at)} is sent no more"


@dataclass(frozen=True, slots=True)
class Readdress:
    """Another operation: its path, its method, or both."""

    old: Operation
    new: Operation
    names: tuple[tuple[str, str], ...] = ()
    """What the parameters of the old path are called in the new one."""

    def applied(self, step: Step) -> Step | None:
        """The step at its new address; every parameter of the path is said, also as `{name}`."""
        if (step.operation.method, step.operation.path) != (self.old.method, self.old.path):
            return None
        names = dict(self.names)
        values = {
            each: step.path_parameters.get(each, f"{{{each}}}")
            for each in parameters(step.operation.path)
        }
        path = {names.get(each, each): value for each, value in values.items()}
        operation = replace(self.new, retry_safe=step.operation.retry_safe)
        return replace(step, operation=operation, path_parameters=path)

    @property
    def words(self) -> str:
        """Which operation is which."""
        return f"{self.old.id} is {self.new.id} now"


@dataclass(frozen=True, slots=True)
class Recast:
    """The body is sent in another form."""

    old: str
    new: str

    def applied(self, step: Step) -> Step | None:
        """The step with its body under another key."""
        body = getattr(step, self.old)
        if body is None or (self.new != "json" and not isinstance(body, dict)):
            return None
        return _with_parts(step, {self.old: None, self.new: body})

    @property
    def words(self) -> str:
        """Which form is which."""
        return f"the body is sent as {self.new} now, was {self.old}"


@dataclass(frozen=True, slots=True)
class Resource:
    """An extracted value is elsewhere in the answer."""

    name: str
    old: str
    new: str

    def applied(self, step: Step) -> Step | None:
        """The step that extracts it from there."""
        wanted = Extract(self.name, self.old)
        if wanted not in step.extracts:
            return None
        found = Extract(self.name, self.new)
        return replace(
            step, extracts=tuple(found if each == wanted else each for each in step.extracts)
        )

    @property
    def words(self) -> str:
        """Where it was and is."""
        return f"{self.name} is extracted from {self.new}, was {self.old}"


def applied(step: Step, edits: tuple[Edit, ...]) -> Step | None:
    """The step with all that apply; None where none does."""
    changed = step
    for each in edits:
        changed = each.applied(changed) or changed
    return changed if changed != step else None


def everywhere(edit: Edit, step: Step) -> tuple[Edit, ...]:
    """The same edit for every item of the lists that it is inside of."""
    if isinstance(edit, Put | Drop):
        return tuple(replace(edit, at=each) for each in _alike(step, edit.at))
    if isinstance(edit, Move) and [*_indexes(edit.old)] == [*_indexes(edit.new)]:
        return tuple(
            Move(each, _indexed(edit.new, [*_indexes(each)])) for each in _alike(step, edit.old)
        )
    return (edit,)


def _alike(step: Step, place: Address) -> list[Address]:
    """The places that differ from one in the indexes of lists alone."""
    found: list[Address] = [place[:1]]
    for part in place[1:]:
        if not isinstance(part, int):
            found = [(*each, part) for each in found]
            continue
        lists = [(each, read(step, each)) for each in found]
        found = [
            (*each, index)
            for each, value in lists
            if isinstance(value, list)
            for index in range(len(value))
        ]
    return found


def _indexes(place: Address) -> Iterator[int]:
    yield from (each for each in place if isinstance(each, int))


def _indexed(place: Address, indexes: list[int]) -> Address:
    left = iter(indexes)
    return tuple(next(left) if isinstance(each, int) else each for each in place)


def holds(step: Step, place: Address) -> bool:
    """Whether a step sends something at a place."""
    return has(_part(step, str(place[0])), place[1:]) and _part(step, str(place[0])) is not None


def read(step: Step, place: Address) -> Json:
    """What a step sends at a place."""
    return at(_part(step, str(place[0])), place[1:])


def written(step: Step, place: Address, value: Json) -> Step:
    """The step with a value at a place."""
    name = str(place[0])
    if name == "headers":
        value = value if isinstance(value, str) else str(value)
    return _with_parts(step, {name: put(_part(step, name), place[1:], value)})


def cut(step: Step, place: Address) -> Step:
    """The step without what is at a place."""
    name = str(place[0])
    return _with_parts(step, {name: without(_part(step, name), place[1:])})


def dotted(place: Address) -> str:
    """A place without its key: `items.0.qty`."""
    return ".".join(map(str, place[1:]))


def spoken(place: Address) -> str:
    """A place in words: `query parameter page`, `field items.0.qty`."""
    return f"{_NAMES.get(str(place[0]), 'field')} {dotted(place)}"


def _with_name(step: Step, place: Address, name: str) -> Step:
    """The step with another name of a value, in the same order."""
    part = str(place[0])
    holder = at(_part(step, part), place[1:-1])
    renamed = {name if each == place[-1] else each: value for each, value in holder.items()}
    return _with_parts(step, {part: put(_part(step, part), place[1:-1], renamed)})


def _part(step: Step, name: str) -> Json:
    return step.path_parameters if name == "path" else getattr(step, name)


def _with_parts(step: Step, parts: dict[str, Json]) -> Step:
    if "path" in parts:
        parts["path_parameters"] = parts.pop("path")
    return replace(step, **parts)
