"""Where an experiment's seconds go."""

from __future__ import annotations

import time

from seamproof.core.history import Timing


class Clock:
    """Adds up where an experiment's seconds go."""

    def __init__(self) -> None:
        self._parts: dict[str, float] = {}
        self._open: list[_Part] = []

    def part(self, name: str) -> _Part:
        """Count the seconds of a block to a part, a field of Timing.

        Those of a block within it count to the inner part alone.
        """
        return _Part(self._parts, self._open, name)

    def timing(self) -> Timing:
        """The sums."""
        return Timing(**self._parts)


class _Part:
    def __init__(self, parts: dict[str, float], around: list[_Part], name: str) -> None:
        self._parts = parts
        self._around = around
        self._name = name
        self._started = 0.0
        self._inside = 0.0

    def __enter__(self) -> None:
        self._around.append(self)
        self._started = time.monotonic()

    def __exit__(self, *exc_info: object) -> None:
        spent = time.monotonic() - self._started
        self._around.pop()
        if self._around:
            self._around[-1]._inside += spent
        self._parts[self._name] = self._parts.get(self._name, 0.0) + spent - self._inside
