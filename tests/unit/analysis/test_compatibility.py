"""What changed between two documents, and what of it breaks clients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seamproof.analysis.compatibility import Change, ChangeKind, changes, pairs
from seamproof.core.document import Answer, Body, Declaration, Document, Parameter, Place
from seamproof.core.model import Operation

K = ChangeKind
JSON = "application/json"
OBJECT = {
    "type": "object",
    "required": ["product", "qty"],
    "properties": {
        "product": {"type": "integer"},
        "qty": {"type": "integer", "minimum": 1},
        "kind": {"type": "string", "enum": ["a", "b"]},
    },
}


def body(schema: Any) -> tuple[Body, ...]:
    return (Body(JSON, schema, required=True),)


def answer(schema: Any, status: str = "201") -> tuple[Answer, ...]:
    return (Answer(status, {JSON: schema}),)


def declared(text: str = "POST /orders", **more: Any) -> Declaration:
    return Declaration(Operation.parse(text), **more)


def between(old: Declaration, new: Declaration, definitions: Any = None) -> tuple[Change, ...]:
    known = definitions or {}
    return changes(Document((old,), definitions=known), Document((new,), definitions=known))


def with_property(name: str, schema: Any, *, required: bool = False) -> dict[str, Any]:
    names = [*OBJECT["required"], *([name] if required else [])]
    properties: dict[str, Any] = OBJECT["properties"] | {name: schema}  # type: ignore[operator]
    return {**OBJECT, "required": names, "properties": properties}


def without(name: str) -> dict[str, Any]:
    properties = {k: v for k, v in OBJECT["properties"].items() if k != name}  # type: ignore[attr-defined]
    return {**OBJECT, "required": [r for r in OBJECT["required"] if r != name]} | {
        "properties": properties
    }


def test_equal_documents_have_no_changes() -> None:
    order = declared(bodies=body(OBJECT), answers=answer(OBJECT), operation_id="order")
    assert between(order, replace(order, summary="another word")) == ()


def test_a_parameter_of_the_path_with_another_name_is_no_change() -> None:
    def of(name: str) -> Declaration:
        parameter = Parameter(name, Place.PATH, {"type": "integer"}, required=True)
        return declared(f"GET /orders/{{{name}}}", parameters=(parameter,))

    assert between(of("id"), of("order_id")) == ()


def test_one_operation_id_on_another_path_is_a_rename() -> None:
    (found,) = between(
        declared(operation_id="order"), declared("POST /purchases", operation_id="order")
    )
    assert (found.kind, found.breaking) == (K.OPERATION_RENAMED, True)
    assert (found.was, found.now) == ("POST /orders", "POST /purchases")


def test_equal_schemas_on_another_path_are_a_rename_only_where_no_other_has_them() -> None:
    order = declared(bodies=body(OBJECT))
    moved = declared("POST /purchases", bodies=body(OBJECT))
    other = declared("POST /sales", bodies=body(OBJECT))
    assert [each.kind for each in between(order, moved)] == [K.OPERATION_RENAMED]
    found = changes(Document((order,)), Document((moved, other)))
    assert [each.kind for each in found] == [
        K.OPERATION_REMOVED,
        K.OPERATION_ADDED,
        K.OPERATION_ADDED,
    ]


@pytest.mark.parametrize(
    ("schema", "kind", "in_requests", "in_answers"),
    [
        (with_property("note", {"type": "string"}), K.PROPERTY_ADDED, False, False),
        (with_property("note", {"type": "string"}, required=True), K.PROPERTY_ADDED, True, False),
        (without("product"), K.PROPERTY_REMOVED, False, True),
        (without("kind"), K.PROPERTY_REMOVED, False, False),
        ({**without("kind"), "additionalProperties": False}, K.PROPERTY_REMOVED, True, False),
        ({**OBJECT, "required": ["product"]}, K.OPTIONAL, False, True),
        ({**OBJECT, "required": ["product", "qty", "kind"]}, K.REQUIRED, True, False),
        (with_property("product", {"type": "string"}), K.TYPE, True, True),
        (with_property("product", {"type": "number"}), K.TYPE, False, True),
        (with_property("product", {"type": ["integer", "null"]}), K.TYPE, False, True),
        (with_property("kind", {"type": "string", "enum": ["a"]}), K.ENUM, True, False),
        (with_property("kind", {"type": "string", "enum": ["a", "b", "c"]}), K.ENUM, False, True),
        (with_property("kind", {"type": "string"}), K.ENUM, False, True),
        (with_property("qty", {"type": "integer", "minimum": 2}), K.BOUNDS, True, False),
        (with_property("qty", {"type": "integer", "minimum": 0}), K.BOUNDS, False, True),
    ],
)
def test_narrower_breaks_requests_and_wider_breaks_answers(
    schema: Any, kind: ChangeKind, in_requests: bool, in_answers: bool
) -> None:
    (found,) = between(declared(bodies=body(OBJECT)), declared(bodies=body(schema)))
    assert (found.kind, found.breaking) == (kind, in_requests)
    (found,) = between(declared(answers=answer(OBJECT)), declared(answers=answer(schema)))
    assert (found.kind, found.breaking) == (kind, in_answers)


def test_a_property_with_another_name_and_the_same_schema_is_renamed() -> None:
    schema = without("qty")
    schema["required"] = [*schema["required"], "quantity"]
    schema["properties"]["quantity"] = {"type": "integer", "minimum": 1}
    (found,) = between(declared(bodies=body(OBJECT)), declared(bodies=body(schema)))
    assert (found.kind, found.breaking) == (K.PROPERTY_RENAMED, True)
    assert (found.was, found.now) == ("qty", "quantity")
    assert found.place == "/requestBody/application~1json/qty"


def test_any_string_is_another_only_where_both_are_the_only_ones() -> None:
    def of(*names: str) -> Declaration:
        properties = {each: {"type": "string", "title": each} for each in names}
        return declared(bodies=body({"type": "object", "properties": properties}))

    (found,) = between(of("a", "comment"), of("a", "zzz"))
    assert found.kind is K.PROPERTY_RENAMED
    kinds = [each.kind for each in between(of("comment"), of("zzz", "w"))]
    assert kinds == [K.PROPERTY_REMOVED, K.PROPERTY_ADDED, K.PROPERTY_ADDED]


def test_another_name_of_a_definition_is_no_change() -> None:
    definitions = {"#/a": OBJECT, "#/b": OBJECT}
    old, new = ({"$ref": each} for each in definitions)
    assert between(declared(bodies=body(old)), declared(bodies=body(new)), definitions) == ()


def test_what_allOf_spreads_and_what_may_be_null_are_read_as_one() -> None:
    parts = {"allOf": [without("kind"), {"properties": {"kind": OBJECT["properties"]["kind"]}}]}  # type: ignore[index]
    assert between(declared(bodies=body(OBJECT)), declared(bodies=body(parts))) == ()
    nullable = with_property(
        "qty", {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}
    )
    (found,) = between(declared(answers=answer(OBJECT)), declared(answers=answer(nullable)))
    assert (found.kind, found.breaking) == (K.TYPE, True)


@pytest.mark.parametrize(
    ("was", "now", "kind", "breaking"),
    [
        (None, Parameter("page", Place.QUERY), K.PARAMETER_ADDED, False),
        (None, Parameter("page", Place.QUERY, required=True), K.PARAMETER_ADDED, True),
        (Parameter("page", Place.QUERY), None, K.PARAMETER_REMOVED, False),
        (
            Parameter("page", Place.QUERY),
            Parameter("offset", Place.QUERY),
            K.PARAMETER_RENAMED,
            True,
        ),
        (
            Parameter("tenant", Place.QUERY),
            Parameter("Tenant", Place.HEADER),
            K.PARAMETER_MOVED,
            True,
        ),
        (
            Parameter("page", Place.QUERY),
            Parameter("page", Place.QUERY, required=True),
            K.REQUIRED,
            True,
        ),
    ],
)
def test_parameters(
    was: Parameter | None, now: Parameter | None, kind: ChangeKind, breaking: bool
) -> None:
    old, new = (declared(parameters=(each,) if each else ()) for each in (was, now))
    (found,) = between(old, new)
    assert (found.kind, found.breaking) == (kind, breaking)


def test_another_status_of_success_breaks_and_its_body_is_compared() -> None:
    found = between(
        declared(answers=answer(OBJECT, "201")), declared(answers=answer(without("qty"), "200"))
    )
    assert [(each.kind, each.breaking) for each in found] == [
        (K.STATUS_REMOVED, True),
        (K.PROPERTY_REMOVED, True),
        (K.STATUS_ADDED, False),
    ]
    assert found[0].words == "201 is declared no more, but 200"


def test_a_refusal_that_is_declared_no_more_breaks_nobody() -> None:
    both = (*answer({}, "201"), *answer({}, "409"))
    (found,) = between(declared(answers=both), declared(answers=both[:1]))
    assert (found.kind, found.breaking) == (K.STATUS_REMOVED, False)


def test_a_range_of_statuses_covers_one() -> None:
    assert between(declared(answers=answer({})), declared(answers=answer({}, "2XX")))[0].kind is (
        K.STATUS_ADDED
    )


def test_media_types_and_security() -> None:
    form = (Body("application/x-www-form-urlencoded", OBJECT),)
    found = between(declared(bodies=body(OBJECT)), declared(bodies=form))
    assert [(each.kind, each.breaking) for each in found] == [
        (K.MEDIA_TYPE_REMOVED, True),
        (K.MEDIA_TYPE_ADDED, False),
    ]
    anybody, key = frozenset[str](), frozenset({"key"})
    (found,) = between(declared(security=(anybody, key)), declared(security=(key,)))
    assert (found.kind, found.breaking) == (K.SECURITY, True)
    (found,) = between(declared(security=(key,)), declared(security=(anybody, key)))
    assert not found.breaking


def test_schemas_that_hold_themselves_and_nonsense_end() -> None:
    def circle(more: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"a": {"$ref": "#/x"}, "b": {"$ref": "#/x"}} | more,
            "required": 7,
            "enum": "no list",
            "allOf": [{"$ref": "#/x"}, 3],
            "minimum": "much",
        }

    old = Document((declared(bodies=body({"$ref": "#/x"})),), definitions={"#/x": circle({})})
    new = replace(old, definitions={"#/x": circle({"c": {"type": "string"}})})
    (found,) = changes(old, new)
    assert found.kind is K.PROPERTY_ADDED


def test_pairs_follow_the_names_of_path_parameters() -> None:
    old = declared("GET /shops/{shop}/orders/{id}", operation_id="o")
    new = declared("GET /stores/{store}/orders/{number}", operation_id="o")
    (pair,) = pairs(Document((old,)), Document((new,)))
    assert pair.renamed
    assert (pair.name("shop"), pair.name("id")) == ("store", "number")
