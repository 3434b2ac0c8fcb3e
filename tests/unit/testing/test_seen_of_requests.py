"""What is told of a request: its statements as a number, and where it broke."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from seamproof.core.experiment import BoundaryKind, CrossingKey
from seamproof.core.history import Crossing, CrossingKind, Request, Response
from seamproof.testing.exchanges import Sent, Span
from seamproof.testing.failure import diagnosis
from seamproof.testing.isolation.costs import Costs
from seamproof.testing.statements import Statements


def statement(sql: str, kind: CrossingKind = CrossingKind.READ, **more: object) -> Crossing:
    crossing = Crossing(CrossingKey(sql), kind, sql, 0, 1, 0.0)
    return replace(crossing, **more)


CALL = Crossing(
    CrossingKey("POST payments /charges", 1, BoundaryKind.HTTP_OUT),
    CrossingKind.CALL,
    "POST /charges",
    0,
    1,
    0.0,
    request=Request("POST", "/charges"),
)
BEGIN = statement("BEGIN", CrossingKind.BEGIN)
READ = statement("SELECT 1")


def test_statements_are_a_number_of_reads_and_writes() -> None:
    found = Statements([BEGIN, READ, READ, statement(";"), CALL])
    assert found == 2
    assert found <= 2
    assert not found < 2
    assert found > 1
    assert found[0].statement == "SELECT 1"
    assert len(found.all) == 3
    assert repr(found) == "<2 statements: 2 times SELECT 1>"


@pytest.mark.parametrize(
    ("status", "crossings", "said"),
    [
        (500, [statement("INSERT", sqlstate="23505", message="twice")], "SQL, error 23505 at #1"),
        (201, [BEGIN, statement("COMMIT", CrossingKind.COMMIT, tag="ROLLBACK")], "transaction"),
        (502, [READ, CALL], "another service: POST payments /charges -> no answer"),
        (502, [replace(CALL, response=Response(402))], "-> 402"),
        (500, [], "the service, before any statement"),
        (500, [READ], "the service itself"),
        (401, [], "authentication"),
        (422, [], "validation"),
        (200, [READ, replace(CALL, response=Response(201))], ""),
    ],
)
def test_the_boundary_that_broke_is_named(
    status: int, crossings: list[Crossing], said: str
) -> None:
    sent = Sent(Request("POST", "/orders"), None, Span(tuple(crossings)), 0.0)
    sent.http = httpx2.Response(status)
    assert said in diagnosis(sent)
    assert bool(said) is bool(diagnosis(sent))


def test_costs_are_told_once_there_are_any() -> None:
    costs = Costs("undo")
    assert not str(costs)
    costs.seconds = [0.001, 0.002, 0.009]
    assert str(costs) == "isolation undo: 3 resets, 2.0 ms in the median, 0.01 s in all"
