"""Which rule answers a call, and with what."""

from __future__ import annotations

import json

import pytest

from seamproof.boundaries.http_stub import StubState
from seamproof.core.experiment import BoundaryKind, CrossingKey, FaultKind
from seamproof.core.history import Request
from seamproof.testing import matching
from seamproof.testing.stubs.asked import Asked
from seamproof.testing.stubs.calls import Calls
from seamproof.testing.stubs.matcher import UNSET, Matcher
from seamproof.testing.stubs.rule import Rule
from seamproof.testing.stubs.rules import Rules

KEY = CrossingKey("POST payments /charges", 1, BoundaryKind.HTTP_OUT)


def call(method="POST", target="/charges", body=None, **headers):
    data = b"" if body is None else json.dumps(body).encode()
    names = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request(method, target, names, data)


class Fake:
    """Rules, asked as a boundary asks them."""

    def __init__(self):
        self.rules = Rules("payments", StubState())

    def on(self, operation, json=UNSET, **parts):
        rule = Rule(Matcher.of(operation, json=json, **parts))
        self.rules.rules.append(rule)
        return rule

    def ask(self, request):
        """The fault and the answer: status and JSON."""
        fault = self.rules.befall(request, KEY)
        found = self.rules.reply(request)
        answer = None
        if found is not None:
            body = found[0].body
            answer = found[0].status, json.loads(body) if body else None
        return fault and fault.kind, answer

    def answer(self, request):
        return self.ask(request)[1]


@pytest.fixture
def fake():
    return Fake()


def test_the_latest_rule_that_means_a_call_answers(fake):
    fake.on("POST /charges").reply(201, json={"status": "succeeded"})
    fake.on("POST /charges", json={"amount": 0}).reply(402)
    assert fake.answer(call(body={"amount": 5, "key": "x"})) == (201, {"status": "succeeded"})
    assert fake.answer(call(body={"amount": 0, "key": "x"})) == (402, None)
    assert fake.answer(call("GET")) is None
    assert fake.answer(call(target="/refunds")) is None


@pytest.mark.parametrize(
    ("parts", "meant"),
    [
        ({"query": {"expand": "all"}}, True),
        ({"query": {"expand": "none"}}, False),
        ({"query": {"limit": 1}}, False),
        ({"headers": {"idempotency-KEY": matching("^k")}}, True),
        ({"headers": {"Idempotency-Key": "other"}}, False),
        ({"json": {"card": {"number": matching("^42")}}}, True),
        ({"json": {"card": {"cvc": "1"}}}, False),
        ({"json": {"$.card.number": "4242"}}, True),
        ({"where": lambda asked: asked.json["amount"] > 4}, True),
        ({"where": lambda asked: asked.json["amount"] > 5}, False),
    ],
)
def test_matchers(fake, parts, meant):
    fake.on("POST /charges", **parts).reply(201)
    request = call(
        target="/charges?expand=all&page=2",
        body={"amount": 5, "card": {"number": "4242", "name": "A"}},
        Idempotency_Key="k-1",
    )
    assert (fake.answer(request) is not None) is meant


def test_answers_have_values_of_the_call(fake):
    fake.on("POST /charges/{id}/refunds").reply(
        json={"charge": "{request.path.id}", "amount": "{request.json.amount}", "id": "{uuid}"}
    )
    first = fake.answer(call(target="/charges/ch_1/refunds", body={"amount": 7}))[1]
    again = fake.answer(call(target="/charges/ch_1/refunds", body={"amount": 7}))[1]
    assert (first["charge"], first["amount"]) == ("ch_1", 7)
    assert first["id"] != again["id"]


def test_answers_come_in_turn_and_the_last_repeats(fake):
    fake.on("POST /charges").error(503).times(2).reply(201)
    asked = [fake.ask(call()) for _ in range(4)]
    assert asked == [(FaultKind.ERROR, None)] * 2 + [(None, (201, None))] * 2


