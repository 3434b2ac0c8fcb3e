"""A document's schemas made sound.

The document is hostile: keywords of a wrong type, references that lead nowhere, patterns that are
none. What JSON Schema (draft 2020-12) does not allow is left out, so that the rest still says what
it says. For a request `readOnly` properties are not required (OpenAPI 3.0.4, Schema Object).
"""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.core.document import MAX_REFERENCES
from seamproof.core.model import Json
from seamproof.plan.generation.keywords import (
    FREE,
    LISTS,
    MAPS,
    MAX_DEPTH,
    ONE,
    Schema,
    is_shallow,
    sound,
)
from seamproof.plan.generation.matching import is_pattern


class Schemas:
    """The schemas of one document."""

    def __init__(self, definitions: Mapping[str, Json]) -> None:
        self._definitions = definitions
        self._tidied: dict[str, Json] = {}

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
        if not isinstance(schema, dict) or depth > MAX_DEPTH:
            return True
        kept: Schema = {}
        for keyword, value in schema.items():
            if isinstance(keyword, str):
                self._add(kept, keyword, value, depth)
        if "required" in kept:
            kept["required"] = [
                name
                for name in kept["required"]
                if not self._read_only(kept.get("properties", {}).get(name))
            ]
        return kept

    def _add(self, kept: Schema, keyword: str, value: Json, depth: int) -> None:
        if keyword == "items" and isinstance(value, list):
            # An array of schemas: draft 4's way to say prefixItems.
            keyword = "prefixItems"
        if keyword in ONE:
            if isinstance(value, dict | bool):
                kept[keyword] = self.tidy(value, depth + 1)
        elif keyword in LISTS:
            if isinstance(value, list) and value:
                kept[keyword] = [self.tidy(each, depth + 1) for each in value]
        elif keyword in MAPS:
            if isinstance(value, dict):
                kept[keyword] = {
                    name: self.tidy(each, depth + 1)
                    for name, each in value.items()
                    if keyword != "patternProperties" or is_pattern(name)
                }
        else:
            value = sound(keyword, value)
            if (value is not None or keyword in FREE) and is_shallow(value):
                kept[keyword] = value

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
