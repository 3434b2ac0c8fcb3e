"""The states that an undo leads back to, and what one did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from seamproof.database.postgres.delta import Delta
from seamproof.database.postgres.journal import Entry
from seamproof.database.postgres.sequences import States


class Level(StrEnum):
    """Which state."""

    BASE = "base"
    """After migrations, seed and sign-in."""
    ARRANGED = "arranged"
    """After an experiment's arrangement."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What an undo did."""

    rows: int
    """Rows deleted and inserted; 0 where the database was cloned."""
    seconds: float
    cloned: str = ""
    """Why the database was cloned anew, which ended the service's sessions; empty where not."""


@dataclass(slots=True)
class Mark:
    """A state to come back to: a database to clone, and how the state differs from it."""

    snapshot: str
    since: Delta = field(default_factory=Delta)
    sequences: States = field(default_factory=dict)
    large_objects: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at the database told."""

    taint: str | None
    """What was done that no trigger can record, DDL for one; None where nothing was."""
    large_objects: str
    entries: list[Entry]
    sequences: States

    def lost(self, since: Mark) -> str:
        """Why rows alone do not lead back to a mark, empty where they do."""
        if self.taint:
            return self.taint
        return "a large object was written" if self.large_objects != since.large_objects else ""
