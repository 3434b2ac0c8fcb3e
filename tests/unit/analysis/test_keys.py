"""Where a step carries its key, and the same step with another payload."""

from __future__ import annotations

import pytest

from seamproof.analysis.keys import FIXED, Key, key_of, other_payloads
from seamproof.core.history import Request
from seamproof.core.model import Operation, Step

OPERATION = Operation.parse("POST /orders")
HEADER = Key("Idempotency-Key", in_header=True)
FIELD = Key("idempotency_key", in_header=False)


@pytest.mark.parametrize(
    ("step", "key"),
    [
        (Step(OPERATION, headers={"Idempotency-Key": "k"}), Key("Idempotency-Key", True)),
        (Step(OPERATION, headers={"X-Idempotency-Key": "k"}), Key("X-Idempotency-Key", True)),
        (Step(OPERATION, headers={"x-request-id": "k"}), Key("x-request-id", True)),
        (Step(OPERATION, json={"idempotency_key": "k"}), Key("idempotency_key", False)),
        (Step(OPERATION, headers={"Accept": "text/plain"}, json={"key": "k"}), None),
        (Step(OPERATION, json=["idempotency_key"]), None),
    ],
)
def test_a_key_is_known_by_its_name(step: Step, key: Key | None) -> None:
    assert key_of(step) == key


def test_a_name_that_does_not_say_so_is_configured() -> None:
    step = Step(OPERATION, headers={"Once-Only": "k"})
    assert key_of(step) is None
    assert key_of(step, "once-only") == Key("Once-Only", True)


def test_a_key_is_set_and_left_out_where_it_stands() -> None:
    in_header = Step(OPERATION, headers={"Idempotency-Key": "k", "Accept": "*/*"})
    key = Key("Idempotency-Key", True)
    assert key.set(in_header, FIXED).headers == {"Idempotency-Key": FIXED, "Accept": "*/*"}
    assert key.without(in_header).headers == {"Accept": "*/*"}
    in_body = Step(OPERATION, json={"idempotency_key": "k", "amount": 5})
    key = Key("idempotency_key", False)
    assert key.set(in_body, FIXED).json == {"idempotency_key": FIXED, "amount": 5}
    assert key.without(in_body).json == {"amount": 5}


def test_other_payloads_change_one_value_each_and_numbers_first() -> None:
    body = {"idempotency_key": "k", "name": "ann", "paid": True, "lines": [{"units": 2}]}
    step = Step(OPERATION, json={**body, "product": "{product}"})
    changed = [each.json for each in other_payloads(step, Key("idempotency_key", False))]
    rest = {**body, "product": "{product}"}
    assert changed == [rest | {"lines": [{"units": 3}]}, rest | {"name": "annx"}]


def test_without_a_value_to_change_there_is_no_other_payload() -> None:
    assert not list(other_payloads(Step(OPERATION), Key("Idempotency-Key", True)))


@pytest.mark.parametrize(
    ("key", "request_", "sent"),
    [
        (HEADER, Request("POST", "/p", (("idempotency-key", "k1"),)), "k1"),
        (HEADER, Request("POST", "/p"), None),
        (FIELD, Request("POST", "/p", body=b'{"idempotency_key": "k1", "amount": 5}'), "k1"),
        (FIELD, Request("POST", "/p", body=b"amount=5"), None),
    ],
    ids=["header", "no header", "field", "no JSON"],
)
def test_the_key_that_a_request_carried_is_read(
    key: Key, request_: Request, sent: str | None
) -> None:
    assert key.sent(request_) == sent
