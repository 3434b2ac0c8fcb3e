"""Forces an interleaving: one act goes on at a time, up to a crossing of its own or to its end.

    turn of A, until k ->  A stands before k   B is sent, runs to its end   A goes on to its end

What an act waits for is detected, not guessed: its next crossing is held, it has its answer, or a
lock of an act that stands still keeps it waiting (`pg_blocking_pids`). Then that turn is broken
off: the holder goes on to its end, and what the lock releases stands before its next crossing
until then. An act that neither crosses nor answers nor waits for a lock in the database is blocked
outside of it, and is treated the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.core.experiment import CrossingKey, Schedule
from seamproof.core.history import Disturbance, DisturbanceKind, Exchange
from seamproof.run.experiment.clock import Clock

if TYPE_CHECKING:
    from seamproof.core.protocols import Boundary, Held

FIRST_LOOK, LOOK = 0.003, 0.008
"""Seconds without progress after which locks are looked at, and the most between two looks."""
STUCK = 1.0
"""Seconds without a crossing, an answer or a lock after which an act is blocked elsewhere."""
TRAILING = 0.25
"""Seconds that what comes behind an answer may take before the next turn begins."""

Blockers = Callable[[Collection[int]], Awaitable[dict[int, frozenset[int]]]]
"""By backend, whom it waits for."""


@dataclass(frozen=True, slots=True)
class Participant:
    """An act of the phase: where it crosses, and what sends its request."""

    boundaries: Sequence[Boundary]
    send: Callable[[], Coroutine[Any, Any, Exchange]]


class Turns:
    """Runs the acts of one phase by a schedule."""

    def __init__(
        self,
        participants: Sequence[Participant],
        blockers: Blockers,
        silence: float,
        clock: Clock,
    ) -> None:
        self._all = [_Runner(index, each) for index, each in enumerate(participants)]
        self._blockers = blockers
        self._silence = silence
        self._clock = clock
        self._group: asyncio.TaskGroup | None = None
        self.disturbances: list[Disturbance] = []
        """Turns that were broken off, and crossings that did not come."""

    async def run(self, schedule: Schedule) -> tuple[Exchange, ...]:
        """Run every act to its end, in the order that the schedule gives."""
        async with asyncio.TaskGroup() as self._group:
            try:
                for turn in schedule.turns:
                    await self._turn(self._all[turn.act], turn.until)
                for each in self._all:
                    await self._turn(each, None)
            finally:
                for each in self._all:
                    each.go_on()
        return tuple(each.exchange for each in self._all)

    async def _turn(self, runner: _Runner, until: CrossingKey | None) -> None:
        if runner.done:
            if runner.stands:
                await self._let_go(runner)
            return
        stops = runner.stop_at(until)
        runner.go_on()
        if runner.task is None:
            assert self._group is not None
            runner.task = self._group.create_task(runner.participant.send())
        began = time.monotonic()
        patience = FIRST_LOOK
        while not await runner.halted(stops, patience):
            patience = min(2 * patience, LOOK)
            holder = await self._holder(runner, began)
            if holder is not None:
                await self._let_finish(holder, before=runner)
                began = time.monotonic()
        if runner.done and stops:
            # What it is to stand before may come behind its answer.
            await _first([each.reached() for each in stops], self._silence)
        if any(each.arrived for each in stops):
            runner.standing = stops
            return
        if until is not None:
            for each in stops:
                each.release()
            detail = f"act {runner.index}, before {until.shape} ({until.occurrence})"
            self._note(DisturbanceKind.NOT_REACHED, detail)
        await self._let_go(runner)

    async def _let_go(self, runner: _Runner) -> None:
        """Let one that has its answer do what comes behind it."""
        runner.go_on()
        with self._clock.part("quiet"):
            await runner.trail(self._silence)

    async def _holder(self, runner: _Runner, began: float) -> _Runner | None:
        """Which act, standing still, must go on so that this one can; None where none must yet."""
        others = [each for each in self._all if each is not runner and each.stands]
        if not others:
            return None
        waiting = await self._blockers(runner.backends.union(*(each.backends for each in others)))
        for each in others:
            if not _waits(runner, each, waiting):
                continue
            if _waits(each, runner, waiting):
                # A deadlock: the database ends one of the two by itself.
                return None
            detail = f"act {runner.index} waits for a lock of act {each.index}"
            self._note(DisturbanceKind.BLOCKED, detail)
            return each
        if waiting.keys() & runner.backends:
            return None
        if time.monotonic() - max(began, runner.last) < STUCK:
            return None
        detail = f"act {runner.index} waits for something that is no lock of the database"
        self._note(DisturbanceKind.BLOCKED_OUTSIDE, detail)
        return others[0]

    async def _let_finish(self, holder: _Runner, *, before: _Runner) -> None:
        """Run the holder to its end, and keep what that releases before its next crossing."""
        before.stand_at_next()
        await self._turn(holder, None)
        before.go_on()

    def _note(self, kind: DisturbanceKind, detail: str) -> None:
        self.disturbances.append(Disturbance(kind, detail))


class _Runner:
    """One act: not yet sent, going on, standing before a crossing, or done."""

    def __init__(self, index: int, participant: Participant) -> None:
        self.index = index
        self.participant = participant
        self.task: asyncio.Task[Exchange] | None = None
        self.standing: list[Held] = []
        """What keeps it where it is."""

    @property
    def done(self) -> bool:
        """Whether it has its answer, or will have none."""
        return self.task is not None and self.task.done()

    @property
    def exchange(self) -> Exchange:
        """What came of it."""
        assert self.task is not None
        return self.task.result()

    @property
    def stands(self) -> bool:
        """Whether it is under way and kept before a crossing, or before one behind its answer."""
        if self.task is None or self.done:
            return any(each.arrived for each in self.standing)
        return bool(self.standing)

    @property
    def backends(self) -> frozenset[int]:
        """The backends of its connections that may hold a lock or wait for one."""
        return frozenset(
            each.backend
            for boundary in self.participant.boundaries
            if isinstance(boundary, PostgresBoundary)
            for each in boundary.connections()
            if each.backend is not None
        )

    @property
    def last(self) -> float:
        """When something last crossed, on the clock of `time.monotonic`."""
        return max((each.activity().last for each in self.participant.boundaries), default=0.0)

    def stop_at(self, key: CrossingKey | None) -> list[Held]:
        """Have it stand before a crossing, once that comes. Nothing where it runs to its end."""
        if key is None:
            return []
        return [each.hold(key) for each in self.participant.boundaries if each.kind is key.boundary]

    def stand_at_next(self) -> None:
        """Have it stand before whatever it crosses next. What else its replica does waits as well:
        a job of the service must not take its place.
        """
        self.standing = [boundary.hold(None) for boundary in self.participant.boundaries]

    def go_on(self) -> None:
        """Let it go on."""
        standing, self.standing = self.standing, []
        for each in standing:
            each.release()

    async def halted(self, stops: Sequence[Held], limit: float) -> bool:
        """Wait until it is done or stands, at most `limit` seconds. Returns whether it is so."""
        assert self.task is not None
        return await _first([asyncio.wait([self.task]), *(each.reached() for each in stops)], limit)

    async def trail(self, silence: float) -> None:
        """Wait for what comes behind its answer."""
        for boundary in self.participant.boundaries:
            await boundary.wait_quiet(silence, TRAILING)


async def _first(awaited: Sequence[Coroutine[Any, Any, Any]], limit: float) -> bool:
    """Wait for any of these, at most `limit` seconds. Returns whether one came."""
    waits = [asyncio.ensure_future(each) for each in awaited]
    try:
        done, _ = await asyncio.wait(waits, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
    return bool(done)


def _waits(one: _Runner, other: _Runner, waiting: Mapping[int, frozenset[int]]) -> bool:
    """Whether a backend of the one waits for a backend of the other."""
    blocking = frozenset[int]().union(*(waiting.get(each, ()) for each in one.backends))
    return bool(blocking & other.backends)
