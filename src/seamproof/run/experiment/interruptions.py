"""The client goes away, or the process is killed, when a crossing comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from seamproof.core.experiment import Fault, FaultKind
from seamproof.core.history import Exchange
from seamproof.core.protocols import Held

NOTICED = 0.02
"""Seconds that a service has to notice that its client went away, before the crossing goes on."""
LATEST = 0.25
"""Seconds after an answer in which the crossing may still come."""


@dataclass(slots=True)
class Interruption:
    """One such fault, and what it strikes."""

    fault: Fault
    held: Held
    kill: Callable[[], Awaitable[object]]
    """Ends the process of the replica at once."""
    leave: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where the client is to go away."""

    @property
    def struck(self) -> bool:
        """Whether its crossing came."""
        return self.held.arrived

    @property
    def kills(self) -> bool:
        """Whether it ends the process."""
        return self.fault.kind is FaultKind.KILLED

    async def strike(self, answered: asyncio.Task[Exchange]) -> None:
        """Wait for the crossing, and let it go on once the fault is done."""
        arrival = asyncio.ensure_future(self.held.reached())
        try:
            await asyncio.wait((arrival, answered), return_when=asyncio.FIRST_COMPLETED)
            if not self.struck:
                # It may come after the answer.
                await asyncio.wait((arrival,), timeout=LATEST)
            if not self.struck:
                return
            if self.kills:
                await self.kill()
            else:
                self.leave.set()
                await asyncio.sleep(NOTICED)
        finally:
            self.held.release()
            arrival.cancel()
