"""A value of a schema: what the schema itself says of values first, then one that is made.

What is optional ends what holds itself; what is required and holds itself has no value at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

from seamproof.core.model import Json
from seamproof.plan.generation import numbers, patterns, texts
from seamproof.plan.generation.flattening import Flat, Flattening, merge
from seamproof.plan.generation.schemas import TYPES, Schema, Schemas, is_number, matches
from seamproof.plan.generation.vocabulary import Usual, is_past, refers, usual

_MAX_VALUES = 3_000
_MAX_DEPTH = 30
_MAX_OPTIONAL_DEPTH = 6
"""Below, a rich value has only what is required."""
_MAX_ITEMS = 200
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
            self._complain(pointer, "too much is required here, or what is required holds itself")
            return None
        flat = Flattening(self.schemas, self.variant + ordinal).flat(schema, trail)
        if flat.contradiction:
            self._complain(pointer, flat.contradiction)
        plain = flat.schema
        if "const" in plain and plain["const"] in plain.get("enum", [plain["const"]]):
            return deepcopy(plain["const"])
        said = list(self._said(plain, name, hints))
        if "enum" in plain:
            return deepcopy(self._chosen(plain["enum"], said, ordinal))
        kind = self._kind(plain, name, said)
        if kind == "object":
            return self._object(flat, [each for each in said if isinstance(each, dict)], pointer)
        if kind == "array":
            return self._array(flat, name, [e for e in said if isinstance(e, list)], pointer)
        return self._scalar(plain, kind, name, said, pointer, ordinal)

    def _complain(self, pointer: str, text: str) -> None:
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
        self._complain(pointer, f"no {kind} was found that is allowed here")
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

    # ------------------------------------------------------------------ objects

    def _object(self, flat: Flat, examples: list[Json], pointer: str) -> Schema:
        plain = flat.schema
        declared = plain.get("properties", {})
        names = self._names(plain, examples, flat.trail, pointer)
        made: Schema = {}
        for name in names:
            inner = declared[name] if name in declared else _other_property(plain, name)
            if inner is False:
                if name in plain.get("required", ()):
                    self._complain(f"{pointer}/{name}", "it is required and not allowed")
                continue
            made[name] = self._property(flat, name, inner, examples, pointer)
        self._fill(flat, made, examples, pointer)
        return made

    def _property(
        self, flat: Flat, name: str, inner: Json, examples: list[Json], pointer: str
    ) -> Json:
        hints = tuple(each[name] for each in examples if name in each)
        return self.value(
            inner, name, hints=hints, trail=flat.trail, pointer=f"{pointer}/{_escaped(name)}"
        )

    def _names(
        self, plain: Schema, examples: list[Json], trail: frozenset[str], pointer: str
    ) -> list[str]:
        """The properties that the value has, in the order of the schema."""
        declared = plain.get("properties", {})
        wanted = dict.fromkeys(plain.get("required", ()))
        if self.rich and pointer.count("/") < _MAX_OPTIONAL_DEPTH:
            room = plain.get("maxProperties", _MAX_VALUES)
            for name, inner in declared.items():
                if len(wanted) < room and name not in wanted:
                    named = any(name in each for each in examples)
                    if self._optional_fits(name, inner, trail, named=named):
                        wanted[name] = None
        followed = True
        while followed:
            followed = False
            for name, others in plain.get("dependentRequired", {}).items():
                missing = [each for each in others if name in wanted and each not in wanted]
                wanted |= dict.fromkeys(missing)
                followed = followed or bool(missing)
        return [name for name in declared if name in wanted] + [
            name for name in wanted if name not in declared
        ]

    def _optional_fits(self, name: str, inner: Json, trail: frozenset[str], *, named: bool) -> bool:
        """Whether a rich value has an optional property: not what the service sets itself, what
        names another thing that may not be there, what is on its way out, or what recurs."""
        followed = self.schemas.follow(inner)
        if inner is False or followed is False:
            return False
        if isinstance(followed, dict):
            both = {**followed, **(inner if isinstance(inner, dict) else {})}
            if both.get("readOnly") or both.get("deprecated"):
                return False
        if refers(name) and not named:
            return False
        return _references(inner).isdisjoint(trail)

    def _fill(self, flat: Flat, made: Schema, examples: list[Json], pointer: str) -> None:
        """Add properties up to `minProperties`, and one to a rich map."""
        plain = flat.schema
        least = min(plain.get("minProperties", 0), _MAX_ITEMS)
        others = plain.get("additionalProperties", True)
        free = isinstance(others, dict) and not plain.get("properties")
        if self.rich and not made and free and not (_references(others) & flat.trail):
            least = max(least, 1)
        least = min(least, plain.get("maxProperties", least))
        if len(made) >= least:
            return
        for name, inner in plain.get("properties", {}).items():
            if len(made) >= least:
                return
            if name not in made and self._optional_fits(name, inner, flat.trail, named=True):
                made[name] = self._property(flat, name, inner, examples, pointer)
        for name in self._free_names(plain, least + len(made)):
            if len(made) >= least:
                return
            inner = _other_property(plain, name)
            if name not in made and inner is not False:
                made[name] = self._property(flat, name, inner, examples, pointer)
        if len(made) < least:
            self._complain(pointer, f"fewer than {least} properties are allowed by name")

    def _free_names(self, plain: Schema, most: int) -> Iterator[str]:
        """Names that are not declared, allowed by a pattern where one is given."""
        for pattern in plain.get("patternProperties", {}):
            yield from patterns.strings(pattern, self.random)
        named = Flattening(self.schemas, self.variant).flat(plain.get("propertyNames", True)).schema
        if "enum" in named:
            yield from (each for each in named["enum"] if isinstance(each, str))
        for ordinal in range(most + 1):
            found = texts.text(named, "", self.random, ordinal) if named else f"key{ordinal + 1}"
            if found is not None:
                yield found

    # ------------------------------------------------------------------ arrays

    def _array(self, flat: Flat, name: str, examples: list[Json], pointer: str) -> list[Json]:
        plain = flat.schema
        first = plain.get("prefixItems", [])
        items = plain.get("items", True)
        count = self._count(plain, items, examples, flat.trail)
        hinted = examples[self.variant % len(examples)] if examples else []
        wanted = self._contained(plain)
        made: list[Json] = []
        for index in range(count):
            inner = first[index] if index < len(first) else items
            if wanted is not None and index < plain.get("minContains", 1):
                inner = _both_of(inner, wanted)
            hints = (hinted[index],) if index < len(hinted) else ()
            made.append(self._item(flat, name, inner, hints, made, f"{pointer}/{index}", index))
        return made

    def _count(
        self, plain: Schema, items: Json, examples: list[Json], trail: frozenset[str]
    ) -> int:
        low = plain.get("minItems", 0)
        if "contains" in plain:
            low = max(low, plain.get("minContains", 1))
        high = plain.get("maxItems", _MAX_ITEMS)
        if items is False:
            high = min(high, len(plain.get("prefixItems", [])))
        wanted = low
        recurs = bool(_references(items) & trail)
        if (self.rich or self.variant % 2) and not recurs:
            wanted = max(low, 1, len(plain.get("prefixItems", [])) if self.rich else 0)
        if examples and any(examples):
            wanted = max(wanted, 1)
        return int(min(wanted, high, _MAX_ITEMS))

    def _contained(self, plain: Schema) -> Json | None:
        return plain.get("contains") if plain.get("minContains", 1) > 0 else None

    def _item(
        self,
        flat: Flat,
        name: str,
        inner: Json,
        hints: tuple[Json, ...],
        before: list[Json],
        pointer: str,
        index: int,
    ) -> Json:
        tries = range(index, index + 8) if flat.schema.get("uniqueItems") else (0,)
        item: Json = None
        for ordinal in tries:
            item = self.value(
                inner,
                _singular(name),
                hints=hints if ordinal == tries[0] else (),
                trail=flat.trail,
                pointer=pointer,
                ordinal=ordinal if before else 0,
            )
            if item not in before or (isinstance(item, str) and texts.plain(item) != item):
                break
        return item


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
    if kind == "number" and "integer" in types and value == int(value):
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


def _other_property(plain: Schema, name: str) -> Json:
    """The schema of a property that is not declared by name."""
    fitting = [
        inner for each, inner in plain.get("patternProperties", {}).items() if matches(each, name)
    ]
    if fitting:
        return fitting[0] if len(fitting) == 1 else {"allOf": fitting}
    return plain.get("additionalProperties", True)


def _both_of(one: Json, other: Json) -> Json:
    return other if one is True else {"allOf": [one, other]}


def _references(schema: Json) -> frozenset[str]:
    """The references that a property or item leads to at once, its own items' included."""
    if not isinstance(schema, dict):
        return frozenset()
    found = {schema["$ref"]} if "$ref" in schema else set()
    for keyword in ("allOf", "anyOf", "oneOf"):
        found |= {e["$ref"] for e in schema.get(keyword, ()) if isinstance(e, dict) and "$ref" in e}
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            found |= _references(schema[keyword])
    return frozenset(found)


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _escaped(name: str) -> str:
    """A part of a JSON Pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
