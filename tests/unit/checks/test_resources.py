"""`resources` on lists that ask once, once a row, and for as much as the client likes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from doubles.driven import Driven
from doubles.fake_world import FakeService, FakeWorld
from doubles.stored import finding_of
from seamproof.analysis.statements import kind, shape
from seamproof.checks.resources import Resources
from seamproof.core import codec
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.document import Declaration, Document, Parameter, Place
from seamproof.core.experiment import BoundaryKind, CrossingKey, Experiment
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
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

LIST = Operation.parse("GET /orders")
ONE = Operation.parse("GET /users/{user}")
TABLE = Table("orders", (Column("id", "integer"), Column("note", "text")), ("id",))
STORED = {"orders": ({"id": 1, "note": "fragile"}, {"id": 2, "note": "heavy"})}
Handler = Callable[["Rows"], tuple[int, Any]]


class Rows(Driven):
    """A list of orders, under edits that insert more of them."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.count = 0
        self.step = Step(LIST)
        self.crossings: list[Crossing] = []

    def ask(self, sql: str, rows: int, *parameters: str) -> None:
        key = CrossingKey(shape(sql))
        crossing = Crossing(
            key, kind(sql), sql, 0, 1, 0.0, tag=f"SELECT {rows}", parameters=parameters
        )
        self.crossings.append(crossing)

    def run(self, experiment: Experiment) -> History:
        self.count = len(STORED["orders"]) + len(experiment.edits)
        self.crossings = []
        act = experiment.phases[0].acts[0]
        self.step = act.step
        status, body = self.handler(self)
        response = Response(status, body=json.dumps(body).encode())
        exchange = Exchange(act, Request("GET", act.step.operation.path), 0.0, 1.0, response)
        return History(experiment, (Section((exchange,), tuple(self.crossings)),))


def entries(count: int) -> list[dict[str, Any]]:
    known = [{"id": 1, "note": "fragile"}, {"id": 2, "note": "heavy"}]
    return (known + [{"id": 100 + n, "note": "fragile"} for n in range(count)])[:count]


def subject(operation: Operation = LIST, *, grows: bool = False, **what: Any) -> Subject:
    return Subject(
        Scenario("list", Step(operation, path_parameters={"user": 1})),
        catalog=Catalog({"orders": TABLE}),
        profile=Profile(effects=frozenset({"orders"} if grows else ())),
        stored=STORED,
        **what,
    )


def verdicts(handler: Handler, about: Subject | None = None) -> list[Verdict]:
    return list(Rows(handler).drive(Resources().explore(about or subject())))


def eager(rows: Rows) -> tuple[int, Any]:
    rows.ask("SELECT id, note FROM orders LIMIT 500", rows.count)
    rows.ask("SELECT * FROM items WHERE order_id IN ($1)", rows.count)
    return 200, entries(rows.count)


def lazy(rows: Rows) -> tuple[int, Any]:
    rows.ask("SELECT id, note FROM orders LIMIT 500", rows.count)
    for _ in range(rows.count):
        rows.ask("SELECT * FROM items WHERE order_id = $1", 1)
    return 200, entries(rows.count)


def test_one_statement_for_all_rows_holds() -> None:
    (verdict,) = verdicts(eager)
    assert verdict.outcome is Outcome.HELD
    assert "orders" in verdict.reason


def test_one_statement_for_each_row_is_proven() -> None:
    (verdict,) = verdicts(lazy)
    assert (verdict.finding_class, verdict.tier) == ("statements-per-row", Tier.PROVEN)
    assert verdict.replays == (3, 3)
    assert (verdict.table, verdict.shape) == ("orders", "SELECT * FROM items WHERE order_id = ?")
    assert verdict.evidence.facts["slope"] == "1.0"


def test_what_the_path_is_called_by_is_listed_whatever_else_the_answer_tells() -> None:
    columns = (Column("id", "integer"), *(Column(each, "text") for each in ("name", "city")))
    others = {name: Table(name, columns, ("id",)) for name in ("shops", "regions", "people")}
    row = {"id": 1, "name": "Harbour", "city": "Vienna"}

    def telling(rows: Rows) -> tuple[int, Any]:
        for name in others:
            rows.ask(f"SELECT * FROM {name} WHERE id = $1", 1)
        status, found = lazy(rows)
        return status, [each | {"name": "Harbour", "city": "Vienna"} for each in found]

    about = replace(
        subject(),
        catalog=Catalog({"orders": TABLE, **others}),
        stored={**STORED, **dict.fromkeys(others, (row,))},
    )
    (verdict,) = verdicts(telling, about)
    assert (verdict.finding_class, verdict.table) == ("statements-per-row", "orders")


