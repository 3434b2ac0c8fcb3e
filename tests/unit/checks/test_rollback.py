"""`rollback` on handlers that fail in each way that it knows, and on their sound twins."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doubles.fake_world import ConnectionLost, DatabaseFault, FakeService, FakeWorld
from seamproof.checks.rollback import Rollback
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import BoundaryKind, FaultKind
from seamproof.core.history import RowChange
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Finding, Outcome, Tier, Verdict

ORDERS = Table("orders", (Column("id", "integer", default="nextval('orders_id_seq')"),), ("id",))
CATALOG = Catalog({"orders": ORDERS})
PRODUCT = {"id": 1, "stock": 10}


def subject(
    operation: str = "POST /orders",
    *,
    expect: tuple[int, ...] = (),
    key: str = "",
    **what: object,
) -> Subject:
    headers = {"Idempotency-Key": key} if key else {}
    act = Step(Operation.parse(operation), expect=expect, headers=headers)
    return Subject(Scenario("test", act), catalog=CATALOG, **what)  # type: ignore[arg-type]


def verdicts(handler: Callable[[FakeService], int], about: Subject | None = None) -> list[Verdict]:
    about = about or subject()
    return list(FakeWorld({about.operation.id: handler}).drive(Rollback().explore(about)))


def classes(found: list[Verdict]) -> set[tuple[str, Tier, Outcome]]:
    return {(each.finding_class, each.tier, each.outcome) for each in found if each.finding_class}


def atomic(service: FakeService) -> int:
    with service.connect() as db:
        db.begin()
        db.read("SELECT stock FROM products WHERE id = $1")
        db.insert("orders", id=service.next_id("orders"), status="new")
        db.update("products", PRODUCT, stock=9)
        db.commit()
    return 201


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


def two_commits(service: FakeService) -> int:
    db = service.connect()
    db.insert("orders", id=service.next_id("orders"), status="new")
    db.update("products", PRODUCT, stock=9)
    return 201


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


def test_a_rate_limiter_makes_it_inconclusive() -> None:
    def limited(service: FakeService) -> int:
        service.memory["count"] = service.memory.get("count", 0) + 1
        return 429 if service.memory["count"] > 4 else atomic(service)

    found = verdicts(limited)
    assert Outcome.INCONCLUSIVE in {each.outcome for each in found}
    assert Outcome.HELD not in {each.outcome for each in found if not each.finding_class}
    assert any("429" in each.reason for each in found)


def test_faults_that_are_never_reached_make_it_inconclusive() -> None:
    def drifting(service: FakeService) -> int:
        service.memory["count"] = service.memory.get("count", 0) + 1
        columns = "id" if service.memory["count"] <= 2 else "id, note"
        row = RowChange("orders", None, {"id": str(service.next_id("orders"))})
        service.connect().write(f"INSERT INTO orders ({columns}) VALUES ($1)", row)
        return 201

    found = verdicts(drifting)
    assert [each.outcome for each in found] == [Outcome.INCONCLUSIVE]
    assert found[0].reason == "no fault was reached: crossings drift"


def test_equal_runs_that_differ_are_inconclusive() -> None:
    def moody(service: FakeService) -> int:
        service.memory["count"] = service.memory.get("count", 0) + 1
        db = service.connect()
        db.insert("orders", id=1, total=service.memory["count"])
        return 201

    (verdict,) = verdicts(moody)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "equal runs without a fault differ: orders"


def test_a_blind_boundary_is_not_run() -> None:
    blind = subject(boundaries=frozenset({BoundaryKind.HTTP_IN}))
    (verdict,) = verdicts(atomic, blind)
    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_RUN, "the SQL boundary is blind")


def test_state_outside_the_database_is_inconclusive() -> None:
    (verdict,) = verdicts(atomic, subject(profile=Profile(disturbed="429 after 5 requests")))
    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, "429 after 5 requests")


def test_what_changes_nothing_is_skipped_with_its_reason() -> None:
    (verdict,) = verdicts(lambda service: 204)
    assert verdict.outcome is Outcome.SKIPPED
    assert "changes no rows" in verdict.reason


def test_a_get_does_not_apply() -> None:
    skip = Rollback().applies(subject("GET /orders"))
    assert skip is not None
    assert skip.reason == "operation does not mutate"


def test_an_ignored_table_is_not_judged() -> None:
    (verdict,) = verdicts(two_commits, subject(profile=Profile(ambient=frozenset({"products"}))))[
        -1:
    ]
    assert not verdict.finding_class or verdict.tier is Tier.NOTE


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


def test_no_fault_is_placed_where_only_ignored_tables_are_written() -> None:
    world = FakeWorld({"POST /orders": two_commits})
    world.drive(Rollback().explore(subject(profile=Profile(ambient=frozenset({"products"})))))
    shapes = {fault.at.shape for e in world.experiments for fault in e.phases[0].faults}
    assert shapes
    assert not any("products" in shape for shape in shapes)


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


def test_deep_tries_reads_begins_and_every_error() -> None:
    def labels(deep: bool) -> set[tuple[str, str]]:
        world = FakeWorld({"POST /orders": atomic})
        world.drive(Rollback().explore(subject(deep=deep)))
        return {
            (fault.at.shape.split()[0], fault.label)
            for each in world.experiments
            for fault in each.phases[0].faults
        }

    shallow, deep = labels(False), labels(True)
    assert {label for word, label in shallow if word == "SELECT"} == set()
    assert shallow < deep
    assert ("BEGIN", "cut") in deep
    assert ("BEGIN", "error 40001") not in deep
    assert ("SELECT", "error 57014") in deep
    assert ("INSERT", "error 23505") in deep


def test_ten_runs_name_their_findings_alike() -> None:
    def named() -> list[tuple[str, str, str]]:
        return [(each.finding_class, each.table, each.shape) for each in verdicts(two_commits)]

    assert all(named() == named() for _ in range(5))


def test_replay_shows_a_stored_finding_again() -> None:
    about = subject()
    (verdict,) = [v for v in verdicts(two_commits) if v.finding_class == "partial-state"]
    finding = Finding(
        "0" * 16,
        "rollback",
        verdict.finding_class,
        verdict.tier,
        verdict.operation,
        BoundaryKind.SQL,
        verdict.replays,
        verdict.evidence,
    )
    world = FakeWorld({"POST /orders": two_commits})
    again = list(world.drive(Rollback().replay(about, finding)))
    assert [each.finding_class for each in again] == ["partial-state"]
    assert again[0].replays == (3, 3)
    fixed = FakeWorld({"POST /orders": atomic})
    assert not any(
        each.outcome is Outcome.VIOLATED for each in fixed.drive(Rollback().replay(about, finding))
    )


def test_faults_are_of_the_kinds_that_tell_something() -> None:
    world = FakeWorld({"POST /orders": atomic})
    world.drive(Rollback().explore(subject()))
    at_commit = {
        fault.kind
        for each in world.experiments
        for fault in each.phases[0].faults
        if fault.at.shape == "COMMIT"
    }
    assert at_commit == {FaultKind.ERROR, FaultKind.CUT, FaultKind.REPLY_LOST}


def test_what_fails_in_another_job_is_spared_here_and_nothing_else() -> None:
    world = FakeWorld({"POST /orders": two_commits})
    world.drive(Rollback().explore(subject()))
    faulted = {fault.at.shape for e in world.experiments for fault in e.phases[0].faults}
    (insert,) = {shape for shape in faulted if shape.startswith("INSERT INTO orders")}

    world = FakeWorld({"POST /orders": two_commits})
    world.drive(Rollback().explore(subject(spared=frozenset({insert}))))
    rest = {fault.at.shape for e in world.experiments for fault in e.phases[0].faults}
    assert rest == faulted - {insert}
