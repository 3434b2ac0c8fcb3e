from __future__ import annotations

import json
from typing import Any

import pytest

from seamproof.core.document import Body, Document
from seamproof.core.model import Json
from seamproof.plan.generation import Generator

USER: Json = {
    "type": "object",
    "required": ["id", "email", "username", "password"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "email": {"type": "string", "format": "email", "maxLength": 30},
        "username": {"type": "string", "pattern": "^[a-z][a-z0-9]{2,11}$"},
        "password": {"type": "string", "minLength": 8},
        "role": {"enum": ["admin", "user"], "default": "user"},
        "manager": {"$ref": "#/User"},
        "team_id": {"type": "integer"},
        "old": {"type": "string", "deprecated": True},
        "tags": {"type": "array", "items": {"type": "string"}},
        "expires_at": {
            "anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}],
            "default": None,
        },
        "created": {"type": "string", "readOnly": True},
    },
}
DEFINITIONS: dict[str, Json] = {
    "#/User": USER,
    "#/Pet": {
        "oneOf": [{"$ref": "#/Cat"}, {"$ref": "#/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/Cat", "dog": "#/Dog"}},
    },
    "#/Base": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind"},
    },
    "#/Cat": {
        "allOf": [
            {"$ref": "#/Base"},
            {"required": ["lives"], "properties": {"lives": {"type": "integer", "maximum": 9}}},
        ]
    },
    "#/Dog": {
        "allOf": [
            {"$ref": "#/Base"},
            {"required": ["barks"], "properties": {"barks": {"type": "boolean"}}},
        ]
    },
    "#/Tree": {
        "type": "object",
        "required": ["left", "n"],
        "properties": {
            "n": {"type": "integer"},
            "left": {"anyOf": [{"$ref": "#/Tree"}, {"type": "null"}]},
            "right": {"$ref": "#/Tree"},
            "children": {"type": "array", "items": {"$ref": "#/Tree"}},
        },
    },
    "#/Endless": {
        "type": "object",
        "required": ["next"],
        "properties": {"next": {"$ref": "#/Endless"}},
    },
    "#/Circle": {"$ref": "#/Circle"},
}


def made(schema: Json, **asked: Any) -> Json:
    generator = Generator(Document(definitions=DEFINITIONS))
    value = generator.instance(schema, **asked)
    assert generator.problems == ()
    return value


def test_the_smallest_has_what_is_required_and_may_be_sent_twice() -> None:
    assert made({"$ref": "#/User"}) == {
        "email": "user-{unique}@example.com",
        "username": "user{unique}",
        "password": "Sample-Passw0rd!",
    }


def test_the_richer_has_what_is_optional_but_nothing_that_it_cannot_know() -> None:
    rich = made({"$ref": "#/User"}, rich=True)
    assert rich["role"] == "user"
    assert rich["tags"] == ["key-{unique}"]
    assert rich["expires_at"] == "2035-02-20T09:00:00Z"
    assert not {"id", "created", "manager", "team_id", "old"} & set(rich)


