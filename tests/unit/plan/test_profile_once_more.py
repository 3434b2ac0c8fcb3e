"""Learning again what another act has disturbed: in fresh processes, and by itself."""

from __future__ import annotations

from doubles.fake_world import FakeService, FakeWorld, Handler
from seamproof.core.catalog import Catalog
from seamproof.core.model import Operation, Scenario, Step
from seamproof.plan.profile import LearnedScenario, learn


def learned(world: FakeWorld, *operations: str) -> dict[str, LearnedScenario]:
    scenarios = [Scenario(each, Step(Operation.parse(each))) for each in operations]
    found = world.drive(learn(scenarios, Catalog())).scenarios
    return {each.scenario.operation.id: each for each in found}


def close(service: FakeService) -> int:
    """A mode that every process keeps in its memory, whatever becomes of the row."""
    service.connect().insert("settings", closed=True)
    service.memory["closed"] = True
    return 204


def unless_closed(status: int = 200) -> Handler:
    def handler(service: FakeService) -> int:
        service.connect().read("SELECT * FROM orders")
        return 503 if service.memory.get("closed") else status

    return handler


def test_what_another_act_shut_out_is_reached_in_a_fresh_process() -> None:
    world = FakeWorld(
        {"GET /orders": unless_closed(), "POST /close": close, "GET /items": unless_closed()}
    )
    found = learned(world, "GET /orders", "POST /close", "GET /items")
    assert [(each.reached, each.disturbed) for each in found.values()] == [(True, "")] * 3
    assert world.processes == 2


def test_what_is_refused_by_itself_too_stays_unreached_and_costs_one_run() -> None:
    world = FakeWorld({"GET /orders": unless_closed(403)})
    (only,) = learned(world, "GET /orders").values()
    assert (only.reached, only.reason) == (False, "answered 403")
    assert [each.purpose for each in world.experiments].count("once more") == 1
    assert world.experiments[-1].purpose == "once more"


def test_what_never_falters_is_learned_once() -> None:
    world = FakeWorld({"GET /orders": unless_closed()})
    learned(world, "GET /orders")
    assert "once more" not in {each.purpose for each in world.experiments}
