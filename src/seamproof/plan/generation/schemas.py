"""A document's schemas made sound, and what is valid by them.

The document is hostile: keywords of a wrong type, references that lead nowhere, patterns that are
none. What JSON Schema (draft 2020-12) does not allow is left out, so that the rest still says what
it says. For a request `readOnly` properties are not required (OpenAPI 3.0.4, Schema Object).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from seamproof.core.document import MAX_REFERENCES
from seamproof.core.model import Json

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

Schema: TypeAlias = dict[str, Json]
"""A schema that is an object, tidied."""

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

_MAX_DEPTH = 40
_MAX_DEFINITIONS = 2_000
"""Definitions that one schema may need, before it is not judged by."""
_MAX_CHAIN = 200
"""References that may lead one to another: the validator follows them on its own stack."""
_MAX_WORK = 200_000
"""Applications of a schema to a value that judging may take."""
_MAX_KEPT = 4_000
"""Validators that are kept."""
_BACKTRACKS = 20_000

_ONE = frozenset(
    "items contains propertyNames not if then else additionalProperties unevaluatedProperties"  # noqa: SIM905
    " unevaluatedItems".split()
)
_LISTS = frozenset({"prefixItems", "allOf", "anyOf", "oneOf"})
_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_COUNTS = frozenset(
    "minLength maxLength minItems maxItems minProperties maxProperties minContains"  # noqa: SIM905
    " maxContains".split()
)
_FLAGS = frozenset({"uniqueItems", "readOnly", "writeOnly", "deprecated"})
_WORDS = frozenset({"format", "contentEncoding", "contentMediaType", "$ref"})
_FREE = frozenset({"const", "default", "example"})


def is_number(value: Json) -> bool:
    """Whether it is a finite number of JSON; a boolean is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def is_shallow(value: Json, depth: int = 0) -> bool:
    """Whether what walks a value will not run out of stack."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, dict):
        value = list(value.values())
    return not isinstance(value, list) or all(is_shallow(each, depth + 1) for each in value)


@lru_cache(maxsize=_MAX_KEPT)
def pattern_validator(pattern: str) -> Draft202012Validator | None:
    """What matches a pattern as ECMA-262 has it; None where it is no pattern."""
    return _compiled({"type": "string", "pattern": pattern})


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text, in bounded time. One that is none is not found."""
    validator = pattern_validator(pattern)
    return validator is not None and _holds(validator, text)


@lru_cache(maxsize=_MAX_KEPT)
def _format_validator(name: str) -> Draft202012Validator | None:
    return _compiled({"type": "string", "format": name})


def has_format(name: str, text: str) -> bool:
    """Whether a text has a format. A format that is not known is not looked at."""
    validator = _format_validator(name)
    return validator is None or _holds(validator, text)


