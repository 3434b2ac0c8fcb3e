"""Which replica stands where acts name the first, the second, …, and which may be harmed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import Crossing, Exchange, History, Silence

if TYPE_CHECKING:
    from seamproof.world import Replica, World

_SERVER_ERROR = 500


class Standing:
    """The replicas of one world, in the order that acts know them in."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._order = list(range(len(world.replicas)))
        self._harmed: set[int] = set()
        """Those that have met a fault, or failed without one, since they were started."""

    def __len__(self) -> int:
        return len(self._order)

    def replica(self, act: Act) -> Replica:
        """The one that an act goes to."""
        return self._world.replicas[self._order[act.replica]]

    def acting(self, phase: Phase) -> frozenset[int]:
        """The indexes of those that a phase is acted on."""
        return frozenset(self._order[act.replica] for act in phase.acts)

    def harm(self, indexes: Collection[int]) -> None:
        """Note that these meet a fault."""
        self._harmed |= set(indexes)

    def doubt(self, history: History) -> None:
        """Note who answered with an error of the server's: it may remember why, as a mode that it
        was set to, and no reset takes that back."""
        told = (*history.arranged, *(each for s in history.sections for each in s.exchanges))
        self.harm(self.failed(each for each in told if each.status is not None))

    def failed(self, exchanges: Iterable[Exchange]) -> frozenset[int]:
        """The indexes of those that answered with an error of the server's, or did not answer."""
        return frozenset(
            self._order[each.act.replica]
            for each in exchanges
            if each.status is None or each.status >= _SERVER_ERROR
        )

    def forget(self) -> None:
        """Know that all were started anew."""
        self._harmed.clear()

    async def refresh(self, experiment: Experiment) -> None:
        """Let replicas act that have neither met a fault nor failed since they were started.

        One that stands by is quicker than a start; where there are not enough, all that were
        harmed are started anew, side by side.
        """
        wanted = {act.replica for phase in experiment.phases for act in phase.acts}
        whole = [each for each in self._order if each not in self._harmed]
        if len(whole) < len(wanted):
            await self._world.restart(self._harmed)
            self._harmed.clear()
            return
        rest = [each for each in self._order if each in self._harmed]
        self._order = [*whole, *rest]

    async def end_hung(self, exchanges: Iterable[Exchange]) -> bool:
        """Start anew what may still work on a request that is awaited no more: it could write into
        the next experiment. Returns whether there was one."""
        hung = {
            self._order[each.act.replica] for each in exchanges if each.silence is Silence.TIMEOUT
        }
        if hung:
            await self._world.restart(hung)
        return bool(hung)

    def crossings(self) -> tuple[Crossing, ...]:
        """Everything that crossed, in order, each by the replica that acts know it by."""
        place = {index: position for position, index in enumerate(self._order)}
        found = [each for boundary in self._world.boundaries for each in boundary.crossings()]
        if any(index != position for index, position in place.items()):
            found = [replace(each, replica=place.get(each.replica, each.replica)) for each in found]
        return tuple(sorted(found, key=lambda each: each.started))