@pytest.mark.parametrize(
    ("schema", "name", "expected"),
    [
        ({"const": 5}, "", 5),
        ({"type": "string", "enum": ["b", "a"]}, "name", "b"),
        ({"enum": ["b", "a"], "default": "a"}, "", "a"),
        ({"type": ["null", "integer"], "default": 7}, "", 7),
        ({"type": "string", "examples": ["blue"]}, "", "blue"),
        ({"type": "string", "example": "string"}, "title", "title-{unique}"),
        ({"type": "string", "example": "Blue"}, "title", "Blue-{unique}"),
        ({"type": "string", "example": "jo@x.org"}, "email", "jo-{unique}@x.org"),
        ({"type": "integer", "example": "not one"}, "", 1),
        ({"type": "string", "example": "t0ken"}, "token", "t0ken"),
        ({"type": "object", "additionalProperties": {}, "example": {"a": 1}}, "", {"a": 1}),
        (
            {"type": "string", "example": "2023-04-11T15:46:56Z"},
            "expiresAt",
            "2035-02-20T09:00:00Z",
        ),
        ({"type": "string", "example": "2023-04-11"}, "born", "2023-04-11"),
        ({"type": "string"}, "currency", "EUR"),
        ({"type": "string"}, "billingEmail", "user-{unique}@example.com"),
        ({"type": "string"}, "colour", "#336699"),
        ({"type": "string"}, "starts_at", "2035-01-10T09:00:00Z"),
        ({"type": "string", "format": "date"}, "expiryDate", "2035-02-20"),
        ({"type": "string", "format": "date"}, "birth_date", "1990-05-17"),
        ({"type": "string", "format": "uuid"}, "id", "{uuid}"),
        ({"type": "string", "format": "ipv6"}, "", "2001:db8::10"),
        ({"type": "string", "maxLength": 10}, "name", "na{unique}"),
        ({"type": "string", "maxLength": 8}, "name", "{unique}"),
        ({"type": "string", "maxLength": 4}, "name", "name"),
        ({"type": "string", "minLength": 20}, "", "sample" * 3 + "sa"),
        ({"type": "integer", "minimum": 10, "maximum": 20}, "age", 20),
        ({"type": "integer", "exclusiveMinimum": 3}, "quantity", 4),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, "", 0.5),
        ({"type": "number", "multipleOf": 0.1, "minimum": 0.25}, "", 1),
        ({"type": "integer", "multipleOf": 7, "minimum": 8}, "", 14),
        ({"type": "integer", "format": "int32"}, "expires_at", 2051222400),
        ({"type": "boolean"}, "", True),
        ({}, "price", 10),
        ({}, "title", "title-{unique}"),
        ({"properties": {"a": {}}}, "", {}),
        ({"type": "array", "items": {"type": "integer"}}, "", []),
        ({"type": "array", "minItems": 2, "items": {"type": "integer"}}, "", [1, 1]),
        (
            {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"enum": [1, 2, 3]}},
            "",
            [1, 2, 3],
        ),
        ({"type": "array", "prefixItems": [{"const": "a"}], "minItems": 1}, "", ["a"]),
        ({"type": "array", "items": {"type": "integer"}, "contains": {"const": 4}}, "", [4]),
        ({"type": "object", "minProperties": 1, "properties": {"a": {"const": 1}}}, "", {"a": 1}),
        (
            {
                "type": "object",
                "minProperties": 1,
                "patternProperties": {"^x-\\d$": {"const": 1}},
                "additionalProperties": False,
            },
            "",
            None,
        ),
        (
            {
                "required": ["a"],
                "properties": {"a": {"const": 1}, "b": {"const": 2}},
                "dependentRequired": {"a": ["b"]},
            },
            "",
            {"a": 1, "b": 2},
        ),
        (
            {
                "properties": {"kind": {"enum": ["x", "y"]}, "size": {"const": 1}},
                "required": ["kind"],
                "if": {"properties": {"kind": {"const": "x"}}},
                "then": {"required": ["size"]},
            },
            "",
            {"kind": "x", "size": 1},
        ),
    ],
)
def test_a_value_of_a_schema(schema: Json, name: str, expected: Json) -> None:
    value = made(schema, name=name)
    if expected is None:
        ((key, inner),) = value.items()
        assert key.startswith("x-")
        assert inner == 1
    else:
        assert value == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "^ORD-[0-9]{4}-[A-Z]{3}$",
        r"^(?=.*[A-Z])(?=.*\d)(?=.*[!@#$%^&*-]).{8,}$",
        r"^\+?[1-9]\d{6,14}$",
        "^[a-z0-9]+(?:-[a-z0-9]+)*$",
        r"^([01]\d|2[0-3]):[0-5]\d$",
        r"^\p{Lu}\p{Ll}+$",
        "^(a|b)(c|d){2,3}\\1?$",
        "^[^\\s@]+@[^\\s@]+\\.[a-z]{2,}$",
        "^#(?:[0-9a-fA-F]{3}){1,2}$",
        "^v\\d+\\.\\d+\\.\\d+$",
        "^[A-Z]{2}\\d{2}[A-Z0-9]{4}\\d{7}([A-Z0-9]?){0,16}$",
        "^$",
        "[\\w.-]",
        "^x{3000}$",
        "^\\u0041\\x42$",
    ],
)
def test_a_string_of_a_pattern(pattern: str) -> None:
    assert isinstance(made({"type": "string", "pattern": pattern}, name="code"), str)


def test_a_name_is_unique_where_its_pattern_lets_it() -> None:
    schema = {"type": "string", "pattern": "^ORD-[0-9A-Fa-f]{8,20}$"}
    assert made(schema, name="code") == "ORD-{unique}"
    assert "{unique}" not in made({"type": "string", "pattern": "^[G-Z]{9}$"}, name="code")


def test_alternatives_are_counted_by_the_variant() -> None:
    assert [made({"$ref": "#/Pet"}, variant=each) for each in range(3)] == [
        {"kind": "cat", "lives": 1},
        {"kind": "dog", "barks": False},
        {"kind": "cat", "lives": 1},
    ]
    assert [made({"enum": ["a", "b"]}, variant=each) for each in range(3)] == ["a", "b", "a"]
    assert made({"type": "array", "items": {"const": 1}}, variant=1) == [1]


def test_an_heir_says_its_own_name() -> None:
    assert made({"$ref": "#/Dog"})["kind"] == "Dog"


def test_what_holds_itself_ends() -> None:
    assert made({"$ref": "#/Tree"}) == {"left": None, "n": 1}
    rich = made({"$ref": "#/Tree"}, rich=True)
    assert rich == {"left": None, "n": 1}
    assert made({"$ref": "#/Circle"}, name="x") == "sample"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/Endless"},
        False,
        {"type": "integer", "minimum": 5, "maximum": 3},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9},
        {"required": ["a"], "properties": {"a": False}},
        {"type": "string", "pattern": "^a$", "minLength": 2},
    ],
)
def test_what_nothing_satisfies_is_told(schema: Json) -> None:
    generator = Generator(Document(definitions=DEFINITIONS))
    generator.instance(schema)
    assert generator.problems
    generator.instance({"type": "string"})
    assert generator.problems == ()


