"""What a run is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from seamproof.core.model import Scenario
from seamproof.core.registry import Need
from seamproof.run.reviewed import Reviewed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is to exercise, and how."""

    checks: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    everything: tuple[Scenario, ...]
    """Every scenario of the project, also those not chosen."""
    reviewed: Reviewed = Reviewed()
    """What a person has read."""
    seed: int = 0
    deep: bool = False
    worlds: int = 1
    """Worlds that the jobs are done in, side by side."""
    until: float | None = None
    """When the last job is to begin, on the monotonic clock."""
    needs: frozenset[Need] = frozenset()
    """What the checks need of their subjects beside what all have."""
    asking: tuple[str, ...] = ()
    """The checks that need to know who is let in to what."""
