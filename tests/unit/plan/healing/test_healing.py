"""Scenarios are repaired where names and places changed, and told of where the service did."""

from __future__ import annotations

from typing import Any

import pytest
from shop import (
    Asked,
    Shop,
    declared,
    document,
    parameter,
    scenario,
    step,
    wanting,
)

from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.document import Document, Place
from seamproof.core.model import Extract
from seamproof.plan.healing import Healed

ORDER = {"product": 1, "qty": 2}
OLD = document(declared("POST /orders", {"product": int, "qty": int}, operation_id="order"))


def healed(found: Healed) -> Any:
    """The act of the only scenario, as it was healed."""
    (only,) = found.healings
    return only.after.act


def test_what_answers_as_it_should_is_run_once_and_left_alone() -> None:
    shop = Shop(wanting("/orders", product=int, qty=int))
    found = shop.heal(OLD, scenario("POST /orders", json=ORDER), then=OLD)
    assert (found.healings, found.evidence, found.behaviours) == ((), (), ())
    assert shop.experiments == 1


@pytest.mark.parametrize("then", [OLD, None])
def test_a_renamed_path_and_field(then: Document | None) -> None:
    shop = Shop(wanting("/purchases", product=int, quantity=int))
    now = document(
        declared("POST /users", {"name": str}),
        declared("POST /purchases", {"product": int, "quantity": int}, operation_id="order"),
    )
    found = shop.heal(now, scenario("POST /orders", json=ORDER), then=then)
    act = healed(found)
    assert act.operation.id == "POST /purchases"
    assert act.json == {"product": 1, "quantity": 2}
    (evidence,) = found.evidence
    assert evidence.before == 'POST /orders -> 404: {"detail": "Not Found"}'
    assert evidence.after == "POST /purchases -> 200"
    assert ("operationId order" in evidence.document[0]) == (then is not None)
    assert ("most like" in evidence.document[0]) == (then is None)


def test_with_what_was_declared_a_name_that_tells_nothing_is_followed() -> None:
    shop = Shop(lambda asked: (200, {}) if asked.path == "/zzz" else (404, {}))
    then = document(declared("GET /orders", operation_id="list"))
    now = document(declared("GET /zzz", operation_id="list"))
    assert shop.heal(now, scenario("GET /orders")).healings == ()
    assert healed(shop.heal(now, scenario("GET /orders"), then=then)).operation.id == "GET /zzz"


def test_path_parameters_get_the_names_of_the_new_path() -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        return (200, {"id": 7}) if asked.path in {"/orders", "/purchases/7"} else (404, {})

    now = document(declared("POST /orders", {}), declared("GET /purchases/{number}"))
    first = step("POST /orders", json={}, extracts=(Extract("order", "$.id"),))
    found = Shop(answer).heal(now, scenario("GET /orders/{order}", first))
    act = healed(found)
    assert act.operation.id == "GET /purchases/{number}"
    assert act.path_parameters == {"number": "{order}"}


def test_a_renamed_optional_field_that_the_service_ignores_is_renamed_too() -> None:
    def of(name: str) -> Document:
        return document(declared("POST /orders", {"product": int, f"{name}?": {"maxLength": 9}}))

    shop = Shop(lambda asked: (200, {}))
    sent = {"product": 1, "note": "x"}
    found = shop.heal(of("remark"), scenario("POST /orders", json=sent), then=of("note"))
    assert healed(found).json == {"product": 1, "remark": "x"}


