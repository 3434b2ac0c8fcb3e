"""Whether a value is what its schema allows.

References become `$defs` of one schema, which the validator follows without fetching anything. It
cannot be stopped once it runs, so schemas that would double its work at each step are not judged
by.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from seamproof.analysis.effort import bearable
from seamproof.core.model import Json
from seamproof.plan.generation.keywords import LISTS, MAPS, ONE, Schema
from seamproof.plan.generation.matching import compiled
from seamproof.plan.generation.schemas import Schemas

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

_MAX_KEPT = 4_000
_MAX_DEFINITIONS = 2_000
"""Definitions that one schema may need."""
_MAX_CHAIN = 200
"""References that may lead one to another: the validator follows them on its own stack."""
_MAX_ERRORS = 20


class Judge:
    """Judges by the schemas of one document."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._validators: dict[str, Draft202012Validator | None] = {}

    def errors(self, schema: Json, value: Json) -> tuple[str, ...]:
        """What of a value a tidied schema does not allow, in words; empty where it is valid."""
        validator = self._validator(schema)
        if validator is None or not bearable(schema, value, self._schemas.definition):
            return ("the schema is too large or too deep to be judged by",)
        try:
            if validator.is_valid(value):
                return ()
            return tuple(
                f"{_pointer(error.instance_path)}: {error.message[:200]}"
                for error in islice(validator.iter_errors(value), _MAX_ERRORS)
            )
        except (ValueError, OverflowError) as problem:
            return (f"the value cannot be judged: {problem}",)

    def _validator(self, schema: Json) -> Draft202012Validator | None:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            if len(self._validators) >= _MAX_KEPT:
                self._validators.clear()
            whole = self._whole(schema)
            self._validators[key] = None if whole is None else compiled(whole)
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
                self._schemas.definition(reference), partial(referred, chain=chain)
            )
        return {**root, "$defs": found} if found and isinstance(root, dict) else root


def _rewritten(schema: Json, referred: Callable[[str], str]) -> Json:
    """A tidied schema for the validator: other references, and only what it judges by."""
    if not isinstance(schema, dict):
        return schema
    written: Schema = {}
    for keyword, value in schema.items():
        if keyword == "$ref":
            written[keyword] = referred(value)
        elif keyword in ONE:
            written[keyword] = _rewritten(value, referred)
        elif keyword in LISTS:
            # The branches of a discriminator often overlap but for the property that tells them
            # apart, and are meant as one of them (OpenAPI 3.0.4, Discriminator Object).
            meant = "anyOf" if keyword == "oneOf" and "discriminator" in schema else keyword
            branches = [_rewritten(each, referred) for each in value]
            if meant in written:
                written["allOf"] = [*written.get("allOf", ()), {meant: branches}]
            else:
                written[meant] = branches
        elif keyword in MAPS:
            written[keyword] = {name: _rewritten(each, referred) for name, each in value.items()}
        elif keyword not in ("default", "example", "examples", "discriminator"):
            written[keyword] = value
    return written


def _pointer(path: list[str | int]) -> str:
    return "/" + "/".join(str(part) for part in path)
