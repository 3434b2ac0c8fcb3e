"""What is done before an experiment's acts: requests, then rows that are edited.

The state after it is marked, so that the next experiment with the same arrangement undoes to there
instead of arranging again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import Act, Experiment
from seamproof.core.history import Changes, Disturbance, DisturbanceKind, Exchange
from seamproof.run.experiment.acts import Acts
from seamproof.run.experiment.clock import Clock
from seamproof.run.experiment.exchanges import extracted, unexpected
from seamproof.run.experiment.requests import Bindings
from seamproof.run.experiment.rest import Rest

if TYPE_CHECKING:
    from seamproof.run.redaction import Redactor
    from seamproof.world import World


@dataclass(frozen=True, slots=True)
class Arranged:
    """What the mark `arranged` stands for, and what was extracted on the way there."""

    experiment: Experiment
    bindings: Bindings
    exchanges: tuple[Exchange, ...]
    prepared: Changes = Changes()
    """What the requests wrote."""

    def serves(self, experiment: Experiment) -> bool:
        """Whether it is as arranged for another, but for edits."""
        return (
            self.experiment.arrangement == experiment.arrangement
            and self.experiment.settings.fresh_sequences == experiment.settings.fresh_sequences
        )


class Arrangement:
    """Arranges in one world, and remembers what the mark `arranged` stands for."""

    def __init__(self, world: World, acts: Acts, rest: Rest, redactor: Redactor) -> None:
        self._world = world
        self._acts = acts
        self._rest = rest
        self._redactor = redactor
        self._arranged: Arranged | None = None
        self._edited = False
        """Whether rows were edited above what is arranged."""

    def forget(self) -> None:
        """Take what is marked for nothing: the next experiment arranges anew."""
        self._arranged = None

    def serves(self, experiment: Experiment) -> bool:
        """Whether what is marked is as arranged for an experiment, but for edits."""
        return self._arranged is not None and self._arranged.serves(experiment)

    async def make(
        self, experiment: Experiment, bindings: Bindings, clock: Clock
    ) -> tuple[Arranged, Disturbance | None]:
        """Arrange, from the state that was undone to; `bindings` are what references mean there.

        Returns what was done, and why it failed; None where it did not.
        """
        arranged = self._arranged
        if arranged is not None and arranged.serves(experiment):
            if arranged.experiment.edits != experiment.edits:
                self._arranged = None
                with clock.part("arrange"):
                    failed = await self._edit_anew(experiment)
                if failed is not None:
                    return arranged, failed
                self._arranged = arranged = replace(arranged, experiment=experiment)
            return arranged, None
        self._arranged, self._edited = None, False
        exchanges: list[Exchange] = []
        with clock.part("arrange"):
            for index, step in enumerate(experiment.arrangement):
                exchange = await self._acts.send(Act(step), bindings, f"arrange/{index}", 0.0)
                exchanges.append(exchange)
                problem = unexpected(step, self._redactor.exchange(exchange))
                if problem is None:
                    bindings, problem = extracted(step, exchange, bindings)
                if problem is not None:
                    detail = f"step {index + 1}, {step.operation.id}: {problem}"
                    failed = Disturbance(DisturbanceKind.ARRANGEMENT_FAILED, detail)
                    return Arranged(experiment, bindings, tuple(exchanges)), failed
                await self._rest.come()
            prepared = await self._prepared(experiment)
            if experiment.settings.fresh_sequences:
                await self._world.database.fresh_sequences()
            failed = await self._edit(experiment)
        arranged = Arranged(experiment, bindings, tuple(exchanges), prepared)
        self._arranged = arranged if failed is None else None
        return arranged, failed

    async def _prepared(self, experiment: Experiment) -> Changes:
        if not experiment.arrangement:
            return Changes()
        return self._redactor.changes(await self._world.database.changes())

    async def _edit_anew(self, experiment: Experiment) -> Disturbance | None:
        """The same above what is arranged already. A job of the service may have written to what
        was edited before, since that was undone to; it stands still meanwhile."""
        async with self._world.still():
            undone = await self._world.database.undo("arranged")
            if undone.cloned:
                return Disturbance(DisturbanceKind.RESET_BY_CLONE, undone.cloned)
            return await self._edit(experiment)

    async def _edit(self, experiment: Experiment) -> Disturbance | None:
        """Write the edits in the place of those before, and mark that state."""
        try:
            if experiment.edits or self._edited:
                await self._world.database.edit(experiment.edits)
        except ConfigurationError as error:
            return Disturbance(DisturbanceKind.ARRANGEMENT_FAILED, error.problem)
        self._edited = bool(experiment.edits)
        await self._world.database.mark("arranged")
        return None
