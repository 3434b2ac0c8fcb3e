"""`trace` on handlers whose answers disagree with their transactions, and on sound ones."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from doubles.fake_world import DatabaseFault, FakeService, FakeWorld
from seamproof.analysis.confirm import plain
from seamproof.checks.trace import Trace
from seamproof.core.experiment import Act, BoundaryKind, Phase
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

SUBJECT = Subject(Scenario("test", Step(Operation.parse("POST /orders"))))


def verdicts(handler: Callable[[FakeService], int], subject: Subject = SUBJECT) -> list[Verdict]:
    return list(FakeWorld({subject.operation.id: handler}).drive(Trace().explore(subject)))


def watched(handler: Callable[[FakeService], int]) -> list[Verdict]:
    history = FakeWorld({"POST /orders": handler}).run(plain(SUBJECT, "any"))
    return list(Trace().watch(SUBJECT, history))


def sound(service: FakeService) -> int:
    with service.connect() as db:
        db.begin()
        db.insert("orders", id=1)
        db.commit()
    return 201


def test_an_answer_after_its_commit_holds() -> None:
    (verdict,) = verdicts(sound)
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason == "3 crossings in 1 transactions agree"
    assert watched(sound) == []


def swallow(service: FakeService) -> int:
    db = service.connect()
    db.begin()
    try:
        db.insert("orders", id=1)
    except DatabaseFault:
        service.memory["errors"] = 1
    db.commit()
    return 201


def test_a_commit_that_rolled_back_and_success_is_proven() -> None:
    (verdict,) = verdicts(swallow)
    assert (verdict.finding_class, verdict.tier) == ("commit-rolled-back", Tier.PROVEN)
    assert verdict.replays == (3, 3)
    assert verdict.shape.startswith("INSERT INTO orders")
    assert verdict.evidence.crossing is not None
    assert verdict.evidence.crossing.tag == "ROLLBACK"


def test_an_error_that_one_function_swallows_is_one_cause_in_all_operations() -> None:
    """Both log what they did by one function, whose statement differs in the columns it fills."""

    def logging(**filled: str) -> Callable[[FakeService], int]:
        def handler(service: FakeService) -> int:
            db = service.connect()
            db.begin()
            db.insert("orders", id=1)
            with suppress(DatabaseFault):
                db.insert("events", id=1, **filled)
            db.commit()
            return 201

        return handler

    cancelling = Subject(Scenario("test", Step(Operation.parse("POST /cancellations"))))
    (first,) = verdicts(logging(type="ordered"))
    (second,) = verdicts(logging(reason="late"), cancelling)
    (other,) = verdicts(swallow)
    assert first.shape != second.shape
    assert first.cause == second.cause == "insert events"
    assert other.cause == "insert orders"


@pytest.mark.parametrize(
    ("records", "orders", "calling", "note"),
    [
        ("events", 0, 0, True),
        ("events", 1, 0, False),
        ("events", 0, 1, False),
        ("other", 0, 0, False),
    ],
    ids=["an entry alone", "with its effect", "of a call", "no entry"],
)
def test_what_rolled_back_is_a_note_where_all_the_act_does_is_to_write_a_log(
    records: str, orders: int, calling: int, note: bool
) -> None:
    def telling(service: FakeService) -> int:
        db = service.connect()
        db.begin()
        if orders:
            db.insert("orders", id=1)
        if calling:
            service.call("POST mails /letters", {"to": "ada"})
        with suppress(DatabaseFault):
            db.insert("events", id=1, type="archived")
        db.commit()
        return 200

    about = replace(SUBJECT, profile=Profile(records=frozenset({records})))
    (found,) = [each for each in verdicts(telling, about) if "rolled" in each.finding_class]
    assert (found.tier, found.outcome, found.cause) == (
        (Tier.NOTE, Outcome.HELD, "lost entries of events")
        if note
        else (Tier.PROVEN, Outcome.VIOLATED, "insert events")
    )


def test_a_commit_that_rolled_back_and_an_error_is_right() -> None:
    def honest(service: FakeService) -> int:
        swallow(service)
        return 500 if service.memory.pop("errors", 0) else 201

    (verdict,) = verdicts(honest)
    assert verdict.outcome is Outcome.HELD


def test_watching_sees_a_natural_rolled_back_commit() -> None:
    def broken(service: FakeService) -> int:
        db = service.connect()
        db.begin()
        db.status = type(db.status).FAILED
        db.commit()
        return 200

    (verdict,) = watched(broken)
    assert (verdict.finding_class, verdict.tier) == ("commit-rolled-back", Tier.SUSPECTED)


@pytest.mark.parametrize(("broken", "found"), [("POST /orders", 1), ("POST /parcels", 0)])
def test_only_what_the_subject_did_itself_is_told_of_it(broken: str, found: int) -> None:
    """A history may have the request of a partner, or of a read, behind the subject's own."""

    def leaves_open(service: FakeService) -> int:
        db = service.connect()
        db.begin()
        db.insert("orders", id=1)
        return 201

    other = Operation.parse("POST /parcels")
    handlers = {SUBJECT.operation.id: sound, other.id: sound} | {broken: leaves_open}
    both = plain(SUBJECT, "any").then(Phase((Act(Step(other)),)))
    history = FakeWorld(handlers).run(both)
    seen = list(Trace().watch(SUBJECT, history))
    assert [each.finding_class for each in seen] == ["transaction-left-open"] * found
    told = [each.act.step.operation for v in seen for each in v.evidence.exchanges]
    assert told == [SUBJECT.operation] * found


