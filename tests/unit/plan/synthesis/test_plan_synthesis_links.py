"""Link Objects: what a document says of where a parameter comes from is tried first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_service import ALICE, Call, FakeService
from searched import by_operation, found, obj

from seamproof.core.document import Answer, Declaration, Document, Link
from seamproof.core.experiment import Act, Experiment
from seamproof.core.history import Exchange, History, Request, Response
from seamproof.core.model import Extract, Json, Operation, Scenario, Step
from seamproof.plan.synthesis import Attempt
from seamproof.plan.synthesis.links import linked
from seamproof.plan.synthesis.order import ordered, with_suppliers
from seamproof.plan.synthesis.outcome import Outcome

SHOWN = Operation.parse("GET /papers/{code}")
BODY = {"id": 7, "a/b": [{"c": "x"}], "none": None}
SENT = Step(
    Operation.parse("POST /shops/{shop}/drafts"),
    "alice",
    {"shop": "{shop}"},
    {"page": 2, "fresh": "{uuid}"},
    {"X-Trace": "t"},
    json={"name": "n-{unique}", "lines": [{"qty": 1}]},
)
OPENED = Step(Operation.parse("POST /shops"), "alice", extracts=(Extract("shop", "$.id"),))


def links(service: FakeService, status: str = "201", **parameters: str) -> None:
    """Give the operation that was declared last a link to `SHOWN`."""
    answer = Answer(status, links=(Link(SHOWN, parameters),))
    service.declarations[-1] = replace(service.declarations[-1], answers=(answer,))


def library(field: str = "stamp") -> FakeService:
    """Drafts whose answers call what names a paper otherwise than the path of papers does."""
    service = FakeService(drafts=[], badges=[{"id": 4, "code": "b-4"}])

    @service.on("POST /drafts", body=obj("text", text={"type": "string"}))
    def draft(call: Call) -> tuple[int, Json]:
        made = call.insert("drafts", text=call.body["text"])
        return 201, {"id": 1, "meta": {field: f"zz-{made['id']}"}, "other": {"code": "wrong"}}

    @service.on("GET /papers/{code}")
    def paper(call: Call) -> tuple[int, Json]:
        stamps = [f"zz-{row['id']}" for row in call.rows["drafts"]]
        return (200, {"ok": True}) if call.path["code"] in stamps else (404, None)

    service.declarations.reverse()  # the paper is declared first
    return service


def test_a_link_is_the_first_that_is_tried() -> None:
    service, attempts = library(), list[Attempt]()
    links(service, code="$response.body#/meta/stamp")
    scenario = by_operation(found(service, attempts=attempts))[SHOWN.id]
    (step,) = scenario.arrangement
    assert (step.operation.id, step.extracts[0].source) == ("POST /drafts", "$.meta.stamp")
    assert [each.status for each in attempts if each.operation == SHOWN] == [200]


def test_a_link_that_leads_nowhere_costs_a_try_and_nothing_else() -> None:
    service = library("paper_code")
    links(service, code="$response.body#/other/code")
    (step,) = by_operation(found(service))[SHOWN.id].arrangement
    assert step.extracts[0].source == "$.meta.paper_code"


def test_a_query_that_no_name_explains_is_filled_by_a_link() -> None:
    service = FakeService(drafts=[])

    @service.on("POST /drafts", body=obj())
    def draft(call: Call) -> tuple[int, Json]:
        return 201, {"cursor": f"c{call.insert('drafts', text='a')['id']}"}

    search = Operation.parse("GET /search")
    answer = Answer("2XX", links=(Link(search, {"after": "$response.body#/cursor"}),))
    service.declarations[-1] = replace(service.declarations[-1], answers=(answer,))

    @service.on("GET /search", query=("after",))
    def searched(call: Call) -> tuple[int, Json]:
        known = [f"c{row['id']}" for row in call.rows["drafts"]]
        return (200, []) if call.query.get("after") in known else (400, {"detail": "after what"})

    scenario = by_operation(found(service))["GET /search"]
    assert [each.operation.id for each in scenario.arrangement] == ["POST /drafts"]
    assert scenario.act.query == {"after": "{after}"}


def drawn(text: str, act: Step = SENT) -> tuple[Json, tuple[Step, ...]] | None:
    """What a parameter `code` with this expression is, and behind what; None where nothing."""
    link = Link(SHOWN, {"code": text})
    declaration = Declaration(
        act.operation,
        answers=(
            Answer("default", links=()),
            Answer("201", links=(link,)),
            Answer("2XX", links=(Link(SHOWN, {"code": "wrong"}),)),
        ),
    )
    response = Response(201, (("Location", "/papers/7"),))
    exchange = Exchange(Act(act), Request("POST", "/drafts"), 0.0, 0.1, response)
    scenario = Scenario("s", act, (OPENED,))
    outcome = Outcome(History(Experiment.of(scenario), ()), exchange, "", BODY)
    for each in linked(declaration, scenario, outcome):
        assert (each.operation, each.parameter) == (SHOWN.id, "code")
        return each.supplier.draw()
    return None


@pytest.mark.parametrize(
    ("text", "value", "source"),
    [
        ("$response.body#/id", "{code}", "$.id"),
        ("$response.body#/a~1b/0/c", "{code}", "$['a/b'][0].c"),
        ("$response.header.location", "{code}", "header:Location"),
        ("shop-{$response.body#/id}", "shop-{code}", "$.id"),
        ("{$response.body#/id}", "{code}", "$.id"),
        ("{{$response.body#/id}", "{{code}", "$.id"),
        ("eur", "eur", ""),
        ("{plain}", "{{plain}}", ""),
        ("$method", "POST", ""),
        ("$statusCode", "201", ""),
        ("{$request.path.shop}/{$request.query.page}", "{shop}/2", ""),
    ],
)
def test_what_an_expression_means(text: str, value: Json, source: str) -> None:
    found = drawn(text)
    assert found is not None
    said, (opened, sent) = found
    assert (said, opened) == (value, OPENED)
    assert [each.source for each in sent.extracts] == ([source] if source else [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$request.path.shop", "{shop}"),
        ("$request.query.page", 2),
        ("$request.header.x-trace", "t"),
        ("$request.body#/lines/0/qty", 1),
    ],
)
def test_what_the_request_said_is_said_again(text: str, value: Json) -> None:
    found = drawn(text)
    assert found is not None
    assert found[0] == value


def test_a_fresh_name_is_fixed_where_it_is_said_again() -> None:
    found = drawn("$request.body#/name")
    assert found is not None
    name, steps = found
    assert steps[-1].json["name"] == name
    assert "{" not in str(name)


@pytest.mark.parametrize(
    "text",
    [
        "$response.body#/nothing",
        "$response.body#/none",
        "$response.body#id",
        "$response.header.Nothing",
        "$response.query.page",
        "$request.query.fresh",
        "$request.body#/lines/7",
        "$url",
        "$nonsense",
        "a{$response.body#/nothing}",
    ],
)
def test_an_expression_without_a_value_gives_none(text: str) -> None:
    assert drawn(text) is None


def test_what_a_link_leads_to_comes_behind_it_and_destroyers_stay_last() -> None:
    read, make = (Operation.parse(each) for each in ("GET /a/{x}", "POST /b/{y}"))
    end = Operation.parse("DELETE /b/{y}")

    def leading(operation: Operation, *targets: Operation) -> Declaration:
        links = tuple(Link(each) for each in targets)
        return Declaration(operation, answers=(Answer("200", links=links),))

    declarations = (leading(end, read), leading(read, make), leading(make, read))
    assert [each.operation for each in ordered(declarations)] == [make, read, end]
    wanted = with_suppliers(Document(declarations), {make.id})
    assert {each.operation for each in wanted} == {make, read, end}


def test_the_first_identity_follows_its_own_links() -> None:
    service = library()
    links(service, code="$response.body#/meta/stamp")
    scenario = by_operation(found(service, identities=(ALICE,)))[SHOWN.id]
    assert {scenario.act.identity, scenario.arrangement[0].identity} == {"alice"}
