"""Schemas of a hostile document: no error, no fetch, and bounded work."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.core.document import Document
from seamproof.core.model import Json
from seamproof.plan.generation import Generator

DOUBLING: dict[str, Json] = {
    f"#/D{n}": {"allOf": [{"$ref": f"#/D{n + 1}"}, {"anyOf": [{"$ref": f"#/D{n + 1}"}]}]}
    for n in range(60)
}
WIDE: dict[str, Json] = {
    f"#/W{n}": {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"$ref": f"#/W{n + 1}"}, "b": {"$ref": f"#/W{n + 1}"}},
    }
    for n in range(60)
}
CHAIN: dict[str, Json] = {
    f"#/C{n}": {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"$ref": f"#/C{n + 1}"}},
    }
    for n in range(20_000)
}
nested: Json = {"type": "string"}
for _ in range(600):
    nested = {"allOf": [nested]}

deep: Json = 1
for _ in range(900):
    deep = [deep]


@pytest.mark.parametrize(
    "schema",
    [
        {"const": deep},
        {"enum": [deep], "default": deep},
        {"properties": {"a": {}}, "required": ["a"], "example": {"a": deep}},
        {"$ref": "#/D0"},
        {"$ref": "#/W0"},
        {"$ref": "#/C0"},
        nested,
        {"type": "string", "pattern": "^(a+)+$", "minLength": 50},
        {"type": "string", "pattern": "(" * 200 + ")" * 200},
        {"type": "string", "pattern": "^(" + "x{1000}" * 200 + ")$"},
        {"type": "string", "pattern": "a{999999999}"},
        {"type": "string", "pattern": "^(?:a?){40}a{40}$"},
        {"$ref": "http://127.0.0.1:1/schema"},
        {"$ref": "file:///etc/passwd"},
        {"$id": "http://127.0.0.1:1/", "$schema": "http://127.0.0.1:1/", "$dynamicRef": "#x"},
        {"properties": {f"p{n}": {"type": "string"} for n in range(20_000)}},
        {"enum": list(range(50_000))},
        {"oneOf": [{"const": n} for n in range(5_000)]},
        {"type": "integer", "minimum": 1e308, "multipleOf": 1e-308},
        {"type": "number", "multipleOf": 5e-324, "maximum": -1e308},
        {"type": "integer", "minimum": 10**400},
        {"type": "array", "uniqueItems": True, "minItems": 200, "items": {"type": "boolean"}},
        {"examples": ["\ud800"], "type": "string"},
        {"required": ["\ud800"], "propertyNames": {"pattern": "^a"}},
    ],
    ids=lambda schema: next(iter(schema)),
)
def test_bounded(schema: Json) -> None:
    generator = Generator(Document(definitions=DOUBLING | WIDE | CHAIN))
    began = time.process_time()
    for rich in (False, True):
        generator.instance(schema, name="name", rich=rich)
    assert time.process_time() - began < 8


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
keywords = st.sampled_from(
    [
        *("type", "enum", "const", "minimum", "maxLength", "minItems", "pattern", "format"),
        *("required", "properties", "items", "allOf", "oneOf", "anyOf", "not", "if", "then"),
        *("$ref", "default", "examples", "example", "discriminator", "additionalProperties"),
        *("patternProperties", "prefixItems", "multipleOf", "uniqueItems", "dependentRequired"),
        *("contains", "propertyNames", "minProperties", "readOnly", "exclusiveMaximum"),
    ]
)
values = scalars | st.sampled_from(["object", "array", "string", "#/A", "#/B", "date-time", "["])
malformed = st.recursive(
    values | st.lists(values, max_size=3),
    lambda inner: (
        st.dictionaries(keywords | st.text(max_size=3), inner, max_size=5)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=20,
)


@given(malformed, malformed, malformed, st.booleans(), st.integers(0, 3))
def test_no_schema_is_an_error(schema: Json, a: Json, b: Json, rich: bool, variant: int) -> None:
    generator = Generator(Document(definitions={"#/A": a, "#/B": b}))
    generator.instance(schema, name="n", rich=rich, variant=variant)
