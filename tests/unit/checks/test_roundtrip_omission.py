"""`roundtrip` on changes of a part: what the request leaves out stays, or is wiped."""

from __future__ import annotations

from typing import Any

import pytest

from doubles.fake_store import Answer, Ask, FakeStore, Handler
from seamproof.checks.roundtrip import Roundtrip
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.document import Body, Declaration, Document
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

ROWS = {
    "profiles": [
        {"id": 1, "name": "Al", "about": "I read", "visits": 7},
        {"id": 2, "name": "Al", "about": "I paint", "visits": 3},
    ],
    "drafts": [{"id": 1, "name": "unfinished"}],
}
COLUMNS = (
    *(Column("id", "integer", nullable=False), Column("name", "text"), Column("about", "text")),
    Column("visits", "integer"),
)
BODY = {"name": "Ann", "about": "I climb", "visits": 8}


def judged(handler: Handler, method: str = "PATCH", **schema: Any) -> list[Verdict]:
    operation = Operation(method, "/profiles/1")
    declared = Declaration(
        operation, bodies=(Body("application/json", {"type": "object", **schema}),)
    )
    subject = Subject(
        Scenario("it", Step(operation, json=BODY)),
        Profile(effects=frozenset({"profiles"})),
        Catalog({each: Table(each, COLUMNS, ("id",)) for each in ROWS}),
        document=Document((declared,)),
        landing={f"body /{name}": ("profiles", name) for name in BODY},
    )
    store = FakeStore(ROWS, {operation.id: handler})
    return list(store.drive(Roundtrip().explore(subject)))


def wiped(verdicts: list[Verdict]) -> list[str]:
    found = [each for each in verdicts if each.finding_class == "wiped-by-omission"]
    assert all((each.tier, each.replays) == (Tier.PROVEN, (3, 3)) for each in found)
    return sorted(str(each.evidence.facts["column"]) for each in found)


def taking(**defaults: Any) -> Handler:
    """Writes what the body names, and these where it names nothing."""

    def change(ask: Ask) -> Answer:
        return 200, {"ok": ask.update("profiles", {"id": 1}, **{**defaults, **ask.body})}

    return change


def test_what_is_left_out_and_stays_is_held() -> None:
    verdicts = judged(taking())
    assert wiped(verdicts) == []
    assert verdicts[-1].outcome is Outcome.HELD


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_becomes_nothing_is_proven(nothing: Any) -> None:
    verdicts = judged(taking(about=nothing))
    assert wiped(verdicts) == ["profiles.about"]
    (found,) = [each for each in verdicts if each.finding_class]
    assert found.evidence.facts["sent"] == "I climb"


def test_what_becomes_its_default_is_proven_too() -> None:
    assert wiped(judged(taking(name=None, visits=0))) == ["profiles.name", "profiles.visits"]


def test_what_is_counted_or_derived_is_right() -> None:
    assert wiped(judged(taking(visits=9, about="written by the service"))) == []


def test_rows_beside_the_one_that_is_changed_are_their_own() -> None:
    def publishing(ask: Ask) -> Answer:
        ask.update("drafts", {"id": 1}, name=None)
        ask.insert("profiles", id=90 + len(ask.changes), name="former", about=None, visits=0)
        return taking()(ask)

    def forgetting(ask: Ask) -> Answer:
        ask.delete("profiles", id=2)
        return taking()(ask)

    assert wiped(judged(publishing)) == []
    assert wiped(judged(forgetting)) == []


def test_who_replaces_the_whole_leaves_nothing_as_it_was() -> None:
    assert wiped(judged(taking(about=None), "PUT")) == []


def test_what_must_be_there_is_not_left_out() -> None:
    assert wiped(judged(taking(about=None), required=["about"])) == []


def test_who_refuses_a_part_is_right() -> None:
    def whole(ask: Ask) -> Answer:
        return taking(about=None)(ask) if BODY.keys() <= ask.body.keys() else (422, {})

    assert wiped(judged(whole)) == []