def test_a_rule_that_is_over_leaves_calls_to_what_is_below(fake):
    fake.on("POST /charges").reply(201)
    fake.on("POST /charges").resets().times(1)
    assert fake.ask(call()) == (FaultKind.CUT, None)
    assert fake.ask(call()) == (None, (201, None))


def test_what_breaks_on_its_way_is_answered_below(fake):
    fake.on("POST /charges").reply(201, json={"id": 1})
    fake.on("POST /charges").loses_answer()
    assert fake.ask(call()) == (FaultKind.REPLY_LOST, (201, {"id": 1}))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("refused", FaultKind.REFUSED),
        ("resets", FaultKind.CUT),
        ("stalls", FaultKind.STALL),
        ("truncated", FaultKind.TRUNCATED),
        ("malformed", FaultKind.MALFORMED),
    ],
)
def test_faults(fake, name, kind):
    getattr(fake.on("POST /charges"), name)()
    assert fake.ask(call()) == (kind, None)


def test_functions_answer(fake):
    known = []

    def charge(asked):
        known.append(asked.json["amount"])
        return 201, {"count": len(known), "text": "{uuid}"}

    fake.on("POST /charges").reply(charge)
    fake.on("GET /charges").reply(lambda asked: known)
    fake.on("DELETE /charges/{id}").reply(lambda asked: None)
    assert fake.answer(call(body={"amount": 5})) == (201, {"count": 1, "text": "{uuid}"})
    assert fake.answer(call("GET")) == (200, [5])
    assert fake.answer(call("DELETE", "/charges/1")) == (204, None)
    assert fake.answer(call(body={}))[0] == 500
    assert "KeyError: 'amount'" in fake.rules.failures[0]


def test_a_call_that_nothing_answers_is_told_with_what_is_nearest(fake):
    fake.on("POST /charges", json={"amount": 5}).reply(201)
    nearest = fake.rules.refuse(call(body={"amount": 7}), "")
    assert nearest == "POST /charges with json={'amount': 5}: json.amount: expected 5, got 7"
    assert fake.rules.unmatched[0].startswith("payments: nothing answers <POST /charges")
    assert fake.rules.refuse(call("GET", "/other"), "POST /charges") == "POST /charges"


def test_what_is_said_wrongly():
    rule = Rule(Matcher.of("POST /charges"))
    with pytest.raises(TypeError, match=r"write \.reply"):
        rule.times(2)
    with pytest.raises(ValueError, match="0 times is never"):
        rule.reply().times(0)
    with pytest.raises(TypeError, match="json or text"):
        rule.reply(json={}, text="")
    with pytest.raises(ValueError, match="is not METHOD /path"):
        Matcher.of("/charges")


def test_calls_to_assert_on():
    made = [Asked(call(body={"amount": 5997})), Asked(call("GET"))]
    calls = Calls("POST /charges of payments", made[:1], made)
    assert calls.once.json["amount"] == 5997
    assert calls.count == len(calls) == 1
    assert calls[0] is calls.last is made[0]
    with pytest.raises(AssertionError, match=r"expected 0 calls, got 1\n  <POST /charges"):
        assert calls.none
    empty = Calls("PUT /charges of payments", (), made)
    assert empty.none
    with pytest.raises(AssertionError, match="expected 1 call, got 0\n  others were made:"):
        _ = empty.once
    with pytest.raises(AssertionError, match="there is no call 3"):
        _ = calls[3]


def test_what_a_call_holds():
    request = Request("POST", "/a%20b?x=1&x=2&y=", (("X-Key", "k"),), b"amount=5&note=a+b")
    asked = Asked(request)
    assert asked.path == "/a%20b"
    assert asked.query == {"x": "2", "y": ""}
    assert asked.headers["x-KEY"] == "k"
    assert "X-Key" in asked.headers
    assert asked.form == {"amount": "5", "note": "a b"}
    assert asked.json is None
    assert asked.status is None
