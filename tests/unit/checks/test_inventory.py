"""`inventory` on services that answer what their document does not have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doubles.fake_world import FakeService, FakeWorld, Handler
from doubles.stored import finding_of
from seamproof.checks.inventory import Inventory
from seamproof.checks.inventory.asking import UNKNOWN, asks
from seamproof.core.catalog import Catalog, Table
from seamproof.core.document import Declaration, Document
from seamproof.core.experiment import Act
from seamproof.core.history import Disturbance, Exchange
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

LIST = Operation.parse("GET /v2/orders")
SCENARIO = Scenario("test", Step(LIST, identity="alice"))
SUBJECT = Subject(
    SCENARIO,
    catalog=Catalog({"orders": Table("orders", ())}),
    document=Document((Declaration(LIST),)),
    reads=(SCENARIO,),
    undeclared=(Operation.parse("GET /debug/orders"), Operation.parse("GET /docs")),
    leads=frozenset({"inventory"}),
)


def orders(service: FakeService) -> int:
    service.connect().read("SELECT id FROM orders")
    return 200


def guarded(service: FakeService) -> int:
    assert service.serving is not None
    return orders(service) if service.serving.sender else 401


def page(service: FakeService) -> int:
    return 200


def found(subject: Subject = SUBJECT, **routes: Handler) -> list[Verdict]:
    handlers = {LIST.id: orders} | {f"GET {path}": each for path, each in routes.items()}
    return list(FakeWorld(handlers).drive(Inventory().explore(subject)))


def test_a_service_that_answers_what_it_declares_holds() -> None:
    (verdict,) = found()
    assert verdict.outcome is Outcome.HELD


def test_a_route_of_the_code_that_reads_the_database_is_proven() -> None:
    (verdict,) = found(**{"/debug/orders": orders})
    assert (verdict.finding_class, verdict.tier) == ("undeclared-route", Tier.PROVEN)
    assert verdict.operation == "GET /debug/orders"
    assert verdict.evidence.facts["who"] == "nobody"
    assert verdict.evidence.facts["sql"] == "reads orders"


def test_who_is_refused_as_nobody_asks_as_somebody() -> None:
    (verdict,) = found(**{"/debug/orders": guarded})
    assert (verdict.tier, verdict.evidence.facts["who"]) == (Tier.PROVEN, "alice")


def test_a_route_that_lets_nobody_in_is_a_note() -> None:
    notes = found(**{"/debug/orders": lambda service: 403})
    assert [each.tier for each in notes if each.finding_class] == [Tier.NOTE]
    assert notes[-1].outcome is Outcome.HELD


class Telling(FakeWorld):
    """Answers everything with one text."""

    text = b"requests_total 12"

    def _act(self, act: Act, disturbances: list[Disturbance]) -> Exchange:
        exchange = super()._act(act, disturbances)
        assert exchange.response is not None
        return replace(exchange, response=replace(exchange.response, body=self.text))


def test_an_old_version_and_open_metrics() -> None:
    world = Telling({LIST.id: orders, "GET /v1/orders": orders, "GET /metrics": page})
    old, metrics = world.drive(Inventory().explore(SUBJECT))
    assert (old.finding_class, old.tier) == ("old-version", Tier.PROVEN)
    assert old.evidence.facts["declared"] == "GET /v2/orders"
    assert (metrics.finding_class, metrics.tier) == ("open-internals", Tier.SUSPECTED)


def test_an_answer_that_says_nothing_opens_nothing() -> None:
    world = Telling({LIST.id: orders, "GET /metrics": page})
    (metrics,) = world.drive(Inventory().explore(SUBJECT))
    finding = finding_of(metrics)
    world.text = b"\n"
    (verdict,) = world.drive(Inventory().explore(SUBJECT))
    assert verdict.outcome is Outcome.HELD
    (again,) = world.drive(Inventory().replay(SUBJECT, finding))
    assert again.outcome is Outcome.HELD


@pytest.mark.parametrize(
    ("reading", "tier", "replays", "sql"),
    [
        ({1}, Tier.SUSPECTED, (3, 3), "reads no table"),
        ({2}, Tier.SUSPECTED, (3, 3), "reads no table"),
        ({1, 2}, Tier.SUSPECTED, (1, 3), "reads orders"),
        ({1, 2, 3, 4}, Tier.PROVEN, (3, 3), "reads orders"),
    ],
)
def test_what_a_job_reads_meanwhile_makes_an_answer_no_surer(
    reading: set[int], tier: Tier, replays: tuple[int, int], sql: str
) -> None:
    asked = 0

    def dump(service: FakeService) -> int:
        nonlocal asked
        asked += 1
        return orders(service) if asked in reading else 200

    (verdict,) = found(**{"/debug/orders": dump})
    assert (verdict.tier, verdict.replays) == (tier, replays)
    assert verdict.evidence.facts["sql"] == sql


def test_what_answers_once_is_inconclusive() -> None:
    answers = iter([200])
    (verdict, _) = found(**{"/debug/orders": lambda service: next(answers, 503)})
    assert (verdict.outcome, verdict.replays) == (Outcome.INCONCLUSIVE, (0, 3))


def test_metrics_are_insides_by_either_name() -> None:
    routes = ("/internal/prometheus", "/internal/metrics")
    asked = asks(replace(SUBJECT, undeclared=tuple(Operation("GET", each) for each in routes)))
    classes = {each.route: each.finding_class.name for each in asked}
    assert [classes[f"GET {each}"] for each in routes] == ["open-internals"] * 2


def test_who_answers_everything_says_nothing() -> None:
    (verdict,) = found(**{UNKNOWN: orders, "/debug/orders": orders})
    assert verdict.outcome is Outcome.SKIPPED


class Site(FakeWorld):
    """Serves one page under every path that has no handler, as for an application in a browser."""

    def _act(self, act: Act, disturbances: list[Disturbance]) -> Exchange:
        handler = self.handlers.setdefault(act.step.operation.id, page)
        exchange = super()._act(act, disturbances)
        kind = "text/html; charset=utf-8" if handler is page else "application/json"
        assert exchange.response is not None
        response = replace(exchange.response, headers=(("Content-Type", kind),))
        return replace(exchange, response=response)


def test_a_page_under_every_path_hides_no_route() -> None:
    silent = Site({LIST.id: orders})
    (held,) = silent.drive(Inventory().explore(SUBJECT))
    assert held.outcome is Outcome.HELD
    open_route = Site({LIST.id: orders, "GET /debug/orders": orders})
    (verdict,) = open_route.drive(Inventory().explore(SUBJECT))
    assert (verdict.finding_class, verdict.tier) == ("undeclared-route", Tier.PROVEN)
    assert verdict.replays == (3, 3)


def test_documents_and_health_are_no_part_of_an_api() -> None:
    routes = [each.route for each in asks(SUBJECT)]
    assert "GET /docs" not in routes
    assert len(routes) == len(set(routes))
    paths = ("/health", "/readyz", "/static/{path}", "/swagger-ui", "/", "/openapi.json", "/up")
    quiet = replace(SUBJECT, undeclared=tuple(Operation("GET", each) for each in paths))
    assert {each.route for each in asks(quiet)} == set(routes) - {"GET /debug/orders"}


def test_it_is_done_once_and_needs_a_document() -> None:
    assert Inventory().applies(SUBJECT) is None
    assert Inventory().applies(replace(SUBJECT, leads=frozenset())) is not None
    assert Inventory().applies(replace(SUBJECT, document=None)) is not None
