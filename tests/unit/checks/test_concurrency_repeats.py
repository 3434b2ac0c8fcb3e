"""The same idempotent request twice: that both are told success is no race."""

from __future__ import annotations

from typing import Any

import pytest

from doubles.fake_overlap import FakeOverlap, Rows, Statements
from seamproof.checks.concurrency import Concurrency
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

TABLES: dict[str, dict[str, dict[str, Any]]] = {"items": {"1": {"title": "lamp"}}, "log": {}}
CATALOG = Catalog(
    {
        name: Table(name, (Column("id", "integer", default=f"nextval('{name}_id_seq')"),), ("id",))
        for name in TABLES
    }
)
PLAIN = Profile()
LOGGING = Profile(records=frozenset({"log"}))


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


def verdicts(operation: str, act: Any, profile: Profile = PLAIN) -> list[Verdict]:
    scenario = Scenario("test", Step(Operation.parse(operation)))
    subject = Subject(scenario, catalog=CATALOG, profile=profile)
    return list(FakeOverlap(TABLES, {operation: act}).drive(Concurrency().explore(subject)))


def verdict(operation: str, act: Any) -> Verdict:
    (found,) = verdicts(operation, act)
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


@pytest.mark.parametrize("operation", ["DELETE /items/1", "PUT /items/1/removal"])
def test_two_entries_of_a_log_are_a_note_beside_one_effect(operation: str) -> None:
    note, held = verdicts(operation, delete_and_count, LOGGING)
    assert (note.outcome, note.tier, note.table) == (Outcome.HELD, Tier.NOTE, "log")
    assert (held.outcome, held.finding_class) == (Outcome.HELD, "")


def test_two_successes_where_one_is_refused_are_a_violation_whatever_the_log_says() -> None:
    found = verdicts("POST /items/1/removal", delete_and_count, LOGGING)
    assert [(each.outcome, each.finding_class) for each in found] == [
        (Outcome.VIOLATED, "guard-bypass")
    ]


def rename(db: Rows) -> Statements:
    """Notes what was there before, and writes as if nothing else had: a lost update beside it."""
    title = yield "SELECT title FROM items", lambda: db["items"]["1"]["title"]
    yield "INSERT INTO log DEFAULT VALUES", lambda: db.insert("log", was=title)
    yield "UPDATE items", lambda: db.update("items", "1", title=f"{title}s")
    return 200


def test_a_row_that_no_order_leaves_is_a_violation_beside_a_log() -> None:
    (found,) = verdicts("POST /items/1/plural", rename, LOGGING)
    assert (found.outcome, found.finding_class) == (Outcome.VIOLATED, "lost-update")
