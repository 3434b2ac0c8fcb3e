"""The smallest valid boundary."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from seamproof.boundaries.hold import Hold
from seamproof.core.experiment import BoundaryKind, CrossingKey, Fault
from seamproof.core.history import Crossing
from seamproof.core.protocols import Activity
from seamproof.core.registry import boundary


@boundary("noop", title="Nothing crosses it", kind=BoundaryKind.CACHE)
class NoopBoundary:
    """The smallest valid boundary: nothing ever crosses it."""

    kind = BoundaryKind.CACHE

    def __init__(self, replica: int, upstream_host: str, upstream_port: int, port: int = 0) -> None:
        self.port = port

    async def start(self) -> None:
        """Take a number for a port."""
        self.port = self.port or 1

    async def stop(self) -> None:
        """Nothing is open."""

    def begin(self, epoch: float, faults: Sequence[Fault] = ()) -> None:
        """Nothing was seen."""

    def crossings(self) -> tuple[Crossing, ...]:
        """Nothing crossed."""
        return ()

    def reached(self) -> tuple[Fault, ...]:
        """No fault can be reached."""
        return ()

    def activity(self) -> Activity:
        """It is always quiet."""
        return Activity(0)

    def hold(self, key: CrossingKey | None) -> Hold:
        """Nothing comes that could be held."""
        return Hold(key)

    async def wait_quiet(self, silence: float, limit: float) -> bool:
        """It is always quiet."""
        return True

    def last_of_acts(self, background: Collection[str]) -> float:
        """Nothing crossed."""
        return 0.0

    def pause(self) -> None:
        """Nothing is new."""

    def resume(self) -> None:
        """Nothing was kept back."""
