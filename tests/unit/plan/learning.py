"""Learning what is normal for a service in memory."""

from __future__ import annotations

from dataclasses import dataclass

from doubles.fake_world import FakeWorld, Handler
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.model import Operation, Scenario, Step
from seamproof.plan.profile import Learned, learn

ORDERS = Table("orders", (Column("id", "integer", identity=True),), ("id",))
CATALOG = Catalog({"orders": ORDERS})


def scenario(operation: str, *expect: int) -> Scenario:
    return Scenario(operation, Step(Operation.parse(operation), expect=expect))


def learned(handlers: dict[str, Handler], *, background: Handler | None = None) -> Learned:
    world = FakeWorld(handlers, background=background)
    return world.drive(learn([scenario(each) for each in handlers], CATALOG))


@dataclass
class Remembering(FakeWorld):
    """Moves its sequences on where an experiment asks for it."""

    epoch: int = 0

    def run(self, experiment: Experiment) -> History:
        self.epoch += experiment.settings.fresh_sequences
        return super().run(experiment)
