"""The words that say what a twin shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seamproof.core.verdict import Tier

APPS = Path(__file__).parent
LOUD = (Tier.PROVEN, Tier.SUSPECTED)


@dataclass(frozen=True)
class Expected:
    """A finding that must be there, and how sure it is."""

    operation: str
    finding_class: str
    tier: Tier = Tier.PROVEN


@dataclass(frozen=True)
class Twin:
    """A service, and what its broken variant shows."""

    app: str
    broken: tuple[Expected, ...]
    needs: tuple[str, ...] = ()
    """Programs without which it cannot run."""
    checks: tuple[str, ...] = ()
    """Those that it is for; empty means all. What is planted for some is careless for others."""

    @property
    def tiers(self) -> dict[tuple[str, str], Tier]:
        """How sure each finding is, by operation and class."""
        return {(each.operation, each.finding_class): each.tier for each in self.broken}
