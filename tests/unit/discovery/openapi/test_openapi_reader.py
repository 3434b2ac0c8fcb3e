"""Documents as they are: bases, names, media types, references and types that are wrong."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_documents import declared, document, operation, schema_of

from seamproof.core.document import Document, Parameter, Place
from seamproof.core.model import Operation
from seamproof.discovery.openapi import Unreadable, read

ONE = {"/a": {"get": {}}}
HOST = {"h": {"default": "x"}}
ELSEWHERE = {"url": "https://shop.example/prod"}


def ids(found: Document) -> list[str]:
    return [each.operation.id for each in found.declarations]


@pytest.mark.parametrize(
    ("root", "location", "path"),
    [
        ({}, "", "/a"),
        ({"swagger": "2.0", "basePath": "/v1/"}, "", "/v1/a"),
        ({"swagger": "2.0", "basePath": "v1"}, "", "/v1/a"),
        ({"swagger": "2.0", "basePath": "/"}, "", "/a"),
        ({"swagger": "2.0", "basePath": 7}, "", "/a"),
        ({"servers": [ELSEWHERE]}, "", "/prod/a"),
        ({"servers": [ELSEWHERE, {"url": "/v1"}]}, "", "/v1/a"),
        ({"servers": [ELSEWHERE, {"url": "http://127.0.0.1:8000/v1/"}]}, "", "/v1/a"),
        ({"servers": [ELSEWHERE, {"url": "http://s:1/v1"}]}, "http://s:1/api.json", "/v1/a"),
        ({"servers": [{"url": "v1"}]}, "http://s:1/docs/api.json", "/docs/v1/a"),
        ({"servers": [{"url": "."}]}, "http://s:1/docs/api.json", "/docs/a"),
        ({"servers": [{"url": "http://[broken"}, 3, {"url": "/v1"}]}, "", "/v1/a"),
        ({"servers": [{"url": "shop.example/v1"}]}, "", "/v1/a"),
        ({"servers": [{"url": "localhost:3000/v1"}]}, "", "/v1/a"),
        ({"servers": [{"url": "http://{h}//api/{v}/", "variables": HOST}]}, "", "/api/a"),
        ({"servers": [{"url": "mailto:nobody"}]}, "", "/a"),
        ({"servers": {"url": "/v1"}}, "", "/a"),
    ],
)  # fmt: skip
def test_paths_are_below_the_base(root: dict[str, Any], location: str, path: str) -> None:
    assert ids(document(ONE, location, **root)) == [f"GET {path}"]


def test_servers_of_a_path_and_of_an_operation_win() -> None:
    item = {
        "servers": [{"url": "/path"}],
        "get": {},
        "post": {"servers": [{"url": "/own"}]},
    }
    found = document({"/a": item}, servers=[{"url": "/whole"}])
    assert ids(found) == ["GET /path/a", "POST /own/a"]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("/users/{user-id}", "/users/{user-id}"),
        ("/users/{user id}/{2nd}", "/users/{user_id}/{_2nd}"),
        ("/files/{proxy+}", "/files/{proxy_}"),
        ("/a b/ü", "/a%20b/%C3%BC"),
        ("/a%20b", "/a%20b"),
        ("a", "/a"),
        ("/a#second", "/a"),
        ("/a\r\nHost: b", None),
        ("/" + "a" * 3000, None),
        ("x-a", None),
    ],
)
def test_a_path_is_one_that_can_be_sent(key: str, path: str | None) -> None:
    found = document({key: {"get": {}}})
    assert ids(found) == ([f"GET {path}"] if path else [])


def test_a_path_with_a_query_has_its_parameters() -> None:
    found = document({"/a?Action=List&Version": {"get": {}}, "/a": {"get": {}}})
    assert declared(found, "GET /a").parameters == (
        Parameter("Action", Place.QUERY, {"const": "List"}, True, ("List",)),
        Parameter("Version", Place.QUERY, {"const": ""}, True, ("",)),
    )
    assert found.problems == ("#/paths/~1a/get: GET /a is there already",)


def test_parameters_of_the_path_are_all_there_and_no_others() -> None:
    parameters = [
        {"name": "b id", "in": "path", "schema": {"type": "integer"}},
        {"name": "gone", "in": "path", "required": True},
    ]
    found = document({"/a/{a}/{b id}": {"get": {"parameters": parameters}}})
    assert declared(found, "GET /a/{a}/{b_id}").parameters == (
        Parameter("b_id", Place.PATH, {"type": "integer"}, True),
        Parameter("a", Place.PATH, {"type": "string"}, True),
    )


def test_an_operations_own_parameters_win() -> None:
    def limit(most: int) -> dict[str, Any]:
        return {"name": "limit", "in": "query", "schema": {"maximum": most}}

    item = {
        "parameters": [limit(10), {"name": "limit", "in": "cookie"}],
        "get": {"parameters": [limit(5)]},
    }
    found = declared(document({"/a": item}), "GET /a")
    assert [(each.place, each.schema) for each in found.parameters] == [
        (Place.QUERY, {"maximum": 5}),
        (Place.COOKIE, {}),
    ]


def test_headers_that_others_describe_are_no_parameters() -> None:
    names = ("Accept", "content-type", "Authorization", "If-Match")
    headers = [{"name": name, "in": "header", "schema": {}} for name in names]
    found, _ = operation({"parameters": headers})
    assert [each.name for each in found.parameters] == ["If-Match"]


@pytest.mark.parametrize(
    ("keys", "types"),
    [
        (["*/*"], ["application/json"]),
        ([""], ["application/json"]),
        (["json"], ["application/json"]),
        (["Application/JSON; charset=utf-8", "application/json"], ["application/json"]),
        (["text/csv", "multipart/form-data"], ["multipart/form-data", "text/csv"]),
    ],
)
def test_a_body_is_sent_as_a_type_that_there_is(keys: list[str], types: list[str]) -> None:
    found, _ = operation({"requestBody": {"content": {key: {"schema": {}} for key in keys}}})
    assert [each.content_type for each in found.bodies] == types


@pytest.mark.parametrize("consumes", [["application/x-www-form-urlencoded"], [], ["*/*"], None])
def test_a_body_of_swagger_2_is_json_where_only_a_form_is_named(consumes: Any) -> None:
    value = {"parameters": [{"in": "body", "name": "b", "schema": {"type": "object"}}]}
    found, _ = operation({**value, "consumes": consumes}, swagger="2.0")
    assert [each.content_type for each in found.bodies] == ["application/json"]


def test_a_form_of_swagger_2_is_a_form_where_json_is_named() -> None:
    field = {"in": "formData", "name": "a", "type": "string"}
    found, _ = operation({"parameters": [field], "consumes": ["application/json"]}, swagger="2.0")
    assert [each.content_type for each in found.bodies] == ["application/x-www-form-urlencoded"]


@pytest.mark.parametrize(
    ("schema", "read_as"),
    [
        (True, {}),
        (False, {"not": {}}),
        (None, {}),
        ("string", {}),
        ({"type": "any"}, {}),
        ({"type": "Int"}, {"type": "integer"}),
        ({"type": ["string", "null", "odd"]}, {"type": ["string", "null"]}),
        ({"type": "file"}, {"type": "string", "format": "binary"}),
        ({"minimum": "0", "maximum": 10**400, "multipleOf": 0}, {}),
        ({"minLength": -1, "maxLength": 2.5, "minItems": 1.0}, {"minItems": 1}),
        ({"exclusiveMaximum": True, "maximum": 5}, {"exclusiveMaximum": 5}),
        ({"exclusiveMinimum": True}, {}),
        ({"exclusiveMinimum": 3}, {"exclusiveMinimum": 3}),
        ({"nullable": True}, {}),
        ({"nullable": False, "type": "string"}, {"type": "string"}),
        ({"nullable": True, "oneOf": [{}]}, {"anyOf": [{"oneOf": [{}]}, {"type": "null"}]}),
        ({"example": 1, "examples": [2]}, {"examples": [1, 2]}),
        ({"examples": {"a": {"value": 3}, "b": 4}}, {"examples": [3, 4]}),
        ({"enum": []}, {}),
        ({"enum": "a"}, {}),
        ({"items": [{}, True], "additionalItems": {"type": "null"}},
         {"prefixItems": [{}, {}], "items": {"type": "null"}}),
        ({"items": None}, {"items": {}}),
        ({"dependencies": {"a": ["b"], "c": {"minProperties": 1}}},
         {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"minProperties": 1}}}),
        ({"required": True}, {}),
        ({"properties": {"a": {"type": "string", "required": True}}},
         {"properties": {"a": {"type": "string"}}, "required": ["a"]}),
        ({"required": ["a", 3], "properties": 5}, {"required": ["a"]}),
        ({"discriminator": "kind"}, {"discriminator": {"propertyName": "kind"}}),
        ({"x-order": 1, "xml": {}, "externalDocs": {}, "format": "date"}, {"format": "date"}),
        ({"pattern": "a" * 3000}, {}),
        ({"allOf": {}, "anyOf": []}, {}),
        ({"$dynamicRef": "#node"}, {}),
    ],
)  # fmt: skip
def test_a_schema_becomes_json_schema(schema: Any, read_as: Any) -> None:
    found, _ = schema_of(schema)
    assert found == read_as


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("#/components/schemas/Gone", "#/components/schemas/Gone leads nowhere"),
        ("#anchor", "#anchor leads nowhere"),
        ("other.yaml#/Order", "other.yaml#/Order is elsewhere, and is not fetched"),
        ("https://evil.example/s", "https://evil.example/s is elsewhere, and is not fetched"),
        ("file:///etc/passwd", "file:///etc/passwd is elsewhere, and is not fetched"),
        (7, "expected a text, found a number; left out"),
    ],
)
def test_a_reference_that_leads_nowhere_says_nothing(reference: Any, problem: str) -> None:
    found, whole = schema_of({"properties": {"a": {"$ref": reference}}})
    assert found == {"properties": {"a": {}}}
    place = "#/paths/~1things/post/requestBody/content/application~1json/schema/properties/a/$ref"
    assert whole.problems == (f"{place}: {problem}",)


@pytest.mark.parametrize("place", ["parameters", "responses", "requestBody", "path"])
def test_what_a_broken_reference_stands_for_is_left_out(place: str) -> None:
    broken: Any = {"$ref": "#/nowhere"}
    value: dict[str, Any] = {"responses": {"200": {"description": "it"}}}
    value |= {
        "parameters": {"parameters": [broken]},
        "responses": {"responses": {"200": broken, "404": {}}},
        "requestBody": {"requestBody": broken},
        "path": {},
    }[place]
    paths: dict[str, Any] = {"/a": {"get": value}, "/b": broken if place == "path" else {"get": {}}}
    found = document(paths)
    kept = declared(found, "GET /a")
    assert (kept.parameters, kept.bodies) == ((), ())
    assert kept.answers[0].content == {}
    assert len(found.problems) == 1
    assert found.problems[0].endswith("/$ref: #/nowhere leads nowhere")


def test_what_is_new_in_3_2() -> None:
    media = {"schema": {"type": "integer"}, "examples": {"a": {"dataValue": 7}}}
    content = {"application/json": {"$ref": "#/components/mediaTypes/Number"}}
    value = {"requestBody": {"content": content}, "responses": {"200": {"content": content}}}
    found = document(
        {"/a": {"post": value, "query": value, "additionalOperations": {"COPY": value}}},
        openapi="3.2.0",
        components={"mediaTypes": {"Number": media}},
    )
    (declaration,) = found.declarations
    assert declaration.bodies[0].schema == {"type": "integer"}
    assert declaration.bodies[0].examples == (7,)
    assert declaration.answers[0].content == {"application/json": {"type": "integer"}}
    (problem,) = found.problems
    assert problem.endswith("methods beyond those of OpenAPI 3.1 are not read")


def test_references_of_a_circle_are_a_problem() -> None:
    parameters = {"A": {"$ref": "#/components/parameters/B"}}
    parameters["B"] = {"$ref": "#/components/parameters/A"}
    found, whole = operation(
        {"parameters": [parameters["A"]]}, components={"parameters": parameters}
    )
    assert found.parameters == ()
    assert "lead to one another" in whole.problems[0]


def test_a_schema_may_hold_itself_or_be_nothing_but_itself() -> None:
    schemas = {
        "Node": {"properties": {"next": {"$ref": "#/components/schemas/Node"}}},
        "Itself": {"$ref": "#/components/schemas/Itself"},
    }
    found, whole = schema_of(
        {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas]},
        components={"schemas": schemas},
    )
    assert len(whole.definitions) == 2
    assert whole.resolve(found["anyOf"][0])["properties"]["next"] == found["anyOf"][0]
    assert whole.resolve(found["anyOf"][1]) == {}
    assert whole.problems == ()


def test_pointers_are_unescaped() -> None:
    schemas = {"a/b~c d": {"type": "string"}}
    reference = "#/components/schemas/a~1b~0c%20d"
    found, whole = schema_of({"$ref": reference}, components={"schemas": schemas})
    assert whole.resolve(found) == {"type": "string"}


def test_a_bare_name_of_swagger_1_is_a_definition() -> None:
    definitions = {"Pet": {"type": "object"}}
    found, _ = schema_of({"$ref": "Pet"}, swagger="2.0", definitions=definitions)
    assert found == {"$ref": "#/definitions/Pet"}


def test_a_reference_may_lead_into_another_operation() -> None:
    content = {"application/json": {"schema": {"type": "integer"}}}
    paths = {
        "/a": {"get": {"responses": {"200": {"content": content}}}},
        "/b": {"$ref": "#/paths/~1a"},
        "/c": {
            "get": {"parameters": [{"name": "q", "in": "query", "schema": {
                "$ref": "#/paths/~1a/get/responses/200/content/application~1json/schema"}}]},
        },
    }  # fmt: skip
    found = document(paths)
    assert declared(found, "GET /b").answers == declared(found, "GET /a").answers
    (query,) = declared(found, "GET /c").parameters
    assert found.resolve(query.schema) == {"type": "integer"}


def test_operations_without_a_name_or_with_anothers() -> None:
    named = {"operationId": "x"}
    found = document({"/a": {"get": named}, "/b": {"get": named}, "/c": {"get": {}}})
    assert [each.operation_id for each in found.declarations] == ["x", "", ""]


def test_a_link_leads_to_the_first_of_the_name() -> None:
    link = {"operationId": "x", "parameters": {"id": "$request.path.id", "n": 3}}
    paths = {
        "/a": {"get": {"operationId": "x"}},
        "/b": {"get": {"operationId": "x"}},
        "/c": {"get": {"responses": {"200": {"links": {"it": link}}}}},
    }
    (found,) = declared(document(paths), "GET /c").answers[0].links
    assert found.operation == Operation("GET", "/a")
    assert found.parameters == {"id": "$request.path.id", "n": "3"}


@pytest.mark.parametrize(
    ("own", "whole", "alternatives"),
    [
        (None, None, ()),
        (None, [], ()),
        (None, [{"k": []}], (frozenset({"k"}),)),
        ([], [{"k": []}], (frozenset(),)),
        ([{}], [{"k": []}], (frozenset(),)),
        ([{"gone": []}], None, (frozenset({"gone"}),)),
        ("k", [{"k": []}], ()),
    ],
)
def test_who_must_show_what(own: Any, whole: Any, alternatives: Any) -> None:
    schemes = {"securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}}
    value = {} if own is None else {"security": own}
    root = {} if whole is None else {"security": whole}
    found, _ = operation(value, components=schemes, **root)
    assert found.security == alternatives


def test_an_empty_list_says_nothing_where_there_are_no_schemes() -> None:
    found, _ = operation({"security": []})
    assert found.security == ()


@pytest.mark.parametrize(
    "scheme",
    [{}, {"type": "magic"}, {"type": "apiKey", "in": "body", "name": "k"}, {"type": "apiKey"}, 5],
)
def test_a_scheme_that_says_nothing_is_left_out(scheme: Any) -> None:
    found = document(ONE, components={"securitySchemes": {"k": scheme}})
    assert found.schemes == {}
    assert len(found.problems) == 1


OK = {"name": "ok", "in": "query"}


def test_what_is_malformed_costs_its_own_piece() -> None:
    value = {
        "operationId": 5,
        "summary": ["a"],
        "tags": "orders",
        "parameters": [{"name": "q"}, 5, {"name": "q", "in": "moon"}, OK],
        "requestBody": [],
        "responses": {"200": "it", "abc": {}, "x-more": {}, "2xx": {"content": [], "headers": 3}},
        "deprecated": "true",
        "callbacks": 0,
    }  # fmt: skip
    found, whole = operation(value)
    assert [each.name for each in found.parameters] == ["ok"]
    assert [each.status for each in found.answers] == ["200", "2XX"]
    assert found.deprecated
    at = "#/paths/~1things/post"
    assert set(whole.problems) == {
        f"{at}/operationId: expected a text, found a number",
        f"{at}/summary: expected a text, found a list",
        f"{at}/tags: expected a list, found a text",
        f"{at}/parameters/0: a parameter needs `in` and `name`",
        f"{at}/parameters/1: expected an object, found a number",
        f"{at}/parameters/2/in: moon is no place of a parameter",
        f"{at}/requestBody: expected an object, found a list",
        f"{at}/responses/200: expected an object, found a text",
        f"{at}/responses/abc: no status",
        f"{at}/responses/2xx/content: expected an object, found a list",
        f"{at}/responses/2xx/headers: expected an object, found a number",
    }


@pytest.mark.parametrize("item", [None, 5, "get", [], {"get": None}, {"get": 5}, {"get": "x"}])
def test_a_path_that_is_none_leaves_the_others(item: Any) -> None:
    assert ids(document({"/bad": item, **ONE})) == ["GET /a"]


@pytest.mark.parametrize(
    ("root", "version"),
    [
        ({"openapi": "3.2.0"}, "3.2.0"),
        ({"openapi": 3.1}, "3.1"),
        ({"swagger": 2}, "2"),
        ({"swagger": "2.0", "openapi": None}, "2.0"),
        ({"openapi": ["3"]}, ""),
    ],
)
def test_the_version_is_as_it_is_written(root: dict[str, Any], version: str) -> None:
    assert document(ONE, **root).version == version


def test_a_document_that_does_not_say_its_version_is_what_it_looks_like() -> None:
    body = {"in": "body", "name": "b", "schema": {"$ref": "#/definitions/A"}}
    found = read(
        b'{"paths": {"/a": {"post": {"parameters": [%s]}}}, "definitions": {"A": {}}}'
        % str(body).replace("'", '"').encode()
    )
    assert declared(found, "POST /a").bodies[0].schema == {"$ref": "#/definitions/A"}
    assert found.version == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no `paths`"),
        (b"hello", "no `paths`"),
        (b"[]", "no `paths`"),
        (b'{"paths": []}', "no `paths`"),
        (b'{"swaggerVersion": "1.2", "paths": {}}', "Swagger 1.2"),
        (b'{"paths": {"a": ]}}', "line 1, column 17: no JSON"),
        (b"<!doctype html><html>: {", "no JSON and no YAML"),
        (b"\xfe\xe9", "no utf-8"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(data)
