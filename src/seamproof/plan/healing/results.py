"""What healing came to."""

from __future__ import annotations

from dataclasses import dataclass

from seamproof.core.model import Scenario


@dataclass(frozen=True, slots=True)
class Evidence:
    """One repair of a step, and what speaks for it."""

    operation: str
    """As the scenario had it: `POST /orders`."""
    words: tuple[str, ...]
    """What was changed."""
    document: tuple[str, ...]
    """What the document says now, or that it was guessed."""
    before: str
    """The request and its answer before: `POST /orders -> 404`."""
    after: str
    scenarios: tuple[str, ...] = ()
    """Those that the same repair healed, by name."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Something that the service does otherwise than it did."""

    operation: str
    breaking: bool
    """Whether a client that kept to what was may fail."""
    words: str
    scenarios: tuple[str, ...] = ()
    """Those that expect what was; none where only the documents differ."""


@dataclass(frozen=True, slots=True)
class Healing:
    """A scenario as it was stored, and as it answers again."""

    before: Scenario
    after: Scenario


@dataclass(frozen=True, slots=True)
class Healed:
    """What was found for all scenarios."""

    healings: tuple[Healing, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    experiments: int = 0

    @property
    def unmet(self) -> frozenset[str]:
        """The scenarios that still do not answer as they expect, by name."""
        return frozenset(name for each in self.behaviours for name in each.scenarios)
