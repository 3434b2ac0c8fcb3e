"""Which faults a call takes, when two calls are one, and what was open meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from seamproof.analysis.calls import (
    Sameness,
    beyond,
    calls,
    compensates,
    done,
    is_used,
    makes,
    mutates,
    open_during,
    place_calls,
    sameness,
    stable_calls,
    stub,
)
from seamproof.core.experiment import Act, BoundaryKind, CrossingKey, Fault, FaultKind
from seamproof.core.history import (
    Crossing,
    CrossingKind,
    Exchange,
    Request,
    Response,
    Section,
    TransactionStatus,
)
from seamproof.core.model import Operation, Step
from seamproof.core.profile import Profile

IDLE, OPEN = TransactionStatus.IDLE, TransactionStatus.OPEN


def call(
    shape: str = "POST payments /charges",
    body: Any = None,
    occurrence: int = 1,
    target: str | None = None,
    **headers: str,
) -> Crossing:
    method, _, path = shape.split(" ")
    request = Request(method, target or path, tuple(headers.items()), json.dumps(body).encode())
    return Crossing(
        CrossingKey(shape, occurrence, BoundaryKind.HTTP_OUT),
        CrossingKind.CALL,
        shape,
        0,
        0,
        1.0,
        1.1,
        request=request,
        response=Response(201),
    )


def statement(text: str, at: float, after: TransactionStatus, **what: Any) -> Crossing:
    kind = CrossingKind.WRITE if text[:6] in ("INSERT", "UPDATE") else CrossingKind.OTHER
    return Crossing(
        CrossingKey(text), kind, text, what.pop("replica", 0), 7, at, at, after=after, **what
    )


def section(*crossings: Crossing) -> Section:
    act = Act(Step(Operation("POST", "/orders")))
    exchange = Exchange(act, Request("POST", "/orders"), 0.0, 2.0, Response(201))
    return Section((exchange,), crossings)


def test_a_call_is_named_by_its_service() -> None:
    assert stub(call()) == "payments"
    seen = section(call(), statement("INSERT INTO a", 0.5, IDLE))
    assert calls(seen, Profile()) == (call(),)
    assert calls(seen, Profile(background=frozenset({call().key.shape}))) == ()


def test_a_call_that_only_one_run_makes_is_not_stable() -> None:
    second = call(occurrence=2)
    assert stable_calls((section(call(), second), section(call())), Profile()) == (call(),)


def test_faults_of_a_call() -> None:
    def labels(*found: Crossing, deep: bool = False) -> list[tuple[str, int, str]]:
        return [
            (each.crossing.key.shape, each.crossing.key.occurrence, each.fault.label)
            for each in place_calls(found, deep=deep)
        ]

    charge, read = "POST payments /charges", "GET rates /today"
    assert labels(call(read), call()) == [
        (charge, 1, "error 422"),
        (charge, 1, "error 503"),
        (charge, 1, "cut"),
        (charge, 1, "malformed"),
        (charge, 1, "reply-lost"),
        (charge, 1, "stall"),
        (read, 1, "error 404"),
        (read, 1, "error 503"),
        (read, 1, "cut"),
        (read, 1, "malformed"),
        (read, 1, "stall"),
    ]
    loop = [call(occurrence=each) for each in (1, 2, 3)]
    assert {each[1] for each in labels(*loop)} == {1, 3}
    assert [each for each in labels(*loop) if each[2] == "stall"] == [(charge, 1, "stall")]
    deep = labels(*loop, deep=True)
    assert {each[1] for each in deep} == {1, 2, 3}
    assert {"refused", "truncated"} <= {each[2] for each in deep}


@pytest.mark.parametrize(
    ("kind", "tag", "expected"),
    [
        (FaultKind.REPLY_LOST, "201", True),
        (FaultKind.REPLY_LOST, "402", False),
        (FaultKind.MALFORMED, "201", True),
        (FaultKind.TRUNCATED, None, True),
        (FaultKind.CUT, None, False),
        (FaultKind.STALL, None, False),
        (FaultKind.ERROR, "503", False),
    ],
)
def test_what_the_other_side_has_done(kind: FaultKind, tag: str | None, expected: bool) -> None:
    met = replace(call(), fault=Fault(kind, call().key), tag=tag, response=None)
    assert done(met) is expected


def test_an_answer_that_refuses_is_nothing_done() -> None:
    assert done(call())
    assert not done(replace(call(), response=Response(402)))


KEYED: list[tuple[Crossing, Crossing, Sameness]] = [
    (
        call(body={"amount": 7}, **{"Idempotency-Key": "a"}),
        call(body={"amount": 7}, **{"Idempotency-Key": "a"}),
        Sameness.SAME,
    ),
    (
        call(body={"amount": 7}, **{"Idempotency-Key": "a"}),
        call(body={"amount": 7}, **{"Idempotency-Key": "b"}),
        Sameness.ANOTHER,
    ),
    (call(body={"key": "o-7"}), call(body={"key": "o-7"}), Sameness.SAME),
    (
        call(body={"amount": 7, "order_id": 7}),
        call(body={"amount": 7, "order_id": 7}),
        Sameness.UNKNOWN,
    ),
    (call(body={"amount": 7}), call(body={"amount": 7}), Sameness.ANOTHER),
    (
        call("PUT payments /charges/{id}", target="/charges/7"),
        call("PUT payments /charges/{id}", target="/charges/7"),
        Sameness.SAME,
    ),
    (
        call("POST payments /charges/{id}/void", target="/charges/7/void"),
        call("POST payments /charges/{id}/void", target="/charges/7/void"),
        Sameness.UNKNOWN,
    ),
    (
        call("POST payments /charges/{id}/void", target="/charges/7/void"),
        call("POST payments /charges/{id}/void", target="/charges/8/void"),
        Sameness.ANOTHER,
    ),
]


@pytest.mark.parametrize(("one", "other", "expected"), KEYED)
def test_whether_a_repetition_is_one_effect(
    one: Crossing, other: Crossing, expected: Sameness
) -> None:
    assert sameness(one, other) is expected


def test_a_form_has_fields_as_well() -> None:
    first, second = (
        replace(call(), request=Request("POST", "/charges", body=f"amount=7&key={key}".encode()))
        for key in ("a", "b")
    )
    assert sameness(first, first) is Sameness.SAME
    assert sameness(first, second) is Sameness.ANOTHER


def test_what_is_beyond_the_usual_is_counted() -> None:
    read, again = call("GET payments /charges"), call(occurrence=2)
    refund = call("POST payments /refunds")
    assert beyond(section(call(), read, again, refund), [call()], Profile()) == (again, refund)


def test_what_may_take_a_call_back() -> None:
    charge = call(body={"amount": 7, "key": "a"})
    assert compensates(call("POST payments /refunds"), charge)
    assert compensates(call("DELETE payments /charges/{id}"), charge)
    assert compensates(call(body={"amount": -7, "key": "b"}), charge)
    assert not compensates(call(body={"amount": 7, "key": "b"}), charge)
    assert not compensates(call("POST mail /messages"), charge)


def test_a_value_that_only_the_answer_has() -> None:
    charge = replace(
        call(body={"order": "order-17"}),
        response=Response(201, body=b'{"id": "ch_9f31c2", "order": "order-17", "ok": "yes"}'),
    )
    assert is_used(charge, ["paid", None, "ch_9f31c2"])
    assert not is_used(charge, ["order-17", "yes"])


def test_a_post_that_only_asks_changes_nothing() -> None:
    assert mutates(call())
    assert not mutates(call("POST captcha /siteverify"))
    assert not mutates(call("POST auth /oauth/token?grant_type"))
    assert not mutates(call("GET payments /charges"))


def test_what_surely_has_an_effect() -> None:
    plain = replace(call(), response=Response(200, body=b'{"id": "ch_9f31c2"}'))
    assert makes(call(), [])
    assert not makes(plain, ["paid"])
    assert makes(plain, ["ch_9f31c2"])
    assert makes(replace(call("PUT payments /cards/{id}"), response=Response(200)), [])


def test_a_call_that_nobody_answers_takes_no_faults() -> None:
    assert place_calls([replace(call(), response=Response(501))]) == ()
    assert place_calls([replace(call(), response=None)]) == ()


def test_the_transaction_that_waits_for_a_call() -> None:
    begin, write = statement("BEGIN", 0.1, OPEN), statement("INSERT INTO a", 0.2, OPEN)
    commit = statement("COMMIT", 0.9, IDLE)

    def writes(*crossings: Crossing) -> list[str] | None:
        found = open_during(section(*crossings), call(), Profile())
        return None if found is None else [each.statement for each in found.writes]

    assert writes(begin, write) == ["INSERT INTO a"]
    assert writes(begin, write, replace(commit, started=1.2, ended=1.2)) == ["INSERT INTO a"]
    assert writes(begin) == []
    assert writes(begin, write, commit) is None
    assert writes(statement("INSERT INTO a", 0.2, IDLE)) is None
    assert writes(replace(begin, replica=1), replace(write, replica=1)) is None


def test_a_call_is_refused_as_its_service_is_configured_to_refuse() -> None:
    shape = call().key.shape
    refused = [
        each.fault.status
        for each in place_calls([call()], refusals={shape: (402, 409, 500)})
        if each.fault.kind is FaultKind.ERROR
    ]
    assert refused == [402, 409, 503]