class Schemas:
    """The schemas of one document."""

    def __init__(self, definitions: Mapping[str, Json]) -> None:
        self._definitions = definitions
        self._tidied: dict[str, Json] = {}
        self._validators: dict[str, Draft202012Validator | None] = {}

    def definition(self, reference: str) -> Json:
        """What a reference leads to, tidied; True, which says nothing, where it leads nowhere."""
        if reference not in self._tidied:
            self._tidied[reference] = self.tidy(self._definitions.get(reference, True))
        return self._tidied[reference]

    def follow(self, schema: Json) -> Json:
        """A tidied schema behind its references, without what stood beside them."""
        for _ in range(MAX_REFERENCES):
            if not isinstance(schema, dict) or "$ref" not in schema:
                return schema
            schema = self.definition(schema["$ref"])
        return True

    def tidy(self, schema: Json, depth: int = 0) -> Json:
        """The schema with sound keywords only. What is no schema says nothing: True."""
        if schema is False:
            return False
        if not isinstance(schema, dict) or depth > _MAX_DEPTH:
            return True
        sound: Schema = {}
        for keyword, value in schema.items():
            if isinstance(keyword, str):
                self._add(sound, keyword, value, depth)
        if "required" in sound:
            sound["required"] = [
                name
                for name in sound["required"]
                if not self._read_only(sound.get("properties", {}).get(name))
            ]
        return sound

    def _add(self, sound: Schema, keyword: str, value: Json, depth: int) -> None:
        if keyword == "items" and isinstance(value, list):
            # An array of schemas: draft 4's way to say prefixItems.
            keyword = "prefixItems"
        if keyword in _ONE:
            if isinstance(value, dict | bool):
                sound[keyword] = self.tidy(value, depth + 1)
        elif keyword in _LISTS:
            if isinstance(value, list) and value:
                sound[keyword] = [self.tidy(each, depth + 1) for each in value]
        elif keyword in _MAPS:
            if isinstance(value, dict):
                sound[keyword] = {
                    name: self.tidy(each, depth + 1)
                    for name, each in value.items()
                    if keyword != "patternProperties" or pattern_validator(name)
                }
        else:
            kept = _plain_keyword(keyword, value)
            if (kept is not None or keyword in _FREE) and is_shallow(kept):
                sound[keyword] = kept

    def _read_only(self, schema: Json) -> bool:
        for _ in range(MAX_REFERENCES):
            if not isinstance(schema, dict):
                return False
            if schema.get("readOnly") is True:
                return True
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                return False
            schema = self._definitions.get(reference)
        return False

    def errors(self, schema: Json, value: Json) -> tuple[str, ...]:
        """What of a value a tidied schema does not allow, in words; empty where it is valid."""
        validator = self._validator(schema)
        if validator is None or self._work(schema, value) > _MAX_WORK:
            return ("the schema is too large or too deep to be judged by",)
        try:
            if validator.is_valid(value):
                return ()
            return tuple(
                f"{_pointer(error.instance_path)}: {error.message[:200]}"
                for error in _first(validator.iter_errors(value), 20)
            )
        except (ValueError, OverflowError) as problem:
            return (f"the value cannot be judged: {problem}",)

    def _validator(self, schema: Json) -> Draft202012Validator | None:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            if len(self._validators) >= _MAX_KEPT:
                self._validators.clear()
            whole = self._whole(schema)
            self._validators[key] = None if whole is None else _compiled(whole)
        return self._validators[key]

    def _whole(self, schema: Json) -> Json | None:
        """The schema with all that it refers to in `$defs`; None where that is too much."""
        numbers: dict[str, int] = {}
        found: dict[str, Json] = {}
        waiting: list[tuple[str, int]] = []

        def referred(reference: str, chain: int = 0) -> str:
            if reference not in numbers:
                numbers[reference] = len(numbers)
                waiting.append((reference, chain + 1))
            return f"#/$defs/{numbers[reference]}"

        root = _rewritten(schema, referred)
        while waiting:
            reference, chain = waiting.pop(0)
            if len(numbers) > _MAX_DEFINITIONS or chain > _MAX_CHAIN:
                return None
            found[str(numbers[reference])] = _rewritten(
                self.definition(reference), partial(referred, chain=chain)
            )
        return {**root, "$defs": found} if found and isinstance(root, dict) else root

    def _work(self, schema: Json, value: Json) -> int:
        """How often schemas are applied in judging a value: schemas that name each other twice
        double it at each step, and a validator cannot be stopped."""
        known: dict[tuple[int, int], int] = {}

        def work(schema: Json, value: Json) -> int:
            if not isinstance(schema, dict):
                return 1
            key = (id(schema), id(value))
            if key not in known:
                known[key] = 1  # of a circle
                parts = [(each, value) for each in self._in_place(schema)]
                parts += _inside(schema, value)
                known[key] = min(1 + sum(work(*part) for part in parts), 2 * _MAX_WORK)
            return known[key]

        try:
            return work(schema, value)
        except RecursionError:
            return 2 * _MAX_WORK

    def _in_place(self, schema: Schema) -> Iterator[Json]:
        """The schemas that are applied to the same value."""
        if "$ref" in schema:
            yield self.definition(schema["$ref"])
        for keyword in ("allOf", "anyOf", "oneOf"):
            yield from schema.get(keyword, ())
        for keyword in ("not", "if", "then", "else"):
            if keyword in schema:
                yield schema[keyword]
        yield from schema.get("dependentSchemas", {}).values()


