"""Objects: which properties, and what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seamproof.core.model import Json
from seamproof.plan.generation import patterns, texts
from seamproof.plan.generation.flattening import Flat, Flattening, references
from seamproof.plan.generation.keywords import Schema
from seamproof.plan.generation.matching import matches
from seamproof.plan.generation.vocabulary import refers

if TYPE_CHECKING:
    from seamproof.plan.generation.making import Making

_MAX_ADDED = 200
"""Properties that are added for `minProperties`."""
_MAX_OPTIONAL_DEPTH = 6
"""Below, a rich value has only what is required."""


def make(making: Making, flat: Flat, examples: list[Json], pointer: str) -> Schema:
    """An object of a plain schema, with the values that examples of it have."""
    plain = flat.schema
    declared = plain.get("properties", {})
    names = _names(making, plain, examples, flat.trail, pointer)
    made: Schema = {}
    for name in names:
        inner = declared[name] if name in declared else _other_property(plain, name)
        if inner is False:
            if name in plain.get("required", ()):
                making.complain(f"{pointer}/{name}", "it is required and not allowed")
            continue
        made[name] = _property(making, flat, name, inner, examples, pointer)
    _fill(making, flat, made, examples, pointer)
    return made


def _property(
    making: Making, flat: Flat, name: str, inner: Json, examples: list[Json], pointer: str
) -> Json:
    hints = tuple(each[name] for each in examples if name in each)
    return making.value(
        inner, name, hints=hints, trail=flat.trail, pointer=f"{pointer}/{_escaped(name)}"
    )


def _names(
    making: Making, plain: Schema, examples: list[Json], trail: frozenset[str], pointer: str
) -> list[str]:
    """The properties that the value has, in the order of the schema."""
    declared = plain.get("properties", {})
    wanted = dict.fromkeys(plain.get("required", ()))
    if making.rich and pointer.count("/") < _MAX_OPTIONAL_DEPTH:
        room = plain.get("maxProperties", len(declared) + len(wanted))
        for name, inner in declared.items():
            if len(wanted) < room and name not in wanted:
                named = any(name in each for each in examples)
                if _optional_fits(making, name, inner, trail, named=named):
                    wanted[name] = None
    if not declared and examples and making.variant % 2 == 0:
        # A map has the names of its example: they are mostly those that are known.
        wanted |= dict.fromkeys(list(examples[0])[:_MAX_ADDED])
    followed = True
    while followed:
        followed = False
        for name, others in plain.get("dependentRequired", {}).items():
            missing = [each for each in others if name in wanted and each not in wanted]
            wanted |= dict.fromkeys(missing)
            followed = followed or bool(missing)
    return [name for name in declared if name in wanted] + [
        name for name in wanted if name not in declared
    ]


def _optional_fits(
    making: Making, name: str, inner: Json, trail: frozenset[str], *, named: bool
) -> bool:
    """Whether a rich value has an optional property: not what the service sets itself, what
    names another thing that may not be there, what is on its way out, or what recurs."""
    followed = making.schemas.follow(inner)
    if inner is False or followed is False:
        return False
    if isinstance(followed, dict):
        both = {**followed, **(inner if isinstance(inner, dict) else {})}
        if both.get("readOnly") or both.get("deprecated"):
            return False
    if refers(name) and not named:
        return False
    return references(inner).isdisjoint(trail)


def _fill(making: Making, flat: Flat, made: Schema, examples: list[Json], pointer: str) -> None:
    """Add properties up to `minProperties`, and one to a rich map."""
    plain = flat.schema
    least = min(plain.get("minProperties", 0), _MAX_ADDED)
    others = plain.get("additionalProperties", True)
    free = isinstance(others, dict) and not plain.get("properties")
    if making.rich and not made and free and not (references(others) & flat.trail):
        least = max(least, 1)
    least = min(least, plain.get("maxProperties", least))
    if len(made) >= least:
        return
    for name, inner in plain.get("properties", {}).items():
        if len(made) >= least:
            return
        if name not in made and _optional_fits(making, name, inner, flat.trail, named=True):
            made[name] = _property(making, flat, name, inner, examples, pointer)
    for name in _free_names(making, plain, least + len(made)):
        if len(made) >= least:
            return
        inner = _other_property(plain, name)
        if name not in made and inner is not False:
            made[name] = _property(making, flat, name, inner, examples, pointer)
    if len(made) < least:
        making.complain(pointer, f"fewer than {least} properties are allowed by name")


def _free_names(making: Making, plain: Schema, most: int) -> Iterator[str]:
    """Names that are not declared, allowed by a pattern where one is given."""
    for pattern in plain.get("patternProperties", {}):
        yield from patterns.strings(pattern, making.random)
    named = Flattening(making.schemas, making.variant).flat(plain.get("propertyNames", True)).schema
    if "enum" in named:
        yield from (each for each in named["enum"] if isinstance(each, str))
    for ordinal in range(most + 1):
        found = texts.text(named, "", making.random, ordinal) if named else f"key{ordinal + 1}"
        if found is not None:
            yield found


def _other_property(plain: Schema, name: str) -> Json:
    """The schema of a property that is not declared by name."""
    fitting = [
        inner for each, inner in plain.get("patternProperties", {}).items() if matches(each, name)
    ]
    if fitting:
        return fitting[0] if len(fitting) == 1 else {"allOf": fitting}
    return plain.get("additionalProperties", True)


def _escaped(name: str) -> str:
    """A part of a JSON Pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