@pytest.mark.parametrize(
    ("was", "now", "sent", "wanted"),
    [
        ("page", "pageNumber", {"query": {"page": "3"}}, {"query": {"pageNumber": "3"}}),
        (
            "tenant",
            ("Tenant", Place.HEADER),
            {"query": {"tenant": "a"}},
            {"query": {}, "headers": {"Tenant": "a"}},
        ),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_parameters_that_are_renamed_or_moved(
    was: str, now: Any, sent: dict[str, Any], wanted: dict[str, Any], known: bool
) -> None:
    name, place = now if isinstance(now, tuple) else (now, Place.QUERY)

    def answer(asked: Asked) -> tuple[int, Any]:
        there = asked.headers.get(name.lower()) or asked.query.get(name)
        return (200, {}) if there else (400, {"message": "something is missing"})

    then = document(declared("GET /orders", parameters=(parameter(was),)))
    new = document(declared("GET /orders", parameters=(parameter(name, place),)))
    found = Shop(answer).heal(new, scenario("GET /orders", **sent), then=then if known else None)
    act = healed(found)
    assert {key: getattr(act, key) for key in wanted} == wanted


def test_a_parameter_of_the_path_that_is_in_the_body_now() -> None:
    now = document(declared("POST /votes", {"poll": int, "choice": int}, operation_id="vote"))
    then = document(declared("POST /polls/{poll}/votes", {"choice": int}, operation_id="vote"))
    shop = Shop(wanting("/votes", poll=int, choice=int))
    stored = scenario("POST /polls/{poll}/votes", path_parameters={"poll": 4}, json={"choice": 1})
    act = healed(shop.heal(now, stored, then=then))
    assert (act.path_parameters, act.json) == ({}, {"poll": 4, "choice": 1})


def test_a_new_required_field_gets_a_value() -> None:
    now = document(declared("POST /orders", {"product": int, "qty": int, "note": str}))
    shop = Shop(wanting("/orders", product=int, qty=int, note=str))
    act = healed(shop.heal(now, scenario("POST /orders", json=ORDER), then=OLD))
    assert isinstance(act.json["note"], str)
    assert {**act.json, "note": ""} == {**ORDER, "note": ""}


def test_a_new_required_reference_names_a_row_that_is_there() -> None:
    columns = tuple(Column(each, "integer") for each in ("id", "tenant_id"))
    catalog = Catalog({"warehouses": Table("warehouses", columns, ("id",))})
    stored = {"warehouses": ({"id": 41, "tenant_id": 1}, {"id": 42, "tenant_id": 1})}

    def answer(asked: Asked) -> tuple[int, Any]:
        there = asked.body.get("warehouse_id") in {41, 42}
        return (200, {}) if there else (409, {"detail": "there is no such warehouse"})

    now = document(declared("POST /orders", {"product": int, "qty": int, "warehouse_id": int}))
    found = Shop(answer).heal(
        now, scenario("POST /orders", json=ORDER), catalog=catalog, stored=stored
    )
    assert healed(found).json["warehouse_id"] in {
        "{row.warehouses.0.id}",
        "{row.warehouses.1.id}",
    }


def test_a_field_that_only_the_refusal_asks_for() -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        if "currency" in asked.body:
            return 200, {}
        return 422, {
            "detail": [{"loc": ["body", "currency"], "type": "missing", "msg": "Field required"}]
        }

    act = healed(Shop(answer).heal(OLD, scenario("POST /orders", json=ORDER)))
    assert act.json.keys() == {"product", "qty", "currency"}


def test_an_enum_and_a_type_that_changed() -> None:
    kinds = {"type": "string", "enum": ["express", "standard_mail"]}
    now = document(declared("POST /orders", {"product": str, "kind": kinds}))

    def answer(asked: Asked) -> tuple[int, Any]:
        right = asked.body["product"] == "5" and asked.body["kind"] in kinds["enum"]
        return (200, {}) if right else (422, {})

    sent = {"product": 5, "kind": "standard"}
    act = healed(Shop(answer).heal(now, scenario("POST /orders", json=sent)))
    assert act.json == {"product": "5", "kind": "standard_mail"}


def test_a_body_in_another_media_type() -> None:
    form = declared("POST /orders", {"name": str}, media="application/x-www-form-urlencoded")

    def answer(asked: Asked) -> tuple[int, Any]:
        right = asked.headers.get("content-type") != "application/json"
        return (200, {}) if right else (415, {})

    act = healed(Shop(answer).heal(document(form), scenario("POST /orders", json={"name": "x"})))
    assert (act.json, act.form) == (None, {"name": "x"})


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ({"data": {"id": 7}}, "$.data.id"),
        ({"order_id": 7, "user": {"id": 1}}, "$.order_id"),
        ({"headers": (("X-Order-Id", "7"),)}, "header:X-Order-Id"),
    ],
)
def test_an_extracted_value_that_is_elsewhere_in_the_answer(body: Any, source: str) -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.path == "/orders":
            return 201, dict(body)
        return (200, {}) if asked.path == "/orders/7" else (404, {})

    now = document(declared("POST /orders", {}), declared("GET /orders/{order_id}"))
    extract = Extract("order_id", "$.id" if "data" in body else "$.orderId")
    first = step("POST /orders", json={}, extracts=(extract,))
    found = Shop(answer).heal(now, scenario("GET /orders/{order_id}", first))
    (only,) = found.healings
    assert only.after.arrangement[0].extracts == (Extract("order_id", source),)


