"""Crossings that wait at a boundary until somebody lets them go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from seamproof.core.experiment import CrossingKey


@dataclass(slots=True)
class Hold:
    """A crossing that waits: the client's frame stays here until `release`."""

    key: CrossingKey | None
    """None holds everything that comes."""
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: list[Callable[[], None]] = field(default_factory=list)
    _released: bool = False

    @property
    def arrived(self) -> bool:
        """Whether the crossing has come."""
        return self._reached.is_set()

    async def reached(self) -> None:
        """Wait until the crossing has come, and is held."""
        await self._reached.wait()

    def release(self) -> None:
        """Let it go; one that has not come will not be held."""
        self._released = True
        waiting, self._waiting = self._waiting, []
        for release in waiting:
            release()

    def take(self, release: Callable[[], None]) -> None:
        """Note that the crossing is held, and how it is let go."""
        self._waiting.append(release)
        self._reached.set()

    @property
    def takes(self) -> bool:
        """Whether it holds what comes next: a key comes once, and what has no key always."""
        return not self._released and (self.key is None or not self.arrived)