def test_a_batch_that_is_full_now_and_then_is_no_statement_for_each_row() -> None:
    def batched(rows: Rows) -> tuple[int, Any]:
        rows.ask("SELECT id, note FROM orders LIMIT 500", rows.count)
        for _ in range(0, rows.count, 5):
            rows.ask("SELECT * FROM items WHERE order_id IN ($1)", 5)
        return 200, entries(rows.count)

    assert [each.outcome for each in verdicts(batched)] == [Outcome.HELD]


def test_a_page_hides_what_comes_behind_it() -> None:
    def paged(rows: Rows) -> tuple[int, Any]:
        rows.ask("SELECT id, note FROM orders LIMIT 2", min(rows.count, 2))
        return 200, entries(2)

    (verdict,) = verdicts(paged, subject(grows=True))
    assert verdict.outcome is Outcome.SKIPPED


def endless(rows: Rows) -> tuple[int, Any]:
    rows.ask("SELECT id, note FROM orders", rows.count)
    return 200, entries(rows.count)


def test_a_list_without_a_limit_is_suspected_where_requests_add_to_it() -> None:
    (verdict,) = verdicts(endless, subject(grows=True))
    assert (verdict.finding_class, verdict.tier) == ("list-without-limit", Tier.SUSPECTED)
    assert verdict.replays == (3, 3)


POST = Scenario("add", Step(Operation.parse("POST /orders")), (Step(Operation.parse("POST /x")),))


def from_empty(handler: Handler, makers: tuple[Scenario, ...]) -> tuple[Rows, Subject]:
    """A list of orders that nothing is stored of; only `POST` leaves an entry."""

    class Empty(Rows):
        def run(self, experiment: Experiment) -> History:
            made = experiment.arrangement[-1:] == (POST.act,)
            if not made:
                self.handler = lambda _: (200, [])
            try:
                history = super().run(experiment)
            finally:
                self.handler = handler
            row = RowChange("orders", None, {"id": "1", "note": "fragile"})
            return replace(history, prepared=Changes((row,)) if made else Changes())

    return Empty(handler), replace(subject(), stored={}, makers=makers)


def test_a_list_that_is_empty_is_filled_by_what_adds_to_it() -> None:
    other = Scenario("other", Step(Operation.parse("POST /others")))
    world, about = from_empty(lazy, (other, POST))
    (verdict,) = world.drive(Resources().explore(about))
    assert (verdict.finding_class, verdict.tier) == ("statements-per-row", Tier.PROVEN)
    shown = verdict.evidence.experiment
    assert shown is not None
    assert shown.arrangement == (*POST.arrangement, POST.act)
    assert shown_again(world, about, verdict).finding_class == verdict.finding_class
    world, about = from_empty(eager, (other, POST))
    (verdict,) = world.drive(Resources().explore(about))
    assert verdict.outcome is Outcome.HELD


def test_a_list_that_nothing_adds_to_is_skipped() -> None:
    world, about = from_empty(lazy, ())
    (verdict,) = world.drive(Resources().explore(about))
    assert verdict.outcome is Outcome.SKIPPED


def test_a_list_that_no_request_adds_to_and_the_parts_of_one_thing_hold() -> None:
    assert [each.outcome for each in verdicts(endless)] == [Outcome.HELD]
    assert [each.outcome for each in verdicts(endless, subject(ONE, grows=True))] == [Outcome.HELD]


@pytest.mark.parametrize(
    ("adding", "grows"),
    [
        ("POST /orders", True),
        ("POST /orders/", True),
        ("POST /orders/{order}", False),
        ("PUT /orders", False),
    ],
)
def test_where_the_document_says_that_one_may_add_to_a_list_it_grows(
    adding: str, grows: bool
) -> None:
    list_all = Operation.parse("GET /orders")
    document = Document((Declaration(list_all), Declaration(Operation.parse(adding))))
    (verdict,) = verdicts(endless, subject(list_all, document=document))
    assert (verdict.finding_class == "list-without-limit") is grows


