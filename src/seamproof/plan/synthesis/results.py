"""What the search for scenarios is given to spend, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass

from seamproof.core.model import Operation, Scenario, Step


@dataclass(frozen=True, slots=True)
class Budget:
    """How much the search may ask of the service."""

    first: int = 7
    """Tries of one operation in the first pass, before what it needs may have been learned."""
    early: int = 14
    """Tries of one operation before those that may do harm were tried."""
    tries: int = 20
    """Tries of one operation in all."""
    total: int = 4000
    """Experiments in all."""
    passes: int = 4
    """Rounds over what is not reached, as long as one of them reaches something."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, as progress and evidence show it."""

    operation: Operation
    number: int
    """Which try of this operation."""
    act: Step
    arrangement: tuple[Step, ...]
    status: int | None
    """None where there was no response."""
    refusal: str
    """In words; empty where it counts as a baseline."""
    reason: str = ""
    """Why it was tried: what it has that the try before had not."""


@dataclass(frozen=True, slots=True)
class Unreached:
    """An operation without a baseline."""

    operation: Operation
    refusal: str
    """The status and the words of the refusal that came nearest."""
    tries: int
    evidence: tuple[Attempt, ...] = ()
    """One try for each kind of refusal."""


@dataclass(frozen=True, slots=True)
class Death:
    """A request that ended the service's process, with nothing broken."""

    operation: Operation
    act: Step
    arrangement: tuple[Step, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Synthesised:
    """What the search found."""

    scenarios: tuple[Scenario, ...] = ()
    """One for each operation that was reached, in the document's order."""
    unreached: tuple[Unreached, ...] = ()
    deaths: tuple[Death, ...] = ()
    without_effect: frozenset[str] = frozenset()
    """The operations whose method may change something, and whose act here changes no row."""
    harmful: frozenset[str] = frozenset()
    """The operations that take something from the identity itself, its row or its session, or shut
    the service for all."""
    experiments: int = 0
