"""`rollback` on a handler that calls other services, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doubles.fake_world import CallFailed, ConnectionLost, DatabaseFault, FakeService, FakeWorld
from seamproof.checks.rollback import Rollback
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

ORDERS = Table("orders", (Column("id", "integer", default="nextval('orders_id_seq')"),), ("id",))
SUBJECT = Subject(
    Scenario("test", Step(Operation.parse("POST /orders"))), catalog=Catalog({"orders": ORDERS})
)
CHARGE = "POST payments /charges"
BROKEN = (DatabaseFault, ConnectionLost)


def drive(handler: Callable[[FakeService], int], background: Any = None) -> list[Verdict]:
    world = FakeWorld({"POST /orders": handler}, background)
    return list(world.drive(Rollback().explore(SUBJECT)))


def loud(found: list[Verdict]) -> dict[str, Verdict]:
    return {
        each.finding_class: each
        for each in found
        if each.finding_class and each.outcome is Outcome.VIOLATED
    }


def notes(found: list[Verdict]) -> set[str]:
    return {each.finding_class for each in found if each.tier is Tier.NOTE and each.finding_class}


def store(service: FakeService, status: str = "paid") -> None:
    with service.connect() as db:
        db.begin()
        db.insert("orders", id=service.next_id("orders"), status=status)
        db.commit()


# A call that stays done


def charging(
    key: Callable[[], str | None] = lambda: None, undo: Callable[[FakeService], Any] | None = None
) -> Callable[[FakeService], int]:
    """Charges, then stores; takes the charge back where it cannot be stored."""

    def create(service: FakeService) -> int:
        try:
            service.call(CHARGE, {"amount": 7}, key=key())
        except CallFailed as error:
            if undo and error.status is None:
                undo(service)
            return 402 if error.status == 422 else 502
        try:
            store(service)
        except BROKEN:
            if undo:
                undo(service)
            return 503
        return 201

    return create
