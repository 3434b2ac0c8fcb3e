"""`resources` on lists that have no LIMIT, of what the service itself lets nobody make many of."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from doubles.driven import Driven
from doubles.stored import finding_of
from seamproof.checks.resources import Resources
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.document import Body, Declaration, Document
from seamproof.core.experiment import CrossingKey, Experiment
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

GET = Step(Operation.parse("GET /tokens"))
POST = Step(Operation.parse("POST /tokens"))
SIGN = Step(Operation.parse("POST /sign"))
SQL = "SELECT id, note FROM tokens"
TABLE = Table("tokens", (Column("id", "integer"), Column("note", "text")), ("id",))
STORED = {"tokens": ({"id": 1, "note": "fragile"}, {"id": 2, "note": "heavy"})}
NOTES = {each["note"] for each in STORED["tokens"]}
MAKER = Scenario("make", POST)


class Tokens(Driven):
    """Lists all tokens, and makes one where there are fewer than `most`, else answers `refusal`."""

    def __init__(self, most: int, *, refusal: int = 403, makes: str = "tokens") -> None:
        self.most, self.refusal, self.makes = most, refusal, makes
        self.asked: list[tuple[str, int]] = []
        self.sent: list[Any] = []

    def run(self, experiment: Experiment) -> History:
        act = experiment.phases[0].acts[0]
        arranged = [
            RowChange("tokens", None, {"id": str(3 + place), "note": "sturdy"})
            for place, step in enumerate(experiment.arrangement)
            if step == POST
        ]
        rows = [
            *({"id": str(each["id"]), "note": each["note"]} for each in STORED["tokens"]),
            *(each.new for each in arranged),
            *(each.new for each in experiment.edits),
        ]
        status, body, changes, crossings = 200, rows, Changes(), ()
        if act.step == GET:
            tag = f"SELECT {len(rows)}"
            crossings = (Crossing(CrossingKey(SQL), CrossingKind.READ, SQL, 0, 1, 0.0, tag=tag),)
        else:
            self.asked.append((act.step.operation.id, len(rows)))
            self.sent.append(act.step.json)
            status, body = (201, []) if len(rows) < self.most else (self.refusal, [])
            row = RowChange(self.makes, None, {"id": "9", "note": "new"})
            changes = Changes((row,)) if status == 201 else Changes()
        exchange = _exchange(act, status, body)
        section = Section((exchange,), crossings, changes)
        return History(experiment, (section,), prepared=Changes(tuple(arranged)))


def _exchange(act: Any, status: int, body: Any) -> Exchange:
    request = Request(act.step.operation.method, act.step.operation.path)
    return Exchange(act, request, 0.0, 1.0, Response(status, body=json.dumps(body).encode()))


def subject(*arrangement: Step, makers: tuple[Scenario, ...] = ()) -> Subject:
    return Subject(
        Scenario("list", GET, arrangement),
        catalog=Catalog({"tokens": TABLE}),
        profile=Profile(effects=frozenset({"tokens"})),
        stored=STORED,
        makers=makers,
    )


def judged(world: Tokens, about: Subject) -> Verdict:
    (verdict,) = world.drive(Resources().explore(about))
    return verdict


ARRANGED = subject(SIGN, POST, SIGN)
MADE = subject(makers=(MAKER,))
BEHIND = subject(SIGN, makers=(replace(MAKER, arrangement=(SIGN, SIGN)),))


@pytest.mark.parametrize("about", [ARRANGED, MADE, BEHIND], ids=["arranged", "made", "behind"])
@pytest.mark.parametrize("refusal", [400, 403, 409, 422])
def test_a_list_of_what_may_be_made_a_few_times_only_holds(about: Subject, refusal: int) -> None:
    world = Tokens(10, refusal=refusal)
    verdict = judged(world, about)
    assert verdict.outcome is Outcome.HELD
    refused = f"with 100 more rows POST /tokens is refused ({refusal})"
    assert verdict.reason == f"the service limits tokens: {refused}"
    count = 3 if about is ARRANGED else 2
    assert world.asked == [("POST /tokens", count + 100), ("POST /tokens", count)]


@pytest.mark.parametrize("about", [ARRANGED, MADE, BEHIND], ids=["arranged", "made", "behind"])
def test_a_list_of_what_may_be_made_more_often_is_suspected(about: Subject) -> None:
    world = Tokens(300)
    verdict = judged(world, about)
    assert (verdict.finding_class, verdict.tier) == ("list-without-limit", Tier.SUSPECTED)
    told = verdict.evidence.facts["adding"]
    assert told == "With them there POST /tokens still made another (201)."
    assert len(world.asked) == 1, "one experiment more"


@pytest.mark.parametrize(
    ("world", "about"),
    [
        (Tokens(10), subject()),
        (Tokens(10), subject(SIGN)),
        (Tokens(10), subject(SIGN, makers=(MAKER,))),
        (Tokens(0), MADE),
        (Tokens(10, refusal=401), MADE),
        (Tokens(10, refusal=500), MADE),
        (Tokens(999, makes="others"), MADE),
        (Tokens(10, makes="others"), MADE),
    ],
    ids=[
        "nobody known",
        "an arrangement that makes none",
        "a maker behind another arrangement",
        "one that is refused in any case",
        "one that is unknown then",
        "one that fails",
        "one that makes something else",
        "one that makes something else, and is refused",
    ],
)
def test_where_nobody_is_seen_to_be_refused_another_it_is_suspected(
    world: Tokens, about: Subject
) -> None:
    verdict = judged(world, about)
    assert (verdict.finding_class, verdict.tier) == ("list-without-limit", Tier.SUSPECTED)
    told = verdict.evidence.facts["adding"]
    assert told == "Whether the service refuses to make so many was not tried."


def test_another_that_makes_it_is_asked_where_the_first_does_not() -> None:
    class Two(Tokens):
        def run(self, experiment: Experiment) -> History:
            step = experiment.phases[0].acts[0].step
            self.makes = "tokens" if step == POST else "others"
            return super().run(experiment)

    world = Two(10)
    other = Scenario("other", replace(POST, operation=Operation.parse("POST /tokens/")))
    assert judged(world, subject(makers=(other, MAKER))).outcome is Outcome.HELD


class Named(Tokens):
    """Takes each note once."""

    def run(self, experiment: Experiment) -> History:
        step = experiment.phases[0].acts[0].step
        taken = step != GET and (step.json or {}).get("note") in NOTES
        most, self.most = self.most, 0 if taken else self.most
        try:
            return super().run(experiment)
        finally:
            self.most = most


@pytest.mark.parametrize(("most", "outcome"), [(10, Outcome.HELD), (300, Outcome.VIOLATED)])
def test_who_takes_each_name_once_is_asked_for_another(most: int, outcome: Outcome) -> None:
    body = {"note": "fragile", "kind": "a", "left": None}
    world = Named(most, refusal=409)
    about = subject(makers=(replace(MAKER, act=replace(POST, json=body)),))
    verdict = judged(world, about)
    assert verdict.outcome is outcome
    assert world.sent[-1] == {"note": "fragile-{unique}", "kind": "a", "left": None}


@pytest.mark.parametrize(
    ("schema", "outcome"),
    [
        ({"enum": ["fragile"]}, Outcome.VIOLATED),
        ({"const": "fragile"}, Outcome.VIOLATED),
        ({"format": "uuid"}, Outcome.VIOLATED),
        ({"pattern": r"^[^\x00]*$"}, Outcome.HELD),
    ],
)
def test_a_choice_of_a_few_has_no_other_name(schema: dict[str, Any], outcome: Outcome) -> None:
    body = Body("application/json", {"properties": {"note": schema}})
    declared = Declaration(POST.operation, bodies=(body,))
    world = Named(10, refusal=409)
    maker = replace(MAKER, act=replace(POST, json={"note": "fragile"}))
    about = replace(subject(makers=(maker,)), document=Document((declared,)))
    assert judged(world, about).outcome is outcome
    assert world.sent[:2] == [{"note": "fragile"}] * 2


def test_a_finding_is_not_shown_again_where_a_limit_was_added() -> None:
    world = Tokens(300)
    finding = finding_of(judged(world, ARRANGED))
    (again,) = world.drive(Resources().replay(ARRANGED, finding))
    assert again.finding_class == "list-without-limit"
    (limited,) = Tokens(50).drive(Resources().replay(ARRANGED, finding))
    assert limited.outcome is Outcome.HELD
