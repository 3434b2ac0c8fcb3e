"""What we do to the service: pure data, so that it can be stored, minimised, replayed and sent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from seamproof.core.model import Scenario, Step


class BoundaryKind(StrEnum):
    """The seams that we sit on."""

    HTTP_IN = "http-in"
    SQL = "sql"
    HTTP_OUT = "http-out"
    CACHE = "cache"
    QUEUE = "queue"


class FaultKind(StrEnum):
    """What may go wrong at a crossing."""

    ERROR = "error"
    """The other side answers an error: for SQL, one with `sqlstate`, raised on the backend; for a
    call, one with `status`."""
    CUT = "cut"
    """The connection is lost before the crossing reaches the other side."""
    REPLY_LOST = "reply-lost"
    """The other side does its work, and the connection is lost before its reply arrives."""
    REFUSED = "refused"
    """A new connection is refused: for SQL, with `sqlstate` 53300."""
    STALL = "stall"
    """The other side takes a call and does not answer while the client waits."""
    TRUNCATED = "truncated"
    """The answer to a call ends in the middle of its body."""
    MALFORMED = "malformed"
    """The answer to a call claims success, and its body is not what its type says."""
    TAINTED = "tainted"
    """The answer to a call has `text` in the place of a text that it had."""
    REDIRECTED = "redirected"
    """A call is answered by 302 and `text` as the place to go to, of which `{sinkhole}` is the port
    of ours that takes what it is asked."""
    ABANDONED = "abandoned"
    """The client goes away when the crossing comes; the service may notice, or go on."""
    KILLED = "killed"
    """The service's process is killed when it has sent the crossing: the other side does its work,
    and nobody takes the reply."""


NOBODY = ""
"""As the identity of an act: it is sent with no credentials."""

INTERRUPTIONS = frozenset({FaultKind.ABANDONED, FaultKind.KILLED})
"""What befalls the client or the process, and not the crossing itself."""


@dataclass(frozen=True, slots=True)
class CrossingKey:
    """Names a crossing across runs: its normalised statement, and which occurrence of it.

    Never an ordinal over all statements: counts drift by one or two between equal runs.
    """

    shape: str
    occurrence: int = 1
    boundary: BoundaryKind = BoundaryKind.SQL


@dataclass(frozen=True, slots=True)
class Fault:
    """A declared perturbation at a crossing."""

    kind: FaultKind
    at: CrossingKey
    sqlstate: str | None = None
    status: int | None = None
    """What a call is answered with."""
    place: str = ""
    """Which text of a JSON answer is tainted, as `$.items[].id`; empty means every one."""
    text: str = ""
    """What stands there then, or where a redirect leads."""

    @property
    def label(self) -> str:
        """A short name: `error 40001`, `error 503`, `cut`, `reply-lost`."""
        code = self.sqlstate or self.status
        return f"{self.kind} {code}" if code else str(self.kind)


class Credential(StrEnum):
    """What is wrong with the credential that an act is sent with. Who signs in knows how."""

    MALFORMED = "malformed"
    """It is none at all, in the place of one."""
    TAMPERED = "tampered"
    """Something in it was changed, under the signature of before."""
    UNSIGNED = "unsigned"
    """A JSON Web Token that says `alg: none`."""
    WRONG_KEY = "signed with another key"
    WEAK_KEY = "signed with a key that everybody knows"
    PUBLIC_KEY = "signed with the public key"
    """The half of the service's key that everybody may know, taken for a secret."""
    BROUGHT_KEY = "signed with a key that it brings along"
    """In its own header, which nobody may believe."""
    NAMED_KEY = "signed with an empty file that it names as its key"
    """By `kid`, as a path."""
    EXPIRED = "expired"
    OTHER_AUDIENCE = "for another audience"
    REUSED = "reused"
    """Nothing, but that its session was ended before."""
    OCTETS = "followed by octets that no credential has"
    """Which HTTP allows in a header, and whoever reads it must refuse, not fail on."""


@dataclass(frozen=True, slots=True)
class Act:
    """A step as it is sent in an experiment."""

    step: Step
    replica: int = 0
    identity: str | None = None
    """Overrides the step's own identity, for replays as somebody else, or as `NOBODY`."""
    headers: dict[str, str] = field(default_factory=dict)
    """Added to the step's own."""
    fresh: int = 0
    """Acts of one step with different numbers send fresh values (`{uuid}`) of their own: another
    request, where an equal number repeats the same bytes."""
    raw: bytes | None = None
    """The exact bytes to send in place of the request, for malformed ones."""
    body: bytes | None = None
    """The body to send in place of the step's, with the step's own headers. References in it mean
    what they do in a step: `"{order}"` is the value as JSON, `{order}` its text."""

    credential: Credential | None = None
    """What is wrong with the sender's credential; None sends it as it is."""

    @property
    def sender(self) -> str:
        """Whose credentials it is sent with; `NOBODY` for none."""
        return (self.step.identity or NOBODY) if self.identity is None else self.identity


@dataclass(frozen=True, slots=True)
class RowEdit:
    """A row inserted, updated or deleted directly. Columns hold text, as the server prints it."""

    table: str
    old: dict[str, str | None] | None = None
    new: dict[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One act goes on while every other stands still, up to a crossing of its own or to its end."""

    act: int
    """Its index in the phase."""
    until: CrossingKey | None = None
    """The crossing that it stops before; None runs it to its end."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The order in which the crossings of overlapping acts are released."""

    holds: tuple[tuple[int, CrossingKey], ...] = ()
    """Each holds an act (its index in the phase) before a crossing until the act has its answer."""
    turns: tuple[Turn, ...] = ()
    """Who goes on, in order. An act is sent when its first turn begins. What is left when the turns
    are over runs to its end, in the order of the acts. A turn that waits for a lock of an act that
    stands still is broken off: the holder goes on to its end first."""

    @property
    def preemptions(self) -> int:
        """How often an act is stopped before its end."""
        return sum(turn.until is not None for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Phase:
    """Acts that overlap, with the faults and the schedule that they meet."""

    acts: tuple[Act, ...]
    faults: tuple[Fault, ...] = ()
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What else an experiment asks of its world."""

    isolation: str | None = None
    wait: float = 0.0
    """Seconds of silence before the first phase, so that clocks of one-second resolution move."""
    extra_quiet: float = 0.0
    """Seconds to go on listening after a phase is quiet, to see background work."""
    watched: bool = False
    """Wait behind each phase until the processes sleep: what they do there may end them."""
    fresh_process: bool = False
    """Use processes that have neither met a fault nor failed since they were started."""
    fresh_sequences: bool = False
    """Move each sequence to a base never used before, for services that remember ids."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """An arrangement and its ordered phases. Every experiment starts from the same state."""

    phases: tuple[Phase, ...]
    arrangement: tuple[Step, ...] = ()
    edits: tuple[RowEdit, ...] = ()
    """Written when everything is arranged; what the arrangement made keeps its ids meanwhile."""
    settings: Settings = Settings()
    purpose: str = ""
    """What it is for, in a few words: shown in progress and kept in evidence."""

    @classmethod
    def of(
        cls, scenario: Scenario, *, faults: tuple[Fault, ...] = (), purpose: str = ""
    ) -> Experiment:
        """The scenario's act, once, under the given faults."""
        phase = Phase((Act(scenario.act),), faults)
        return cls((phase,), scenario.arrangement, purpose=purpose)

    def then(self, *phases: Phase) -> Experiment:
        """The same with phases added, without a reset between them."""
        return replace(self, phases=self.phases + phases)
