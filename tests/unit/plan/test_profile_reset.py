"""What learning says of a reset: that it holds, that it fails, and what it does not bring back."""

from __future__ import annotations

from learning import CATALOG, Remembering, learned, scenario

from doubles.fake_world import FakeService, FakeWorld
from seamproof.core.profile import Profile
from seamproof.plan.profile import learn


def is_first(service: FakeService) -> bool:
    """Whether its process has not been asked before; it remembers."""
    asked, service.memory["asked"] = service.memory.get("asked", False), True
    return not asked


def test_warming_up_goes_on_until_the_crossings_are_stable() -> None:
    def create(service: FakeService) -> int:
        db = service.connect()
        service.memory["n"] = service.memory.get("n", 0) + 1
        if service.memory["n"] <= 2:
            db.read(f"SELECT a{service.memory['n']} FROM pg_catalog.pg_type")
        db.insert("orders", id=1)
        return 201

    assert learned({"POST /orders": create}).profile.warm_rounds == 4


def test_a_memory_that_no_reset_clears_fails_the_reset_proof() -> None:
    def spend(service: FakeService) -> int:
        db = service.connect()
        if not is_first(service):
            return 402
        db.insert("payments", id=1)
        return 201

    (only,) = learned({"POST /payments": spend}).scenarios
    assert only.disturbed == "equal runs answer 201, 402"


def test_rows_that_no_reset_brings_back_fail_the_reset_proof() -> None:
    def spend(service: FakeService) -> int:
        status = "first" if is_first(service) else "again"
        service.connect().insert("payments", id=1, status=status)
        return 201

    (only,) = learned({"POST /payments": spend}).scenarios
    assert only.disturbed.startswith("a reset does not bring the state back")
    assert "payments" in only.disturbed


def test_a_column_that_was_reviewed_as_a_job_s_is_no_failure_of_the_reset() -> None:
    """A job marks what is new as announced: here in the first run only, which says too little."""

    def create(service: FakeService) -> int:
        announced = "t" if is_first(service) else "f"
        service.connect().insert("orders", id=1, announced=announced)
        return 201

    handlers, scenarios = {"POST /orders": create}, [scenario("POST /orders")]
    known = Profile(ambient=frozenset({"orders.announced"}))
    (unknown,) = FakeWorld(handlers).drive(learn(scenarios, CATALOG)).scenarios
    assert unknown.disturbed.startswith("a reset does not bring the state back")
    found = FakeWorld(handlers).drive(learn(scenarios, CATALOG, reviewed=known))
    assert [each.disturbed for each in found.scenarios] == [""]
    assert not found.profile.ambient, "what was learned is what was seen"


def test_what_a_first_request_sets_up_once_is_no_failure_of_the_reset() -> None:
    def create(service: FakeService) -> int:
        db = service.connect()
        if is_first(service):
            db.insert("settings", id=1)
        db.insert("orders", id=1)
        return 201

    (only,) = learned({"POST /orders": create}).scenarios
    assert only.disturbed == ""


def test_fresh_sequences_prove_the_reset_of_a_service_that_remembers_ids() -> None:
    def create(service: FakeService) -> int:
        world = service.world
        assert isinstance(world, Remembering)
        number = world.epoch * 1000 + service.next_id("orders")
        known = service.memory.setdefault("known", set())
        status = "seen" if number in known else "new"
        known.add(number)
        service.connect().insert("orders", id=number, status=status)
        return 201

    world = Remembering({"POST /orders": create})
    found = world.drive(learn([scenario("POST /orders")], CATALOG))
    assert found.profile.fresh_sequences
    assert found.scenarios[0].disturbed == ""
