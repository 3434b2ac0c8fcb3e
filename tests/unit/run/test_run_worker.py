"""What a worker does in its world before a job: what the run's own has done while it learned."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from seamproof.config import IdentityConfig
from seamproof.core.experiment import Experiment
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.run.workers import worker

ORDER = Step(Operation("POST", "/orders"))
CREATE = Step(Operation("POST", "/products"))


@dataclass
class FakeConductor:
    """Conducts nothing, and notes what it was asked for."""

    log: list[Any] = field(default_factory=list)
    profile: Profile = Profile(warm_rounds=1)
    replicas: int = 2
    on_history: Any = None

    async def conduct(self, experiment: Experiment) -> None:
        (act,) = experiment.phases[0].acts
        self.log.append((act.step.operation.path, act.replica, len(experiment.arrangement)))

    async def at_base(self, work: Callable[[], Awaitable[None]]) -> None:
        self.log.append("base")
        await work()

    async def add(self, name: str, identity: IdentityConfig) -> None:
        self.log.append((name, identity.role))


def premises() -> Any:
    conductor = FakeConductor()
    return SimpleNamespace(conductor=conductor, identities=conductor)


def test_each_replica_is_warmed_for_a_scenario_once() -> None:
    world = premises()
    warm = worker._Warm(world)

    async def three() -> None:
        await warm.up(Scenario("one", ORDER))
        await warm.up(Scenario("the same for other checks", ORDER))
        await warm.up(Scenario("arranged otherwise", ORDER, (CREATE,)))

    asyncio.run(three())
    assert world.conductor.log == [
        *(("/orders", replica, 0) for replica in (0, 0, 1, 1)),
        *(("/orders", replica, 1) for replica in (0, 0, 1, 1)),
    ]


def test_peers_that_the_run_has_registered_belong_to_the_base() -> None:
    world = premises()
    peer = {"role": "member", "basic": {"username": "u", "password": "p"}}
    asyncio.run(worker._admit({"peer": peer}, world))
    assert world.conductor.log == ["base", ("peer", "member")]
