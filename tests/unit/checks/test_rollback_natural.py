"""`rollback` where the service refuses what follows from an act that it accepts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from doubles.fake_world import FakeService, FakeWorld
from doubles.stored import finding_of
from seamproof.checks.rollback import Rollback
from seamproof.checks.rollback.attempts import beyond
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.document import Body, Declaration, Document
from seamproof.core.history import Row, RowChange
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

SERIAL = "nextval('s')"
CATALOG = Catalog(
    {
        "orders": Table("orders", (Column("id", "integer", default=SERIAL),), ("id",)),
        "lines": Table(
            "lines",
            (Column("order_id", "integer"), Column("product_id", "integer")),
            ("order_id", "product_id"),
            foreign_keys=(
                ForeignKey(("order_id",), "orders", ("id",)),
                ForeignKey(("product_id",), "products", ("id",)),
            ),
        ),
        "products": Table(
            "products", (Column("id", "integer"), Column("stock", "integer")), ("id",)
        ),
        "coupons": Table("coupons", (Column("code", "text"),), ("code",)),
        "payments": Table("payments", (Column("id", "integer", default=SERIAL),), ("id",)),
    }
)
ORDER = {"items": [{"product": 1, "quantity": 2}, {"product": 2, "quantity": 3}], "address": "a b"}
POST = Operation.parse("POST /orders")
Handler = Callable[[FakeService], int]


def subject(body: Any = ORDER, **what: Any) -> Subject:
    return Subject(Scenario("test", Step(POST, json=body)), catalog=CATALOG, **what)


def findings(handler: Handler, about: Subject | None = None) -> list[Verdict]:
    world = FakeWorld({POST.id: handler})
    verdicts = world.drive(Rollback().explore(about or subject()))
    return [each for each in verdicts if each.finding_class == "refused-but-wrote"]


def sent(service: FakeService) -> Any:
    assert service.serving is not None
    return service.serving.step.json


def stock(service: FakeService) -> int:
    """As the experiment's edits have it."""
    edits = service.world.experiments[-1].edits
    edited = [each.new["stock"] for each in edits if each.new and "stock" in each.new]
    return int(edited[0] or 0) if edited else 40


def is_there(service: FakeService, item: dict[str, int]) -> bool:
    return item["product"] < 10 and item["quantity"] <= stock(service)


def take(db: Any, service: FakeService, order: int, item: dict[str, int]) -> None:
    there = stock(service)
    product = {"id": item["product"], "stock": there}
    db.update("products", product, stock=there - item["quantity"])
    db.insert("lines", order_id=order, product_id=item["product"])


def open_order(service: FakeService) -> tuple[Any, int]:
    """Commits an order, and looks at nothing: its connection, and its number."""
    order = service.next_id("orders")
    db = service.connect()
    db.insert("orders", id=order, status="open")
    return db, order


def order_first(service: FakeService) -> int:
    """Commits the order, and looks at each product when its line is written."""
    order = service.next_id("orders")
    db = service.connect()
    db.insert("orders", id=order, status="open", address=sent(service)["address"])
    for item in sent(service)["items"]:
        if not is_there(service, item):
            return 409
        take(db, service, order, item)
    return 201


def order_last(service: FakeService) -> int:
    """Looks at everything first."""
    if not all(is_there(service, each) for each in sent(service)["items"]):
        return 409
    with service.connect() as db:
        db.begin()
        order = service.next_id("orders")
        db.insert("orders", id=order, status="open", address=sent(service)["address"])
        for item in sent(service)["items"]:
            take(db, service, order, item)
        db.commit()
    return 201


def test_a_refusal_that_keeps_the_order_is_proven() -> None:
    (verdict,) = findings(order_first)
    assert (verdict.outcome, verdict.tier) == (Outcome.VIOLATED, Tier.PROVEN)
    assert (verdict.replays, verdict.table) == ((3, 3), "orders")
    assert [each.table for each in verdict.evidence.left] == ["orders"]
    control = verdict.evidence.control
    assert control is not None
    assert control.passed
    assert control.exchange is not None
    assert control.exchange.status == 201


def test_it_is_shown_again() -> None:
    (verdict,) = findings(order_first)
    finding = finding_of(verdict)
    for handler, shown in ((order_first, ["refused-but-wrote"]), (order_last, [""])):
        world = FakeWorld({POST.id: handler})
        again = world.drive(Rollback().replay(subject(), finding))
        assert [each.finding_class for each in again] == shown


