"""`contract` on answers that are as the document says, and on others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from doubles.driven import Driven
from doubles.stored import finding_of
from seamproof.analysis.conformance import Conformance
from seamproof.checks.contract import Contract
from seamproof.core.document import Answer, Body, Declaration, Document
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Fault, FaultKind, Phase
from seamproof.core.experiment import CrossingKey as Key
from seamproof.core.history import Exchange, History, Request, Response, Section
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

READ = Operation.parse("GET /orders/{order}")
ORDER = {
    "type": "object",
    "required": ["id", "total", "secret"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "total": {"type": ["string", "null"]},
        "secret": {"type": "string", "writeOnly": True},
        "due": {"type": "string", "format": "date"},
    },
}
DECLARED = Declaration(
    READ,
    answers=(
        Answer(
            "200",
            {"application/json": {"$ref": "#/components/schemas/Order"}},
            {"ETag": {"type": "string"}},
            required_headers=("ETag",),
        ),
        Answer("404", {"application/json": {"type": "object", "required": ["error"]}}),
    ),
)
DOCUMENT = Document((DECLARED,), definitions={"#/components/schemas/Order": ORDER})
SCENARIO = Scenario("test", Step(READ, path_parameters={"order": 1}))
SUBJECT = Subject(SCENARIO, document=DOCUMENT, leads=frozenset({"contract"}))
RIGHT = b'{"id": 1, "total": null, "due": "2026-01-31"}'


@dataclass
class Answering(Driven):
    """Answers every act in one way."""

    status: int = 200
    body: bytes = RIGHT
    media: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = (("etag", "1"),)

    def run(self, experiment: Experiment) -> History:
        response = Response(self.status, (("Content-Type", self.media), *self.headers), self.body)
        sections = tuple(
            Section(
                tuple(
                    Exchange(act, Request("GET", "/orders/1"), 0.0, 0.1, response)
                    for act in phase.acts
                )
            )
            for phase in experiment.phases
        )
        return History(experiment, sections)


def verdicts(service: Answering, subject: Subject = SUBJECT) -> list[Verdict]:
    return list(service.drive(Contract().explore(subject)))


def test_an_answer_as_declared_holds() -> None:
    (verdict,) = verdicts(Answering())
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason == "1 different answers are as the document says"


@pytest.mark.parametrize(
    ("service", "finding", "where"),
    [
        (Answering(body=b'{"id": 1}'), "schema-violation", "Order: required/total"),
        (
            Answering(body=b'{"id": "1", "total": "2"}'),
            "schema-violation",
            "Order: properties/id/type",
        ),
        (Answering(media="text/html"), "undeclared-media-type", "200/content/text/html"),
        (Answering(body=b"<p>"), "undeclared-media-type", "200/content/no JSON"),
        (Answering(headers=()), "missing-header", "200/ETag"),
        (Answering(status=202), "undeclared-status", "202"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_declared_is_proven(service: Answering, finding: str, where: str) -> None:
    (verdict,) = verdicts(service)
    assert (verdict.finding_class, verdict.tier) == (finding, Tier.PROVEN)
    assert where in verdict.shape
    assert verdict.replays == (3, 3)


def test_a_shared_definition_is_a_cause() -> None:
    (verdict,) = verdicts(Answering(body=b'{"id": 1}'))
    assert verdict.cause == "#/components/schemas/Order: required/total"


def test_one_answer_that_is_not_as_its_definition_is_one_finding() -> None:
    (verdict,) = verdicts(Answering(body=b'{"id": "1"}'))
    assert verdict.cause.endswith("Order: properties/id/type, required/total")
    assert "; " in str(verdict.evidence.facts["message"])


def test_a_format_is_a_note() -> None:
    found = verdicts(Answering(body=b'{"id": 1, "total": "2", "due": "soon"}'))
    assert [each.tier for each in found if each.finding_class] == [Tier.NOTE]
    assert found[-1].outcome is Outcome.HELD


def test_secrets_are_not_judged_by_their_digest() -> None:
    schema = {"type": "string", "maxLength": 3}
    assert not Conformance({}).mismatches(schema, "<redacted:01234567>")
    assert Conformance({}).mismatches(schema, "long")


def test_refusals_are_told_together_and_failures_not_at_all() -> None:
    refused = replace(SUBJECT, scenario=replace(SCENARIO, act=replace(SCENARIO.act, expect=(409,))))
    found = verdicts(Answering(409, b"{}"), refused)
    assert found[0].finding_class == "undeclared-refusal"
    assert (found[0].tier, found[0].cause) == (Tier.NOTE, "refusals are not declared")
    (verdict,) = verdicts(Answering(500, b"oops", "text/plain"))
    assert verdict.outcome is Outcome.HELD
    refused = replace(SUBJECT, scenario=replace(SCENARIO, act=replace(SCENARIO.act, expect=(404,))))
    (verdict,) = verdicts(Answering(404, b"{}"), refused)
    assert (verdict.finding_class, verdict.tier) == ("schema-violation", Tier.SUSPECTED)


def test_what_other_checks_provoked_is_judged_unless_a_fault_was_met() -> None:
    check, service = Contract(), Answering(status=202)
    fault = Fault(FaultKind.ERROR, Key("SELECT"), "40001")
    check.watch(SUBJECT, service.run(Experiment((Phase((Act(SCENARIO.act),), (fault,)),))))
    (verdict,) = Answering().drive(check.explore(SUBJECT))
    assert verdict.outcome is Outcome.HELD
    check.watch(SUBJECT, service.run(Experiment((Phase((Act(SCENARIO.act),)),))))
    (verdict,) = service.drive(check.explore(SUBJECT))
    assert verdict.finding_class == "undeclared-status"


@dataclass
class Remembering(Answering):
    """Answers in its one way once it was asked before, and as declared until then."""

    def run(self, experiment: Experiment) -> History:
        history, first = Answering.run(self, experiment), Answering().run(experiment).sections[0]
        return replace(history, sections=(first, *history.sections[1:]))


TWICE = Experiment((Phase((Act(SCENARIO.act),)),) * 3)


def test_an_answer_that_only_a_second_request_gets_is_shown_by_both() -> None:
    check, service = Contract(), Remembering(status=202)
    check.watch(SUBJECT, service.run(TWICE))
    (verdict,) = service.drive(check.explore(SUBJECT))
    assert (verdict.tier, verdict.replays) == (Tier.PROVEN, (3, 3))
    shown = verdict.evidence.experiment
    assert shown is not None
    assert len(shown.phases) == 2


def test_an_answer_that_one_request_gets_as_well_is_shown_by_that() -> None:
    check = Contract()
    check.watch(SUBJECT, Remembering(status=202).run(TWICE))
    (verdict,) = Answering(status=202).drive(check.explore(SUBJECT))
    shown = verdict.evidence.experiment
    assert shown is not None
    assert (verdict.tier, len(shown.phases)) == (Tier.PROVEN, 1)


def test_an_answer_that_does_not_come_again_is_not_concluded_from() -> None:
    check = Contract()
    check.watch(SUBJECT, Remembering(status=202).run(TWICE))
    (verdict, *_) = Answering().drive(check.explore(SUBJECT))
    assert (verdict.outcome, verdict.tier) == (Outcome.INCONCLUSIVE, Tier.PROVEN)


def test_schemas_that_double_their_work_are_not_judged_by() -> None:
    definitions = {
        f"#/d/{each}": {"allOf": [{"$ref": f"#/d/{each + 1}"}] * 2 + [{"items": {}}]}
        for each in range(60)
    }
    assert not Conformance(definitions).mismatches({"$ref": "#/d/0"}, {})


def test_a_document_that_asks_for_more_is_suspected() -> None:
    number = {**ORDER, "properties": {**ORDER["properties"], "id": {"type": "string"}}}
    now = replace(DOCUMENT, definitions={"#/components/schemas/Order": number})
    subject = replace(SUBJECT, document=now, former=DOCUMENT)
    body = RIGHT.replace(b"1", b'"1"', 1)
    (verdict,) = [each for each in verdicts(Answering(body=body), subject) if each.finding_class]
    assert (verdict.finding_class, verdict.tier) == ("breaking-change", Tier.SUSPECTED)


def test_what_is_gone_from_the_document_is_told_once() -> None:
    less = {**ORDER, "properties": {k: v for k, v in ORDER["properties"].items() if k != "due"}}
    gone = Declaration(Operation.parse("POST /orders"), bodies=(Body("application/json"),))
    former = replace(DOCUMENT, declarations=(DECLARED, gone))
    now = replace(DOCUMENT, definitions={"#/components/schemas/Order": less})
    subject = replace(SUBJECT, document=now, former=former)
    found = [each for each in verdicts(Answering(), subject) if each.finding_class]
    assert [(each.operation, each.tier) for each in found] == [
        (READ.id, Tier.NOTE),
        ("POST /orders", Tier.SUSPECTED),
    ]
    assert "due" in str(found[0].evidence.facts["changes"])
    alone = replace(subject, leads=frozenset())
    found = [each for each in verdicts(Answering(), alone) if each.finding_class]
    assert [each.operation for each in found] == [READ.id]
    assert not [e for e in verdicts(Answering(), replace(SUBJECT, former=DOCUMENT)) if e.cause]


def test_it_needs_the_operation_in_a_document() -> None:
    assert Contract().applies(SUBJECT) is None
    assert Contract().applies(replace(SUBJECT, document=None)) is not None
    assert Contract().applies(replace(SUBJECT, document=Document())) is not None


def test_a_finding_is_shown_again() -> None:
    service = Answering(status=202)
    (seen,) = verdicts(service)
    finding = finding_of(seen, BoundaryKind.HTTP_IN)
    (again,) = service.drive(Contract().replay(SUBJECT, finding))
    assert again.replays == (3, 3)
    (again,) = Answering().drive(Contract().replay(SUBJECT, finding))
    assert again.outcome is Outcome.HELD
