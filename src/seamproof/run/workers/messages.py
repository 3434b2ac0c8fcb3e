"""What a run and its workers say to each other: one JSON object a line, `{"Job": {...}}`.

    run     Begin, Brief, Job ..., Enough       end of file: stop, and clean up
    worker  Ready, Result ..., and events and Refused at any time; end of file: it has cleaned up

A worker shares nothing else with the run but the configuration's file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from seamproof.core import codec, errors
from seamproof.core.errors import SeamproofError
from seamproof.core.events import Event, ExperimentRun, JobStarted, Notice
from seamproof.core.experiment import BoundaryKind
from seamproof.core.model import Json
from seamproof.core.profile import Profile
from seamproof.core.subject import Job, Knowledge, Result

LONGEST = 1 << 28
"""Bytes of a message: evidence is bounded for each exchange, and a result has many."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Open a world. It is the first message."""

    logs: str
    """Where logs are kept if it fails: a folder of the project."""
    boundaries: frozenset[BoundaryKind]
    """Those that saw the marker in the run's own world, and must see it in this one."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Brief:
    """What all jobs have in common, once the run has learned it. It comes before the first job."""

    profile: Profile
    """What is normal for the service."""
    knowledge: Knowledge = Knowledge()
    """What their subjects have in common."""
    peers: dict[str, Json] = field(default_factory=dict)
    """Identities beside the configured ones, as the configuration writes them."""
    until: float | None = None
    """When the budget is spent: a time of the machine's monotonic clock, which processes share."""


@dataclass(frozen=True, slots=True)
class Enough:
    """There is no job any more: prove the reset, and close the world."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The world is open, and jobs may come."""

    seconds: float
    """What it took to open it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The worker cannot go on. What comes next is the end of its output."""

    error: str
    """The class of the error; empty for a failure of ours."""
    problem: str
    hint: str = ""
    details: tuple[str, ...] = ()
    traceback: str = ""
    """Where we failed, secrets redacted."""

    @property
    def ours(self) -> bool:
        """Whether seamproof itself failed."""
        return self.error not in _ERRORS

    def as_error(self) -> SeamproofError:
        """The error as it was raised over there."""
        kind = _ERRORS.get(self.error, errors.Bug)
        return kind(self.problem, hint=self.hint, details=self.details)


Order: TypeAlias = Begin | Brief | Job | Enough
Answer: TypeAlias = Ready | Result | Refused | Event

_KINDS: dict[str, Any] = {
    each.__name__: each
    for each in (
        *(Begin, Brief, Job, Enough),
        *(Ready, Result, Refused, Notice, JobStarted, ExperimentRun),
    )
}
_ERRORS: dict[str, type[SeamproofError]] = {
    each.__name__: each
    for each in (
        errors.ConfigurationError,
        errors.SafetyError,
        errors.ServiceError,
        errors.DatabaseError,
        errors.MachineError,
    )
}


def refusal(error: SeamproofError) -> Refused:
    """An error that a person reads, as data."""
    return Refused(type(error).__name__, error.problem, error.hint, error.details)


def encode(message: Order | Answer) -> bytes:
    """One line."""
    return b'{"%s": %s}\n' % (type(message).__name__.encode(), codec.dump(message))


def decode(line: bytes) -> Any:
    """The message of one line. Raises ValueError for what is none."""
    data: Any = json.loads(line)
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError("not an object with one key")
    ((name, value),) = data.items()
    if name not in _KINDS:
        raise ValueError(f"no message is called {name!r}")
    return codec.load(_KINDS[name], json.dumps(value))
