"""`roundtrip` on handlers that keep what they are sent, change its form, or lose it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from doubles.driven import Driven
from seamproof.analysis.statements import shape
from seamproof.checks.roundtrip import Roundtrip
from seamproof.checks.roundtrip.agreeing import Agreement, compared
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.document import Body, Declaration, Document
from seamproof.core.experiment import BoundaryKind, CrossingKey, Experiment
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
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

CREATE = Operation.parse("POST /products")
COLUMNS = (
    Column("id", "integer", nullable=False),
    Column("name", "text"),
    Column("price", "numeric(14,4)"),
    Column("serial", "bigint"),
    Column("at", "timestamp with time zone"),
)
STEP = Step(
    CREATE,
    json={"name": "rope", "price": 3.75, "serial": 7, "at": "2026-01-01T10:00:00Z"},
)
SUBJECT = Subject(
    Scenario("test", STEP),
    Profile(effects=frozenset({"products"})),
    Catalog({"products": Table("products", COLUMNS, ("id",))}),
    document=Document(
        (
            Declaration(CREATE, bodies=(Body("application/json", {"type": "object"}),)),
            Declaration(Operation.parse("GET /products/{id}")),
        )
    ),
    landing={f"body /{name}": ("products", name) for name in STEP.json},
)


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@dataclass
class Shop(Driven):
    """Stores each field, changed by `keep`, and answers it, changed by `say`."""

    keep: Callable[[str, Any], Any] = field(default=lambda name, value: value)
    say: Callable[[str, Any], Any] = field(default=lambda name, value: value)

    def run(self, experiment: Experiment) -> History:
        rows: list[RowChange] = []
        sections: list[Section] = []
        last: dict[str, Any] = {}
        for phase in experiment.phases:
            (act,) = phase.acts
            status, crossings = 200, ()
            if act.step.operation == CREATE:
                status = 201
                last = {"id": len(rows) + 1}
                last |= {name: self.keep(name, each) for name, each in act.step.json.items()}
                row = {name: as_text(each) for name, each in last.items()}
                rows.append(RowChange("products", None, row))
                crossings = (insert(),)
            said = json.dumps({name: self.say(name, each) for name, each in last.items()})
            response = Response(status, (), said.encode())
            sent = Request("POST", "/products", body=json.dumps(act.step.json).encode())
            exchange = Exchange(act, sent, 0.0, 0.1, response)
            sections.append(Section((exchange,), crossings, Changes(tuple(rows))))
        return History(experiment, tuple(sections))


def insert() -> Crossing:
    statement = "INSERT INTO products (name) VALUES ($1)"
    key = CrossingKey(shape(statement))
    return Crossing(key, CrossingKind.WRITE, statement, 0, 1, 0.0, 0.01)


def verdicts(shop: Shop, subject: Subject = SUBJECT) -> list[Verdict]:
    return list(shop.drive(Roundtrip().explore(subject)))


def changed(field_name: str, change: Callable[[Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, value: change(value) if name == field_name else value


def test_what_agrees_holds() -> None:
    (verdict,) = verdicts(Shop())
    assert verdict.outcome is Outcome.HELD
    assert "values were taken, and agree" in verdict.reason


@pytest.mark.parametrize(
    ("name", "change", "kind"),
    [
        ("price", lambda value: int(value * 100) / 100, "decimal"),
        ("name", lambda value: value[:12], "text"),
        ("name", lambda value: value.encode("ascii", "replace").decode(), "text"),
        ("serial", lambda value: int(float(value)), "integer"),
        ("at", lambda value: value[:19] + "+00:00", "time"),
    ],
    ids=["cents", "cut", "replaced", "float", "offset"],
)
def test_what_is_lost_in_the_row_is_proven(name: str, change: Any, kind: str) -> None:
    found = verdicts(Shop(keep=changed(name, change)))
    losses = [each for each in found if each.finding_class == "altered-value"]
    assert [(each.tier, each.replays) for each in losses] == [(Tier.PROVEN, (3, 3))]
    assert losses[0].shape == f"{name} {kind}"


def test_what_is_stored_of_another_field_with_an_equal_value_is_no_loss() -> None:
    found = verdicts(Shop(keep=changed("name", lambda value: "rope")))
    assert not [each for each in found if each.finding_class and "name" in each.shape]


def test_a_column_that_is_only_called_like_a_field_says_nothing() -> None:
    found = verdicts(Shop(keep=changed("name", lambda value: f"{len(value)} letters")))
    assert not [each for each in found if each.finding_class and "name" in each.shape]


def test_what_is_only_read_otherwise_is_proven() -> None:
    found = verdicts(Shop(say=changed("serial", lambda value: int(float(value)))))
    (verdict,) = [each for each in found if each.finding_class]
    assert (verdict.finding_class, verdict.tier) == ("reads-otherwise", Tier.PROVEN)
    assert verdict.evidence.facts["where"] == "the answer"


def test_what_only_the_later_read_says_otherwise_is_shown_with_it() -> None:
    @dataclass
    class Lazy(Shop):
        def run(self, experiment: Experiment) -> History:
            history = super().run(experiment)
            reads = [s for s in history.sections if s.exchange.act.step.operation != CREATE]
            for section in reads:
                body = section.exchange.response.body.replace(b"9007199254740993", b"9e15")
                response = replace(section.exchange.response, body=body)
                exchange = replace(section.exchange, response=response)
                fresh = replace(section, exchanges=(exchange,))
                sections = tuple(fresh if each is section else each for each in history.sections)
                history = replace(history, sections=sections)
            return history

    (verdict,) = [each for each in verdicts(Lazy()) if each.finding_class]
    assert verdict.evidence.facts["where"] == "GET /products/{created}"
    assert len(verdict.evidence.exchanges) == 2


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("name", str.strip),
        ("price", lambda value: round(value, 4)),
    ],
    ids=["trimmed", "rounded to its scale"],
)
def test_what_may_be_meant_is_a_note(name: str, change: Any) -> None:
    found = verdicts(Shop(keep=changed(name, change)))
    assert {each.outcome for each in found} == {Outcome.HELD}
    assert {each.tier for each in found if each.finding_class} == {Tier.NOTE}


def test_another_offset_of_the_same_instant_and_more_zeros_are_the_same() -> None:
    one, same = "2035-01-15T23:30:00+05:30", Agreement.SAME
    assert compared(one, "2035-01-15 18:00:00+00", "time")[0] is same
    assert compared(one, "2035-01-15 18:00:00", "time")[0] is same
    assert compared(one, "2035-01-15 23:30:00", "time")[0] is Agreement.LOST
    assert compared("1.50", "1.5000", "decimal")[0] is same
    assert compared("é", "e\u0301", "text")[0] is Agreement.FORM
    assert compared("A@b.c", "a@b.c", "text")[0] is Agreement.FORM
    assert compared(19.999, "20.00", "decimal", "numeric(12,2)")[0] is Agreement.FORM
    assert compared(19.99, "20.00", "decimal", "numeric(12,2)")[0] is Agreement.LOST


def test_what_the_document_forbids_is_not_sent() -> None:
    schema = {"type": "object", "properties": {"serial": {"type": "integer", "maximum": 99}}}
    declared = Declaration(CREATE, bodies=(Body("application/json", schema),))
    subject = replace(
        SUBJECT,
        document=Document((declared,)),
        landing={"body /serial": ("products", "serial")},
    )
    (verdict,) = verdicts(Shop(keep=changed("serial", lambda value: 0)), subject)
    assert verdict.outcome is Outcome.SKIPPED


def test_what_cannot_be_judged_says_so() -> None:
    blind = replace(SUBJECT, boundaries=frozenset({BoundaryKind.HTTP_IN}))
    assert verdicts(Shop(), blind)[0].outcome is Outcome.NOT_RUN
    assert Roundtrip().applies(SUBJECT) is None
    assert Roundtrip().applies(replace(SUBJECT, landing={})) is not None
    secret = verdicts(Shop(keep=changed("name", lambda value: "<redacted:01234567>")))
    assert {each.outcome for each in secret} == {Outcome.HELD}
