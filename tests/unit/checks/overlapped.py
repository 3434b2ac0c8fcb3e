"""`concurrency` on two acts that overlap, and what it says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doubles.fake_overlap import FakeOverlap, Rows, Statements
from seamproof.checks.concurrency import Concurrency
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Verdict

OPERATION = "POST /acts"
TABLES: dict[str, dict[str, dict[str, Any]]] = {
    "counters": {"1": {"value": 0}},
    "products": {"1": {"stock": 3}},
    "sales": {},
    "jobs": {"1": {"state": "ready"}, "2": {"state": "ready"}},
    "members": {},
    "doctors": {"1": {"on_call": 1}, "2": {"on_call": 1}},
    "profiles": {"1": {"name": "ada", "city": "rome"}},
}
CATALOG = Catalog(
    {
        name: Table(name, (Column("id", "integer", default=f"nextval('{name}_id_seq')"),), ("id",))
        for name in TABLES
    }
)


def scenario(**json: Any) -> Scenario:
    return Scenario("test", Step(Operation.parse(OPERATION), json=json or None))


def subject(about: Scenario | None = None, **what: Any) -> Subject:
    return Subject(about or scenario(), catalog=CATALOG, **what)


def world(act: Callable[..., Statements], **what: Any) -> FakeOverlap:
    return FakeOverlap(TABLES, {OPERATION: act}, **what)


def verdicts(
    act: Callable[..., Statements], about: Subject | None = None, **what: Any
) -> list[Verdict]:
    return list(world(act, **what).drive(Concurrency().explore(about or subject())))


def count(db: Rows) -> Statements:
    """Reads, computes, writes back."""
    value = yield "SELECT value FROM counters", lambda: db["counters"]["1"]["value"]
    yield (
        "UPDATE counters SET value = $1",
        lambda: db.update("counters", "1", value=value + 1),
    )
    return 200


def add(db: Rows) -> Statements:
    """Lets the database compute."""
    yield (
        "UPDATE counters SET value = value + 1",
        lambda: db.update("counters", "1", value=db["counters"]["1"]["value"] + 1),
    )
    return 200


def compare_a_version(db: Rows) -> Statements:
    """Optimistic: writes only where nobody has written meanwhile."""
    value = yield "SELECT value FROM counters", lambda: db["counters"]["1"]["value"]

    def write() -> bool:
        same = db["counters"]["1"]["value"] == value
        if same:
            db.update("counters", "1", value=value + 1)
        return same

    written = yield "UPDATE counters SET value = $1 WHERE value = $2", write
    return 200 if written else 409


def join(db: Rows) -> Statements:
    """Unique by looking first."""
    found = yield "SELECT 1 FROM members WHERE name = 'ann'", lambda: len(db["members"])
    if found:
        return 409
    yield "INSERT INTO members (name) VALUES ('ann')", lambda: db.insert("members", name="ann")
    return 201
