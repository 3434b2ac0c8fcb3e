"""What `concurrency` cannot judge, and says so; what it does not run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from overlapped import OPERATION, TABLES, count, subject, verdicts

from doubles.fake_overlap import FakeOverlap, Rows, Statements
from seamproof.checks.concurrency import Concurrency
from seamproof.core.experiment import BoundaryKind, Experiment
from seamproof.core.history import Disturbance, DisturbanceKind, History
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome


def test_what_answers_429_says_nothing() -> None:
    def limited(db: Rows) -> Statements:
        yield "SELECT value FROM counters", lambda: None
        return 429

    (found,) = verdicts(limited)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.reason.startswith("429")


class Restless(FakeOverlap):
    """The service becomes not quiet in the first overlaps that are run, as many as `left`."""

    left = 0

    def run(self, experiment: Experiment) -> History:
        history = super().run(experiment)
        if experiment.purpose != "overlap" or not self.left:
            return history
        self.left -= 1
        section = replace(history.section, disturbances=(Disturbance(DisturbanceKind.NOT_QUIET),))
        return replace(history, sections=(section,))


@pytest.mark.parametrize(("left", "outcome"), [(1, Outcome.HELD), (99, Outcome.INCONCLUSIVE)])
def test_an_overlap_that_cannot_be_judged_is_tried_again(left: int, outcome: Outcome) -> None:
    def locked(db: Rows) -> Statements:
        def add() -> None:
            db.update("counters", "1", value=db["counters"]["1"]["value"] + 1)

        yield "SELECT value FROM counters", lambda: None
        yield "UPDATE counters SET value = value + 1", add
        return 200

    service = Restless(TABLES, {OPERATION: locked})
    service.left = left
    (found,) = service.drive(Concurrency().explore(subject()))
    assert found.outcome is outcome


def test_what_a_refused_one_leaves_is_no_limit_that_was_passed() -> None:
    def sell(db: Rows) -> Statements:
        left = yield "SELECT stock FROM products", lambda: db["products"]["1"]["stock"]
        if not left:
            return 409
        yield "INSERT INTO sales DEFAULT VALUES", lambda: db.insert("sales", product=1)

        def take() -> bool:
            stock = db["products"]["1"]["stock"]
            if stock:
                db.update("products", "1", stock=stock - 1)
            return bool(stock)

        taken = yield "UPDATE products SET stock = stock - 1 WHERE stock > 0", take
        return 200 if taken else 409

    (found,) = [each for each in verdicts(sell) if each.finding_class]
    assert (found.finding_class, found.outcome) == ("non-serializable", Outcome.VIOLATED)


def test_serial_runs_that_differ_say_nothing() -> None:
    drawn = iter(range(1000))

    def draw(db: Rows) -> Statements:
        value = next(drawn)
        yield "UPDATE counters SET value = $1", lambda: db.update("counters", "1", value=value)
        return 200

    (found,) = verdicts(draw)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.reason == "equal runs, one after the other, differ: counters"


def test_a_schedule_that_does_not_come_again_is_no_finding() -> None:
    overlaps = 0

    def once(db: Rows) -> Statements:
        value = yield "SELECT value FROM counters", lambda: db["counters"]["1"]["value"]

        def write() -> None:
            nonlocal overlaps
            now = db["counters"]["1"]["value"]
            overlaps += now != value
            db.update("counters", "1", value=1 + (value if overlaps == 1 else now))

        yield "UPDATE counters SET value = $1", write
        return 200

    (found,) = verdicts(once)
    assert (found.outcome, found.reason) == (
        Outcome.INCONCLUSIVE,
        "lost-update twice (200 and 200): seen once, and in 0 of 3 replays",
    )


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        (subject(replicas=1), "one replica cannot interleave with itself"),
        (subject(boundaries=frozenset({BoundaryKind.HTTP_IN})), "the SQL boundary is blind"),
    ],
)
def test_what_cannot_be_forced_is_not_run(about: Subject, reason: str) -> None:
    (found,) = verdicts(count, about)
    assert found.outcome is Outcome.NOT_RUN
    assert found.reason.startswith(reason)


def test_reads_and_refusals_are_skipped() -> None:
    check = Concurrency()
    assert check.applies(subject()) is None
    assert check.applies(Subject(Scenario("r", Step(Operation.parse("GET /acts"))))) is not None
    refused = Step(Operation.parse(OPERATION), expect=(409,))
    assert check.applies(Subject(Scenario("refused", refused))) is not None


def change_password(db: Rows) -> Statements:
    """Lets in whose session is there, and ends it."""
    there = yield "SELECT 1 FROM members", lambda: "1" in db["members"]
    if not there:
        return 401

    def end() -> None:
        if "1" in db["members"]:
            db.delete("members", "1")

    yield "INSERT INTO sales DEFAULT VALUES", lambda: db.insert("sales", what="an old password")
    yield "DELETE FROM members", end
    return 200


@pytest.mark.parametrize(
    ("sender", "outcome", "name"),
    [("ann", Outcome.SKIPPED, ""), (None, Outcome.VIOLATED, "guard-bypass")],
    ids=["a session", "a token in the request, that is taken twice"],
)
def test_who_was_let_in_before_the_session_ended_has_passed_no_limit(
    sender: str | None, outcome: Outcome, name: str
) -> None:
    tables = {**TABLES, "members": {"1": {"name": "ann"}}}
    about = Scenario("test", Step(Operation.parse(OPERATION), sender))
    service = FakeOverlap(tables, {OPERATION: change_password})
    (found,) = service.drive(Concurrency().explore(subject(about)))
    assert (found.outcome, found.finding_class) == (outcome, name)
