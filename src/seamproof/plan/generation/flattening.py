"""References, allOf, oneOf, anyOf and conditions become one plain schema.

What is chosen among alternatives is counted by `variant`. A choice that would lead into a schema
that is being made already comes last, so that what holds itself ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import gcd

from seamproof.core.model import Json
from seamproof.plan.generation.keywords import Schema, is_number
from seamproof.plan.generation.schemas import Schemas

_MAX_PARTS = 400
"""Schemas that one value may be made of: references may double at each step."""

_APPLIED = frozenset(
    "$ref allOf anyOf oneOf if then else discriminator dependentSchemas".split()  # noqa: SIM905
)
_LOWEST = frozenset(
    "minimum exclusiveMinimum minLength minItems minProperties minContains".split()  # noqa: SIM905
)
_HIGHEST = frozenset(
    "maximum exclusiveMaximum maxLength maxItems maxProperties maxContains".split()  # noqa: SIM905
)


@dataclass(slots=True)
class Flat:
    """A schema without references and alternatives, and where it came from."""

    schema: Schema
    trail: frozenset[str]
    """The references that led here, those to the schemas around it included."""
    contradiction: str = ""
    """Why nothing satisfies it, where that is plain."""
    tags: dict[str, str] = field(default_factory=dict)
    """The properties that tell a schema from its kin (OpenAPI's discriminators), with its name."""


@dataclass(slots=True)
class _Alternatives:
    branches: list[Json]
    discriminator: Mapping[str, Json] | None = None


@dataclass(slots=True)
class Flattening:
    """One way through a schema's alternatives."""

    schemas: Schemas
    variant: int = 0
    _parts: int = field(default=0, init=False)

    def flat(self, schema: Json, trail: frozenset[str] = frozenset()) -> Flat:
        """The plain schema of a tidied one."""
        self._parts = 0
        flat = Flat({}, trail)
        followed: list[str] = []
        alternatives: list[_Alternatives] = []
        self._absorb(flat, schema, alternatives, followed)
        while alternatives:
            self._choose(flat, alternatives.pop(0), alternatives)
        for name, value in flat.tags.items():
            merge(flat, {"properties": {name: {"const": value}}, "required": [name]})
        return flat

    def _absorb(
        self,
        flat: Flat,
        schema: Json,
        alternatives: list[_Alternatives],
        followed: list[str],
    ) -> None:
        waiting = [schema]
        while waiting:
            part = waiting.pop()
            self._parts += 1
            if self._parts > _MAX_PARTS:
                flat.contradiction = "it is made of too many schemas"
                return
            if part is False:
                flat.contradiction = "nothing is allowed here"
            if not isinstance(part, dict):
                continue
            own = {name: value for name, value in part.items() if name not in _APPLIED}
            merge(flat, own)
            waiting += reversed(part.get("allOf", []))
            reference = part.get("$ref")
            if reference is not None and reference not in followed:
                followed.append(reference)
                flat.trail |= {reference}
                waiting.append(self.schemas.definition(reference))
            alternatives += _alternatives(part)
            if "discriminator" in part and not ("oneOf" in part or "anyOf" in part):
                for name, value in _told_apart(part["discriminator"], followed):
                    flat.tags.setdefault(name, value)

    def _choose(
        self,
        flat: Flat,
        offered: _Alternatives,
        alternatives: list[_Alternatives],
    ) -> None:
        branches = [each for each in offered.branches if self._possible(flat, each)]
        if not branches:
            flat.contradiction = flat.contradiction or "none of its alternatives is possible"
            return
        ranks = [self._rank(flat, each) for each in branches]
        # Only among the best: what recurs or is null is taken where there is nothing else.
        least = min(ranks)
        best = [each for each, rank in zip(branches, ranks, strict=True) if rank == least]
        branch = best[self.variant % len(best)]
        # An heir's own name is that of the branch, whatever led to the choice.
        self._absorb(flat, branch, alternatives, [])
        if offered.discriminator and isinstance(branch, dict) and "$ref" in branch:
            flat.tags |= dict(_told_apart(offered.discriminator, [branch["$ref"]]))

    def _possible(self, flat: Flat, branch: Json) -> bool:
        branch = self.schemas.follow(branch)
        if branch is False:
            return False
        wanted, has = flat.schema.get("type"), isinstance(branch, dict) and branch.get("type")
        return not wanted or not has or bool(_common_types(wanted, has))

    def _rank(self, flat: Flat, branch: Json) -> tuple[int, int]:
        """Lower is better: a branch that does not recur, and then one that is not null."""
        recurs = isinstance(branch, dict) and self._leads_to(branch, flat.trail)
        followed = self.schemas.follow(branch)
        null = isinstance(followed, dict) and (
            followed.get("type") == "null" or ("const" in followed and followed["const"] is None)
        )
        return int(recurs), int(null)

    def _leads_to(self, branch: Schema, trail: frozenset[str]) -> bool:
        """Whether a branch is, or must hold, what is being made around it."""
        if branch.get("$ref") in trail:
            return True
        inner = self.schemas.follow(branch)
        if not isinstance(inner, dict):
            return False
        parts: list[Json] = [
            inner.get("properties", {}).get(name) for name in inner.get("required", ())
        ]
        if inner.get("minItems", 0) > 0:
            parts.append(inner.get("items"))
        return any(isinstance(each, dict) and each.get("$ref") in trail for each in parts)


def _alternatives(part: Schema) -> Iterable[_Alternatives]:
    for keyword in ("oneOf", "anyOf"):
        if keyword in part:
            yield _Alternatives(part[keyword], part.get("discriminator"))
    if "if" in part:
        fulfilled = {"allOf": [part["if"], part.get("then", True)]}
        yield _Alternatives([fulfilled, part.get("else", True)])


def _told_apart(
    discriminator: Mapping[str, Json], references: list[str]
) -> Iterable[tuple[str, str]]:
    """The property that a discriminator is about, with its value for the schema that was referred
    to: by the mapping, else the schema's name."""
    name = discriminator["propertyName"]
    mapping = discriminator.get("mapping")
    mapping = mapping if isinstance(mapping, Mapping) else {}
    for reference in references:
        for value, target in mapping.items():
            if isinstance(target, str) and _last(target) == _last(reference):
                return [(name, str(value))]
    named = [str(each) for each in mapping] or [_last(each) for each in references]
    return [(name, named[0])] if named else []


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]


