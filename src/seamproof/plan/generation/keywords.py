"""The keywords of JSON Schema (draft 2020-12) that are read, and which values of them are sound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

from seamproof.core.model import Json
from seamproof.plan.generation.matching import is_pattern

Schema: TypeAlias = dict[str, Json]
"""A schema that is an object, tidied."""

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
MAX_DEPTH = 40

ONE = frozenset(
    "items contains propertyNames not if then else additionalProperties unevaluatedProperties"  # noqa: SIM905
    " unevaluatedItems".split()
)
LISTS = frozenset({"prefixItems", "allOf", "anyOf", "oneOf"})
MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_COUNTS = frozenset(
    "minLength maxLength minItems maxItems minProperties maxProperties minContains"  # noqa: SIM905
    " maxContains".split()
)
_FLAGS = frozenset({"uniqueItems", "readOnly", "writeOnly", "deprecated"})
_WORDS = frozenset({"format", "contentEncoding", "contentMediaType", "$ref"})
FREE = frozenset({"const", "default", "example"})


def is_number(value: Json) -> bool:
    """Whether it is a finite number of JSON; a boolean is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def is_shallow(value: Json, depth: int = 0) -> bool:
    """Whether what walks a value will not run out of stack."""
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, dict):
        value = list(value.values())
    return not isinstance(value, list) or all(is_shallow(each, depth + 1) for each in value)


def sound(keyword: str, value: Json) -> Json:
    """A keyword's value where it is sound and holds no schema; None where not."""
    good = False
    if keyword in FREE:
        good = True
    elif keyword in _BOUNDS:
        good = is_number(value)
    elif keyword in _COUNTS:
        good = is_number(value) and value >= 0 and value == int(value)
        value = int(value) if good else value
    elif keyword in _FLAGS:
        good = isinstance(value, bool)
    elif keyword in _WORDS:
        good = isinstance(value, str)
    elif keyword == "type":
        return _types(value)
    elif keyword == "multipleOf":
        good = is_number(value) and value > 0
    elif keyword == "pattern":
        good = isinstance(value, str) and is_pattern(value)
    elif keyword == "enum":
        good = isinstance(value, list) and bool(value)
    elif keyword == "examples":
        # Some documents have named Example Objects here, as a media type has them.
        value = _example_values(value) if isinstance(value, dict) else value
        good = isinstance(value, list)
    elif keyword == "required":
        good = isinstance(value, list)
        value = list(dict.fromkeys(_strings(value))) if good else value
    elif keyword == "dependentRequired":
        good = isinstance(value, dict)
        value = {k: _strings(v) for k, v in value.items() if isinstance(v, list)} if good else {}
    elif keyword == "discriminator":
        good = isinstance(value, dict) and isinstance(value.get("propertyName"), str)
    return value if good else None


def _types(value: Json) -> Json:
    """The types that there are, one as a string; None where none of them is one."""
    named = value if isinstance(value, list) else [value]
    known = ["string" if each == "file" else each for each in named if isinstance(each, str)]
    known = list(dict.fromkeys(each for each in known if each in TYPES))
    return known[0] if len(known) == 1 else known or None


def _strings(values: list[Json]) -> list[str]:
    return [each for each in values if isinstance(each, str)]


def _example_values(named: Mapping[str, Json]) -> list[Json]:
    return [e["value"] for e in named.values() if isinstance(e, dict) and "value" in e]
