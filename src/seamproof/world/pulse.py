"""Whether processes do anything at all, as the kernel tells it.

Silence on a boundary says little on a busy machine: who waits for a processor is silent too. A
family of processes that have hardly run from one look to the next, and whose threads all sleep, has
nothing left to do: only bytes or a timer wake it.

Linux only; costs some 15 us a thread. Elsewhere nothing is known, and silence has to do.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

_CPUCLOCK_SCHED: Final = 2
"""The nanoseconds that all threads of a process have run (clock_getcpuclockid(3))."""
_HARDLY: Final = 0.02
"""The share of its time that an idle process may run: event loops tick some ten times a second."""
_MOST: Final = 64
"""Threads beyond which looking costs more than it saves."""
_SERVED: Final = 200_000
"""Nanoseconds that answering a request takes at the least: whose family ran for less, as that of a
client of a container's engine, is not the one that answers."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Some families at one moment."""

    time: float = 0.0
    """Seconds on the monotonic clock."""
    ran: dict[int, int] = field(default_factory=dict)
    """By process, the nanoseconds for which it has run."""
    asleep: bool = True
    """Whether each thread waits for something to happen."""

    def slept_since(self, before: Pulse) -> bool:
        """Whether hardly anything has run since an earlier look, and nothing is about to."""
        spent = sum(self.ran.values()) - sum(before.ran.values())
        hardly = spent <= _HARDLY * 1e9 * (self.time - before.time)
        return self.asleep and hardly and self.ran.keys() == before.ran.keys()

    def served_since(self, before: Pulse) -> bool:
        """Whether they have run for as long as it takes to answer a request."""
        return sum(self.ran.values()) - sum(before.ran.values()) >= _SERVED


def take(roots: Iterable[int]) -> Pulse | None:
    """Look at processes and all that they started; None where that cannot be told, or where they
    have very many threads."""
    if sys.platform != "linux":
        return None
    ran: dict[int, int] = {}
    asleep, threads = True, 0
    waiting = list(roots)
    try:
        while waiting:
            pid = waiting.pop()
            ran[pid] = time.clock_gettime_ns(~pid << 3 | _CPUCLOCK_SCHED)
            for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  (three times as fast)
                threads += 1
                if threads > _MOST:
                    return None
                folder = f"/proc/{pid}/task/{thread}"
                # proc(5): the state is the first field behind the name, which may hold anything.
                asleep &= _read(f"{folder}/stat").rpartition(b") ")[2].startswith(b"S")
                waiting += map(int, _read(f"{folder}/children").split())
    except (OSError, ValueError):
        return None
    return Pulse(time.monotonic(), ran, asleep)


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)
