"""`rollback` tells of one missing transaction once, and of a log that is kept as well as it can be
no more than a note."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from rolled_back import PRODUCT, classes, subject, verdicts

from doubles.fake_world import DatabaseFault, Died, FakeService
from seamproof.core.profile import Profile
from seamproof.core.verdict import Outcome, Tier, Verdict

LOGGED = Profile(records=frozenset({"events"}), effects=frozenset({"events", "orders", "products"}))


def told(found: list[Verdict]) -> list[Verdict]:
    return [each for each in found if each.finding_class]


def three_commits(service: FakeService) -> int:
    """Refuses what is half there already, so that no retry goes on from it."""
    if service.world.committed:
        return 409
    db = service.connect()
    db.insert("orders", id=1, status="new")
    db.insert("lines", id=1, product=1)
    db.update("products", PRODUCT, stock=9)
    return 201


def test_parts_that_one_missing_transaction_leaves_are_one_finding() -> None:
    (verdict,) = told(verdicts(three_commits))
    assert (verdict.finding_class, verdict.tier) == ("partial-state", Tier.SUSPECTED)
    assert verdict.shape.startswith("INSERT INTO orders")
    assert verdict.evidence.facts["others"] == " Failures at 1 other place leave other parts."


def logging(table: str = "events") -> Callable[[FakeService], int]:
    """Notes what it did in a table, and goes on where that fails."""

    def handler(service: FakeService) -> int:
        db = service.connect()
        db.insert("orders", id=1, status="new")
        with suppress(DatabaseFault):
            db.insert(table, id=1, type="ordered")
        return 201

    return handler


def test_an_entry_that_a_log_lacks_is_a_note_with_one_cause() -> None:
    found = told(verdicts(logging(), subject(profile=LOGGED)))
    by_cause = [each for each in found if each.cause]
    assert [(each.tier, each.outcome) for each in by_cause] == [(Tier.NOTE, Outcome.HELD)]
    assert by_cause[0].cause == "lost entries of events"


@pytest.mark.parametrize("records", [frozenset(), frozenset({"other"})])
def test_a_row_that_is_no_entry_of_a_log_is_proven_missing(records: frozenset[str]) -> None:
    found = verdicts(logging(), subject(profile=Profile(records=records)))
    assert ("partial-state", Tier.PROVEN, Outcome.VIOLATED) in classes(found)


def test_what_the_log_alone_has_is_still_a_lost_write() -> None:
    def swallowing(service: FakeService) -> int:
        db = service.connect()
        with suppress(DatabaseFault):
            db.insert("orders", id=1, status="new")
        db.insert("events", id=1, type="ordered")
        return 201

    found = told(verdicts(swallowing, subject(profile=LOGGED)))
    assert Tier.PROVEN in {each.tier for each in found}


def test_an_entry_that_is_missing_when_an_answer_was_lost_is_no_more_than_that() -> None:
    """A plain POST whose answer was lost makes another order: that is a note, log or none."""

    def create(service: FakeService) -> int:
        with service.connect() as db:
            db.begin()
            db.insert("orders", id=service.next_id("orders"), status="new")
            db.commit()
        service.connect().insert("events", id=service.next_id("events"), type="ordered")
        return 201

    found = told(verdicts(create, subject(profile=LOGGED)))
    assert {(each.finding_class, each.tier) for each in found} == {("partial-state", Tier.NOTE)}
    assert Tier.PROVEN in {each.tier for each in told(verdicts(create))}


def test_a_retry_that_heals_all_but_what_a_log_says_of_it_makes_it_suspected() -> None:
    """The log notes the old values, and the retry finds the new ones there."""

    def renaming(service: FakeService) -> int:
        found = len(service.world.committed)
        db = service.connect()
        if found < 1:
            db.update("products", PRODUCT, stock=9)
        if found < 2:
            db.insert("lines", id=1, product=1)
        db.insert("events", id=1, before=9 if found else 10)
        return 200

    about = subject("PUT /products/1", profile=LOGGED)
    (verdict,) = [each for each in told(verdicts(renaming, about)) if not each.cause]
    assert (verdict.finding_class, verdict.tier) == ("partial-state", Tier.SUSPECTED)
    without_log = told(verdicts(renaming, subject("PUT /products/1")))
    assert Tier.PROVEN in {each.tier for each in without_log}


def test_what_is_lost_to_an_error_that_one_function_swallows_has_one_cause() -> None:
    """The log is written inside the transaction, which an error of it fails as a whole."""

    def logging_inside(**filled: str) -> Callable[[FakeService], int]:
        def handler(service: FakeService) -> int:
            db = service.connect()
            db.begin()
            db.insert("orders", id=1, status="new")
            with suppress(DatabaseFault):
                db.insert("events", id=1, **filled)
            db.commit()
            return 201

        return handler

    found = [told(verdicts(logging_inside(**each))) for each in ({"type": "a"}, {"reason": "b"})]
    lost = [each for some in found for each in some if each.finding_class == "lost-write"]
    assert [each.cause for each in lost] == ["insert events", "insert events"]
    assert len({each.shape for each in lost}) == 2


def test_a_statement_whose_error_ends_the_process_is_one_cause_in_all_operations() -> None:
    """Both keep up a session by the same statement, whose error nobody catches."""

    def dying(table: str) -> Callable[[FakeService], int]:
        def handler(service: FakeService) -> int:
            with service.connect() as db:
                db.begin()
                db.insert(table, id=1)
                db.commit()
            try:
                service.connect().update("sessions", {"id": 1, "seen": 0}, seen=1)
            except DatabaseFault:
                raise Died from None
            return 201

        return handler

    found = [told(verdicts(dying(table))) for table in ("orders", "payments")]
    causes = {e.cause for some in found for e in some if e.finding_class == "service-died"}
    assert causes == {"UPDATE sessions SET seen = ? WHERE id = ?"}
