"""Goes on where the database server went away in the middle of a run and came back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from seamproof.core.errors import DatabaseError

if TYPE_CHECKING:
    from seamproof.world import World

T = TypeVar("T")

_REVIVALS = 3
"""How often the server may come back in one run."""


class Survival:
    """Does things in a world again that were under way when its database server went away.

    What the service did without its database says nothing of it, so nothing of that is kept.
    """

    def __init__(self, world: World, forget: Callable[[], None]) -> None:
        """`forget` is called before the world is set up anew: nothing known of it holds then."""
        self._world = world
        self._forget = forget
        self._revivals = 0

    async def do(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it, as often as the server comes back.

        Raises DatabaseError where it does not, or goes away again and again, and MachineError
        where a disk is full; else what the work raises.
        """
        while True:
            try:
                return await work()
            except Exception as error:
                if await self._world.connected():
                    told = self._world.explained(error)
                    if told is None or told is error:
                        raise
                    raise told from error
                if self._revivals == _REVIVALS:
                    raise DatabaseError(
                        "the database server went away again and again",
                        hint="see its log: does it run out of memory or disk?",
                    ) from error
            self._revivals += 1
            self._forget()
            await self._revive()

    async def _revive(self) -> None:
        try:
            await self._world.revive()
        except Exception as error:
            told = self._world.explained(error)
            if told is None or told is error:
                raise
            raise told from error
