"""The jobs of a run that nobody has begun, in the order that they are begun in."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from seamproof.core.subject import Job


class Queue:
    """Every world of a run takes its next job from here.

    Where there is an end, `until`, a job is taken only if what it is to cost fits before that; the
    first of all is taken in any case.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        until: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        cost: Callable[[Job], float] = lambda job: 0.0,
    ) -> None:
        self._waiting = deque(jobs)
        self._cost = cost
        self._begun = False
        self._until = until
        self._clock = clock

    def take(self) -> Job | None:
        """The next job; None where there is none, or none that there is time for."""
        if self._until is None or not self._begun:
            self._begun = True
            return self._waiting.popleft() if self._waiting else None
        time_left = self._until - self._clock()
        chosen = next((each for each in self._waiting if self._cost(each) < time_left), None)
        if chosen is not None:
            self._waiting.remove(chosen)
        return chosen

    @property
    def left(self) -> tuple[Job, ...]:
        """What was not taken."""
        return tuple(self._waiting)


def costliest_first(jobs: Iterable[Job], cost: Callable[[Job], float]) -> tuple[Job, ...]:
    """In the order that lets several worlds end at about the same time; of equals, the riskiest."""
    return tuple(sorted(jobs, key=lambda job: (-cost(job), job.number)))
