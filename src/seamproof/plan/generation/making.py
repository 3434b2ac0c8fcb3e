"""A value of a schema: what the schema itself says of values first, then one that is made.

What is optional ends what holds itself; what is required and holds itself has no value at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

from seamproof.core.model import Json
from seamproof.plan.generation import arrays, numbers, objects, texts
from seamproof.plan.generation.flattening import Flat, Flattening, merge
from seamproof.plan.generation.keywords import TYPES, Schema, is_number
from seamproof.plan.generation.schemas import Schemas
from seamproof.plan.generation.vocabulary import Usual, is_past, usual

_MAX_VALUES = 3_000
_MAX_DEPTH = 30
_PLACEHOLDERS = ("string", "")
"""Examples that a generator of documents put there, and that say nothing."""

_KEYWORDS_OF = {
    "object": frozenset(
        "properties required additionalProperties patternProperties minProperties"  # noqa: SIM905
        " maxProperties propertyNames dependentRequired".split()
    ),
    "array": frozenset("items prefixItems minItems maxItems uniqueItems contains".split()),  # noqa: SIM905
    "string": frozenset("pattern minLength maxLength format contentEncoding".split()),  # noqa: SIM905
    "number": frozenset(
        "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split()  # noqa: SIM905
    ),
}
_NUMERIC_FORMATS = {"int32": "integer", "int64": "integer", "float": "number", "double": "number"}
_WIDTHS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}


@dataclass(slots=True)
class Making:
    """One value in the making."""

    schemas: Schemas
    random: Random
    rich: bool = False
    variant: int = 0
    problems: list[str] = field(default_factory=list)
    """What could not be satisfied, each with its JSON Pointer."""
    exhausted: bool = field(default=False, init=False)
    """Whether it was more than is made: another way is no shorter."""
    _values: int = field(default=0, init=False)

    def value(
        self,
        schema: Json,
        name: str,
        *,
        hints: tuple[Json, ...] = (),
        trail: frozenset[str] = frozenset(),
        pointer: str = "",
        ordinal: int = 0,
    ) -> Json:
        """A value of a tidied schema for a field of this name.

        `hints` are values that an example around it has here, `trail` the references that led
        here, `ordinal` asks for one unlike those before it in a list.
        """
        depth = pointer.count("/")
        self._values += 1
        if self._values > _MAX_VALUES or depth > _MAX_DEPTH:
            self.exhausted = self._values > _MAX_VALUES
            self.complain(pointer, "too much is required here, or what is required holds itself")
            return None
        flat = Flattening(self.schemas, self.variant + ordinal).flat(schema, trail)
        if flat.contradiction:
            self.complain(pointer, flat.contradiction)
        plain = flat.schema
        if "const" in plain and plain["const"] in plain.get("enum", [plain["const"]]):
            return deepcopy(plain["const"])
        said = list(self._said(plain, name, hints))
        if "enum" in plain:
            return deepcopy(self._chosen(plain["enum"], said, ordinal))
        kind = self._kind(plain, name, said)
        if kind == "object":
            return objects.make(self, flat, [e for e in said if isinstance(e, dict)], pointer)
        if kind == "array":
            return arrays.make(self, flat, name, [e for e in said if isinstance(e, list)], pointer)
        return self._scalar(plain, kind, name, said, pointer, ordinal)

    def complain(self, pointer: str, text: str) -> None:
        """Note that a part of the schema is not satisfied."""
        if len(self.problems) < 20:
            self.problems.append(f"{pointer or '/'}: {text}")

    # ------------------------------------------------------------------ what the schema says

    def _said(self, plain: Schema, name: str, hints: tuple[Json, ...]) -> Iterator[Json]:
        """The values that the schema itself names, without those that say nothing."""
        named = [*hints]
        if "default" in plain:
            named.append(plain["default"])
        named += plain.get("examples", [])
        if "example" in plain:
            named.append(plain["example"])
        for each in named:
            if isinstance(each, str) and (each in _PLACEHOLDERS or is_past(name, each)):
                continue
            if self.rich and each in (None, [], {}):
                continue
            if _is_of(plain.get("type"), each):
                yield each

    def _chosen(self, values: list[Json], said: list[Json], ordinal: int) -> Json:
        """One of an enumeration: what the schema names first, then the others; null last."""
        ordered = [each for each in said if each in values]
        ordered += [each for each in values if each not in ordered and each is not None]
        ordered = ordered or values
        return ordered[(self.variant + ordinal) % len(ordered)]

    def _kind(self, plain: Schema, name: str, said: list[Json]) -> str:
        """The type of the value that is made."""
        declared = plain.get("type")
        types = [declared] if isinstance(declared, str) else list(declared or ())
        useful = [each for each in types if each != "null"]
        if useful:
            return str(useful[self.variant % len(useful)])
        if types:
            return "null"
        for kind, keywords in _KEYWORDS_OF.items():
            if not keywords.isdisjoint(plain):
                form = plain.get("format")
                return _NUMERIC_FORMATS.get(form, kind) if kind == "string" and form else kind
        for each in said:
            return _type_of(each)
        known = usual(name)
        if known is not None and known.number is not None and not known.unique:
            return "number"
        return "string" if name else "object"

    # ------------------------------------------------------------------ scalars

    def _scalar(
        self, plain: Schema, kind: str, name: str, said: list[Json], pointer: str, ordinal: int
    ) -> Json:
        if kind == "null":
            return None
        known = usual(name)
        options: list[Json] = []
        for each in said:
            if isinstance(each, str) and known is not None and known.unique:
                fresh = texts.unique(plain, each)
                options += [] if fresh is None else [fresh]
            if not isinstance(each, dict | list) and self._allows(plain, each):
                options.append(each)
        # With ordinal 0 and variant 0 what the schema names is taken, and nothing need be made.
        if options and self.variant + ordinal < len(options):
            return options[self.variant + ordinal]
        made = self._made(plain, kind, known, name, ordinal)
        if made is not None:
            return made
        if options:
            return options[0]
        self.complain(pointer, f"no {kind} was found that is allowed here")
        return texts.text({}, name, self.random) if kind == "string" else 0

    def _allows(self, plain: Schema, value: Json) -> bool:
        if isinstance(value, str):
            return texts.allowed(plain, value)
        if is_number(value):
            return bool(numbers.number(plain, value, whole=isinstance(value, int)) == value)
        return True

    def _made(
        self, plain: Schema, kind: str, known: Usual | None, name: str, ordinal: int
    ) -> Json | None:
        if kind == "boolean":
            # What is switched on by a request is seen in its effect.
            return (self.variant + ordinal) % 2 == 0
        if kind == "string":
            return texts.text(plain, name, self.random, ordinal)
        wanted = known.number if known is not None and known.number is not None else 1
        if kind == "integer" and (_is_moment(name) or plain.get("format") == "unix-time"):
            wanted = 2_051_222_400  # 2035-01-01, in seconds since 1970
        return numbers.number(
            _within_width(plain), wanted, whole=kind == "integer", ordinal=ordinal
        )


def _within_width(plain: Schema) -> Schema:
    """The bounds of the schema, and those of its format (OpenAPI's registry)."""
    width = _WIDTHS.get(plain.get("format", ""))
    if width is None:
        return plain
    flat = Flat(dict(plain), frozenset())
    merge(flat, {"minimum": -(2 ** (width - 1)), "maximum": 2 ** (width - 1) - 1})
    return flat.schema


def _is_moment(name: str) -> bool:
    known = usual(name)
    return known is not None and known.text[:4] == "2035" and known.number is None


def _is_of(declared: Json, value: Json) -> bool:
    """Whether a value has one of the declared types, or none is declared."""
    if declared is None:
        return True
    types = [declared] if isinstance(declared, str) else declared
    kind = _type_of(value)
    if kind == "number" and "integer" in types and is_number(value) and value == int(value):
        return True
    return kind in types or (kind == "integer" and "number" in types)


def _type_of(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    kinds = {float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), TYPES[0])
