"""`rollback` on services that a failure leaves unfit: connections, transactions and processes."""

from __future__ import annotations

from rolled_back import classes, verdicts

from doubles.fake_world import ConnectionLost, DatabaseFault, FakeService
from seamproof.core.verdict import Outcome, Tier


def poisoning(service: FakeService) -> int:
    db = service.memory.setdefault("connection", service.connect())
    db.begin()
    if service.world.committed:
        return 409
    db.insert("orders", id=service.next_id("orders"), status="new")
    db.commit()
    return 201


def test_a_connection_kept_broken_is_a_poisoned_pool() -> None:
    found = {each.finding_class: each for each in verdicts(poisoning)}
    verdict = found["poisoned-pool"]
    assert (verdict.outcome, verdict.tier, verdict.replays) == (
        Outcome.VIOLATED,
        Tier.PROVEN,
        (3, 3),
    )
    assert "left-in-transaction" not in found, "it is how the pool was poisoned: told once"


def test_a_transaction_left_open_on_a_connection_that_is_not_used_again() -> None:
    def leaking(service: FakeService) -> int:
        if service.world.committed:
            return 409
        db = service.connect()
        db.begin()
        db.insert("orders", id=service.next_id("orders"), status="new")
        db.commit()
        return 201

    (verdict,) = [each for each in verdicts(leaking) if each.finding_class]
    assert (verdict.finding_class, verdict.tier, verdict.replays) == (
        "left-in-transaction",
        Tier.PROVEN,
        (3, 3),
    )


def test_one_retry_on_a_stale_connection_is_no_poisoned_pool() -> None:
    def stale(service: FakeService) -> int:
        """Its pool notices only with the next use that a connection is gone."""
        if service.world.committed:
            return 409
        pool = service.memory.setdefault("pool", [])
        if service.memory.pop("stale", False):
            raise ConnectionLost
        db = pool.pop() if pool else service.connect()
        try:
            db.begin()
            db.insert("orders", id=service.next_id("orders"), status="new")
            db.commit()
        except ConnectionLost:
            service.memory["stale"] = True
            raise
        except DatabaseFault:
            db.rollback()
            raise
        pool.append(db)
        return 201

    assert not classes(verdicts(stale))


def test_a_process_that_ends_is_reported_once() -> None:
    def fragile(service: FakeService) -> int:
        if service.world.committed:
            return 409
        db = service.connect()
        try:
            db.begin()
            db.insert("orders", id=service.next_id("orders"), status="new")
            db.commit()
        except ConnectionLost:
            service.die()
        except DatabaseFault:
            db.rollback()
            return 503
        return 201

    found = [each for each in verdicts(fragile) if each.finding_class]
    assert [each.finding_class for each in found] == ["service-died"]
    assert found[0].replays == (3, 3)
