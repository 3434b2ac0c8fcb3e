"""What a run tells its reporters, in order. Reporters are pure writers over this stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from seamproof.core.profile import Profile
from seamproof.core.verdict import Acceptance, Finding, FindingClass, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first event: what is about to be exercised."""

    target: str
    version: str
    seed: int
    checks: tuple[str, ...]
    operations: tuple[str, ...]
    classes: tuple[FindingClass, ...] = ()
    """Every class that the checks can find, for reporters to explain findings with."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the set-up has begun, or (with `seconds`) is done."""

    name: str
    detail: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know and that is no finding."""

    text: str
    hint: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class BoundaryStatus:
    """Whether a boundary saw the marker that was sent through it at the start."""

    name: str
    sighted: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ProfileLearned:
    """What the service's equal runs differ in; `changed` says how it differs from the stored."""

    profile: Profile
    path: str = ""
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """Whether an operation's scenario answers as it must, and what it changes."""

    operation: str
    reached: bool
    reason: str = ""
    risk: float = 0.0
    tables: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    """What the risk is made of, the heaviest first."""
    tried: bool = True
    """False where there was no time to see whether it is reached."""


@dataclass(frozen=True, slots=True)
class JobStarted:
    """A check begins on an operation."""

    operation: str
    check: str


@dataclass(frozen=True, slots=True)
class ExperimentRun:
    """One experiment was run, for progress."""

    operation: str
    check: str
    purpose: str
    seconds: float


@dataclass(frozen=True, slots=True)
class VerdictReached:
    """One verdict of a check; a check may give several on one operation."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class JobFinished:
    """A check is done with an operation."""

    operation: str
    check: str
    outcome: Outcome
    reason: str = ""
    experiments: int = 0
    seconds: float = 0.0
    whole: bool = True
    """Whether it came to its end; False where there was no time for that."""


@dataclass(frozen=True, slots=True)
class FindingReported:
    """A finding, once per defect."""

    finding: Finding
    accepted: Acceptance | None = None
    """Why it is lived with, where the project's baseline file says so."""


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The last event, also of an interrupted run. Accepted findings are counted apart."""

    proven: int
    suspected: int
    notes: int
    inconclusive: int
    experiments: int
    seconds: float
    interrupted: bool = False
    crashed: str = ""
    """What failed in seamproof itself."""
    exit_code: int = 0
    accepted: int = 0
    """Findings of any tier that the project's baseline file accepts."""


Event: TypeAlias = (
    RunStarted
    | Stage
    | Notice
    | BoundaryStatus
    | ProfileLearned
    | Baseline
    | JobStarted
    | ExperimentRun
    | VerdictReached
    | JobFinished
    | FindingReported
    | RunFinished
)
