"""`rollback` tells of one missing transaction once, and of a log that is kept as well as it can be
no more than a note."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from rolled_back import PRODUCT, classes, subject, verdicts

from doubles.fake_world import CallFailed, ConnectionLost, DatabaseFault, Died, FakeService
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


def telling(service: FakeService) -> int:
    """Changes nothing more, and says so in its log, as well as it can."""
    with suppress(DatabaseFault):
        service.connect().insert("events", id=1, type="archived")
    return 200


def test_an_entry_that_is_all_that_an_act_leaves_is_a_note_where_it_is_lost() -> None:
    for operation in ("DELETE /orders/1", "PUT /orders/1"):
        (verdict,) = told(verdicts(telling, subject(operation, profile=LOGGED)))
        assert (verdict.finding_class, verdict.tier) == ("lost-write", Tier.NOTE)
        assert (verdict.outcome, verdict.cause) == (Outcome.HELD, "lost entries of events")


def test_the_only_row_of_an_act_is_proven_lost_where_it_is_no_entry_of_a_log() -> None:
    about = subject("DELETE /orders/1", profile=Profile(records=frozenset({"other"})))
    (verdict,) = told(verdicts(telling, about))
    assert (verdict.finding_class, verdict.tier) == ("lost-write", Tier.PROVEN)
    assert verdict.evidence.facts["rolled_back"] == "", "it is no transaction's end"


def test_an_effect_that_is_lost_with_its_entry_is_proven() -> None:
    def swallowing(service: FakeService) -> int:
        db = service.connect()
        db.begin()
        db.insert("orders", id=1, status="new")
        with suppress(DatabaseFault):
            db.insert("events", id=1, type="ordered")
        db.commit()
        return 201

    found = told(verdicts(swallowing, subject(profile=LOGGED)))
    assert ("lost-write", Tier.PROVEN, Outcome.VIOLATED) in classes(found)
    assert Tier.NOTE not in {each.tier for each in found}
    said = {each.evidence.facts["rolled_back"] for each in found if each.cause == "insert events"}
    assert said == {"COMMIT answers ROLLBACK, "}


@pytest.mark.parametrize(("method", "tier"), [("POST", Tier.PROVEN), ("GET", Tier.NOTE)])
def test_an_entry_that_alone_tells_of_a_call_is_lost(method: str, tier: Tier) -> None:
    def passing_on(service: FakeService) -> int:
        with suppress(CallFailed):
            service.call(f"{method} mails /letters", {"to": "ada"}, status=200)
        return telling(service)

    found = verdicts(passing_on, subject("PUT /orders/1", profile=LOGGED))
    assert {each.tier for each in found if each.finding_class == "lost-write"} == {tier}


@pytest.mark.parametrize(("beside", "tier"), [("events", Tier.NOTE), ("failures", Tier.PROVEN)])
def test_what_an_act_that_only_tells_leaves_instead_is_a_note_in_its_log(
    beside: str, tier: Tier
) -> None:
    def owning_up(service: FakeService) -> int:
        db = service.connect()
        try:
            db.insert("events", id=1, type="archived")
        except DatabaseFault:
            db.update(beside, {"id": 1, "count": 0}, count=1)
        return 200

    found = told(verdicts(owning_up, subject("DELETE /orders/1", profile=LOGGED)))
    assert {each.tier for each in found if each.finding_class == "partial-state"} == {tier}


@pytest.mark.parametrize(("records", "tier"), [(LOGGED, Tier.NOTE), (Profile(), Tier.SUSPECTED)])
def test_an_entry_that_only_a_lost_answer_doubles_is_a_note(records: Profile, tier: Tier) -> None:
    def forgetful(service: FakeService) -> int:
        failed = service.memory.pop("failed", False)
        if service.world.committed and not failed:
            return 409
        try:
            service.connect().insert("events", id=service.next_id("events"), type="archived")
        except (DatabaseFault, ConnectionLost):
            service.memory["failed"] = True
            raise
        return 200

    found = told(verdicts(forgetful, subject("DELETE /orders/1", profile=records)))
    assert [(each.finding_class, each.tier) for each in found] == [("doubled-by-retry", tier)]


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