def test_a_refusal_that_comes_first_holds() -> None:
    assert not findings(order_last)


def test_what_only_the_state_refuses_is_found_by_using_it_up() -> None:
    def one(service: FakeService) -> int:
        db, order = open_order(service)
        if stock(service) < 2:
            return 409
        take(db, service, order, {"product": 1, "quantity": 2})
        return 201

    (verdict,) = findings(one, subject({}))
    assert verdict.tier is Tier.PROVEN
    assert verdict.evidence.facts["given"] == "products.stock = 0"


def test_a_limit_beside_a_count_is_used_up_as_well() -> None:
    def use(service: FakeService) -> int:
        edits = service.world.experiments[-1].edits
        coupon: dict[str, Any] = {"code": "A", "used": 3, "quota": 9}
        coupon |= (edits[0].new or {}) if edits else {}
        db = service.connect()
        db.insert("orders", id=service.next_id("orders"))
        if int(coupon["used"]) >= int(coupon["quota"]):
            return 409
        db.update("coupons", coupon, used=4)
        db.insert("lines", order_id=1, product_id=1)
        return 201

    (verdict,) = findings(use, subject({}))
    assert verdict.evidence.facts["given"] == "coupons.quota = 3"


def test_the_act_again_after_its_own_success() -> None:
    def once(service: FakeService) -> int:
        known = [each for each in service.world.committed if each.table == "lines"]
        db, order = open_order(service)
        if known:
            return 409
        db.insert("lines", order_id=order, product_id=1)
        return 201

    (verdict,) = findings(once, subject({}))
    assert verdict.tier is Tier.PROVEN
    assert verdict.evidence.facts["given"] == "it was done before"


def test_a_row_that_is_all_of_the_act() -> None:
    def offer(service: FakeService) -> int:
        service.connect().insert("coupons", code=sent(service)["code"])
        return 201 if sent(service)["percent"] <= 100 else 422

    (verdict,) = findings(offer, subject({"code": "A", "percent": 20}))
    assert (verdict.tier, verdict.table) == (Tier.PROVEN, "coupons")


def paid_first(service: FakeService) -> int:
    """Marks the order, and looks at the amount then."""
    db = service.connect()
    db.update("orders", {"id": 1, "status": "open", "total": 9}, status="paid")
    if sent(service)["amount"] > 100:
        return 409
    db.insert("payments", id=service.next_id("payments"), status="succeeded")
    return 201


def emptied_first(service: FakeService) -> int:
    """Takes the lines away, and looks at the amount then."""
    db = service.connect()
    line: Row = {"order_id": "1", "product_id": "2"}
    db.write("DELETE FROM lines WHERE order_id = $1", RowChange("lines", line, None))
    if sent(service)["amount"] > 100:
        return 409
    db.insert("payments", id=service.next_id("payments"), status="succeeded")
    return 201


def ordered_first(service: FakeService, refused: bool, **row: Any) -> int:
    """Inserts an order like this, and looks whether it may be when its line comes."""
    order, db = service.next_id("orders"), service.connect()
    db.insert("orders", id=order, total=None, **row)
    if refused:
        return 409
    db.update("orders", {"id": order, "total": None, **row}, total=7)
    db.insert("lines", order_id=order, product_id=1)
    return 201


def totalled_last(service: FakeService) -> int:
    return ordered_first(service, sent(service)["amount"] > 100)


def tokened_first(service: FakeService) -> int:
    amount = sent(service)["amount"]
    token = uuid.uuid5(uuid.NAMESPACE_OID, str(amount))
    return ordered_first(service, amount > 100, token=str(token))


@pytest.mark.parametrize("handler", [totalled_last, tokened_first])
def test_an_order_that_is_not_finished_says_no_more_than_one_that_is(handler: Handler) -> None:
    (verdict,) = findings(handler, subject({"amount": 7}))
    assert (verdict.tier, verdict.table) == (Tier.PROVEN, "orders")


