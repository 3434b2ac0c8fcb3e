"""What is made of a schema that can be satisfied is valid, by a judge of another make."""

from __future__ import annotations

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from seamproof.core.document import Document
from seamproof.core.model import Json
from seamproof.plan.generation import Generator, texts

NAMES = ("name", "email", "user_id", "price", "starts_at", "tags", "x", "password", "kind")
FORMATS = ("date-time", "date", "time", "uuid", "email", "ipv4", "ipv6", "hostname", "uri")


@st.composite
def integers(draw: st.DrawFn) -> Json:
    low, width = draw(st.integers(-50, 50)), draw(st.integers(0, 60))
    step = draw(st.sampled_from([None, 1, 3, 7]))
    if step is None:
        return {"type": "integer", "minimum": low, "maximum": low + width}
    return {"type": "integer", "minimum": low, "maximum": low + width + step, "multipleOf": step}


@st.composite
def numbers(draw: st.DrawFn) -> Json:
    low = draw(st.integers(-50, 50))
    kind = draw(st.sampled_from(["minimum", "exclusiveMinimum"]))
    return {"type": "number", kind: low, "exclusiveMaximum": low + draw(st.integers(1, 9))}


@st.composite
def strings(draw: st.DrawFn) -> Json:
    low = draw(st.integers(0, 40))
    return {"type": "string", "minLength": low, "maxLength": low + draw(st.integers(0, 30))}


patterns = st.sampled_from(
    [r"^[a-z]{3,9}$", r"^\d{4}-\d{2}$", r"^(foo|bar)-[A-Z]+$", r"^[^a-z]{2}x?$", r"[0-9a-f]{6}"]
).map(lambda pattern: {"type": "string", "pattern": pattern})
formats = st.sampled_from(FORMATS).map(lambda each: {"type": "string", "format": each})
enums = st.lists(st.integers() | st.text(max_size=5), min_size=1, max_size=4).map(
    lambda each: {"enum": each}
)
leaves = (
    integers()
    | numbers()
    | strings()
    | patterns
    | formats
    | enums
    | st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, {}])
)


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Json]) -> Json:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=4))
    required = draw(st.lists(st.sampled_from(sorted(properties) or ["free"]), unique=True))
    schema: Json = {"type": "object", "properties": properties, "required": required}
    if "free" not in required and draw(st.booleans()):
        schema["additionalProperties"] = False
    elif draw(st.booleans()):
        schema["minProperties"] = draw(st.integers(0, 6))
    return schema


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Json]) -> Json:
    low = draw(st.integers(0, 3))
    return {"type": "array", "items": draw(inner), "minItems": low, "maxItems": low + 2}


def combined(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    several = st.lists(inner, min_size=1, max_size=3)
    narrowed = st.tuples(inner, st.sampled_from([{}, True])).map(lambda each: {"allOf": [*each]})
    return objects(inner) | arrays(inner) | several.map(lambda each: {"anyOf": each}) | narrowed


schemas = st.recursive(leaves, combined, max_leaves=12)


@given(schemas, st.booleans(), st.integers(0, 5), st.sampled_from(NAMES))
def test_valid(schema: Json, rich: bool, variant: int, name: str) -> None:
    generator = Generator(Document())
    value = generator.instance(schema, name=name, rich=rich, variant=variant)
    assert generator.problems == ()
    jsonschema.validate(texts.plain(value), schema)


@settings(max_examples=40)
@given(schemas)
def test_valid_behind_references(schema: Json) -> None:
    document = Document(definitions={"#/components/schemas/A": schema})
    generator = Generator(document)
    value = generator.instance({"allOf": [{"$ref": "#/components/schemas/A"}]})
    assert generator.problems == ()
    jsonschema.validate(texts.plain(value), schema)
