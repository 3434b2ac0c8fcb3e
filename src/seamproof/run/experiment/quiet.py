"""When a service has come to rest, and when a held crossing may go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from seamproof.core.history import Disturbance, DisturbanceKind, Exchange

if TYPE_CHECKING:
    from seamproof.core.protocols import Boundary, Held
    from seamproof.world.pulse import Pulse

QUIET_LIMIT = 4.0
"""Seconds that the service may go on working after its response."""
OPEN_LIMIT = 0.25
"""Seconds of silence after which a transaction that is still open counts as left open."""
OPEN_ASLEEP = 0.1
"""The same where the service's processes have slept all the time."""
_LOOK_AGAIN = 0.02
HOLD_LIMIT = 2.0
"""Seconds that a crossing is held while the response is awaited."""


class Slumber:
    """For how long the processes that answer have been asleep.

    Made before the acts are sent: what does not run while they are answered does not answer them,
    and that it sleeps says nothing.
    """

    def __init__(self, look: Callable[[], Pulse | None]) -> None:
        self._look = look
        self._before = look()
        self._first: Pulse | None = None
        self._last: Pulse | None = None

    def seconds(self) -> float:
        """The seconds since the first of the last looks between which they slept; 0 where that is
        not known."""
        last, self._last = self._last, self._look()
        now, first, before = self._last, self._first, self._before
        if now is None or last is None or not now.slept_since(last):
            self._first = now
        elif first is not None and before is not None and now.served_since(before):
            return now.time - first.time
        return 0.0

    async def begins(self, limit: float, enough: float) -> bool:
        """Wait until they have slept for `enough` seconds, at most `limit` seconds."""
        deadline = time.monotonic() + limit
        self.seconds()
        while time.monotonic() < deadline:
            await asyncio.sleep(enough)
            if self.seconds() >= enough:
                return True
        return False


def at_rest(boundary: Boundary, silence: float) -> bool:
    """Whether nothing is under way at a boundary, and has not been for `silence` seconds."""
    found = boundary.activity()
    silent = time.monotonic() - found.last
    return not found.pending and not found.open_transactions and silent >= silence


async def come_to_rest(
    boundary: Boundary,
    silence: float,
    open_before: Collection[int] = (),
    *,
    background: Collection[str] = (),
    slumber: Slumber | None = None,
) -> Disturbance | None:
    """Wait for silence. A transaction that stays open in it is for the conductor to end and tell.

    One that was open before this phase is not waited for again, and the service's own jobs, which
    cross in shapes of `background`, do not break a silence.
    """
    deadline = time.monotonic() + QUIET_LIMIT
    step = 2 * silence if open_before or background else OPEN_LIMIT
    if slumber is not None:
        step = min(step, _LOOK_AGAIN)
    while not await boundary.wait_quiet(silence, step):
        asleep = slumber.seconds() if slumber is not None else 0.0
        now = time.monotonic()
        activity = boundary.activity()
        awaited = set(activity.open_transactions) - set(open_before)
        last = boundary.last_of_acts(background) if background else activity.last
        silent = now - last
        left_open = silent >= OPEN_LIMIT or min(silent, asleep) >= OPEN_ASLEEP
        if not activity.pending and (left_open if awaited else silent >= silence):
            return None
        if now >= deadline:
            detail = f"{activity.pending} statements under way"
            return Disturbance(DisturbanceKind.NOT_QUIET, detail)
    return None


async def release_after(
    held: Held, answered: asyncio.Task[Exchange], disturbances: list[Disturbance]
) -> None:
    """Let a crossing go once its act has its answer, or HOLD_LIMIT seconds after it came."""
    arrived = asyncio.ensure_future(held.reached())
    try:
        await asyncio.wait((arrived, answered), return_when=asyncio.FIRST_COMPLETED)
        if held.arrived:
            await asyncio.wait((answered,), timeout=HOLD_LIMIT)
        else:
            # It may come after the answer: that is what the hold is to show.
            await asyncio.wait((arrived,), timeout=OPEN_LIMIT)
        if not held.arrived:
            detail = f"hold at {held.key.shape if held.key else 'the next crossing'}"
            disturbances.append(Disturbance(DisturbanceKind.NOT_REACHED, detail))
    finally:
        held.release()
        arrived.cancel()
