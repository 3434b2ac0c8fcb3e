"""Whether a value that a service answers with is what its document says.

Schemas are JSON Schema, draft 2020-12; references become `$defs` of one schema, which the validator
follows without fetching anything. It cannot be stopped once it runs, so that schemas that would
double its work at each step are not judged by.

In an answer a `writeOnly` property is not required (OpenAPI 3.0.4, Schema Object), and the branches
of a discriminator may overlap but for the property that tells them apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from seamproof.analysis.effort import bearable
from seamproof.core.model import Json
from seamproof.core.secrecy import redacted

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

_MOST_ERRORS = 20
_MOST_DEFINITIONS = 2_000
_MOST_CHAINED = 200
"""References that may lead one to another: the validator follows them on its own stack."""
_DEPTH = 60
_BACKTRACKS = 20_000
_SCHEMA = ("items", "contains", "propertyNames", "not", "if", "then", "else")
_OPEN = ("additionalProperties", "unevaluatedProperties", "unevaluatedItems")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas")
_SILENT = ("default", "example", "examples", "discriminator", "xml", "externalDocs")
"""Keywords that forbid nothing."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that a schema does not allow."""

    at: str
    """Where in the value, as a JSON Pointer (RFC 6901)."""
    schema: str
    """Which keyword of the document, as `#/components/schemas/Item/properties/price/type`; one
    that no definition holds begins with `/`."""
    keyword: str
    message: str
    definition: str = ""
    """The definition that holds it; empty where none does."""


class Conformance:
    """Judges by the definitions of one document."""

    def __init__(self, definitions: Mapping[str, Json]) -> None:
        self._definitions = definitions
        self._compiled: dict[str, _Compiled | None] = {}

    def mismatches(self, schema: Json, value: Json) -> tuple[Mismatch, ...]:
        """What of a value a schema does not allow; empty where it is valid, or cannot be judged."""
        key = json.dumps(schema, sort_keys=True, default=str)
        if key not in self._compiled:
            self._compiled[key] = _compile(schema, self._definitions)
        compiled = self._compiled[key]
        if compiled is None or not _bearable(compiled.whole, value):
            return ()
        try:
            if compiled.validator.is_valid(value):
                return ()
            errors = islice(compiled.validator.iter_errors(value), _MOST_ERRORS)
            return tuple(_mismatch(e, compiled.names) for e in errors if not _is_hidden(e))
        except (ValueError, OverflowError):
            return ()


@dataclass(frozen=True, slots=True)
class _Compiled:
    validator: Draft202012Validator
    whole: Json
    names: tuple[str, ...]
    """The references, by their number in `$defs`."""


def _compile(schema: Json, definitions: Mapping[str, Json]) -> _Compiled | None:
    """A validator; None for a schema that is none, or is too much."""
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions

    whole, names = _whole(schema, definitions)
    if whole is None:
        return None
    try:
        validator = Draft202012Validator(
            whole,
            validate_formats=True,
            pattern_options=FancyRegexOptions(backtrack_limit=_BACKTRACKS),
            offline=True,
        )
    except (ValueError, OverflowError):
        return None
    return _Compiled(validator, whole, names)


def _whole(schema: Json, definitions: Mapping[str, Json]) -> tuple[Json, tuple[str, ...]]:
    """The schema with all that it refers to in `$defs`."""
    numbers: dict[str, int] = {}
    chains: dict[str, int] = {}

    def written(value: Json, chain: int, depth: int = 0) -> Json:
        if not isinstance(value, dict) or depth > _DEPTH:
            return value if isinstance(value, bool) else True
        plain: dict[str, Json] = {}
        for keyword, inner in value.items():
            if keyword == "$ref" and isinstance(inner, str):
                chains.setdefault(inner, chain + 1)
                plain[keyword] = f"#/$defs/{numbers.setdefault(inner, len(numbers))}"
            elif keyword in _SCHEMA or keyword in _OPEN:
                plain[keyword] = written(inner, chain, depth + 1)
            elif keyword in _LISTS and isinstance(inner, list):
                # Overlapping branches are meant as one of them (Discriminator Object).
                meant = "anyOf" if keyword == "oneOf" and "discriminator" in value else keyword
                plain[meant] = [written(each, chain, depth + 1) for each in inner]
            elif keyword in _MAPS and isinstance(inner, dict):
                plain[keyword] = {n: written(each, chain, depth + 1) for n, each in inner.items()}
            elif keyword not in _SILENT and not keyword.startswith("x-"):
                plain[keyword] = inner
        if isinstance(plain.get("required"), list):
            plain["required"] = [
                each for each in plain["required"] if not _is_write_only(value, each, definitions)
            ]
        return plain

    root = written(schema, 0)
    found: dict[str, Json] = {}
    while len(found) < len(numbers):
        reference = list(numbers)[len(found)]
        if len(numbers) > _MOST_DEFINITIONS or chains[reference] > _MOST_CHAINED:
            return None, ()
        inner = written(definitions.get(reference, True), chains[reference])
        found[str(numbers[reference])] = inner
    if found and isinstance(root, dict):
        root = {**root, "$defs": found}
    return root, tuple(numbers)


def _is_write_only(schema: dict[str, Json], name: Json, definitions: Mapping[str, Json]) -> bool:
    properties = schema.get("properties")
    inner = properties.get(name) if isinstance(properties, dict) else None
    for _ in range(_DEPTH):
        if not isinstance(inner, dict) or inner.get("writeOnly") is True:
            break
        if not isinstance(inner.get("$ref"), str):
            return False
        inner = definitions.get(inner["$ref"])
    return isinstance(inner, dict) and inner.get("writeOnly") is True


def _mismatch(error: ValidationError, names: tuple[str, ...]) -> Mismatch:
    path = [str(each) for each in error.schema_path]
    where = ""
    if len(path) > 1 and path[0] == "$defs" and path[1].isdecimal():
        number = int(path[1])
        where, path = (names[number] if number < len(names) else ""), path[2:]
    # Which of several required properties is missing is part of what is wrong.
    missing = getattr(error.kind, "property", None) if path[-1:] == ["required"] else None
    tokens = [*path, *([missing] if isinstance(missing, str) else [])]
    at = "".join(f"/{_token(str(each))}" for each in error.instance_path)
    schema = where + "".join(f"/{_token(each)}" for each in tokens)
    return Mismatch(at or "/", schema, path[-1] if path else "", error.message[:200], where)


def _token(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")


def _is_hidden(error: ValidationError) -> bool:
    """Whether it is about a secret, of which only a digest is known."""
    return isinstance(error.instance, str) and redacted(error.instance)


def _bearable(whole: Json, value: Json) -> bool:
    defined = whole.get("$defs", {}) if isinstance(whole, dict) else {}
    return bearable(whole, value, lambda each: defined.get(each.rpartition("/")[2]))
