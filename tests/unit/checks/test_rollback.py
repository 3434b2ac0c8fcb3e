"""`rollback` on handlers that fail in each way that it knows, and on their sound twins."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rolled_back import PRODUCT, atomic, classes, subject, two_commits, verdicts

from doubles.fake_world import ConnectionLost, DatabaseFault, FakeService, FakeWorld
from seamproof.checks.rollback import Rollback
from seamproof.core.profile import Profile
from seamproof.core.verdict import Outcome, Tier


def forgetful(service: FakeService) -> int:
    """Refuses a repetition, unless the first request ended in an error."""
    failed = service.memory.pop("failed", False)
    if service.world.committed and not failed:
        return 409
    try:
        return atomic(service)
    except (DatabaseFault, ConnectionLost):
        service.memory["failed"] = True
        raise


def test_a_put_that_only_a_lost_answer_doubles_is_a_finding() -> None:
    found = verdicts(forgetful, subject("PUT /orders/1"))
    assert [each.finding_class for each in found] == ["doubled-by-retry"]
    assert found[0].outcome is Outcome.VIOLATED
    assert found[0].tier is not Tier.NOTE


def test_a_post_that_only_a_lost_answer_doubles_is_a_note() -> None:
    assert classes(verdicts(forgetful)) == {("doubled-by-retry", Tier.NOTE, Outcome.HELD)}


def test_one_transaction_holds_and_says_under_which_limits() -> None:
    def create(service: FakeService) -> int:
        if service.world.committed:
            return 409
        return atomic(service)

    (verdict,) = verdicts(create)
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason == (
        "5 faults at 3 crossings; exhaustive over 1 commit intervals; 1 ambiguous answers"
    )


@pytest.mark.parametrize("operation", ["POST /orders", "PUT /orders/1"])
def test_what_doubles_without_a_failure_is_left_to_idempotency(operation: str) -> None:
    (verdict,) = verdicts(atomic, subject(operation))
    assert (verdict.finding_class, verdict.outcome) == ("", Outcome.HELD)
    assert "1 ambiguous answers" in verdict.reason


def test_rows_of_an_autocommit_stay_and_are_proven() -> None:
    found = [each for each in verdicts(two_commits) if each.finding_class == "partial-state"]
    (verdict,) = found
    assert (verdict.outcome, verdict.tier, verdict.replays) == (
        Outcome.VIOLATED,
        Tier.PROVEN,
        (3, 3),
    )
    assert verdict.table == "orders"
    assert verdict.shape.startswith("INSERT INTO orders")
    (left,) = verdict.evidence.left
    assert left.new == {"id": "1", "status": "new"}
    assert verdict.evidence.control is not None
    assert verdict.evidence.control.passed
    assert verdict.evidence.facts["answer"] == "500"
    assert verdict.evidence.facts["retry"] == "201"


def test_a_retry_that_heals_makes_it_suspected() -> None:
    def upsert(service: FakeService) -> int:
        db = service.connect()
        if not service.world.committed:
            db.insert("orders", id=1, status="new")
        else:
            db.read("SELECT id FROM orders")
        if len(service.world.committed) < 2:
            db.update("products", PRODUCT, stock=9)
        return 201

    (verdict,) = [each for each in verdicts(upsert) if each.finding_class]
    assert (verdict.finding_class, verdict.tier) == ("partial-state", Tier.SUSPECTED)


def key_first(service: FakeService) -> int:
    """Stores the key, and then the effect; a request that finds its key goes on from it."""
    with service.connect() as db:
        if not service.world.committed:
            db.insert("keys", key="k1")
        if len(service.world.committed) < 2:
            db.insert("orders", id=1, status="new")
    return 201


@pytest.mark.parametrize(
    ("key", "found"), [("k1", set()), ("k2", {"partial-state"}), ("", {"partial-state"})]
)
def test_a_key_that_is_left_for_the_retry_to_go_on_from_is_legal(key: str, found: set[str]) -> None:
    seen = verdicts(key_first, subject(key=key))
    assert {each.finding_class for each in seen if each.finding_class} == found


def test_a_retry_that_the_rows_left_refuse_with_an_error_is_stuck() -> None:
    def create(service: FakeService) -> int:
        if service.world.committed:
            return 500
        return two_commits(service)

    (verdict,) = [each for each in verdicts(create) if each.finding_class]
    assert (verdict.finding_class, verdict.tier) == ("stuck-retry", Tier.PROVEN)
    assert verdict.evidence.facts["retry"] == "500"


def test_a_swallowed_error_loses_the_write() -> None:
    def swallow(service: FakeService) -> int:
        db = service.connect()
        try:
            db.begin()
            db.insert("orders", id=service.next_id("orders"), status="new")
            db.commit()
        except (DatabaseFault, ConnectionLost):
            db.rollback()
        return 201

    found = [each for each in verdicts(swallow) if each.tier is not Tier.NOTE]
    found = [each for each in found if each.finding_class]
    (verdict,) = found
    assert (verdict.finding_class, verdict.tier) == ("lost-write", Tier.PROVEN)
    assert verdict.table == "orders"
    assert len(verdict.evidence.experiment.phases) == 1, "the retry is not needed to show it"


def test_a_service_that_repeats_a_failed_transaction_survives() -> None:
    def stubborn(service: FakeService) -> int:
        if service.world.committed:
            return 409
        for _ in range(2):
            db = service.connect()
            try:
                return atomic_on(service, db)
            except DatabaseFault:
                db.rollback()
        return 503

    def atomic_on(service: FakeService, db: object) -> int:
        db.begin()  # type: ignore[attr-defined]
        db.insert("orders", id=service.next_id("orders"), status="new")  # type: ignore[attr-defined]
        db.commit()  # type: ignore[attr-defined]
        return 201

    (verdict,) = verdicts(stubborn)
    assert verdict.outcome is Outcome.HELD


@pytest.mark.parametrize(
    ("status", "effects", "counts", "tier"),
    [
        (422, frozenset({"orders"}), False, Tier.PROVEN),
        (500, frozenset({"users"}), True, Tier.PROVEN),
        (422, frozenset({"users"}), True, Tier.SUSPECTED),
        (422, frozenset(), True, Tier.SUSPECTED),
        (422, frozenset(), False, Tier.NOTE),
    ],
    ids=["a new order", "a failure", "an attempt counted", "unknown", "a record of its own"],
)
def test_a_refusal_that_wrote(
    status: int, effects: frozenset[str], counts: bool, tier: Tier
) -> None:
    def refuse(service: FakeService) -> int:
        db = service.connect()
        if counts:
            db.update("users", {"id": 1, "attempts": 0}, attempts=1)
        else:
            db.insert("orders", id=service.next_id("orders"))
        return status

    about = subject(expect=(status,), profile=Profile(effects=effects))
    (verdict,) = verdicts(refuse, about)
    assert (verdict.finding_class, verdict.tier) == ("refused-but-wrote", tier)
    assert verdict.outcome is (Outcome.HELD if tier is Tier.NOTE else Outcome.VIOLATED)


def test_a_refusal_that_is_kept_for_its_key_is_the_answer_to_a_retry() -> None:
    def keep(service: FakeService) -> int:
        service.connect().insert("calls", id=service.next_id("calls"), key="key-1", status=422)
        return 422

    about = subject(expect=(422,), key="key-1", profile=Profile(effects=frozenset({"calls"})))
    (verdict,) = verdicts(keep, about)
    assert (verdict.outcome, verdict.finding_class) == (Outcome.HELD, "")


def recorded(table: str) -> Callable[[FakeService], int]:
    """Atomic, and it notes how each request ended in a transaction of its own."""

    def create(service: FakeService) -> int:
        try:
            status = atomic(service)
        except (DatabaseFault, ConnectionLost):
            service.connect().insert(table, id=service.next_id(table), outcome="failed")
            raise
        return status

    return create


def test_a_record_of_the_failure_is_as_legal_as_none() -> None:
    (verdict,) = verdicts(recorded("attempts"))
    assert (verdict.finding_class, verdict.outcome) == ("", Outcome.HELD)


def test_a_record_of_the_failure_among_business_rows_is_suspected_not_proven() -> None:
    about = subject(profile=Profile(effects=frozenset({"attempts"})))
    tiers = {
        tier for name, tier, _ in classes(verdicts(recorded("attempts"), about)) if "part" in name
    }
    assert tiers == {Tier.SUSPECTED}


def test_an_order_that_is_left_over_is_no_record_although_the_retry_makes_another() -> None:
    def early(service: FakeService) -> int:
        order = service.next_id("orders")
        db = service.connect()
        db.insert("orders", id=order, status="new")
        db.insert("order_items", order_id=order, sku="w")
        return 201

    found = [each for each in verdicts(early) if each.finding_class == "partial-state"]
    assert [(each.tier, each.replays) for each in found] == [(Tier.PROVEN, (3, 3))]


def test_a_refusal_that_changes_nothing_holds() -> None:
    (verdict,) = verdicts(lambda service: 422, subject(expect=(422,)))
    assert verdict.outcome is Outcome.HELD


def test_an_error_path_that_writes_meets_a_second_fault() -> None:
    def compensate(service: FakeService) -> int:
        if service.world.committed:
            return 409
        db = service.connect()
        try:
            db.begin()
            db.insert("orders", id=service.next_id("orders"))
            db.commit()
        except (DatabaseFault, ConnectionLost):
            db.rollback()
            service.connect().insert("failures", id=service.next_id("failures"))
            return 503
        return 201

    world = FakeWorld({"POST /orders": compensate})
    world.drive(Rollback().explore(subject()))
    pairs = [each for each in world.experiments if len(each.phases[0].faults) == 2]
    assert pairs
    assert pairs[0].phases[0].faults[1].at.shape.startswith("INSERT INTO failures")