def _inside(schema: Schema, value: Json) -> Iterator[tuple[Json, Json]]:
    """The schemas that are applied to parts of the value, each with its part."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        others = [*schema.get("patternProperties", {}).values()]
        others += [schema[each] for each in ("additionalProperties",) if each in schema]
        for name, each in value.items():
            for one in [properties[name]] if name in properties else others:
                yield one, each
    elif isinstance(value, list):
        applied = [*schema.get("prefixItems", ())]
        applied += [schema[each] for each in ("items", "contains") if each in schema]
        for each in value:
            for one in applied:
                yield one, each


def _rewritten(schema: Json, referred: Callable[[str], str]) -> Json:
    """A tidied schema for the validator: other references, and only what it judges by."""
    if not isinstance(schema, dict):
        return schema
    written: Schema = {}
    for keyword, value in schema.items():
        if keyword == "$ref":
            written[keyword] = referred(value)
        elif keyword in _ONE:
            written[keyword] = _rewritten(value, referred)
        elif keyword in _LISTS:
            # The branches of a discriminator often overlap but for the property that tells them
            # apart, and are meant as one of them (OpenAPI 3.0.4, Discriminator Object).
            meant = "anyOf" if keyword == "oneOf" and "discriminator" in schema else keyword
            branches = [_rewritten(each, referred) for each in value]
            if meant in written:
                written["allOf"] = [*written.get("allOf", ()), {meant: branches}]
            else:
                written[meant] = branches
        elif keyword in _MAPS:
            written[keyword] = {name: _rewritten(each, referred) for name, each in value.items()}
        elif keyword not in ("default", "example", "examples", "discriminator"):
            written[keyword] = value
    return written


def _plain_keyword(keyword: str, value: Json) -> Json:
    """A keyword's value where it is sound and holds no schema; None where not."""
    sound = False
    if keyword in _FREE:
        sound = True
    elif keyword in _BOUNDS:
        sound = is_number(value)
    elif keyword in _COUNTS:
        sound = is_number(value) and value >= 0 and value == int(value)
        value = int(value) if sound else value
    elif keyword in _FLAGS:
        sound = isinstance(value, bool)
    elif keyword in _WORDS:
        sound = isinstance(value, str)
    elif keyword == "type":
        return _types(value)
    elif keyword == "multipleOf":
        sound = is_number(value) and value > 0
    elif keyword == "pattern":
        sound = isinstance(value, str) and pattern_validator(value) is not None
    elif keyword == "enum":
        sound = isinstance(value, list) and bool(value)
    elif keyword == "examples":
        # Some documents have named Example Objects here, as a media type has them.
        value = _example_values(value) if isinstance(value, dict) else value
        sound = isinstance(value, list)
    elif keyword == "required":
        sound = isinstance(value, list)
        value = list(dict.fromkeys(_strings(value))) if sound else value
    elif keyword == "dependentRequired":
        sound = isinstance(value, dict)
        value = {k: _strings(v) for k, v in value.items() if isinstance(v, list)} if sound else {}
    elif keyword == "discriminator":
        sound = isinstance(value, dict) and isinstance(value.get("propertyName"), str)
    return value if sound else None


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


def _compiled(schema: Json) -> Draft202012Validator | None:
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions

    try:
        return Draft202012Validator(
            schema,
            validate_formats=True,
            pattern_options=FancyRegexOptions(backtrack_limit=_BACKTRACKS),
            offline=True,
        )
    except (ValueError, OverflowError):
        return None


def _holds(validator: Draft202012Validator, text: str) -> bool:
    try:
        return validator.is_valid(text)
    except ValueError:
        return False


def _first(errors: Iterator[Any], most: int) -> Iterator[Any]:
    for _, error in zip(range(most), errors, strict=False):
        yield error


def _pointer(path: list[str | int]) -> str:
    return "/" + "/".join(str(part) for part in path)
