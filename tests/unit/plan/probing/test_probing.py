"""Invalid requests of a valid one: one thing wrong in each, and nothing that its schema allows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.document import (
    Body,
    Declaration,
    Document,
    Parameter,
    Place,
)
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.probe import Probe, Source
from seamproof.plan.probing import probes

ITEM = {
    "type": "object",
    "required": ["product"],
    "properties": {
        "product": {"type": "integer", "minimum": 1.0},
        "note": {"type": ["string", "null"], "maxLength": 5},
    },
    "additionalProperties": False,
}
ORDER = {
    "type": "object",
    "required": ["items", "address"],
    "properties": {
        "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Item"}},
        "address": {"type": "string", "minLength": 1},
        "speed": {"type": "string", "enum": ["slow", "fast"]},
        "when": {"type": "string", "format": "date"},
    },
}
PLACE_ORDER = Operation.parse("POST /shops/{shop}/orders")
DOCUMENT = Document(
    (
        Declaration(
            PLACE_ORDER,
            parameters=(
                Parameter("shop", Place.PATH, {"type": "integer"}, required=True),
                Parameter("page", Place.QUERY, {"type": "integer", "maximum": 10}),
                Parameter("X-Trace", Place.HEADER, {"type": "string", "maxLength": 8}),
            ),
            bodies=(Body("application/json", ORDER, required=True),),
        ),
        Declaration(Operation.parse("GET /shops/{id}/orders")),
    ),
    definitions={"#/components/schemas/Item": ITEM},
)
ACT = Step(
    PLACE_ORDER,
    path_parameters={"shop": 7},
    json={"items": [{"product": 3, "note": "soon"}], "address": "1 Main St"},
)


NOTHING = Catalog()


def made(
    act: Step = ACT, document: Document | None = DOCUMENT, catalog: Catalog = NOTHING, **more: Any
) -> tuple[Probe, ...]:
    return probes(Scenario("test", act), document, catalog, **{"deep": True, **more})


def one(found: tuple[Probe, ...], constraint: str, field: str) -> Probe:
    (probe,) = [each for each in found if (each.constraint, each.field) == (constraint, field)]
    return probe


@pytest.mark.parametrize(
    ("constraint", "field", "sent"),
    [
        ("required", "body /address", {"items": [{"product": 3, "note": "soon"}]}),
        ("null", "body /address", {**ACT.json, "address": None}),
        ("minLength", "body /address", {**ACT.json, "address": ""}),
        ("minItems", "body /items", {**ACT.json, "items": []}),
        ("enum", "body /speed", {**ACT.json, "speed": "none-of-these"}),
        ("format", "body /when", {**ACT.json, "when": "2021-02-30"}),
    ],
)
def test_one_thing_is_wrong(constraint: str, field: str, sent: Any) -> None:
    probe = one(made(), constraint, field)
    assert probe.source is Source.SCHEMA
    assert probe.act.step.json == sent


def test_what_is_nested_is_broken_where_it_is() -> None:
    found = made()
    item = one(found, "minimum", "body /items/0/product").act.step.json["items"][0]
    assert item == {"product": 0, "note": "soon"}
    item = one(found, "maxLength", "body /items/0/note").act.step.json["items"][0]
    assert item == {"product": 3, "note": "soonnn"}
    assert one(found, "additionalProperties", "body /items/0").source is Source.SCHEMA


def test_what_the_schema_allows_is_not_sent() -> None:
    names = {(each.constraint, each.field) for each in made() if each.source is Source.SCHEMA}
    assert ("null", "body /items/0/note") not in names
    assert ("additionalProperties", "body /") not in names
    assert ("required", "body /speed") not in names


def test_null_for_what_may_be_left_out_comes_with_the_act_without_it() -> None:
    quick = replace(ACT, json={**ACT.json, "speed": "fast"})
    omitted = one(made(quick), "null", "body /speed").omitted
    assert omitted is not None
    assert omitted.step.json == ACT.json
    assert one(made(quick), "null", "body /address").omitted is None
    assert one(made(quick), "enum", "body /speed").omitted is None


def test_parameters_are_broken_as_texts() -> None:
    found = made()
    assert one(found, "type", "path shop").act.step.path_parameters == {"shop": "not-a-number"}
    assert one(found, "maximum", "query page").act.step.query == {"page": 11}
    assert len(one(found, "maxLength", "header X-Trace").act.step.headers["X-Trace"]) == 9
    assert not [each for each in found if each.constraint == "null" and "query" in each.field]


def test_bytes_that_are_no_json() -> None:
    found = made()
    body = one(found, "malformed JSON", "body /").act.body
    assert body is not None
    assert not body.endswith(b"}")
    body = one(found, "invalid UTF-8", "body /items/0/note").act.body
    assert body is not None
    assert b"\xff\xfe" in body
    assert one(found, "content type", "body /").expected == (400, 415, 422)
    assert one(found, "NUL byte", "body /address").act.step.json["address"] == "1 Main St\0"


def test_an_empty_body_need_not_be_read_where_nothing_says_so() -> None:
    act = Step(Operation.parse("POST /orders/{order}/cancel"), json={})
    unsaid = probes(Scenario("test", act), None, Catalog())
    assert not {"no body", "content type"} & {each.constraint for each in unsaid}
    said = probes(Scenario("test", replace(act, json={"mail": False})), None, Catalog())
    assert {"no body", "content type"} <= {each.constraint for each in said}


def test_paths_and_methods_that_there_are_not() -> None:
    found = made()
    assert one(found, "unknown path", "path").act.step.operation.path.startswith("/shops/{shop}/")
    methods = [each.act.step.operation for each in found if each.constraint == "undeclared method"]
    assert [each.method for each in methods] == ["PATCH", "PUT", "DELETE"]
    assert {each.path for each in methods} == {"/shops/{shop}/orders"}


def test_a_method_is_declared_where_a_route_with_a_parameter_takes_the_path() -> None:
    others = "PUT /shops/{shop}/{thing}", "DELETE /shops/{shop}/orders/{order}", "PATCH /shops/1/x"
    declared = [Declaration(Operation.parse(each)) for each in others]
    document = replace(DOCUMENT, declarations=(*DOCUMENT.declarations, *declared))
    found = made(document=document)
    methods = [each.act.step.operation for each in found if each.constraint == "undeclared method"]
    assert [each.method for each in methods] == ["PATCH", "DELETE"]


CATALOG = Catalog(
    {
        "orders": Table(
            "orders",
            (
                Column("id", "integer", nullable=False),
                Column("address", "character varying(12)", nullable=False),
                Column("speed", "text"),
                Column("price", "numeric(6,2)", nullable=False),
                Column("product_id", "integer"),
            ),
            foreign_keys=(ForeignKey(("product_id",), "products", ("id",)),),
            conditions=("(price >= (0)::numeric)",),
        )
    }
)
FREE = Operation.parse("POST /orders")


def test_the_column_says_what_the_document_does_not() -> None:
    act = Step(FREE, json={"address": "here", "price": "1.50", "product": 3})
    landing = {
        "body /address": ("orders", "address"),
        "body /price": ("orders", "price"),
        "body /product": ("orders", "product_id"),
    }
    found = made(act, None, CATALOG, landing=landing)
    assert len(one(found, "length", "body /address").act.step.json["address"]) == 13
    assert one(found, "range", "body /price").act.step.json["price"] == "10000"
    assert one(found, "check", "body /price").act.step.json["price"] == "-1"
    assert one(found, "foreign key", "body /product").act.step.json["product"] == 2_147_483_646
    assert one(found, "not null", "body /address").act.step.json["address"] is None
    assert one(found, "foreign key", "body /product").source is Source.CATALOG


def test_the_default_is_bounded_has_each_kind_and_is_always_the_same() -> None:
    found = made(deep=False)
    assert found == made(deep=False)
    assert len(found) <= 24 < len(made())
    kinds = {each.constraint for each in made()}
    assert len({each.constraint for each in found}) >= min(len(kinds), 20)
    assert len({repr(each.act) for each in found}) == len(found)


def test_a_name_that_stands_twice_is_tried_once_however_much_else_there_is() -> None:
    found = made(deep=False)
    (probe,) = [each for each in found if each.constraint == "duplicate key"]
    assert probe.act.body is not None
    pairs = json.loads(probe.act.body, object_pairs_hook=list)
    assert [name for name, _ in pairs] == ["items", "items", "address"]
    assert json.loads(probe.act.body) == ACT.json, "who takes the last or the first has the same"
    assert not [e for e in made(replace(ACT, json=[1]), None) if e.constraint == "duplicate key"]


def test_an_operation_that_nobody_declares_is_probed_all_the_same() -> None:
    found = made(Step(FREE, json={"name": "Ann", "age": 3}), None)
    assert {"NUL byte", "malformed JSON", "negative number", "unknown path"} <= {
        each.constraint for each in found
    }
    assert not [each for each in found if each.source is Source.SCHEMA]


HEADERS = Document(
    (
        Declaration(
            PLACE_ORDER,
            parameters=(
                Parameter("X-Channel", Place.HEADER, {"enum": ["web", "shop"]}, required=True),
                Parameter("X-Count", Place.HEADER, {"type": "integer", "minimum": 1}),
                Parameter("X-Campaign", Place.HEADER, {"type": "string"}),
                Parameter("X-Trace", Place.HEADER, {"type": "string", "maxLength": 8}),
            ),
        ),
    )
)


def test_a_header_is_one_whatever_the_case_of_its_name() -> None:
    found = made(replace(ACT, headers={"x-channel": "web"}), HEADERS)
    assert one(found, "required", "header x-channel").act.step.headers == {}
    assert one(found, "enum", "header x-channel").act.step.headers == {"x-channel": "none-of-these"}


def test_headers_are_of_their_type_within_their_bounds_and_their_length() -> None:
    found = made(replace(ACT, headers={"X-Count": "3"}), HEADERS)
    assert one(found, "type", "header X-Count").act.step.headers == {"X-Count": "not-a-number"}
    assert one(found, "minimum", "header X-Count").act.step.headers == {"X-Count": "0"}
    trace = one(found, "maxLength", "header X-Trace").act.step.headers["X-Trace"]
    assert len(trace) == 9


def test_what_http_allows_in_a_header_is_tried_where_the_document_allows_it_too() -> None:
    found = made(ACT, HEADERS)
    hostile = [each for each in found if each.constraint in ("long header", "octets in header")]
    assert {each.field for each in hostile} == {"header X-Campaign"}
    values = [each.act.step.headers["X-Campaign"] for each in hostile]
    assert max(map(len, values)) == 6_000
    assert any(not each.isascii() for each in values)
    assert not [each for each in values if "\r" in each or "\n" in each]


def test_half_a_character_and_infinity_are_among_the_first() -> None:
    act = Step(FREE, json={"name": "Ann", "price": 2.5})
    body = Body("application/json", {"properties": {"price": {"type": "number"}}})
    found = made(act, Document((Declaration(FREE, bodies=(body,)),)), deep=False)
    names = [each.constraint for each in found]
    assert max(names.index("lone surrogate"), names.index("infinite number")) < 6
    assert (
        one(found, "infinite number", "body /price").act.body == b'{"name": "Ann", "price": 1e400}'
    )
