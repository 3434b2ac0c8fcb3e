"""SIGINT and SIGTERM wait while a run is being prepared, which takes half a second of imports.

`run.reporting` lets them in once it can stop politely: so an interrupt at any time is answered by a
report. Nothing is imported here but the standard library.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_STOPPING = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def held() -> Iterator[None]:
    """Hold the signals that stop a run back meanwhile. What comes after the run has nothing to stop
    any more, and is dropped."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        for number in _STOPPING & signal.sigpending():
            handler = signal.signal(number, signal.SIG_IGN)
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore() -> None:
    """End in peace: the exit code is known."""
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)