def test_a_post_to_what_is_called_otherwise_adds_nothing_to_it() -> None:
    wanted = Operation.parse("GET /searches")
    document = Document((Declaration(wanted), Declaration(Operation.parse("POST /searches"))))
    (verdict,) = verdicts(endless, subject(wanted, document=document))
    assert verdict.outcome is Outcome.HELD


def paging(name: str = "limit") -> Subject:
    declared = Declaration(LIST, parameters=(Parameter(name, Place.QUERY, {"type": "integer"}),))
    return subject(document=Document((declared,)))


@pytest.mark.parametrize("bound", [True, False])
def test_a_page_of_any_size_is_proven(bound: bool) -> None:
    def trusting(rows: Rows) -> tuple[int, Any]:
        size = str(rows.step.query.get("limit", 20))
        if bound:
            rows.ask("SELECT id, note FROM orders LIMIT $1", rows.count, size)
        else:
            rows.ask(f"SELECT id, note FROM orders LIMIT {size}", rows.count)
        return 200, entries(rows.count)

    (verdict,) = verdicts(trusting, paging())
    assert (verdict.finding_class, verdict.tier) == ("page-size-without-limit", Tier.PROVEN)
    assert verdict.evidence.facts["limit"] == "LIMIT 100000"


def test_a_page_that_is_capped_or_refused_holds() -> None:
    def capped(rows: Rows) -> tuple[int, Any]:
        size = min(int(rows.step.query.get("per_page", 20)), 100)
        rows.ask("SELECT id, note FROM orders LIMIT $1", rows.count, str(size))
        return 200, entries(rows.count)

    def strict(rows: Rows) -> tuple[int, Any]:
        if int(rows.step.query.get("per_page", 20)) > 100:
            return 422, {}
        return capped(rows)

    for handler in (capped, strict):
        assert [v.outcome for v in verdicts(handler, paging("per_page"))] == [Outcome.HELD]


def test_writes_are_skipped_and_a_blind_boundary_is_not_run() -> None:
    assert Resources().applies(subject(Operation.parse("POST /orders"))) is not None
    assert Resources().applies(subject()) is None
    blind = replace(subject(), boundaries=frozenset({BoundaryKind.HTTP_IN}))
    assert [each.outcome for each in verdicts(lazy, blind)] == [Outcome.NOT_RUN]


@pytest.mark.parametrize(("limit", "found"), [(None, True), (5000, False)])
def test_a_text_of_any_length_is_suspected_in_deep_mode(limit: int | None, found: bool) -> None:
    def store(service: FakeService) -> int:
        assert service.serving is not None
        text = service.serving.step.json["note"].replace("{filler.10000000}", "x" * 1_000_000)
        if limit is not None and len(text) > limit:
            return 413
        service.connect().insert("orders", id=1, note=text)
        return 201

    write = Operation.parse("POST /orders")
    about = Subject(Scenario("add", Step(write, json={"note": "fragile"})), deep=True)
    (verdict,) = FakeWorld({write.id: store}).drive(Resources().explore(about))
    assert (verdict.finding_class == "text-without-limit") is found
    if found:
        assert (verdict.tier, verdict.shape) == (Tier.SUSPECTED, "orders.note")
        assert len(codec.dump(verdict)) < 100_000, "the text itself is no evidence"


@pytest.mark.parametrize(("handler", "about"), [(lazy, subject()), (endless, subject(grows=True))])
def test_a_finding_is_shown_again(handler: Handler, about: Subject) -> None:
    world = Rows(handler)
    (verdict,) = world.drive(Resources().explore(about))
    again = shown_again(world, about, verdict)
    assert (again.finding_class, again.tier) == (verdict.finding_class, verdict.tier)
    world.handler = eager
    assert shown_again(world, about, verdict).outcome is Outcome.HELD


def shown_again(world: Rows, about: Subject, verdict: Verdict) -> Verdict:
    finding = finding_of(verdict)
    (again,) = world.drive(Resources().replay(about, finding))
    return again
