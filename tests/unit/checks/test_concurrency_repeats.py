"""The same idempotent request twice: that both are told success is no race."""

from __future__ import annotations

from typing import Any

import pytest

from doubles.fake_overlap import FakeOverlap, Rows, Statements
from seamproof.checks.concurrency import Concurrency
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Verdict

TABLES: dict[str, dict[str, dict[str, Any]]] = {"items": {"1": {"title": "lamp"}}, "log": {}}
CATALOG = Catalog(
    {
        name: Table(name, (Column("id", "integer", default=f"nextval('{name}_id_seq')"),), ("id",))
        for name in TABLES
    }
)


def delete(db: Rows) -> Statements:
    """Looks, and answers 404 where nothing is there; deletes, and does not look how much."""
    there = yield "SELECT title FROM items", lambda: "1" in db["items"]
    if not there:
        return 404
    yield "DELETE FROM items", lambda: "1" in db["items"] and db.delete("items", "1")
    return 200


def delete_and_count(db: Rows) -> Statements:
    """The same, and a row for each that it says it has deleted."""
    status = yield from delete(db)
    if status == 200:
        yield "INSERT INTO log DEFAULT VALUES", lambda: db.insert("log", what="deleted")
    return status


def verdict(operation: str, act: Any) -> Verdict:
    subject = Subject(Scenario("test", Step(Operation.parse(operation))), catalog=CATALOG)
    (found,) = FakeOverlap(TABLES, {operation: act}).drive(Concurrency().explore(subject))
    return found


@pytest.mark.parametrize("operation", ["DELETE /items/1", "PUT /items/1/removal"])
def test_two_that_delete_one_row_may_both_say_that_it_is_gone(operation: str) -> None:
    assert verdict(operation, delete).outcome is Outcome.HELD


def test_of_a_request_that_promises_no_one_effect_both_successes_are_a_violation() -> None:
    found = verdict("POST /items/1/removal", delete)
    assert (found.outcome, found.finding_class) == (Outcome.VIOLATED, "guard-bypass")


def test_rows_that_no_order_leaves_are_a_violation_all_the_same() -> None:
    found = verdict("DELETE /items/1", delete_and_count)
    assert (found.outcome, found.table) == (Outcome.VIOLATED, "log")
