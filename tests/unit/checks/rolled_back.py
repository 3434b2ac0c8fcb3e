"""`rollback` on a handler, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable

from doubles.fake_world import FakeService, FakeWorld
from seamproof.checks.rollback import Rollback
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

ORDERS = Table("orders", (Column("id", "integer", default="nextval('orders_id_seq')"),), ("id",))
CATALOG = Catalog({"orders": ORDERS})
PRODUCT = {"id": 1, "stock": 10}


def subject(
    operation: str = "POST /orders",
    *,
    expect: tuple[int, ...] = (),
    key: str = "",
    **what: object,
) -> Subject:
    headers = {"Idempotency-Key": key} if key else {}
    act = Step(Operation.parse(operation), expect=expect, headers=headers)
    return Subject(Scenario("test", act), catalog=CATALOG, **what)  # type: ignore[arg-type]


def verdicts(handler: Callable[[FakeService], int], about: Subject | None = None) -> list[Verdict]:
    about = about or subject()
    return list(FakeWorld({about.operation.id: handler}).drive(Rollback().explore(about)))


def classes(found: list[Verdict]) -> set[tuple[str, Tier, Outcome]]:
    return {(each.finding_class, each.tier, each.outcome) for each in found if each.finding_class}


def atomic(service: FakeService) -> int:
    with service.connect() as db:
        db.begin()
        db.read("SELECT stock FROM products WHERE id = $1")
        db.insert("orders", id=service.next_id("orders"), status="new")
        db.update("products", PRODUCT, stock=9)
        db.commit()
    return 201


def two_commits(service: FakeService) -> int:
    db = service.connect()
    db.insert("orders", id=service.next_id("orders"), status="new")
    db.update("products", PRODUCT, stock=9)
    return 201
