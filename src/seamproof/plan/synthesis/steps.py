"""Steps as data: the references in them, and arrangements put together, no name used twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from seamproof.core.model import Extract, Json, Step
from seamproof.core.references import alone
from seamproof.core.references import names as referred_to
from seamproof.core.references import renamed as with_names

BUILT_IN = frozenset({"uuid", "unique"})

_NAME = 6
"""Characters from which on a text with a digit in it is taken for a name."""

Steps = tuple[Step, ...]


def references(value: Json) -> frozenset[str]:
    """The names that a value refers to and that a step must have extracted."""
    found: set[str] = set()
    _walk(value, lambda text: found.update(referred_to(text)))
    return frozenset(
        each for each in found if each not in BUILT_IN and not each.startswith(("row.", "login."))
    )


def references_something(value: Json) -> bool:
    """Whether a value is one reference alone, to what is there."""
    name = alone(value) if isinstance(value, str) else None
    return name is not None and name not in BUILT_IN


def needed_by(step: Step) -> frozenset[str]:
    """The names that a step refers to."""
    return references(_contents(step)) | (
        references(step.operation.path) - set(step.path_parameters)
    )


def _contents(step: Step) -> Json:
    return [
        step.path_parameters,
        step.query,
        step.headers,
        step.json,
        step.form,
        step.text,
        step.multipart,
    ]


def _walk(value: Json, on_text: Callable[[str], object]) -> None:
    if isinstance(value, str):
        on_text(value)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            on_text(str(name))
            _walk(each, on_text)
    elif isinstance(value, list | tuple):
        for each in value:
            _walk(each, on_text)


def mapped(value: Json, change: Callable[[str], str]) -> Json:
    """A value with each of its strings changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(str(name)): mapped(each, change) for name, each in value.items()}
    if isinstance(value, list):
        return [mapped(each, change) for each in value]
    return value


def renamed(value: Json, names: Mapping[str, str]) -> Json:
    """A value whose references have other names."""
    if not names:
        return value

    return mapped(value, lambda text: with_names(text, lambda name: names.get(name, name)))


def changed(step: Step, change: Callable[[Json], Json]) -> Step:
    """A step with each part of its request changed."""
    return replace(
        step,
        path_parameters=change(step.path_parameters),
        query=change(step.query),
        headers=change(step.headers),
        json=change(step.json),
        form=change(step.form),
        text=change(step.text),
        multipart=change(step.multipart),
    )


def merged(first: Steps, second: Steps) -> tuple[Steps, dict[str, str]]:
    """Both arrangements, one after the other, and the new names of what the second extracts.

    A step of the second that the first has too is not repeated.
    """
    if not first:
        return second, {}
    steps = list(first)
    taken = {each.name for step in first for each in step.extracts}
    names: dict[str, str] = {}
    for step in second:
        bare = replace(changed(step, lambda value: renamed(value, names)), extracts=())
        place = next((i for i, each in enumerate(steps) if replace(each, extracts=()) == bare), -1)
        kept = list(steps[place].extracts) if place >= 0 else []
        for extract in step.extracts:
            known = next((each for each in kept if each.source == extract.source), None)
            name = known.name if known else free_name(extract.name, taken)
            taken.add(name)
            if name != extract.name:
                names[extract.name] = name
            if known is None:
                kept.append(Extract(name, extract.source))
        done = replace(bare, extracts=tuple(kept))
        if place >= 0:
            steps[place] = done
        else:
            steps.append(done)
    return tuple(steps), names


def free_name(name: str, taken: Iterable[str]) -> str:
    """A name that is not taken: `order`, `order_2`, …"""
    used = set(taken)
    if name not in used and name not in BUILT_IN:
        return name
    number = 2
    while f"{name}_{number}" in used:
        number += 1
    return f"{name}_{number}"


def extracting(steps: Steps, name: str, source: str) -> tuple[Steps, str]:
    """The steps of which the last also extracts a value, and the value's name."""
    last = steps[-1]
    known = next((each.name for each in last.extracts if each.source == source), None)
    if known is not None:
        return steps, known
    free = free_name(name, (each.name for step in steps for each in step.extracts))
    extended = replace(last, extracts=(*last.extracts, Extract(free, source)))
    return (*steps[:-1], extended), free


def tidied(steps: Sequence[Step], act: Step) -> Steps:
    """The arrangement without extracts that nobody refers to."""
    wanted = set(needed_by(act))
    kept: list[Step] = []
    for step in reversed(steps):
        extracts = tuple(each for each in step.extracts if each.name in wanted)
        kept.append(replace(step, extracts=extracts))
        wanted |= needed_by(step)
    return tuple(reversed(kept))


def feeding(steps: Steps, value: Json) -> Steps:
    """The steps that a value refers to, and those that these refer to."""
    wanted = set(references(value))
    kept: list[Step] = []
    for step in reversed(steps):
        if any(each.name in wanted for each in step.extracts):
            kept.append(step)
            wanted |= needed_by(step)
    return tuple(reversed(kept))


def feeds(steps: Sequence[Step], act: Step) -> tuple[bool, ...]:
    """For each step of an arrangement, whether a later one or the act needs what it extracts."""
    return tuple(_feeds(step, (*steps[index + 1 :], act)) for index, step in enumerate(steps))


def _feeds(step: Step, later: Steps) -> bool:
    needed = frozenset().union(*map(needed_by, later))
    if not needed.isdisjoint(each.name for each in step.extracts):
        return True
    # What was named beforehand is repeated as it is.
    return not _names(step).isdisjoint(frozenset().union(*map(_names, later)))


def _names(step: Step) -> frozenset[str]:
    """The texts of a request that may name something."""
    found: set[str] = set()
    for value in (step.path_parameters, step.query, step.json, step.form, step.multipart):
        _walk(value, found.add)
    return frozenset(each for each in found if len(each) >= _NAME and any(map(str.isdigit, each)))
