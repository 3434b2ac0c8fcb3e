"""Two replicas that are one service, and two that are not: what is in a process is not shared."""

from __future__ import annotations

from dataclasses import replace

from doubles.fake_world import FakeService, FakeWorld, Handler
from seamproof.core.catalog import Catalog
from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.model import Operation, Scenario, Step
from seamproof.plan.parity import parity
from seamproof.plan.profile import learn


class TwoReplicas(FakeWorld):
    """Each replica has a memory of its own; whoever signed in did so on the first."""

    def run(self, experiment: Experiment) -> History:
        replica = experiment.phases[0].acts[0].replica if experiment.phases[0].acts else 0
        self.service.memory = {"signed in": replica == 0, "replica": replica}
        return super().run(experiment)


def sale(service: FakeService) -> int:
    service.connect().insert("sales", id=service.next_id("sales"))
    return 201


def found(handler: Handler, *identities: str | None) -> tuple[tuple[str, ...], TwoReplicas]:
    world = TwoReplicas({"POST /sales": handler, "GET /sales": lambda service: 200})
    scenarios = [
        Scenario(f"{operation} {each}", Step(Operation.parse(operation), each))
        for each in identities
        for operation in ("GET /sales", "POST /sales")
    ]
    learned = world.drive(learn(scenarios, Catalog({})))
    world.experiments.clear()
    return world.drive(parity(learned.scenarios, learned.profile)), world


def test_one_scenario_of_each_identity_is_enough_and_one_that_writes_says_most() -> None:
    texts, world = found(sale, "ann", "bob", None)
    assert texts == ()
    acts = [each.phases[0].acts[0] for each in world.experiments]
    assert [(each.step.operation.id, each.replica) for each in acts] == [("POST /sales", 1)] * 3
    assert [each.step.identity for each in acts] == ["ann", "bob", None]


def test_sessions_in_memory_are_named() -> None:
    def guarded(service: FakeService) -> int:
        return sale(service) if service.memory["signed in"] else 401

    texts, _ = found(guarded, "ann")
    assert texts == ("POST /sales as ann: replica 1 answers 401 where replica 0 answers 201",)


def test_other_rows_are_named_by_their_table() -> None:
    def twice(service: FakeService) -> int:
        if service.memory["replica"]:
            sale(service)
        return sale(service)

    texts, _ = found(twice, "ann")
    assert texts == ("POST /sales as ann: replica 1 changes other rows than replica 0 in sales",)


def test_what_only_the_first_request_of_a_process_does_is_no_difference() -> None:
    seen: list[int] = []

    def prepared(service: FakeService) -> int:
        if service.memory["replica"]:
            seen.append(1)
            if len(seen) == 1:
                service.connect().insert("schema_notes", id=1)
        return sale(service)

    texts, world = found(prepared, "ann")
    assert texts == ()
    assert len(world.experiments) == 2


def test_what_is_disturbed_or_not_reached_says_nothing() -> None:
    world = TwoReplicas({"POST /sales": sale})
    scenarios = [Scenario("sale", Step(Operation.parse("POST /sales"), "ann"))]
    learned = world.drive(learn(scenarios, Catalog({})))
    world.experiments.clear()
    (only,) = learned.scenarios
    unsure = (replace(only, disturbed="429"), replace(only, reached=False))
    assert world.drive(parity(unsure, learned.profile)) == ()
    assert world.experiments == []