def test_the_repair_of_a_step_that_many_share_is_found_once() -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.method == "GET":
            return 200, {}
        return wanting("/purchases", product=int, quantity=int)(asked)

    now = document(
        declared("POST /purchases", {"product": int, "quantity": int}),
        declared("GET /purchases/{id}"),
        declared("GET /shelves/{id}"),
    )
    first = step("POST /orders", json=ORDER, extracts=(Extract("id", "$.id"),))
    stored = [scenario("GET /shelves/{id}", first, name=str(number)) for number in range(4)]
    shop = Shop(answer)
    found = shop.heal(now, *stored)
    assert len(found.healings) == 4
    (evidence,) = found.evidence
    assert evidence.scenarios == ("0", "1", "2", "3")
    assert shop.experiments == 2 + 2 * 3


def test_equal_arguments_lead_to_equal_experiments() -> None:
    now = document(declared("POST /purchases", {"product": int, "quantity": int, "note": str}))
    shops = [Shop(wanting("/purchases", product=int, quantity=int, note=str)) for _ in range(2)]
    first, second = (each.heal(now, scenario("POST /orders", json=ORDER)) for each in shops)
    assert first == second
    assert shops[0].sent == shops[1].sent


# What is not healed


def test_another_status_of_success_is_a_change_of_behaviour() -> None:
    shop = Shop(wanting("/orders", product=int, qty=int))
    found = shop.heal(OLD, scenario("POST /orders", json=ORDER, expect=(201,)), then=OLD)
    assert found.healings == ()
    (told,) = found.behaviours
    assert (told.breaking, told.scenarios) == (True, ("POST /orders",))
    assert told.words.startswith("answers 200, the scenario expects 201; the document declares 200")
    assert shop.experiments == 1


def test_a_refusal_that_is_a_success_now_breaks_nobody() -> None:
    found = Shop(lambda asked: (200, {})).heal(
        OLD, scenario("POST /orders", json=ORDER, expect=(409,))
    )
    assert found.healings == ()
    assert [each.breaking for each in found.behaviours] == [False]


def test_a_scenario_that_expects_a_refusal_is_healed_to_that_refusal() -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.path != "/purchases" or "quantity" not in asked.body:
            return 422, {"detail": "no"}
        return (409, {}) if asked.body["quantity"] > 100 else (200, {})

    now = document(declared("POST /purchases", {"product": int, "quantity": int}))
    sent = {"product": 1, "qty": 900}
    act = healed(Shop(answer).heal(now, scenario("POST /orders", json=sent, expect=(409,))))
    assert act.json == {"product": 1, "quantity": 900}
    assert act.expect == (409,)


def test_what_nothing_repairs_is_told_with_the_answer() -> None:
    found = Shop(lambda asked: (403, {"detail": "members only"})).heal(
        OLD,
        scenario("POST /orders", json=ORDER, name="a"),
        scenario("POST /orders", json=ORDER, name="b"),
    )
    (told,) = found.behaviours
    assert told.breaking
    assert told.scenarios == ("a", "b")
    assert "answers 403, the scenario expects 2xx" in told.words
    assert "members only" in told.words


def test_what_the_documents_say_of_answers_is_told() -> None:
    then = document(declared("GET /orders", answers=("200", "404")))
    now = document(declared("GET /orders", answers=("202",)))
    found = Shop(lambda asked: (200, {})).heal(now, scenario("GET /orders"), then=then)
    assert [(each.breaking, each.words) for each in found.behaviours] == [
        (True, "/responses/200: 200 is declared no more, but 202"),
        (False, "/responses/404: 404 is declared no more"),
        (False, "/responses/202: 202 is declared now"),
    ]


def test_a_guess_that_answers_but_is_of_something_else_is_not_taken() -> None:
    now = document(declared("GET /users"), declared("POST /users", {"name": str}))
    shop = Shop(lambda asked: (200, {}) if asked.path == "/users" else (404, {}))
    found = shop.heal(now, scenario("GET /orders/{id}", path_parameters={"id": 1}))
    assert found.healings == ()
    assert len(found.behaviours) == 1
