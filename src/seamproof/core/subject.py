"""What an exploration is about, and the job that names one."""

from __future__ import annotations

from dataclasses import dataclass, field

from seamproof.core.catalog import Catalog
from seamproof.core.experiment import BoundaryKind
from seamproof.core.model import Operation, Scenario
from seamproof.core.profile import Profile


@dataclass(frozen=True, slots=True)
class Skip:
    """Why a check does not apply. Every report shows it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One operation with the scenario that reaches it, and what is known of the service."""

    scenario: Scenario
    profile: Profile = Profile()
    catalog: Catalog = Catalog()
    boundaries: frozenset[BoundaryKind] = frozenset({BoundaryKind.HTTP_IN, BoundaryKind.SQL})
    """The boundaries that saw the marker at the start: the others are blind."""
    deep: bool = False
    """Try every crossing and every fault, where the default takes one of each equivalent."""
    seed: int = 0

    @property
    def operation(self) -> Operation:
        """The operation of the scenario's act."""
        return self.scenario.operation


@dataclass(frozen=True, slots=True)
class Job:
    """What is scheduled and distributed: pure data, independent of other jobs."""

    check: str
    scenario: Scenario
    seed: int = 0
    deep: bool = False
    profile_hash: str = ""
    options: dict[str, str] = field(default_factory=dict)
