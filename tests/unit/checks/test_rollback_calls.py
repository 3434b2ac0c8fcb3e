"""`rollback` on handlers that call other services: what gets lost, hangs or escapes."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from calling import CHARGE, SUBJECT, charging, drive, loud, notes, store

from doubles.fake_world import CallFailed, DatabaseFault, FakeService, FakeWorld
from doubles.stored import finding_of
from seamproof.checks.rollback import Rollback
from seamproof.checks.trace import Trace
from seamproof.core.experiment import BoundaryKind, FaultKind
from seamproof.core.verdict import Outcome, Tier

# A call that gets lost


def confirming(
    heeded: Callable[[CallFailed], bool], shape: str = CHARGE
) -> Callable[[FakeService], int]:
    """Stores first, calls then, under one key; failures that are not heeded are swallowed."""

    def create(service: FakeService) -> int:
        with service.connect() as db:
            db.begin()
            db.insert("orders", id=service.next_id("orders"), status="paid")
            try:
                service.call(shape, {"amount": 7}, key="k")
            except CallFailed as error:
                if heeded(error):
                    return 402
            db.commit()
        return 201

    return create


def test_an_order_that_is_confirmed_and_was_never_charged_is_proven() -> None:
    found = loud(drive(confirming(lambda error: error.status == 422)))
    assert (found["lost-call"].tier, found["lost-call"].replays) == (Tier.PROVEN, (3, 3))
    assert found["lost-call"].shape == CHARGE


def test_a_status_that_nobody_looks_at_is_suspected() -> None:
    found = loud(drive(confirming(lambda error: error.status is None)))
    assert found["lost-call"].tier is Tier.SUSPECTED


def test_a_mail_that_is_sent_as_well_as_may_be_is_a_note() -> None:
    found = drive(confirming(lambda error: False, "POST mail /messages"))
    assert not loud(found)
    assert "lost-call" in notes(found)


def test_a_call_that_is_made_again_is_not_lost() -> None:
    def stubborn(service: FakeService) -> int:
        for _ in range(2):
            try:
                service.call(CHARGE, {"amount": 7}, key="k")
                break
            except CallFailed as error:
                if error.status == 422:
                    return 402
        store(service)
        return 201

    assert not loud(drive(stubborn))


def test_an_outbox_that_calls_later_holds() -> None:
    def create(service: FakeService) -> int:
        try:
            service.call(CHARGE, {"amount": 7}, key="k")
        except CallFailed as error:
            if error.status == 422:
                return 402
            service.memory["later"] = True
        store(service)
        return 201

    def deliver(service: FakeService) -> int:
        if service.memory.pop("later", False):
            service.call(CHARGE, {"amount": 7}, key="k")
        return 0

    assert not loud(drive(create, deliver))


def test_a_row_that_says_the_call_is_still_to_come_is_legal() -> None:
    def create(service: FakeService) -> int:
        status = "paid"
        try:
            service.call(CHARGE, {"amount": 7}, key="k")
        except CallFailed:
            status = "pending"
        store(service, status)
        return 201

    assert not loud(drive(create))


def test_a_row_of_an_outbox_that_only_a_failure_leaves_is_legal() -> None:
    def create(service: FakeService) -> int:
        store(service)
        try:
            service.call(CHARGE, {"amount": 7}, key="k")
        except CallFailed as error:
            if error.status == 422:
                return 402
            service.connect().insert("outbox", id=service.next_id("outbox"))
        return 201

    assert "lost-call" not in {each.finding_class for each in drive(create)}


# What a refusal leaves


def attempted(outcomes: Callable[[CallFailed | None], str]) -> Callable[[FakeService], int]:
    """Records each try in the table that its success is in."""

    def create(service: FakeService) -> int:
        error: CallFailed | None = None
        try:
            service.call(CHARGE, {"amount": 7}, key="k")
        except CallFailed as failed:
            error = failed
        try:
            store(service, outcomes(error))
        except DatabaseFault:
            store(service, "failed")
            return 503
        return 502 if error else 201

    return create


def test_what_a_refusal_leaves_is_legal_for_every_other_failure() -> None:
    found = drive(attempted(lambda error: "failed" if error else "paid"))
    assert "partial-state" not in loud(found)


def test_a_row_that_says_nobody_knows_is_legal_where_the_answer_was_lost() -> None:
    def outcome(error: CallFailed | None) -> str:
        return "paid" if error is None else "failed" if error.status else "unknown"

    assert "partial-state" not in loud(drive(attempted(outcome)))


def test_units_that_are_put_back_only_after_some_failures() -> None:
    shelf = {"id": 1, "units": 9}

    def create(service: FakeService) -> int:
        db = service.connect()
        taken = sum(1 for row in service.world.committed if row.table == "shelves")
        db.update("shelves", {**shelf, "units": 9 - taken}, units=8 - taken)
        try:
            service.call(CHARGE, {"amount": 7}, key="k")
        except CallFailed as error:
            if error.status == 422:
                db.update("shelves", {**shelf, "units": 8 - taken}, units=9 - taken)
            return 502
        db.insert("orders", id=service.next_id("orders"), status="paid")
        return 201

    found = [each for each in drive(create) if each.finding_class == "partial-state"]
    faults = {each.evidence.facts["fault"] for each in found}
    assert "error 503" in faults
    assert "error 422" not in faults


# A call that hangs, and a failure that escapes


def waiting(service: FakeService) -> int:
    with service.connect() as db:
        db.begin()
        db.insert("orders", id=service.next_id("orders"), status="paid")
        try:
            service.call(CHARGE, {"amount": 7}, key="k", timeout=False)
        except CallFailed:
            return 502
        db.commit()
    return 201


def test_a_call_without_a_timeout_holds_locks_for_as_long() -> None:
    world = FakeWorld({"POST /orders": waiting})
    found = loud(list(world.drive(Rollback().explore(SUBJECT))))
    assert {name: (each.tier, each.replays) for name, each in found.items()} == {
        "no-timeout": (Tier.PROVEN, (3, 3)),
        "transaction-open-during-call": (Tier.SUSPECTED, (3, 3)),
    }
    stalls = [
        each
        for each in world.experiments
        if any(f.kind is FaultKind.STALL for f in each.phases[0].faults)
    ]
    assert len(stalls) == 3, "each costs a deadline"


def test_a_transaction_that_has_only_read_holds_no_locks() -> None:
    def create(service: FakeService) -> int:
        with service.connect() as db:
            db.begin()
            db.read("SELECT id FROM orders")
            try:
                service.call(CHARGE, {"amount": 7}, key="k", timeout=False)
            except CallFailed:
                return 502
            db.insert("orders", id=service.next_id("orders"), status="paid")
            db.commit()
        return 201

    assert set(loud(drive(create))) == {"no-timeout"}


def test_a_hang_that_comes_once_is_suspected() -> None:
    def create(service: FakeService) -> int:
        stalls = service.memory.setdefault("stalls", itertools.count())
        try:
            service.call(CHARGE, {"amount": 7}, key="k")
        except CallFailed as error:
            if service.world.crossings[-1].fault.kind is FaultKind.STALL and next(stalls) == 0:  # type: ignore[union-attr]
                service.hang()
            return 402 if error.status else 502
        store(service)
        return 201

    verdict = loud(drive(create))["no-timeout"]
    assert (verdict.tier, verdict.replays) == (Tier.SUSPECTED, (1, 3))


def test_a_failure_that_escapes_is_told_once_for_a_service() -> None:
    def create(service: FakeService) -> int:
        service.call("GET payments /methods")
        service.call(CHARGE, {"amount": 7}, key="k")
        store(service)
        return 201

    found = [each for each in drive(create) if each.finding_class == "error-not-translated"]
    (verdict,) = found
    assert (verdict.tier, verdict.shape, verdict.evidence.facts["answer"]) == (
        Tier.SUSPECTED,
        "payments",
        "500",
    )


def test_an_act_that_only_calls_is_judged_by_its_answers() -> None:
    def forward(service: FakeService) -> int:
        service.call(CHARGE, {"amount": 7})
        return 201

    assert set(loud(drive(forward))) == {"error-not-translated"}


def test_a_fault_that_a_drifting_call_does_not_meet_is_no_verdict() -> None:
    def create(service: FakeService) -> int:
        count = service.memory["count"] = service.memory.get("count", 0) + 1
        if count <= 2:
            service.call(CHARGE, {"amount": 7})
        store(service)
        return 201

    found = drive(create)
    assert not loud(found)
    (held,) = [each for each in found if not each.finding_class]
    assert "faults not reached" in held.reason


def test_a_rate_limiter_makes_it_inconclusive() -> None:
    def create(service: FakeService) -> int:
        try:
            service.call(CHARGE, {"amount": 7}, key="k")
        except CallFailed:
            return 429
        store(service)
        return 201

    found = drive(create)
    assert not loud(found)
    assert any(each.outcome is Outcome.INCONCLUSIVE and "429" in each.reason for each in found)


def test_replay_shows_a_stored_finding_again() -> None:
    for handler, name in ((charging(), "uncompensated-call"), (waiting, "no-timeout")):
        verdict = loud(drive(handler))[name]
        finding = finding_of(verdict, BoundaryKind.HTTP_OUT)
        world = FakeWorld({"POST /orders": handler})
        again = loud(list(world.drive(Rollback().replay(SUBJECT, finding))))
        assert again[name].shape == verdict.shape


def test_trace_notes_a_call_inside_a_transaction() -> None:
    found = list(FakeWorld({"POST /orders": waiting}).drive(Trace().explore(SUBJECT)))
    (note,) = [each for each in found if each.finding_class]
    assert (note.finding_class, note.tier, note.shape) == (
        "call-in-transaction",
        Tier.NOTE,
        CHARGE,
    )
    outside = FakeWorld({"POST /orders": charging()}).drive(Trace().explore(SUBJECT))
    assert not [each for each in outside if each.finding_class]
