"""A crossing that waits at a boundary until somebody lets it go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from seamproof.core.experiment import CrossingKey


@dataclass(slots=True)
class Hold:
    """A crossing that waits: the client's frame stays here until `release`."""

    key: CrossingKey | None
    """None holds whichever crossing comes next."""
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _release: Callable[[], None] | None = None
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
        if self._release is not None:
            release, self._release = self._release, None
            release()

    def take(self, release: Callable[[], None]) -> None:
        """Note that the crossing is held, and how it is let go."""
        self._release = release
        self._reached.set()

    @property
    def released(self) -> bool:
        """Whether it holds nothing any more."""
        return self._released
