"""Each fault as each client sees it; the call after it works."""

from __future__ import annotations

import json
import threading

import pytest
from clients import CLIENTS

from seamproof.core.experiment import BoundaryKind, CrossingKey, Fault, FaultKind

KEY = CrossingKey("POST payments /charges", 1, BoundaryKind.HTTP_OUT)
BODY = json.dumps({"amount": 1, "padding": "x" * 3000}).encode()
RAISING = {
    FaultKind.CUT: None,
    FaultKind.REFUSED: None,
    FaultKind.REPLY_LOST: "201",
    FaultKind.TRUNCATED: "201",
}
"""Faults that every client raises for, and the tag of the crossing."""


@pytest.fixture(params=CLIENTS)
def post(request, stub):
    with request.param(stub.url) as made:
        yield made


@pytest.mark.parametrize("kind", RAISING)
def test_a_connection_that_is_lost_raises(stub, post, kind):
    assert post(BODY, 5)[0] == 201
    fault = Fault(kind, KEY)
    stub.begin(fault)
    # Each client has its own exceptions for this; what matters is that it got no answer.
    with pytest.raises(Exception):  # noqa: B017
        post(BODY, 5)
    first = stub.crossings()[0]
    assert (first.fault, first.tag, first.response) == (fault, RAISING[kind], None)
    assert stub.reached() == (fault,)
    assert stub.quiet()
    stub.begin()
    assert post(BODY, 5)[0] == 201
    assert [each.tag for each in stub.crossings()] == ["201"]


@pytest.mark.parametrize("status", [402, 422, 500, 503])
def test_an_error_is_an_answer(stub, post, status):
    stub.begin(Fault(FaultKind.ERROR, KEY, status=status))
    answered, body = post(BODY, 5)
    assert answered == status
    assert json.loads(body)
    assert post(BODY, 5)[0] == 201


def test_a_malformed_answer_is_no_json(stub, post):
    stub.begin(Fault(FaultKind.MALFORMED, KEY))
    status, body = post(BODY, 5)
    assert status == 201
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(body)
    assert json.loads(post(BODY, 5)[1])["amount"] == 1


def test_a_stalled_call_ends_with_the_clients_patience(stub, post):
    fault = Fault(FaultKind.STALL, KEY)
    stub.begin(fault)
    with pytest.raises(Exception):  # noqa: B017
        post(BODY, 1)
    assert stub.quiet(), "the client has left"
    assert stub.reached() == (fault,)
    stub.begin()
    assert post(BODY, 5)[0] == 201


def test_a_stalled_call_that_is_released_is_answered(stub, post):
    stub.begin(Fault(FaultKind.STALL, KEY))
    results = []
    thread = threading.Thread(target=lambda: results.append(post(BODY, 10)), daemon=True)
    thread.start()
    stub.until(lambda seen: seen.reached())
    stub.loop.call(stub.boundary.release_stalled)
    thread.join(10)
    assert results[0][0] == 201
