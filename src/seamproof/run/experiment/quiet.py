"""When a service has come to rest, and when a held crossing may go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from seamproof.core.history import Disturbance, DisturbanceKind, Exchange

if TYPE_CHECKING:
    from seamproof.core.protocols import Boundary, Held

QUIET_LIMIT = 4.0
"""Seconds that the service may go on working after its response."""
OPEN_LIMIT = 0.25
"""Seconds of silence after which a transaction that is still open counts as left open."""
HOLD_LIMIT = 2.0
"""Seconds that a crossing is held while the response is awaited."""


async def come_to_rest(
    boundary: Boundary,
    silence: float,
    open_before: Collection[int] = (),
    *,
    background: Collection[str] = (),
) -> Disturbance | None:
    """Wait for silence. A transaction that stays open in it is for the conductor to end and tell.

    One that was open before this phase is not waited for again, and the service's own jobs, which
    cross in shapes of `background`, do not break a silence.
    """
    deadline = time.monotonic() + QUIET_LIMIT
    step = 2 * silence if open_before or background else OPEN_LIMIT
    while not await boundary.wait_quiet(silence, step):
        now = time.monotonic()
        activity = boundary.activity()
        awaited = set(activity.open_transactions) - set(open_before)
        last = boundary.last_of_acts(background) if background else activity.last
        if not activity.pending and now - last >= (OPEN_LIMIT if awaited else silence):
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