# ---------------------------------------------------------------------------- merging


def merge(flat: Flat, other: Schema) -> None:
    """Narrow a plain schema by the keywords of another."""
    own = flat.schema
    for keyword, value in other.items():
        if keyword not in own:
            own[keyword] = value
        elif keyword in _LOWEST:
            own[keyword] = max(own[keyword], value)
        elif keyword in _HIGHEST:
            own[keyword] = min(own[keyword], value)
        elif keyword in ("properties", "patternProperties"):
            own[keyword] = _both_maps(own[keyword], value)
        elif keyword in ("items", "additionalProperties", "propertyNames", "contains"):
            own[keyword] = _both(own[keyword], value)
        elif keyword == "required":
            own[keyword] = list(dict.fromkeys([*own[keyword], *value]))
        elif keyword == "dependentRequired":
            own[keyword] = own[keyword] | value
        elif keyword == "examples":
            own[keyword] = [*own[keyword], *value]
        elif keyword == "uniqueItems":
            own[keyword] = own[keyword] or value
        elif keyword == "multipleOf":
            own[keyword] = _common_multiple(own[keyword], value)
        elif keyword == "pattern" and own[keyword] != value:
            own[keyword] = f"(?=[\\s\\S]*?(?:{value}))[\\s\\S]*?(?:{own[keyword]})"
        elif keyword == "type":
            _merge_types(flat, value)
        elif keyword == "enum":
            _merge_enums(flat, value)
        elif keyword == "const" and own[keyword] != value:
            flat.contradiction = "two values are asked for at once"


def _merge_types(flat: Flat, other: Json) -> None:
    common = _common_types(flat.schema["type"], other)
    if not common:
        flat.contradiction = "no type is allowed here"
    else:
        flat.schema["type"] = common[0] if len(common) == 1 else common


def _merge_enums(flat: Flat, other: list[Json]) -> None:
    common = [each for each in flat.schema["enum"] if each in other]
    if common:
        flat.schema["enum"] = common
    else:
        flat.contradiction = "no value is allowed here"


def _common_types(one: Json, other: Json) -> list[str]:
    ones = [one] if isinstance(one, str) else list(one)
    others = [other] if isinstance(other, str) else list(other)
    common = [each for each in ones if each in others]
    if ("number" in ones and "integer" in others) or ("integer" in ones and "number" in others):
        common += [] if {"integer", "number"} & set(common) else ["integer"]
    return common


def _both_maps(one: Schema, other: Schema) -> Schema:
    return {
        **one,
        **{
            name: _both(one[name], value) if name in one else value for name, value in other.items()
        },
    }


def _both(one: Json, other: Json) -> Json:
    if one is True or one in ({}, other):
        return other
    if other is True or other == {}:
        return one
    if one is False or other is False:
        return False
    return {"allOf": [one, other]}


def _common_multiple(one: float, other: float) -> float:
    if not (is_number(one) and is_number(other)):
        return one
    if one == int(one) and other == int(other):
        return abs(int(one) * int(other)) // gcd(int(one), int(other))
    larger, smaller = max(one, other), min(one, other)
    return larger if larger % smaller == 0 else larger * smaller


def references(schema: Json) -> frozenset[str]:
    """The references that a property or item leads to at once, its own items' included."""
    if not isinstance(schema, dict):
        return frozenset()
    found = {schema["$ref"]} if "$ref" in schema else set()
    for keyword in ("allOf", "anyOf", "oneOf"):
        found |= {e["$ref"] for e in schema.get(keyword, ()) if isinstance(e, dict) and "$ref" in e}
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            found |= references(schema[keyword])
    return frozenset(found)
