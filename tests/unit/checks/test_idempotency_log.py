"""A request sent again to a service that keeps a log of what it did, and what cannot be judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from doubles.fake_world import FakeService, FakeWorld
from seamproof.analysis.masks import Mask
from seamproof.analysis.outcomes import outcome
from seamproof.checks.idempotency import Idempotency
from seamproof.checks.idempotency.judgement import Judgement, One, Ruling
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import Act, Experiment, FaultKind, Phase
from seamproof.core.history import (
    Changes,
    Disturbance,
    DisturbanceKind,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import IdempotencyPolicy, Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

PUT = Act(Step(Operation("PUT", "/users/1")))
SENT = Request("PUT", "/users/1")
RENAMED = RowChange("users", {"id": "1", "name": "ann"}, {"id": "1", "name": "eve"})
SHOUTED = RowChange("users", {"id": "1", "name": "ann"}, {"id": "1", "name": "EVE"})
NOTED = RowChange("log", None, {"was": "ann"})
NOTED_LATER = RowChange("log", None, {"was": "eve"})
AGED = RowChange("users", {"id": "1", "name": "eve"}, {"id": "1", "name": "eve2"})
MAILED = RowChange("mails", None, {"to": "ann"})


def history(*rows: RowChange, status: int = 200, requests: int = 2) -> History:
    exchange = Exchange(PUT, SENT, 0.0, 1.0, Response(200))
    last = Section((replace(exchange, response=Response(status)),), changes=Changes(rows))
    sections = (Section((exchange,)),) * (requests - 1)
    return History(Experiment((Phase((PUT,)),) * requests), (*sections, last))


def judge(seen: History, clean: tuple[RowChange, ...], *, logging: bool = True) -> Judgement:
    once = history(*clean, requests=1)
    mask = Mask(Profile(records=frozenset({"log"}) if logging else frozenset()))
    policy = IdempotencyPolicy()
    return One(mask, outcome(once, mask), once.section.exchange, policy, once).judge(seen)


@pytest.mark.parametrize(
    "rows",
    [(RENAMED, NOTED, NOTED), (RENAMED, NOTED_LATER), (RENAMED, NOTED, NOTED_LATER)],
    ids=["twice", "otherwise", "again, otherwise"],
)
def test_what_differs_in_the_log_alone_is_one_effect(rows: tuple[RowChange, ...]) -> None:
    judged = judge(history(*rows), (RENAMED, NOTED))
    assert (judged.ruling, judged.logged, judged.one_effect) == (Ruling.MORE, True, True)
    assert not judge(history(*rows), (RENAMED, NOTED), logging=False).one_effect


def test_a_second_row_in_a_log_makes_another_value_elsewhere_no_more_certain() -> None:
    seen = history(SHOUTED, NOTED, NOTED)
    judged = judge(seen, (RENAMED, NOTED))
    assert (judged.ruling, judged.one_effect, judged.certain) == (Ruling.MORE, False, False)
    assert judge(seen, (RENAMED, NOTED), logging=False).certain


def test_a_second_row_beside_the_log_is_a_second_effect() -> None:
    judged = judge(history(RENAMED, NOTED, MAILED, MAILED), (RENAMED, NOTED, MAILED))
    assert (judged.ruling, judged.one_effect, judged.certain) == (Ruling.MORE, False, True)


def test_what_only_lacks_a_part_is_not_there_twice_though_success_was_told() -> None:
    judged = judge(history(RENAMED, NOTED), (RENAMED, NOTED, MAILED))
    assert judged.ruling is Ruling.PART


def test_a_log_is_judged_where_nothing_else_is_left_of_an_effect() -> None:
    judged = judge(history(NOTED, NOTED), (NOTED,))
    assert (judged.ruling, judged.one_effect) == (Ruling.MORE, False)
    assert judged.recorded
    assert not judge(history(NOTED, NOTED), (NOTED,), logging=False).recorded


@pytest.mark.parametrize(
    ("kind", "ruling"),
    [
        (DisturbanceKind.NOT_REACHED, Ruling.MISSED),
        (DisturbanceKind.NOT_QUIET, Ruling.UNCLEAR),
    ],
)
def test_what_did_not_come_about_is_apart_from_what_says_nothing(
    kind: DisturbanceKind, ruling: Ruling
) -> None:
    seen = history(RENAMED, NOTED)
    first = replace(seen.sections[0], disturbances=(Disturbance(kind),))
    judged = judge(replace(seen, sections=(first, seen.sections[1])), (RENAMED, NOTED))
    assert judged.ruling is ruling


@dataclass
class Restless(FakeWorld):
    """Is not quiet so often as `left` where the client goes away, and writes on if killed."""

    left: int = 0
    forgets: bool = False

    def run(self, experiment: Experiment) -> History:
        found: History = super().run(experiment)
        faults = [each.kind for phase in experiment.phases for each in phase.faults]
        first, last = found.sections[0], found.sections[-1]
        if FaultKind.ABANDONED in faults and self.left:
            self.left -= 1
            first = replace(first, disturbances=(Disturbance(DisturbanceKind.NOT_QUIET),))
            return replace(found, sections=(first, last))
        if FaultKind.KILLED in faults and self.forgets:
            rows = (*last.changes.rows, AGED)
            return replace(found, sections=(first, replace(last, changes=Changes(rows))))
        return found


def explored(
    handler: Callable[[FakeService], int], headers: dict[str, str] | None = None, **what: Any
) -> list[Verdict]:
    step = Step(Operation.parse("PUT /users/1"), headers=headers or {})
    catalog = Catalog({each: Table(each, (Column("id", "integer"),), ("id",)) for each in TABLES})
    profile = Profile(records=frozenset({"log"}))
    subject = Subject(Scenario("test", step), catalog=catalog, profile=profile, replicas=1)
    world = Restless({"PUT /users/1": handler}, **what)
    return list(world.drive(Idempotency().explore(subject)))


TABLES = ("users", "log", "mails")


def rename_and_mail(service: FakeService) -> int:
    with service.connect() as db:
        db.begin()
        db.insert("log", id=service.next_id("log"))
        if not any(each.table == "users" for each in service.world.committed):
            db.update("users", {"id": 1, "name": "ann"}, name="eve")
        db.commit()
        db.begin()
        if not any(each.table == "mails" for each in service.world.committed):
            db.insert("mails", id=1)
        db.commit()
    return 200


@pytest.mark.parametrize(
    ("left", "outcome"), [(0, Outcome.HELD), (1, Outcome.HELD), (99, Outcome.INCONCLUSIVE)]
)
def test_what_cannot_be_judged_twice_outranks_that_the_rest_held(
    left: int, outcome: Outcome
) -> None:
    note, verdict = explored(rename_and_mail, left=left)
    assert (note.finding_class, note.tier) == ("duplicate-effect", Tier.NOTE)
    assert (verdict.outcome, verdict.finding_class) == (outcome, "")
    assert ("could not be judged" in verdict.reason) is (outcome is Outcome.INCONCLUSIVE)


def log_alone(service: FakeService) -> int:
    with service.connect() as db:
        db.begin()
        db.insert("log", id=service.next_id("log"))
        db.commit()
    return 200


@pytest.mark.parametrize(("key", "tier"), [(False, Tier.NOTE), (True, Tier.PROVEN)])
def test_a_method_may_log_each_request_that_changes_nothing_and_a_key_may_not(
    key: bool, tier: Tier
) -> None:
    headers = {"Idempotency-Key": "k-1"} if key else {}
    found = explored(log_alone, headers=headers)[0]
    assert (found.finding_class, found.tier) == ("duplicate-effect", tier)


def test_a_note_of_the_log_does_not_end_the_search() -> None:
    note, found = explored(rename_and_mail, forgets=True)
    assert note.tier is Tier.NOTE
    assert (found.finding_class, found.outcome) == ("duplicate-effect", Outcome.VIOLATED)
    assert "killed" in str(found.evidence.facts["how"])
