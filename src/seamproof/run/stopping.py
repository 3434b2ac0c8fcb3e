"""SIGINT and SIGTERM: the first stops politely, the second at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from seamproof.core.errors import ExitCode

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping(politely: Callable[[], object]) -> Iterator[None]:
    """Call `politely` at the first signal; the second ends the process at once."""
    loop = asyncio.get_running_loop()
    stopped = False
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def stop() -> None:
        nonlocal stopped
        if stopped:
            # What is left is reaped by the next run, from its journal of intents.
            os._exit(ExitCode.INTERRUPTED)
        stopped = True
        print("\nstopping; again to stop at once", file=sys.stderr, flush=True)
        politely()

    try:
        for number in _STOPPING:
            loop.add_signal_handler(number, stop)
        # One that came before there was somebody to stop was held back, and comes now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    except (RuntimeError, ValueError):
        # Signals reach the main thread only (a test runner may call from another).
        pass
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number in _STOPPING:
            loop.remove_signal_handler(number)
