"""`resources` on bodies of many items: what is written for each is right, what is read is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from doubles.driven import Driven
from doubles.stored import finding_of
from seamproof.analysis.statements import kind, shape
from seamproof.checks.resources import Resources
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.experiment import CrossingKey, Experiment
from seamproof.core.history import (
    Changes,
    Crossing,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

STEP = Step(
    Operation.parse("POST /orders"),
    json={"items": [{"product": 7, "quantity": 2}, {"product": 8, "quantity": 1}], "to": "x"},
)
CATALOG = Catalog(
    {
        "products": Table("products", (Column("id", "integer"), Column("name", "text")), ("id",)),
        "lines": Table(
            "lines",
            (Column("id", "integer"), Column("product_id", "integer")),
            ("id",),
            foreign_keys=(ForeignKey(("product_id",), "products", ("id",)),),
        ),
    }
)
LANDING = {"body /items/0/product": ("lines", "product_id"), "body /to": ("orders", "address")}
LOOK_UP = "SELECT price FROM products WHERE id = $1"


class Shop(Driven):
    """Takes orders, by statements that a test names; `most` items at once."""

    def __init__(
        self, each: tuple[str, ...], *, once: tuple[str, ...] = (), most: int = 99
    ) -> None:
        self.each, self.once, self.most = each, once, most
        self.seen: list[list[int]] = []

    def run(self, experiment: Experiment) -> History:
        act = experiment.phases[0].acts[0]
        body = act.step.json
        assert isinstance(body, dict)
        products = [item["product"] for item in body["items"]]
        known = {7, 8} | {int((edit.new or {})["id"] or 0) for edit in experiment.edits}
        taken = len(products) <= self.most and known.issuperset(products)
        self.seen.append(products)
        statements = list(self.once)
        rows: list[RowChange] = []
        for number, product in enumerate(products if taken else []):
            statements += self.each
            rows.append(RowChange("lines", None, {"id": str(number), "product_id": str(product)}))
        crossings = tuple(
            Crossing(CrossingKey(shape(text), place), kind(text), text, 0, 1, 0.0)
            for place, text in enumerate(statements, 1)
        )
        request = Request("POST", "/orders", body=json.dumps(body).encode())
        exchange = Exchange(act, request, 0.0, 1.0, Response(201 if taken else 422))
        section = Section((exchange,), crossings, Changes(tuple(rows)))
        return History(experiment, (section,))


def subject(**what: Any) -> Subject:
    stored = {"products": ({"id": 7, "name": "rope"}, {"id": 8, "name": "bolt"})}
    return Subject(
        Scenario("order", STEP),
        **{"catalog": CATALOG, "stored": stored, "landing": LANDING, **what},
    )


def judged(shop: Shop, about: Subject | None = None) -> Verdict:
    (verdict,) = shop.drive(Resources().explore(about or subject()))
    return verdict


INSERT = "INSERT INTO lines (product_id) VALUES ($1)"


def test_a_lookup_for_each_item_is_suspected() -> None:
    shop = Shop((LOOK_UP, INSERT))
    verdict = judged(shop)
    assert (verdict.finding_class, verdict.tier) == ("reads-per-item", Tier.SUSPECTED)
    assert (verdict.table, verdict.replays) == ("products", (3, 3))
    facts = verdict.evidence.facts
    assert [facts[name] for name in ("one_read", "few_reads", "many_reads")] == [1, 5, 25]
    assert all(len(set(products)) == len(products) for products in shop.seen), "all are different"
    (again,) = shop.drive(Resources().replay(subject(), finding_of(verdict)))
    assert again.finding_class == "reads-per-item"
    (mended,) = Shop((INSERT,)).drive(Resources().replay(subject(), finding_of(verdict)))
    assert mended.outcome is Outcome.HELD


@pytest.mark.parametrize(
    "each",
    [
        (INSERT,),
        (INSERT, "UPDATE products SET stock = stock - 1 WHERE id = $1 RETURNING price"),
        ("SELECT stock FROM products WHERE id = $1 FOR UPDATE", INSERT),
        ("SELECT nextval('lines_id_seq')", INSERT),
        ("SAVEPOINT a", INSERT, "RELEASE SAVEPOINT a"),
    ],
    ids=["a row", "a row and a stock", "a lock", "a number", "a savepoint"],
)
def test_what_is_written_locked_or_numbered_for_each_is_right(each: tuple[str, ...]) -> None:
    verdict = judged(Shop(each, once=("SELECT * FROM products WHERE id = ANY($1)",)))
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason == "25 of body /items cost no lookup each"


def test_the_table_is_named_that_is_read_and_not_one_that_it_joins() -> None:
    joined = "SELECT price FROM products JOIN brands ON brands.id = products.brand WHERE id = $1"
    brands = Table("brands", (Column("id", "integer"),), ("id",))
    about = subject(catalog=Catalog({"brands": brands, **CATALOG.tables}))
    verdict = judged(Shop((joined, INSERT)), about)
    assert (verdict.finding_class, verdict.table) == ("reads-per-item", "products")
    assert verdict.evidence.facts["table"] == "products"


def test_a_lookup_for_each_batch_is_right() -> None:
    class Batches(Shop):
        def run(self, experiment: Experiment) -> History:
            body = experiment.phases[0].acts[0].step.json
            assert isinstance(body, dict)
            self.once = (LOOK_UP,) * -(-len(body["items"]) // 10)
            return super().run(experiment)

    assert judged(Batches((INSERT,))).outcome is Outcome.HELD


@pytest.mark.parametrize(("most", "outcome"), [(20, Outcome.VIOLATED), (5, Outcome.SKIPPED)])
def test_a_limit_of_items_is_kept(most: int, outcome: Outcome) -> None:
    assert judged(Shop((LOOK_UP, INSERT), most=most)).outcome is outcome


def test_items_that_refer_to_nothing_are_not_tried() -> None:
    check: Callable[..., Any] = Resources().applies
    assert check(subject(landing={"body /to": ("orders", "address")})) is not None
    assert check(subject()) is None
    landing = {"body /items/0/quantity": ("lines", "id")}
    verdict = judged(Shop((LOOK_UP, INSERT)), subject(landing=landing))
    assert verdict.outcome is Outcome.SKIPPED
