"""Keywords of JSON Schema whose values hold no schema: what they may be, and what is meant.

keyword, value -> the value as draft 2020-12 has it, or Malformed
"""

from __future__ import annotations

from collections.abc import Callable

from seamproof.core.model import Json

MAX_PATTERN = 2_000
_LARGEST = 10**300
_TYPES = frozenset({"null", "boolean", "object", "array", "number", "string", "integer"})
_MEANT = {
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "bool": "boolean",
    "str": "string",
    "text": "string",
    "uuid": "string",
    "date": "string",
    "datetime": "string",
    "date-time": "string",
    "list": "array",
    "dict": "object",
    "map": "object",
    "file": "string",
}
"""Types that are none, and what is meant by them."""
_COMPOSING = ("$ref", "allOf", "anyOf", "oneOf", "not", "const")
"""Keywords beside which a type that allows null does not help."""


class Malformed(ValueError):
    """A value that its keyword cannot have; the text says what was expected."""


def _text(value: Json) -> Json:
    if not isinstance(value, str):
        raise Malformed("a text")
    return value


def _pattern(value: Json) -> Json:
    if len(_text(value)) > MAX_PATTERN:
        raise Malformed(f"at most {MAX_PATTERN} characters")
    return value


def _number(value: Json) -> Json:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or abs(value) >= _LARGEST:
        raise Malformed("a number")
    return value


def _positive(value: Json) -> Json:
    if _number(value) <= 0:
        raise Malformed("a number above 0")
    return value


def _exclusive(value: Json) -> Json:
    """A number, or draft 4's flag, which is settled at the end."""
    return value if isinstance(value, bool) else _number(value)


def _count(value: Json) -> Json:
    number = _number(value)
    if number < 0 or number != int(number):
        raise Malformed("a count")
    return int(number)


def _flag(value: Json) -> Json:
    if not isinstance(value, bool):
        raise Malformed("true or false")
    return value


def _values(value: Json) -> Json:
    if not isinstance(value, list) or not value:
        raise Malformed("a list of values")
    return value


PLAIN: dict[str, Callable[[Json], Json]] = {
    **dict.fromkeys(("title", "description", "format"), _text),
    **dict.fromkeys(("contentMediaType", "contentEncoding"), _text),
    "pattern": _pattern,
    **dict.fromkeys(("minimum", "maximum"), _number),
    "multipleOf": _positive,
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _exclusive),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _count),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), _count),
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), _flag),
    "enum": _values,
}


def types(value: Json) -> tuple[Json, list[Json]]:
    """The type or types of `type`, None where it says nothing, and what of it is no type."""
    found: list[str] = []
    odd: list[Json] = []
    for each in value if isinstance(value, list) else [value]:
        kind = each.lower() if isinstance(each, str) else ""
        kind = _MEANT.get(kind, kind)
        if kind in _TYPES:
            found.append(kind)
        elif each is not None and kind != "any":
            odd.append(each)
    if not found:
        return None, odd
    return (list(dict.fromkeys(found)) if isinstance(value, list) else found[0]), odd


def examples(value: Json) -> list[Json]:
    """The values of `examples`: a list, or by mistake a map of Example Objects."""
    if isinstance(value, dict):
        return [
            each["value"] if isinstance(each, dict) and "value" in each else each
            for each in value.values()
        ]
    return value if isinstance(value, list) else [value]


def settled(made: dict[str, Json]) -> None:
    """Bring keywords of older drafts that depend on one another to what they are now.

    Draft 4's `exclusive…` says what `minimum` and `maximum` mean; draft 7's `additionalItems` is
    `items` behind `prefixItems`.
    """
    for bound in ("Minimum", "Maximum"):
        exclusive = made.get(f"exclusive{bound}")
        if isinstance(exclusive, bool):
            del made[f"exclusive{bound}"]
            if exclusive and bound.lower() in made:
                made[f"exclusive{bound}"] = made.pop(bound.lower())
    additional = made.pop("additionalItems", None)
    if additional is not None and "prefixItems" in made and "items" not in made:
        made["items"] = additional


def nullable(made: dict[str, Json]) -> dict[str, Json]:
    """The schema, null allowed. Many write `enum` without the null that OpenAPI 3.0.3 asks for."""
    if any(key in made for key in _COMPOSING):
        outer: dict[str, Json] = {
            key: made.pop(key) for key in ("default", "examples") if key in made
        }
        return {"anyOf": [made, {"type": "null"}], **outer}
    if "enum" in made and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    kinds = made.get("type")
    if kinds is not None:
        kinds = kinds if isinstance(kinds, list) else [kinds]
        made["type"] = list(dict.fromkeys((*kinds, "null")))
    return made
