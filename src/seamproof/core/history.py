"""What was seen: the ordered, timestamped record of one experiment.

All times are seconds on one monotonic clock since the experiment's first act was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from seamproof.core.experiment import Act, BoundaryKind, CrossingKey, Experiment, Fault

Row = dict[str, str | None]
"""A row: column name to its text as the server prints it under pinned settings; None is NULL."""


class CrossingKind(StrEnum):
    """What a crossing does to transactions and rows."""

    CONNECT = "connect"
    BEGIN = "begin"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    SAVEPOINT = "savepoint"
    READ = "read"
    WRITE = "write"
    COPY = "copy"
    SESSION = "session"
    """SET, SHOW, DISCARD, LISTEN and the like: nothing that a transaction keeps."""
    CALL = "call"
    """A request to another service."""
    OTHER = "other"


class TransactionStatus(StrEnum):
    """ReadyForQuery's status byte (PostgreSQL protocol, section 54.7)."""

    IDLE = "I"
    OPEN = "T"
    FAILED = "E"


@dataclass(frozen=True, slots=True)
class Crossing:
    """One thing that crossed a boundary: a statement, a COMMIT, an outbound call."""

    key: CrossingKey
    kind: CrossingKind
    statement: str
    replica: int
    connection: int
    """Our number of the connection; unique in a world."""
    started: float
    ended: float | None = None
    """When the answer was complete; None where none came."""
    parameters: tuple[str | None, ...] = ()
    """Bound values as text; `\\x` and hex where one is in binary format and of a type that is not
    known. Redacted where they are secrets."""
    backend: int | None = None
    """The server's process id."""
    tag: str | None = None
    """The command tag, `UPDATE 1`; a COMMIT that answers `ROLLBACK` did not commit."""
    sqlstate: str | None = None
    message: str | None = None
    before: TransactionStatus | None = None
    after: TransactionStatus | None = None
    fault: Fault | None = None
    """The fault that was injected here."""
    request: Request | None = None
    """Of a call: what the service sent, bounded and with secrets redacted."""
    response: Response | None = None
    """Of a call: what it was answered; None where it got no whole answer."""
    canaries: tuple[str, ...] = ()
    """Of a statement: those in the rows that it was answered with."""

    @property
    def boundary(self) -> BoundaryKind:
        """The seam that it crossed."""
        return self.key.boundary


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent, secrets redacted."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, bounded and with secrets redacted."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False

    @property
    def ok(self) -> bool:
        """Whether it claims success."""
        return 200 <= self.status < 300


class Silence(StrEnum):
    """Why there is no response."""

    REFUSED = "refused"
    CLOSED = "closed"
    TIMEOUT = "timeout"
    ABANDONED = "abandoned"
    """The client went away before there was an answer."""
    GARBAGE = "garbage"
    """Bytes that are no HTTP/1.1 response."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An act, the request that it became, and the response or why there is none."""

    act: Act
    request: Request
    sent: float
    received: float
    response: Response | None = None
    silence: Silence | None = None

    @property
    def ok(self) -> bool:
        """Whether the client was told that it succeeded."""
        return self.response is not None and self.response.ok

    @property
    def status(self) -> int | None:
        """The response's status, None where there was no response."""
        return None if self.response is None else self.response.status


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row inserted (`old` is None), deleted (`new` is None) or updated."""

    table: str
    """Qualified where it is not in the first schema of the search path."""
    old: Row | None
    new: Row | None
    transaction: str = ""
    backend: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """The rows that changed since the arrangement, each change as it was made, in no order."""

    rows: tuple[RowChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def tables(self) -> frozenset[str]:
        """The tables that were written."""
        return frozenset(change.table for change in self.rows)


class DisturbanceKind(StrEnum):
    """What happened in a phase beside the acts, that a verdict must know of."""

    NOT_REACHED = "not-reached"
    """A fault or a hold whose crossing did not come."""
    NOT_QUIET = "not-quiet"
    """The service went on working beyond the limit."""
    BACKEND_ENDED = "backend-ended"
    """A transaction was still open at the end, and was ended by us."""
    SERVICE_DIED = "service-died"
    RESET_BY_CLONE = "reset-by-clone"
    ARRANGEMENT_FAILED = "arrangement-failed"
    """A step of the arrangement did not answer as expected; the phases did not run."""
    BLOCKED = "blocked"
    """An act whose turn it was waited for a lock of one that stood still."""
    BLOCKED_OUTSIDE = "blocked-outside"
    """An act whose turn it was neither crossed, answered nor waited for a lock in the database."""
    OURS = "ours"
    """A failure of seamproof itself."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One such happening and what is known of it."""

    kind: DisturbanceKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One phase of an experiment as it was seen."""

    exchanges: tuple[Exchange, ...]
    crossings: tuple[Crossing, ...] = ()
    changes: Changes = Changes()
    """Net of nothing: all changes since the arrangement, those of earlier phases included."""
    disturbances: tuple[Disturbance, ...] = ()
    quiet: float = 0.0
    """Seconds from the last response to silence on every boundary."""
    open_backends: tuple[int, ...] = ()
    """The backends that were still in a transaction then."""

    @property
    def exchange(self) -> Exchange:
        """The only exchange of a phase with one act."""
        (exchange,) = self.exchanges
        return exchange

    def disturbed(self, *kinds: DisturbanceKind) -> Disturbance | None:
        """The first disturbance of one of these kinds."""
        return next((each for each in self.disturbances if each.kind in kinds), None)


@dataclass(frozen=True, slots=True)
class Timing:
    """Where an experiment's seconds went."""

    reset: float = 0.0
    arrange: float = 0.0
    service: float = 0.0
    """From sending an act to its response."""
    quiet: float = 0.0
    changes: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class History:
    """The append-only record of one experiment, one section per phase."""

    experiment: Experiment
    sections: tuple[Section, ...]
    arranged: tuple[Exchange, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    """Of the reset and the arrangement, before the first phase."""
    timing: Timing = field(default_factory=Timing)
    prepared: Changes = Changes()
    """The rows that the arrangement wrote, before the edits."""

    @property
    def section(self) -> Section:
        """The first phase's section. Raises IndexError where the arrangement failed."""
        return self.sections[0]

    def disturbed(self, *kinds: DisturbanceKind) -> Disturbance | None:
        """The first disturbance of one of these kinds, before or in any phase."""
        everything = self.disturbances + tuple(d for s in self.sections for d in s.disturbances)
        return next((each for each in everything if each.kind in kinds), None)
