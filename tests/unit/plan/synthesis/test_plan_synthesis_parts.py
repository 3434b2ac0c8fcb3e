"""The parts of the search: names, arrangements put together, a try judged, whose rows are whose."""

from __future__ import annotations

import json

import pytest
from fake_service import ALICE, BOB, table

from seamproof.core.catalog import Catalog
from seamproof.core.experiment import Act, Experiment
from seamproof.core.history import (
    Changes,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import Extract, Json, Operation, Scenario, Step
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.imitation import turned
from seamproof.plan.synthesis.outcome import judge
from seamproof.plan.synthesis.ownership import Belongings
from seamproof.plan.synthesis.steps import feeds, merged, tidied

ORDER, PAY = Operation.parse("POST /orders"), Operation.parse("POST /orders/{order}/payment")


@pytest.mark.parametrize(
    ("name", "thing", "attribute"),
    [
        ("orderId", "order", "id"),
        ("order_ids", "order", "id"),
        ("order", "order", ""),
        ("id", "", "id"),
        ("featureName", "feature", "name"),
        ("contextField", "contextfield", ""),
        ("categories", "category", ""),
        ("status", "status", ""),
    ],
)
def test_a_name_tells_the_thing_and_its_attribute(name: str, thing: str, attribute: str) -> None:
    assert naming.split(name) == (thing, attribute)


def test_prefixes_of_a_path_forget_the_names_of_parameters() -> None:
    assert naming.prefixes("/a/{x}/b/{y}/c") == (("a", "{}"), ("a", "{}", "b", "{}"))
    assert naming.collection(("a", "{}", "feature-types", "{}")) == "featuretype"


def ordered(name: str = "order", source: str = "$.id", product: int = 1) -> Step:
    return Step(ORDER, json={"product": product}, extracts=(Extract(name, source),))


def test_equal_steps_of_two_arrangements_are_done_once() -> None:
    pay = Step(PAY, path_parameters={"order": "{made}"})
    steps, names = merged((ordered("order"),), (ordered("made"), pay))

    assert names == {"made": "order"}
    assert [each.operation for each in steps] == [ORDER, PAY]
    assert steps[1].path_parameters == {"order": "{order}"}


def test_unequal_steps_that_extract_by_one_name_get_names_of_their_own() -> None:
    pay = Step(PAY, path_parameters={"order": "{order}"})
    steps, names = merged((ordered(),), (ordered(product=2), pay))

    assert names == {"order": "order_2"}
    assert steps[1].extracts[0].name == "order_2"
    assert steps[2].path_parameters == {"order": "{order_2}"}


def test_what_nobody_refers_to_is_not_extracted() -> None:
    act = Step(PAY, path_parameters={"order": "{order}"})
    extracts = (Extract("order", "$.id"), Extract("total", "$.total"))
    step = Step(ORDER, extracts=extracts)

    assert tidied((step,), act) == (Step(ORDER, extracts=extracts[:1]),)
    assert feeds((step, Step(PAY, path_parameters={"order": 9})), act) == (True, False)


def test_a_name_that_is_repeated_as_it_is_feeds_what_repeats_it() -> None:
    made = Step(ORDER, json={"code": "spring-00000d8e"})

    assert feeds((made,), Step(PAY, path_parameters={"order": "spring-00000d8e"})) == (True,)
    assert feeds((made,), Step(PAY, path_parameters={"order": "other"})) == (False,)


def history(status: int, body: Json, *rows: RowChange) -> History:
    act = Act(Step(ORDER))
    response = Response(status, (), json.dumps(body).encode())
    exchange = Exchange(act, Request("POST", "/orders"), 0.0, 0.1, response)
    return History(
        Experiment.of(Scenario("order", act.step)), (Section((exchange,), changes=Changes(rows)),)
    )


@pytest.mark.parametrize(
    ("status", "body", "reached"),
    [
        (200, {"status": "open"}, True),
        (200, {"errors": [], "valid": True}, True),
        (200, {"error": None}, True),
        (200, {"responses": [{"status": 201}]}, True),
        (200, {"message": "Invalid code"}, False),
        (200, {"error": "no such order"}, False),
        (200, {"ok": False}, False),
        (200, {"responses": [{"status": 200}, {"status": 404}]}, False),
        (422, {"detail": "x"}, False),
    ],
)
def test_a_status_of_200_is_no_success_where_the_body_says_otherwise(
    status: int, body: Json, reached: bool
) -> None:
    assert judge(history(status, body)).reached is reached


def test_what_every_request_writes_is_no_effect_and_what_stays_equal_neither() -> None:
    seen = RowChange("users", {"id": "1", "seen": "1"}, {"id": "1", "seen": "2"})
    made = RowChange("users", None, {"id": "2", "seen": "1"})
    equal = RowChange("orders", {"id": "1"}, {"id": "1"})

    outcome = judge(history(201, {}, seen, made, equal), {("users", "update")})

    assert outcome.effect == (made,)


def test_refusals_that_differ_in_values_alone_are_one() -> None:
    one = judge(history(404, {"detail": "no feature name-1a2b3c4d"}))
    other = judge(history(404, {"detail": "no feature name-9f8e7d6c"}))

    assert one.signature == other.signature
    assert one.signature != judge(history(404, {"detail": "no project"})).signature


def test_rows_of_the_identity_and_of_its_tenant_are_nearer_than_those_of_others() -> None:
    users = table("users", "id", "username", "tenant", refers={"tenant": ("tenants", "id")})
    orders = table(
        "orders",
        "id",
        "buyer",
        "tenant",
        refers={"buyer": ("users", "id"), "tenant": ("tenants", "id")},
    )
    stored = {
        "users": (
            {"id": 1, "username": "alice", "tenant": 5},
            {"id": 2, "username": "bob@example.com", "tenant": 6},
        ),
        "orders": (),
    }
    belongings = Belongings.of(Catalog({"users": users, "orders": orders}), stored, [ALICE, BOB])

    def near(identity: str, **row: Json) -> int:
        return belongings.closeness(identity, "orders", row)

    assert near("alice", id=1, buyer=1, tenant=5) == 3
    assert near("alice", id=2, buyer=None, tenant=5) == 2
    assert near("alice", id=3, buyer=2, tenant=6) == 0
    assert near("bob", id=3, buyer=2, tenant=6) == 3
    assert near("carol", id=1, buyer=1, tenant=5) == 1


def test_to_lose_the_identity_s_own_row_is_harm_and_to_lose_money_is_none() -> None:
    users = table("users", "id", "username", "balance")
    stored = {"users": ({"id": 1, "username": "alice", "balance": 10},)}
    belongings = Belongings.of(Catalog({"users": users}), stored, [ALICE])
    before = {"id": "1", "username": "alice", "balance": "10"}

    assert belongings.harmed([RowChange("users", before, None)])
    assert belongings.harmed([RowChange("users", before, {**before, "username": "x"})])
    assert not belongings.harmed([RowChange("users", before, {**before, "balance": "9"})])
    assert not belongings.harmed([RowChange("users", {**before, "id": "2"}, None)])


def test_a_text_is_turned_into_another_of_the_same_form() -> None:
    assert turned("ACME10") == "HJTL87"
    assert turned("a-b") == "h-i"
