"""A world at rest: how it comes there after acts, and what is written in it then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from seamproof.core.history import Changes, Disturbance, DisturbanceKind
from seamproof.core.profile import Profile
from seamproof.run.experiment.quiet import Slumber, at_rest, come_to_rest

if TYPE_CHECKING:
    from seamproof.world import World

SILENCE = 0.002
SILENCE_AFTER_FAULT = 0.010
"""The same behind a fault, which a service may work on for longer; less where it sleeps."""
_SLUMBER_LIMIT = 0.05
"""Seconds in which processes are to fall asleep: one that ends takes some."""
_SLEEPLESS = 3
"""Times in a row that they did not, after which they are not waited for so long any more."""


class Rest:
    """What one world still does, and what was written in it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known = 0.0
        """When the journal was known last, on the monotonic clock: what crossed before is in it."""
        self._changes = Changes()
        self._sleepless = 0
        """How often in a row processes did not fall asleep."""
        self.profile = Profile()
        """What is normal for the service."""

    @property
    def silence(self) -> float:
        """Seconds without bytes after which nothing is expected any more."""
        return 2 * self.profile.tail or SILENCE

    def slumber(self, replicas: Collection[int]) -> Slumber:
        """The sleep of these replicas, and of all processes beside them, from now on."""
        return Slumber(lambda: self._world.pulse(replicas))

    async def come(
        self,
        slumber: Slumber | None = None,
        *,
        at_least: float = 0.0,
        open_before: Collection[int] = (),
    ) -> tuple[float, tuple[Disturbance, ...]]:
        """Wait until nothing is under way. Returns the seconds, and what did not come to rest.

        `slumber` is of those who may work on what a fault has met, or who are watched: they are to
        sleep, or to have ended.
        """
        started = time.monotonic()
        silence = self.silence
        if slumber is not None and not await self._slept(slumber):
            silence = max(silence, SILENCE_AFTER_FAULT)
        # Silence counts from the answer: what comes behind it may not have begun yet.
        await asyncio.sleep(max(at_least, silence) - (time.monotonic() - started))
        unrest: list[Disturbance] = []
        for boundary in self._world.boundaries:
            if at_rest(boundary, silence):
                continue
            problem = await come_to_rest(
                boundary,
                silence,
                open_before,
                background=self.profile.background,
                slumber=slumber,
            )
            if problem is not None:
                unrest.append(problem)
        return time.monotonic() - started, tuple(unrest)

    async def _slept(self, slumber: Slumber) -> bool:
        """Whether they soon sleep for as long as silence takes, and wait for nobody."""
        tireless = self._sleepless >= _SLEEPLESS
        limit = SILENCE_AFTER_FAULT if tireless else _SLUMBER_LIMIT
        slept = await slumber.begins(limit, self.silence)
        self._sleepless = 0 if slept else self._sleepless + 1
        if not slept:
            return False
        found = [boundary.activity() for boundary in self._world.boundaries]
        return not any(each.pending or each.open_transactions for each in found)

    def open_backends(self) -> tuple[int, ...]:
        """The backends that are in a transaction."""
        return tuple(
            backend
            for boundary in self._world.sql_boundaries
            for backend in boundary.activity().open_transactions
        )

    async def end_open(self) -> tuple[Disturbance, ...]:
        """End what is still in a transaction after quiet: it would commit after the undo."""
        if not self.open_backends():
            return ()
        ended = await self._world.database.barrier(0.0)
        if not ended:
            return ()
        return (Disturbance(DisturbanceKind.BACKEND_ENDED, f"{len(ended)} left in a transaction"),)

    def forget(self) -> None:
        """Know that nothing is written: what was is about to be undone, or taken into a mark."""
        self._known, self._changes = time.monotonic(), Changes()

    async def changes(self) -> Changes:
        """What was written since the mark. Read only where somebody can have written since it was
        read last: nobody reaches the database but through a boundary."""
        now = time.monotonic()
        boundaries = self._world.sql_boundaries
        crossed = any(each.last >= self._known for each in boundaries)
        if crossed or any(each.activity().pending for each in boundaries):
            self._changes = await self._world.database.changes()
            self._known = now
        return self._changes
