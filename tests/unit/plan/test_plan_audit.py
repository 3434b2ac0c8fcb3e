"""What is audit and what only looks like it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import (
    Changes,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import Operation, Step
from seamproof.core.profile import Profile
from seamproof.plan.audit import audit_tables, record_tables

ACT = Act(Step(Operation("POST", "/")))


def table(name: str, **references: str) -> Table:
    keys = tuple(ForeignKey((c,), other, ("id",)) for c, other in references.items())
    return Table(name, (Column("id", "bigint"),), ("id",), foreign_keys=keys)


CATALOG = Catalog(
    {
        each.name: each
        for each in (
            table("users"),
            table("products"),
            table("orders"),
            table("log", user_id="users"),
            table("movements", product_id="products"),
        )
    }
)


def history(status: int, *rows: tuple[str, str]) -> History:
    """One act that inserted rows, as (table, transaction) pairs."""
    changes = Changes(tuple(RowChange(t, None, {"id": "1"}, x) for t, x in rows))
    exchange = Exchange(ACT, Request("POST", "/"), 0.0, 0.1, Response(status))
    return History(Experiment((Phase((ACT,)),)), (Section((exchange,), changes=changes),))


NOTED = [
    ("POST /orders", history(201, ("orders", "1"), ("log", "2"))),
    ("POST /orders", history(409, ("log", "1"))),
    ("POST /products", history(201, ("products", "1"), ("log", "2"))),
    ("PUT /role", history(200, ("users", "1"), ("log", "2"))),
]


def test_a_note_of_every_request_is_audit() -> None:
    assert audit_tables(NOTED, CATALOG) == {"log"}


@pytest.mark.parametrize(
    "another",
    [
        ("POST /x", history(201, ("orders", "1"), ("log", "1"))),
        ("POST /x", history(201, ("orders", "1"), ("log", "2"), ("log", "3"))),
        ("POST /x", history(201, ("log", "1"))),
    ],
    ids=["in the effect's transaction", "two rows", "the only effect"],
)
def test_one_request_that_writes_it_otherwise_makes_it_an_effect(
    another: tuple[str, History],
) -> None:
    assert audit_tables([*NOTED, another], CATALOG) == frozenset()


def test_an_update_makes_it_an_effect() -> None:
    operation, seen = NOTED[0]
    rows = tuple(
        replace(row, old={"id": "1"}) if row.table == "log" else row
        for row in seen.section.changes.rows
    )
    changed = replace(seen, sections=(replace(seen.section, changes=Changes(rows)),))
    assert audit_tables([*NOTED, (operation, changed)], CATALOG) == frozenset()


def test_without_a_refusal_it_is_an_effect() -> None:
    accepted = [pair for pair in NOTED if pair[1].section.exchange.ok]
    assert audit_tables(accepted, CATALOG) == frozenset()


def test_what_points_at_the_rows_changed_beside_it_is_an_effect() -> None:
    moved = [
        (name, history(status, ("products", "1"), ("movements", "2")))
        for name, status in (("POST /a", 201), ("POST /b", 200), ("POST /c", 200))
    ]
    refused = ("POST /a", history(409, ("movements", "1")))
    assert audit_tables([*moved, refused], CATALOG) == frozenset()


def test_what_something_points_at_is_an_effect() -> None:
    tables = {**CATALOG.tables, "notes": table("notes", log_id="log")}
    assert audit_tables(NOTED, Catalog(tables)) == frozenset()


LOGGED = [
    ("POST /orders", history(201, ("orders", "1"), ("log", "1"))),
    ("POST /products", history(201, ("products", "1"), ("log", "1"), ("log", "1"))),
    ("PUT /role", history(200, ("users", "1"), ("log", "1"))),
    ("POST /movements", history(201, ("movements", "1"))),
]


def test_a_note_of_what_was_done_is_a_log_though_it_is_in_the_effects_transaction() -> None:
    assert record_tables(LOGGED, CATALOG) == {"log"}


@pytest.mark.parametrize(
    "another",
    [
        [("POST /x", history(201, ("log", "1")))],
        [(f"POST /x{n}", history(201, ("orders", "1"))) for n in range(3)],
        [("POST /x", history(201, ("log", "1"), ("notes", "1")))],
    ],
    ids=["the only effect", "written by the fewest", "something leads to it"],
)
def test_what_is_written_otherwise_is_no_log(another: list[tuple[str, History]]) -> None:
    tables = {**CATALOG.tables, "notes": table("notes", log_id="log")}
    assert record_tables([*LOGGED, *another], Catalog(tables)) == frozenset()


def busy(writing: int, *alone: int) -> list[tuple[str, History]]:
    """So many operations that note what they did, and some, by their status, that did nothing."""
    changed = ("orders", "products", "users")
    told = [
        (f"PUT /x/{n}", history(200, (changed[n % 3], "1"), ("log", "1"))) for n in range(writing)
    ]
    return told + [(f"DELETE /y/{n}", history(s, ("log", "1"))) for n, s in enumerate(alone)]


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (busy(15, *[200] * 5), {"log"}),
        (busy(15, *[200] * 6), set()),
        (busy(18, 200), set()),
        (busy(30, 200, 204), {"log"}),
        (busy(30, 200, 201), set()),
    ],
    ids=["one in four", "more", "by few operations", "by many", "created"],
)
def test_a_log_also_tells_of_acts_that_changed_nothing(
    seen: list[tuple[str, History]], found: set[str]
) -> None:
    assert record_tables(seen, CATALOG) == found


def test_a_ledger_is_no_log() -> None:
    columns = (Column("id", "bigint"), Column("amount", "numeric(12,2)"))
    ledger = replace(CATALOG.tables["log"], columns=columns)
    assert record_tables(LOGGED, Catalog({**CATALOG.tables, "log": ledger})) == frozenset()


def test_an_update_is_no_note() -> None:
    operation, seen = LOGGED[0]
    rows = tuple(
        replace(row, old={"id": "1", "text": "a"}, new={"id": "1", "text": "b"})
        for row in seen.section.changes.rows
    )
    changed = replace(seen, sections=(replace(seen.section, changes=Changes(rows)),))
    assert record_tables([*LOGGED, (operation, changed)], CATALOG) == frozenset()


def test_what_counts_the_rows_of_a_log_by_a_trigger_goes_with_it() -> None:
    body = "BEGIN INSERT INTO daily AS d ... ON CONFLICT DO UPDATE SET n = d.n + 1; END"
    log = replace(CATALOG.tables["log"], triggers=(body,))
    orders = replace(CATALOG.tables["orders"], triggers=(body,))
    tables = {**CATALOG.tables, "log": log, "daily": table("daily")}
    assert record_tables(LOGGED, Catalog(tables)) == {"log", "daily"}
    assert record_tables(LOGGED, Catalog({**tables, "orders": orders})) == {"log"}


def test_a_mark_that_a_job_puts_on_an_entry_is_no_change_of_it() -> None:
    operation, seen = LOGGED[0]
    before, after = {"id": "1", "sent": "f"}, {"id": "1", "sent": "t"}
    rows = (*seen.section.changes.rows, RowChange("log", before, after, "2"))
    marked = replace(seen, sections=(replace(seen.section, changes=Changes(rows)),))
    every = [*LOGGED, (operation, marked)]
    assert record_tables(every, CATALOG) == frozenset()
    assert record_tables(every, CATALOG, Profile(volatile=frozenset({"log.sent"}))) == {"log"}


def test_what_every_request_only_marks_is_no_log() -> None:
    seen = RowChange("notes", {"id": "1", "at": "1"}, {"id": "1", "at": "2"}, "2")
    every = [
        (name, replace(each, sections=(replace(s, changes=Changes((*s.changes.rows, seen))),)))
        for name, each in LOGGED
        for s in each.sections
    ]
    catalog = Catalog({**CATALOG.tables, "notes": table("notes")})
    assert record_tables(every, catalog, Profile(ambient=frozenset({"notes.at"}))) == {"log"}