def test_an_order_that_says_what_was_sent_says_no_more_than_one_that_is_taken() -> None:
    def named(service: FakeService) -> int:
        customer = sent(service)["customer"]
        return ordered_first(service, customer.endswith("-none"), customer=customer)

    (verdict,) = findings(named, subject({"customer": "ann"}))
    assert (verdict.tier, verdict.table) == (Tier.PROVEN, "orders")


@pytest.mark.parametrize(("handler", "table"), [(paid_first, "orders"), (emptied_first, "lines")])
def test_rows_that_are_changed_or_gone_as_by_the_act(handler: Handler, table: str) -> None:
    (verdict,) = findings(handler, subject({"amount": 7}))
    assert (verdict.tier, verdict.table) == (Tier.PROVEN, table)


def marked_as_refused(service: FakeService) -> int:
    """The order says that its payment failed."""
    refused = sent(service)["amount"] > 100
    db = service.connect()
    state = "unpaid" if refused else "paid"
    db.update("orders", {"id": 1, "status": "open", "total": 9}, status=state)
    return 402 if refused else 201


def another_is_paid(service: FakeService) -> int:
    """What is too much for one order pays another."""
    refused = sent(service)["amount"] > 100
    db = service.connect()
    db.update("orders", {"id": 2 if refused else 1, "status": "open"}, status="paid")
    return 402 if refused else 201


def failed_payment(service: FakeService) -> int:
    """What is declined is kept, and says so."""
    declined = sent(service)["amount"] > 100
    db = service.connect()
    state = "declined" if declined else "succeeded"
    db.insert("payments", id=service.next_id("payments"), status=state)
    return 402 if declined else 201


def reason_kept(service: FakeService) -> int:
    declined = sent(service)["amount"] > 100
    db = service.connect()
    error = "too much" if declined else None
    db.insert("payments", id=service.next_id("payments"), error=error)
    return 402 if declined else 201


def logged(service: FakeService) -> int:
    """Every request is noted, and what it does is another table's."""
    db = service.connect()
    db.insert("log", id=service.next_id("log"), path="/orders")
    if sent(service)["amount"] > 100:
        return 422
    db.insert("payments", id=service.next_id("payments"), status="succeeded")
    return 201


def counted(service: FakeService) -> int:
    """Attempts are counted where the effect is as well."""
    db = service.connect()
    db.update("products", {"id": 1, "tries": 0, "stock": 4}, tries=1)
    if sent(service)["amount"] > 100:
        return 422
    db.update("products", {"id": 1, "tries": 1, "stock": 4}, stock=3)
    return 201


def unknown(service: FakeService) -> int:
    """Who asks is not known, which is noted where sessions are."""
    service.connect().insert("coupons", code="session")
    return 201 if sent(service)["amount"] <= 100 else 401


@pytest.mark.parametrize(
    "handler",
    [marked_as_refused, another_is_paid, failed_payment, reason_kept, logged, counted, unknown],
)
def test_what_is_kept_on_purpose_is_no_part_of_the_act(handler: Handler) -> None:
    assert not findings(handler, subject({"amount": 7}))


def test_values_that_nothing_fits() -> None:
    body = {
        **{"items": [{"product": 1}, {"product": 2}], "amount": "25.50", "receiver": "bob"},
        **{"text": "two words", "password": "p", "percent": 20, "kind": "a", "on": True},
        **{"ref": "0190a0a0-0000-7000-8000-000000000000", "quota": 1000, "day": "2026-01-02"},
    }
    properties = {
        **{"percent": {"type": "integer", "maximum": 100}, "quota": {"exclusiveMaximum": 1001}},
        **{"kind": {"enum": ["a", "b"]}},
    }
    declared = Declaration(
        Operation.parse("POST /users/{id}/orders"),
        bodies=(Body("application/json", {"properties": properties}),),
    )
    act = Step(declared.operation, path_parameters={"id": "7"}, json=body)
    made = [
        each.act for each in beyond(Subject(Scenario("test", act), document=Document((declared,))))
    ]
    values = [
        each.path_parameters["id"]
        if each.path_parameters != act.path_parameters
        else next(each.json[name] for name in body if each.json[name] != body[name])
        for each in made
    ]
    assert values == [
        *([{"product": 1_000_000}, {"product": 2}], [{"product": 1}, {"product": 1_000_000}]),
        *("1000000", "bob-none", 100, "0190a0a0-0000-7000-8000-f0f0f0f0f0f0", "2000000000"),
    ]