def test_equal_questions_have_equal_answers() -> None:
    schema = {"type": "string", "pattern": "^[a-z]{12}$"}
    document = Document(definitions=DEFINITIONS)
    one, other = Generator(document, seed=1), Generator(document, seed=1)
    other.instance({"type": "string", "pattern": "^[0-9]{12}$"})
    assert one.instance(schema) == other.instance(schema) == one.instance(schema)
    assert one.instance(schema) != Generator(document, seed=2).instance(schema)


def test_a_value_is_nobody_elses() -> None:
    generator = Generator(Document())
    body = Body("application/json", {"const": {"a": [1]}})
    generator.request_body(body)["a"].append(2)
    assert generator.request_body(body) == {"a": [1]}
    example = Body("application/json", {}, examples=({"a": [1]},))
    generator.request_body(example, rich=True)["a"].append(2)
    assert example.examples == ({"a": [1]},)


def test_the_examples_of_a_body() -> None:
    schema = {
        "type": "object",
        "required": ["city", "name"],
        "properties": {"city": {"type": "string"}, "name": {"type": "string"}, "n": {}},
    }
    body = Body("application/json", schema, examples=({"city": "Rome", "name": "Bo", "n": 4},))
    generator = Generator(Document())
    assert generator.request_body(body) == {"city": "Rome", "name": "Bo-{unique}"}
    assert generator.request_body(body, variant=1)["name"] == "Bo"
    assert generator.request_body(body, rich=True) == body.examples[0]
    assert generator.request_body(body, rich=True, variant=1)["n"] == 4


def test_files_of_a_multipart_body() -> None:
    schema = {
        "type": "object",
        "required": ["title", "avatar", "pages"],
        "properties": {
            "title": {"type": "string"},
            "avatar": {"type": "string", "format": "binary"},
            "pages": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "format": "binary"},
            },
        },
    }
    body = Generator(Document()).request_body(Body("multipart/form-data", schema))
    assert body["title"] == "title-{unique}"
    assert body["avatar"]["type"] == "image/png"
    assert body["pages"] == [
        {"filename": "sample.txt", "type": "text/plain", "content": "sample\n"}
    ]


def test_a_password_grant() -> None:
    schema = {
        "type": "object",
        "required": ["username", "password"],
        "properties": {
            "grant_type": {
                "anyOf": [{"type": "string", "pattern": "^password$"}, {"type": "null"}]
            },
            "username": {"type": "string"},
            "password": {"type": "string", "format": "password"},
            "scope": {"type": "string", "default": ""},
        },
    }
    rich = made(schema, rich=True)
    assert rich["grant_type"] == "password"


def test_a_text_is_made_unique_where_its_schema_lets_it() -> None:
    generator = Generator(Document())
    assert generator.unique({"type": "string"}, "red") == "red-{unique}"
    assert generator.unique({"type": "string"}, "a@b.org") == "a-{unique}@b.org"
    assert generator.unique({"type": "string", "maxLength": 9}, "reddish") == "r{unique}"
    assert generator.unique({"type": "string", "maxLength": 5}, "red") is None
    assert generator.unique({"enum": ["red"]}, "red") is None
    assert generator.unique({}, "{uuid}") == "{uuid}"


def test_complaints_of_a_value() -> None:
    generator = Generator(Document(definitions=DEFINITIONS))
    assert generator.complaints({"$ref": "#/User"}, {"email": "x"})
    valid = generator.instance({"$ref": "#/User"})
    assert generator.complaints({"$ref": "#/User"}, valid) == ()
    assert json.dumps(valid)


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string", "example": "Dear {name}"}, "Dear {{name}}"),
        ({"const": {"{a}": ["{{b}}"]}}, {"{{a}}": ["{{{{b}}}}"]}),
        ({"type": "string", "default": "{unique} of {it}"}, "{unique} of {{it}}"),
        ({"type": "string", "format": "uri-template"}, "https://example.com/{{id}}"),
        ({"type": "string", "pattern": r"^\{[a]+\}$"}, "{{a}}"),
    ],
)
def test_what_a_document_has_in_braces_is_no_reference(schema: Json, made: Json) -> None:
    generator = Generator(Document())
    assert generator.instance(schema) == made
    assert generator.problems == ()
    assert generator.complaints(schema, made) == ()


def test_an_example_of_a_body_is_said_as_it_stands() -> None:
    body = Body("application/json", {"type": "object"}, examples=({"hook": "{event}"},))
    assert Generator(Document()).request_body(body, rich=True) == {"hook": "{{event}}"}
