"""What acts came to: state, statuses and calls together."""

from __future__ import annotations

import pytest

from seamproof.analysis.masks import Mask
from seamproof.analysis.outcomes import Outcome, nothing, outcome, refused
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import Act, BoundaryKind, CrossingKey, Experiment, Phase
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import Operation, Step
from seamproof.core.profile import Profile

ORDERS = Table("orders", (Column("id", "integer", default="nextval('s')"),), ("id",))
MASK = Mask.of(Profile(), Catalog({"orders": ORDERS}))
ACT = Act(Step(Operation.parse("POST /orders")))


def exchange(status: int | None) -> Exchange:
    response = None if status is None else Response(status)
    return Exchange(ACT, Request("POST", "/orders"), 0.0, 1.0, response)


def call(
    body: str,
    *,
    method: str = "POST",
    status: int = 201,
    target: str = "/charges",
    key: str | None = None,
) -> Crossing:
    shape = CrossingKey(f"{method} payments {target}", boundary=BoundaryKind.HTTP_OUT)
    headers = (("idempotency-key", key),) if key else ()
    request = Request(method, target, headers, body.encode())
    return Crossing(
        shape, CrossingKind.CALL, "", 0, 0, 0.0, request=request, response=Response(status)
    )


def came_to(
    *rows: RowChange,
    statuses: tuple[int | None, ...] = (201,),
    calls: tuple[Crossing, ...] = (),
    known: frozenset[str] | None = None,
) -> Outcome:
    seen = Section(tuple(map(exchange, statuses)), calls, Changes(rows))
    return outcome(History(Experiment((Phase((ACT,)),)), (seen,)), MASK, known)


def order(number: int, status: str = "new") -> RowChange:
    return RowChange("orders", None, {"id": str(number), "status": status})


def test_generated_keys_tell_no_two_outcomes_apart() -> None:
    assert came_to(order(7)).same(came_to(order(1001)))


@pytest.mark.parametrize(
    "other",
    [
        came_to(order(7, "paid")),
        came_to(order(7), order(8)),
        came_to(),
        came_to(order(7), statuses=(200,)),
        came_to(order(7), calls=(call('{"amount": 5}'),)),
    ],
    ids=["a value", "a row more", "no row", "a status", "a call"],
)
def test_state_statuses_and_calls_each_do(other: Outcome) -> None:
    assert not came_to(order(7)).same(other)


def test_effects_are_what_lasts() -> None:
    assert came_to(order(7)).effects == came_to(order(8), statuses=(409, 201)).effects


def test_a_call_is_known_by_its_body_less_what_is_random() -> None:
    one = call('{"amount": 5, "key": "8f14e45f-ceea-467f-a9b1-1de84d2d2b11"}')
    same = call('{"amount": 5, "key": "0cc175b9-c0f1-46b6-a831-c399e2697726"}')
    more = call('{"amount": 6, "key": "8f14e45f-ceea-467f-a9b1-1de84d2d2b11"}')
    assert came_to(calls=(one,)).calls == came_to(calls=(same,)).calls
    assert came_to(calls=(one,)).calls != came_to(calls=(more,)).calls
    assert came_to(calls=(one, same)).calls != came_to(calls=(one,)).calls


def test_a_call_that_only_asks_or_that_failed_is_no_effect() -> None:
    asked, failed = call("", method="GET"), call("{}", status=500)
    assert not came_to(calls=(asked, failed)).calls


def test_a_call_that_only_asks_by_post_is_no_effect() -> None:
    question = call("{}", method="POST", target="/rates/search")
    assert not came_to(calls=(question,)).calls


@pytest.mark.parametrize(
    ("first", "second", "times"),
    [
        (call("{}", key="k1"), call("{}", key="k1"), 1),
        (call("{}", key="k1"), call("{}", key="k2"), 2),
        (call("{}"), call("{}"), 2),
        (call('{"key": "k1"}'), call('{"key": "k1"}'), 1),
        (call("{}", method="PUT"), call("{}", method="PUT"), 1),
        (call('{"to": 1}', method="PUT"), call('{"to": 2}', method="PUT"), 2),
    ],
    ids=["one key", "two keys", "no key", "a key in the body", "PUT", "PUT of another value"],
)
def test_a_repetition_that_the_other_side_knows_as_one_has_one_effect(
    first: Crossing, second: Crossing, times: int
) -> None:
    assert came_to(calls=(first, second)).calls.total() == times


def test_a_record_beside_what_successes_change_is_left_out() -> None:
    attempt = RowChange("attempts", None, {"id": "1"})
    known = frozenset({"orders"})
    assert came_to(order(7), attempt, known=known).same(came_to(order(7), known=known))
    assert not came_to(order(7), attempt).same(came_to(order(7)))


def test_all_refused_is_nothing() -> None:
    assert came_to(statuses=(409, 409)).same(nothing(MASK, (409, 409)))


@pytest.mark.parametrize(
    ("status", "legal"),
    [(400, True), (409, True), (503, True), (500, False), (201, False), (None, False)],
)
def test_a_refusal_is_4xx_or_503(status: int | None, legal: bool) -> None:
    assert refused(exchange(status)) is legal
