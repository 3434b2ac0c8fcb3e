"""What was concluded: verdicts with their evidence as data. No sentence is built here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from seamproof.core.experiment import BoundaryKind, Experiment
from seamproof.core.history import Crossing, Exchange, RowChange


class Outcome(StrEnum):
    """What one check says of one operation. A later member outranks an earlier when they merge."""

    NOT_RUN = "not run"
    SKIPPED = "skipped"
    HELD = "held"
    INCONCLUSIVE = "inconclusive"
    VIOLATED = "violated"

    @property
    def rank(self) -> int:
        """Its place in the order of merging: the worst wins."""
        return list(Outcome).index(self)


class Tier(StrEnum):
    """How sure a finding is."""

    PROVEN = "proven"
    """Replayed 3 of 3 from a fresh state, with a passing control."""
    SUSPECTED = "suspected"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class FindingClass:
    """A kind of defect that a check can find, and what a person needs to know of it.

    `title` and `consequence` are templates over the evidence's facts, filled by reporters with
    `str.format_map`.
    """

    name: str
    title: str
    consequence: str
    why: str
    """How it comes about and what it costs: `seamproof explain` prints it."""
    fix: str
    example: str = ""
    """A short worked case, line by line: of overlapping requests in two columns. The indentation
    that all lines share is dropped."""
    boundary: BoundaryKind = BoundaryKind.SQL
    broken: str = "transaction"
    """What the terminal names as the broken boundary: transaction, SQL, authorization, …"""
    cwe: tuple[int, ...] = ()
    owasp: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Control:
    """The same thing done rightly in the same world."""

    description: str
    exchange: Exchange | None = None
    changes: tuple[RowChange, ...] = ()
    passed: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a reporter needs to show a verdict, and a reader to reproduce it."""

    experiment: Experiment | None = None
    """The minimal experiment that shows it."""
    control: Control | None = None
    controls: tuple[Control, ...] = ()
    """Every legal outcome, where there are several: the serial orders of overlapping acts."""
    exchanges: tuple[Exchange, ...] = ()
    """What the clients were told, in order: the act under the fault, then the retry."""
    crossing: Crossing | None = None
    """Where it went wrong."""
    crossings: tuple[Crossing, ...] = ()
    """The crossings around it, in order."""
    left: tuple[RowChange, ...] = ()
    """The rows that are there."""
    expected: tuple[RowChange, ...] = ()
    """The rows that a legal outcome has."""
    masked: tuple[str, ...] = ()
    """Columns and tables that the verdict did not look at, by the profile."""
    facts: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    """Values for the class's templates."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check concluded of its subject, or of one thing in it."""

    outcome: Outcome
    check: str
    operation: str
    reason: str = ""
    """Why it was skipped, is inconclusive, or under which limits it held."""
    finding_class: str = ""
    tier: Tier = Tier.SUSPECTED
    replays: tuple[int, int] = (0, 0)
    """How many replays showed it again, of how many."""
    table: str = ""
    shape: str = ""
    """The statement shape that identifies the defect."""
    evidence: Evidence = field(default_factory=Evidence)
    cause: str = ""
    """What is wrong in one place of the service and shows in several operations, as an error that
    nobody handles. Verdicts of one check and class with the same cause are one finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation, deduplicated, minimised and replayed."""

    fingerprint: str
    check: str
    finding_class: str
    tier: Tier
    operation: str
    boundary: BoundaryKind
    replays: tuple[int, int]
    evidence: Evidence
    also: tuple[str, ...] = ()
    """Other operations with the same cause, the riskiest first."""
    cause: str = ""
    """What they have in common; empty where the finding is of one operation."""

    @property
    def id(self) -> str:
        """The short name that a person types: `F-3a9c01`."""
        return f"F-{self.fingerprint[:6]}"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Why a finding is lived with, and by whose word. It is reported, and fails no run."""

    reason: str
    owner: str
    expires: date | None = None
    """The last day that it holds; None where it has no end."""


def fingerprint(check: str, finding_class: str, operation: str, table: str, shape: str) -> str:
    """Name a defect so that it keeps its name over runs.

    Never made of line numbers, ids or times. A cause that several operations share stands in
    `shape`, and the operation is empty. Returns 16 hexadecimal digits.
    """
    text = "\0".join((check, finding_class, operation, table, shape))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def merge(outcomes: list[Outcome]) -> Outcome:
    """One outcome for several: the worst; INCONCLUSIVE outranks HELD. Nothing merges to NOT_RUN."""
    return max(outcomes, key=lambda each: each.rank, default=Outcome.NOT_RUN)
