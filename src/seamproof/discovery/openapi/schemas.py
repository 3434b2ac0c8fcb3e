"""Schema Objects of every version to JSON Schema, draft 2020-12.

    2.0, 3.0   JSON Schema draft 5 with changes: `nullable`, boolean exclusive bounds, `type: file`
    3.1        draft 2020-12 with `example` and `discriminator`

Both spellings are read in any version: documents mix them. A `$ref` stays, and what it leads to is
converted once, into `definitions`. A keyword with a value that it cannot have is left out, and
costs a problem; keywords that are not known are left out silently, as vendor extensions are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from seamproof.core.document import MAX_REFERENCES
from seamproof.core.model import Json
from seamproof.discovery.openapi import keywords
from seamproof.discovery.openapi.keywords import Malformed
from seamproof.discovery.openapi.source import Dialect, Exhausted, Source, escaped, named, shown

MAX_DEPTH = 64
"""Schemas within schemas."""


class Schemas:
    """Converts the schemas of one document."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[str, Json] = {}
        self._waiting: deque[str] = deque()
        self._handlers: dict[str, Callable[[str, Json, str, int, dict[str, Json]], None]] = {
            **dict.fromkeys(("default", "const"), self._any),
            **dict.fromkeys(("example", "examples"), self._examples),
            "required": self._required,
            "dependentRequired": self._dependent_required,
            "dependencies": self._dependencies,
            "type": self._type,
            "items": self._items,
            **dict.fromkeys(("not", "if", "then", "else", "contains"), self._schema),
            **dict.fromkeys(("propertyNames", "additionalItems", "contentSchema"), self._schema),
            **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), self._open),
            "unevaluatedItems": self._open,
            **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), self._schemas),
            "properties": self._properties,
            **dict.fromkeys(("patternProperties", "dependentSchemas"), self._named_schemas),
            "discriminator": self._discriminator,
            "$ref": self._reference,
            "$dynamicRef": self._dynamic,
        }

    def convert(self, value: Json, at: str) -> Json:
        """A schema in JSON Schema's terms; `{}` for what is none."""
        return self._converted(value, at, 0)

    def definitions(self) -> dict[str, Json]:
        """What the converted schemas refer to, and what that refers to in turn."""
        self._source.renew()
        try:
            while self._waiting:
                reference = self._waiting.popleft()
                found = self._source.find(reference, reference)
                if found is not None:
                    self._known[reference] = self._converted(found.value, found.at, 0)
        except Exhausted:
            self._source.problem("#", "the schemas are too many: some say nothing")
        return self._known

    def examples(self, value: Json, at: str) -> tuple[Json, ...]:
        """The examples of a schema itself, or of what it refers to."""
        for _ in range(MAX_REFERENCES):
            if not isinstance(value, dict):
                return ()
            own = keywords.examples(value["examples"]) if "examples" in value else []
            own = [*own, value["example"]] if "example" in value else own
            if own:
                return tuple(own)
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return ()
            found = self._source.find(self._canonical(reference), f"{at}/$ref")
            if found is None:
                return ()
            value, at = found.value, found.at
        return ()

    def _converted(self, value: Json, at: str, depth: int) -> Json:
        self._source.spend()
        if isinstance(value, bool):
            return {} if value else {"not": {}}
        if not isinstance(value, dict):
            if value is not None:
                self._problem(at, "a schema", value)
            return {}
        if depth >= MAX_DEPTH:
            self._source.problem(at, f"more than {MAX_DEPTH} schemas within one another")
            return {}
        made: dict[str, Json] = {}
        for key, inner in value.items():
            handler = self._handlers.get(key)
            if handler is not None:
                self._source.spend()
                handler(key, inner, f"{at}/{key}", depth, made)
            elif key in keywords.PLAIN and inner is not None:
                self._source.spend()
                self._plain(key, inner, at, made)
        keywords.settled(made)
        if value.get("nullable") is True or value.get("x-nullable") is True:
            return keywords.nullable(made)
        return made

    # Keywords without schemas

    def _plain(self, key: str, value: Json, at: str, made: dict[str, Json]) -> None:
        try:
            made[key] = keywords.PLAIN[key](value)
        except Malformed as error:
            self._problem(f"{at}/{key}", str(error), value)

    def _any(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        made[key] = value

    def _examples(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        found = [value] if key == "example" else keywords.examples(value)
        made["examples"] = [*made.get("examples", ()), *found]

    def _type(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        found, odd = keywords.types(value)
        if found is not None:
            made[key] = found
        if value == "file":
            made.setdefault("format", "binary")
        for each in odd:
            what = shown(each) if isinstance(each, str) else named(each)
            self._source.problem(at, f"{what} is no type")

    def _required(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        """Names of properties. `required: true` within a property is seen by its owner."""
        if isinstance(value, list):
            names = [each for each in value if isinstance(each, str)]
            present = made.get("required", [])
            made["required"] = list(dict.fromkeys((*present, *names)))
            if len(names) != len(value):
                self._source.problem(at, "a name that is no text is left out")
        elif value is not None and not isinstance(value, bool):
            self._problem(at, "a list of names", value)

    def _dependent_required(
        self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]
    ) -> None:
        if not isinstance(value, dict):
            self._problem(at, "an object", value)
            return
        lists = {k: v for k, v in value.items() if isinstance(v, list)}
        made[key] = {
            **made.get(key, {}),
            **{name: [n for n in names if isinstance(n, str)] for name, names in lists.items()},
        }

    def _dependencies(
        self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]
    ) -> None:
        """Draft 7's, which later drafts divide."""
        if not isinstance(value, dict):
            self._problem(at, "an object", value)
            return
        schemas = {k: v for k, v in value.items() if isinstance(v, dict)}
        self._dependent_required("dependentRequired", value, at, depth, made)
        if schemas:
            self._named_schemas("dependentSchemas", schemas, at, depth, made)

    # Keywords whose values are schemas

    def _schema(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        made[key] = self._converted(value, at, depth + 1)

    def _open(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        if isinstance(value, bool):
            made[key] = value
        else:
            self._schema(key, value, at, depth, made)

    def _items(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        """A list is draft 7's for `prefixItems`."""
        if isinstance(value, list):
            self._schemas("prefixItems", value, at, depth, made)
        else:
            self._open(key, value, at, depth, made)

    def _schemas(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        if not isinstance(value, list):
            self._problem(at, "a list of schemas", value)
        elif value:
            made[key] = [
                self._converted(each, f"{at}/{index}", depth + 1)
                for index, each in enumerate(value)
            ]

    def _named_schemas(
        self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]
    ) -> None:
        if isinstance(value, dict):
            made[key] = {
                **made.get(key, {}),
                **{
                    name: self._converted(each, f"{at}/{escaped(name)}", depth + 1)
                    for name, each in value.items()
                },
            }
        elif value is not None:
            self._problem(at, "an object of schemas", value)

    def _properties(
        self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]
    ) -> None:
        self._named_schemas(key, value, at, depth, made)
        if isinstance(value, dict):
            # Draft 3's way to say so, which many still write.
            required = [
                name
                for name, each in value.items()
                if isinstance(each, dict) and each.get("required") is True
            ]
            if required:
                self._required("required", required, at, depth, made)

    # References

    def _reference(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        if not isinstance(value, str):
            self._problem(at, "a text", value)
            return
        reference = self._canonical(value)
        if reference not in self._known:
            if self._source.find(reference, at) is None:
                return
            self._known[reference] = {}
            self._waiting.append(reference)
        made[key] = reference

    def _canonical(self, reference: str) -> str:
        """A reference; a schema's bare name is one in documents that began as Swagger 1."""
        if "#" in reference or "/" in reference:
            return reference
        v2 = self._source.dialect is Dialect.V2
        parent = "#/definitions" if v2 else "#/components/schemas"
        holder: Any = self._source.root if v2 else self._source.root.get("components")
        holder = holder.get(parent.rpartition("/")[2]) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and reference in holder:
            return f"{parent}/{escaped(reference)}"
        return reference

    def _dynamic(self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]) -> None:
        self._source.problem(at, "dynamic references are not followed: the schema says nothing")

    def _discriminator(
        self, key: str, value: Json, at: str, depth: int, made: dict[str, Json]
    ) -> None:
        """Kept, 2.0's name of a property as the object that it is later; what it maps to is
        reached by it alone where the others extend the one that has it."""
        if isinstance(value, str):
            value = {"propertyName": value}
        if not isinstance(value, dict) or not isinstance(value.get("propertyName"), str):
            self._problem(at, "an object with a propertyName", value)
            return
        made[key] = {"propertyName": value["propertyName"]}
        mapping = value.get("mapping")
        if isinstance(mapping, dict):
            found: dict[str, Json] = {}
            for name, reference in mapping.items():
                target: dict[str, Json] = {}
                self._reference("$ref", reference, f"{at}/mapping/{escaped(name)}", depth, target)
                if target:
                    found[name] = target["$ref"]
            made[key]["mapping"] = found

    def _problem(self, at: str, expected: str, found: Json) -> None:
        self._source.problem(at, f"expected {expected}, found {named(found)}; left out")
