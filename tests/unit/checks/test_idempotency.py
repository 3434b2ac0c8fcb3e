"""`idempotency` on handlers that are sent a request again, in each way that it knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doubles.fake_world import FakeService, FakeWorld
from seamproof.checks.idempotency import Idempotency
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import BoundaryKind, FaultKind
from seamproof.core.model import IdempotencyPolicy, Identity, Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict


def table(name: str) -> Table:
    return Table(name, (Column("id", "integer", default=f"nextval('{name}_id_seq')"),), ("id",))


CATALOG = Catalog({name: table(name) for name in ("orders", "revisions", "products")})
PRODUCT = {"id": 1, "stock": 10}
KEY = {"Idempotency-Key": "{uuid}"}


def subject(
    operation: str = "POST /orders",
    *,
    keyed: bool = False,
    retry_safe: bool = False,
    **what: object,
) -> Subject:
    act = Step(
        Operation.parse(operation, retry_safe=retry_safe),
        identity="ann",
        headers=KEY if keyed else {},
        json={"amount": 5},
    )
    # One replica: acts of the fake world do not overlap.
    fixed: dict[str, object] = {"catalog": CATALOG, "replicas": 1}
    return Subject(Scenario("test", act), **{**fixed, **what})  # type: ignore[arg-type]


def verdicts(handler: Callable[[FakeService], int], about: Subject | None = None) -> list[Verdict]:
    about = about or subject()
    return list(FakeWorld({about.operation.id: handler}).drive(Idempotency().explore(about)))


def told(found: list[Verdict]) -> set[tuple[str, Tier, Outcome]]:
    return {(each.finding_class, each.tier, each.outcome) for each in found if each.finding_class}


def order(service: FakeService) -> int:
    """Adds a row each time."""
    with service.connect() as db:
        db.begin()
        db.insert("orders", id=service.next_id("orders"), status="new")
        db.commit()
    return 201


def once(service: FakeService) -> int:
    return 409 if service.world.committed else order(service)


def test_the_duplicate_of_a_plain_post_is_a_note() -> None:
    found = verdicts(order)
    assert told(found) == {("duplicate-without-key", Tier.NOTE, Outcome.HELD)}


@pytest.mark.parametrize(
    "about",
    [subject("PUT /orders"), subject(keyed=True), subject(retry_safe=True)],
    ids=["PUT", "with a key", "by the user's word"],
)
def test_the_duplicate_of_what_promises_one_effect_is_proven(about: Subject) -> None:
    (found,) = [each for each in verdicts(order, about) if each.finding_class]
    assert (found.finding_class, found.tier, found.outcome, found.replays) == (
        "duplicate-effect",
        Tier.PROVEN,
        Outcome.VIOLATED,
        (3, 3),
    )
    assert found.table == "orders"
    assert found.evidence.facts["retry"] == "201"
    assert found.evidence.facts["more"] == "1 rows more or other are in orders"
    assert found.evidence.control is not None
    assert found.evidence.control.passed


@pytest.mark.parametrize("about", [subject("PUT /orders"), subject(keyed=True)])
def test_a_repetition_that_is_refused_holds(about: Subject) -> None:
    (found,) = verdicts(once, about)
    assert found.outcome is Outcome.HELD
    assert "ways to send it again" in found.reason


def add_to_stock(service: FakeService) -> int:
    found = [row.new["stock"] for row in service.world.committed if row.new]
    stock = int(found[-1] or 0) if found else 10
    with service.connect() as db:
        db.begin()
        db.update("products", {"id": 1, "stock": stock}, stock=stock + 1)
        db.commit()
    return 200


def test_another_value_in_a_row_is_suspected_of_a_method_and_proven_of_a_key() -> None:
    by_method = verdicts(add_to_stock, subject("PUT /products/1"))
    assert told(by_method) == {("duplicate-effect", Tier.SUSPECTED, Outcome.VIOLATED)}
    by_key = verdicts(add_to_stock, subject(keyed=True))
    assert ("duplicate-effect", Tier.PROVEN, Outcome.VIOLATED) in told(by_key)


def put_with_history(service: FakeService) -> int:
    """Sets a value, and keeps a record of each request."""
    with service.connect() as db:
        db.begin()
        if not service.world.committed:
            db.update("products", PRODUCT, stock=7)
        db.insert("revisions", id=service.next_id("revisions"), stock=7)
        db.commit()
    return 200


def test_a_put_may_keep_a_history_of_its_requests() -> None:
    found = verdicts(put_with_history, subject("PUT /products/1"))
    assert told(found) == {("duplicate-effect", Tier.NOTE, Outcome.HELD)}


def test_a_key_promises_that_there_is_no_second_record() -> None:
    found = verdicts(put_with_history, subject(keyed=True))
    assert ("duplicate-effect", Tier.PROVEN, Outcome.VIOLATED) in told(found)


def test_a_second_call_to_another_service_is_a_second_effect() -> None:
    def charge(service: FakeService) -> int:
        service.call("POST payments /charges", {"amount": 7})
        return 200 if service.world.committed else order(service)

    (found,) = [each for each in verdicts(charge, subject(keyed=True)) if each.finding_class]
    assert (found.finding_class, found.tier) == ("duplicate-effect", Tier.PROVEN)
    assert found.evidence.facts["more"] == "another service was called again"


def test_equal_requests_with_other_effects_say_nothing() -> None:
    def clock(service: FakeService) -> int:
        with service.connect() as db:
            db.insert("orders", id=1, number=service.memory.setdefault("n", 0))
        service.memory["n"] += 1
        return 201

    (found,) = verdicts(clock, subject("PUT /orders"))
    assert (found.outcome, found.reason) == (
        Outcome.INCONCLUSIVE,
        "equal requests have other effects",
    )


def test_a_retry_that_fails_without_a_second_effect_is_no_duplicate() -> None:
    def failing(service: FakeService) -> int:
        return 500 if service.world.committed else order(service)

    (found,) = verdicts(failing, subject(keyed=True))
    assert found.outcome is Outcome.HELD


def test_an_act_without_rows_is_skipped() -> None:
    def look(service: FakeService) -> int:
        service.connect().read("SELECT 1")
        return 200

    (found,) = verdicts(look, subject(keyed=True))
    assert found.outcome is Outcome.SKIPPED


def test_a_blind_boundary_is_not_run() -> None:
    (found,) = verdicts(order, subject(boundaries=frozenset({BoundaryKind.HTTP_IN})))
    assert found.outcome is Outcome.NOT_RUN


def test_every_place_behind_a_commit_is_a_place_to_lose_the_answer() -> None:
    def in_two_transactions(service: FakeService) -> int:
        if service.world.committed:
            return 409
        order(service)
        with service.connect() as db:
            db.begin()
            db.update("products", PRODUCT, stock=9)
            db.commit()
        return 201

    about = subject(keyed=True)
    world = FakeWorld({about.operation.id: in_two_transactions})
    world.drive(Idempotency().explore(about))
    faults = [fault for e in world.experiments for phase in e.phases for fault in phase.faults]
    met = [(fault.kind, fault.at.shape.split()[0], fault.at.occurrence) for fault in faults]
    assert met == [
        (FaultKind.ABANDONED, "COMMIT", 1),
        (FaultKind.ABANDONED, "UPDATE", 1),
        (FaultKind.ABANDONED, "COMMIT", 2),
        (FaultKind.KILLED, "COMMIT", 1),
    ]


IDENTITIES = (Identity("ann"), Identity("bob"))


def stored_under(
    *names: str, mismatch: int = 422, missing: int = 400
) -> Callable[[FakeService], int]:
    """A service that finds a key again by these: `key`, `amount`, `identity`."""

    def pay(service: FakeService) -> int:
        assert service.serving is not None
        act, step = service.serving, service.serving.step
        sent = {
            "key": step.headers.get("Idempotency-Key"),
            "amount": str(step.json["amount"]),
            "identity": act.identity or step.identity,
        }
        if sent["key"] is None:
            return missing
        for row in service.world.committed:
            assert row.new is not None
            if all(row.new[name] == sent[name] for name in names):
                return 201
            if row.new["identity"] == sent["identity"]:
                return mismatch
        with service.connect() as db:
            db.begin()
            db.insert("orders", id=service.next_id("orders"), **sent)
            db.commit()
        return 201

    return pay


def test_a_key_that_is_kept_with_the_request_and_the_identity_holds() -> None:
    handler = stored_under("key", "amount", "identity")
    (found,) = verdicts(handler, subject(keyed=True, identities=IDENTITIES))
    assert found.outcome is Outcome.HELD


def test_a_key_without_a_fingerprint_is_proven() -> None:
    (found,) = verdicts(stored_under("key"), subject(keyed=True))
    assert (found.finding_class, found.tier, found.replays) == (
        "key-without-fingerprint",
        Tier.PROVEN,
        (3, 3),
    )


def test_a_stored_answer_to_another_body_is_right_where_the_policy_says_so() -> None:
    policy = IdempotencyPolicy(replays_other_payloads=True)
    (found,) = verdicts(stored_under("key"), subject(keyed=True, idempotency=policy))
    assert found.outcome is Outcome.HELD


def test_a_key_that_others_may_send_is_proven() -> None:
    handler = stored_under("key", "amount")
    (found,) = verdicts(handler, subject(keyed=True, identities=IDENTITIES))
    assert (found.finding_class, found.tier) == ("key-not-scoped", Tier.PROVEN)
    assert found.evidence.facts["owner"] == "ann"
    assert found.evidence.facts["other"] == "bob"


@pytest.mark.parametrize(
    ("handler", "policy", "recommended"),
    [
        (stored_under("key", "amount", mismatch=400), IdempotencyPolicy(), 422),
        (stored_under("key", "amount", missing=422), IdempotencyPolicy(required=True), 400),
    ],
    ids=["another body", "no key"],
)
def test_a_status_that_is_not_the_recommended_one_is_a_note(
    handler: Callable[[FakeService], int], policy: IdempotencyPolicy, recommended: int
) -> None:
    found = verdicts(handler, subject(keyed=True, idempotency=policy))
    assert told(found) == {("wrong-key-status", Tier.NOTE, Outcome.HELD)}
    (note,) = [each for each in found if each.finding_class]
    assert note.evidence.facts["recommended"] == recommended


def test_the_configured_status_is_as_right_as_the_recommended_one() -> None:
    handler = stored_under("key", "amount", mismatch=409, missing=422)
    policy = IdempotencyPolicy(required=True, mismatch=409, missing=422)
    (found,) = verdicts(handler, subject(keyed=True, idempotency=policy))
    assert not found.finding_class