def late(service: FakeService) -> int:
    db = service.connect()
    db.begin()
    db.insert("orders", id=1)
    service.later.append(db.commit)
    return 201


def test_an_answer_before_its_commit_is_proven_by_holding_it() -> None:
    found = {each.finding_class: each for each in verdicts(late)}
    verdict = found["early-answer"]
    assert (verdict.outcome, verdict.tier, verdict.replays) == (
        Outcome.VIOLATED,
        Tier.PROVEN,
        (3, 3),
    )
    (phase,) = verdict.evidence.experiment.phases
    assert phase.schedule.holds[0][1].shape == "COMMIT"


def test_a_session_that_is_refreshed_behind_the_answer_is_nothing_that_was_stored_for_it() -> None:
    session = {"id": 1, "expires": "10:00", "user": "ann"}

    def later(**new: str | None) -> Callable[[FakeService], int]:
        def handler(service: FakeService) -> int:
            db = service.connect()
            db.begin()
            db.update("sessions", session, **new)
            service.later.append(db.commit)
            return 200

        return handler

    subject = replace(SUBJECT, profile=Profile(ambient=frozenset({"sessions.expires"})))
    assert not [e for e in verdicts(later(expires="11:00"), subject) if e.finding_class]
    (other,) = [e for e in verdicts(later(user=None), subject) if e.finding_class]
    assert other.finding_class == "early-answer"


def test_a_commit_that_only_arrived_late_is_no_finding() -> None:
    """The order of arrival says it; under a hold the answer waits."""

    def racy(service: FakeService) -> int:
        service.memory["count"] = service.memory.get("count", 0) + 1
        return late(service) if service.memory["count"] == 1 else sound(service)

    (verdict,) = verdicts(racy)
    assert verdict.outcome is Outcome.HELD


def test_a_transaction_left_open_with_writes_is_a_finding() -> None:
    def forgetful(service: FakeService) -> int:
        db = service.connect()
        db.begin()
        db.insert("orders", id=1)
        return 201

    found = [each for each in verdicts(forgetful) if each.finding_class]
    (verdict,) = found
    assert (verdict.finding_class, verdict.tier, verdict.outcome) == (
        "transaction-left-open",
        Tier.PROVEN,
        Outcome.VIOLATED,
    )


def test_a_transaction_left_open_by_reads_is_a_note() -> None:
    def reader(service: FakeService) -> int:
        db = service.connect()
        db.begin()
        db.read("SELECT id FROM orders")
        return 200

    (note, held) = verdicts(reader)
    assert (note.finding_class, note.tier, note.outcome) == (
        "transaction-left-open",
        Tier.NOTE,
        Outcome.HELD,
    )
    assert held.outcome is Outcome.HELD


def test_writes_in_two_transactions_are_a_note() -> None:
    def spread(service: FakeService) -> int:
        db = service.connect()
        db.insert("orders", id=1)
        db.insert("audit", id=1)
        return 201

    found = [each for each in verdicts(spread) if each.finding_class]
    (verdict,) = found
    assert (verdict.finding_class, verdict.tier) == ("spread-writes", Tier.NOTE)
    assert verdict.shape.startswith("INSERT INTO audit")


def test_a_session_that_is_refreshed_beside_one_transaction_is_no_second_one() -> None:
    session = {"id": 1, "expires": "10:00", "user": "ann"}

    def order(service: FakeService) -> int:
        db = service.connect()
        db.insert("orders", id=1)
        db.update("sessions", session, expires="11:00")
        return 201

    def sign_out(service: FakeService) -> int:
        db = service.connect()
        db.insert("orders", id=1)
        db.update("sessions", session, user=None)
        return 201

    subject = replace(SUBJECT, profile=Profile(ambient=frozenset({"sessions.expires"})))
    assert not [each for each in verdicts(order, subject) if each.finding_class]
    (other,) = [each for each in verdicts(sign_out, subject) if each.finding_class]
    assert other.finding_class == "spread-writes"


def test_what_crosses_nothing_is_skipped() -> None:
    (verdict,) = verdicts(lambda service: 204)
    assert verdict.outcome is Outcome.SKIPPED


def test_a_blind_boundary_is_not_run() -> None:
    blind = Subject(SUBJECT.scenario, boundaries=frozenset({BoundaryKind.HTTP_IN}))
    (verdict,) = verdicts(sound, blind)
    assert verdict.outcome is Outcome.NOT_RUN


def test_a_rate_limiter_makes_it_inconclusive() -> None:
    (verdict,) = verdicts(lambda service: 429)
    assert verdict.outcome is Outcome.INCONCLUSIVE
