"""One schema, read: its types, and its properties wherever allOf spreads them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from seamproof.core.document import Document
from seamproof.core.model import Json

_DEPTH = 8
_NODES = 500
"""Schemas that one print looks into."""
WORDS = frozenset({"title", "description", "example", "examples", "$comment", "externalDocs"})
"""Keywords that allow and forbid nothing."""
_ALL_TYPES = frozenset({"null", "boolean", "object", "array", "number", "string"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What one schema says, its own references and allOf followed."""

    keywords: dict[str, Json] = field(default_factory=dict)
    properties: dict[str, Json] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    types: frozenset[str] | None = None
    """JSON types; None allows any."""
    alternatives: tuple[Json, ...] = ()
    """Branches of a oneOf or anyOf that are something else than null."""

    @property
    def closed(self) -> bool:
        """Whether it refuses a property that it does not name."""
        return self.keywords.get("additionalProperties") is False

    @property
    def values(self) -> list[Json] | None:
        """The only values, None where there is no such list."""
        if "const" in self.keywords:
            return [self.keywords["const"]]
        found = self.keywords.get("enum")
        return found if isinstance(found, list) else None


def shape(schema: Json, document: Document, depth: int = 0) -> Shape:
    """Read a schema. One with a single branch beside null is that branch, which may be null."""
    schema = document.resolve(schema)
    if not isinstance(schema, dict) or depth > _DEPTH:
        return Shape()
    found = Shape(
        schema,
        _mapping(schema.get("properties")),
        frozenset(each for each in _list(schema.get("required")) if isinstance(each, str)),
        _types(schema.get("type")),
    )
    for each in _list(schema.get("allOf")):
        found = _joined(found, shape(each, document, depth + 1))
    for keyword in ("oneOf", "anyOf"):
        branches = [document.resolve(each) for each in _list(schema.get(keyword))]
        if not branches:
            continue
        others = [each for each in branches if not _is_null(each)]
        if len(others) == 1:
            only = _joined(found, shape(others[0], document, depth + 1))
            nullable = len(others) < len(branches) and only.types is not None
            types = only.types | {"null"} if nullable and only.types is not None else only.types
            return Shape(only.keywords, only.properties, only.required, types, only.alternatives)
        found = Shape(
            found.keywords, found.properties, found.required, found.types, tuple(branches)
        )
    return found


def fits(types: frozenset[str] | None, wanted: frozenset[str] | None) -> bool:
    """Whether all of some types are among others; an integer is a number."""
    if wanted is None:
        return True
    others = wanted | {"integer"} if "number" in wanted else wanted
    return (types if types is not None else _ALL_TYPES) <= others


def print_of(schema: Json, document: Document) -> str:
    """Equal for schemas that allow the same, whatever their definitions are called. Bounded: what
    lies deeper is taken for equal."""
    nodes = 0

    def plain(value: Json, depth: int) -> Json:
        nonlocal nodes
        nodes += 1
        if nodes > _NODES or depth > _DEPTH:
            return "…"
        value = document.resolve(value) if isinstance(value, dict) and "$ref" in value else value
        if isinstance(value, dict):
            return {
                name: plain(each, depth + 1) for name, each in value.items() if name not in WORDS
            }
        return [plain(each, depth + 1) for each in value] if isinstance(value, list) else value

    return json.dumps(plain(schema, 0), sort_keys=True, default=str)


def _joined(one: Shape, other: Shape) -> Shape:
    types = one.types if other.types is None else other.types
    if one.types is not None and other.types is not None:
        types = one.types & other.types
    return Shape(
        other.keywords | one.keywords,
        other.properties | one.properties,
        one.required | other.required,
        types,
        (*one.alternatives, *other.alternatives),
    )


def _types(said: Json) -> frozenset[str] | None:
    names = [said] if isinstance(said, str) else _list(said)
    found = frozenset(each for each in names if isinstance(each, str))
    return found or None


def _is_null(schema: Json) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "null"


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
