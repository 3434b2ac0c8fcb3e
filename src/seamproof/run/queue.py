"""The jobs of a run that nobody has begun, in the order that they are begun in."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from seamproof.core.subject import Job


class Queue:
    """Every world of a run takes its next job from here. After `until` nobody gets one."""

    def __init__(
        self,
        jobs: Iterable[Job],
        until: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = deque(jobs)
        self._until = until
        self._clock = clock

    def take(self) -> Job | None:
        """The next job; None where there is none, or the time is spent."""
        spent = self._until is not None and self._clock() > self._until
        return None if spent or not self._waiting else self._waiting.popleft()

    @property
    def left(self) -> tuple[Job, ...]:
        """What was not taken."""
        return tuple(self._waiting)


def costliest_first(jobs: Iterable[Job], cost: Callable[[Job], float]) -> tuple[Job, ...]:
    """In the order that lets several worlds end at about the same time; of equals, the riskiest."""
    return tuple(sorted(jobs, key=lambda job: (-cost(job), job.number)))
