"""What an exploration is about, and the jobs that explorations are distributed as."""

from __future__ import annotations

from dataclasses import dataclass, field

from seamproof.core.access import Access, AuthorizationPolicy
from seamproof.core.catalog import Catalog, Stored
from seamproof.core.document import Declaration, Document
from seamproof.core.experiment import BoundaryKind, Credential
from seamproof.core.model import IdempotencyPolicy, Identity, Operation, Scenario
from seamproof.core.probe import Probe
from seamproof.core.profile import Profile
from seamproof.core.verdict import Outcome, Verdict


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
    replicas: int = 2
    """How many copies of the service there are: overlapping acts need one each."""
    partners: tuple[Scenario, ...] = ()
    """Other scenarios that touch what this one does: its act may overlap with theirs."""
    identities: tuple[Identity, ...] = ()
    """Everybody who may ask, as the configuration names them."""
    idempotency: IdempotencyPolicy = IdempotencyPolicy()
    """What the service promises of idempotency keys."""
    refusals: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """By the shape of a call, the statuses that the other side is known to refuse with."""
    spared: frozenset[str] = frozenset()
    """Shapes of statements that every request makes alike, and that fail in another job."""
    alone: str = ""
    """Why there are fewer than two identities; empty where there are two."""
    document: Document | None = None
    """What the service declares of itself; None where it has no document."""
    stored: Stored = field(default_factory=dict)
    """Some rows of the state that every experiment starts from."""
    reads: tuple[Scenario, ...] = ()
    """Reads that need no arrangement, as lists: what an identity sees without knowing an id."""
    probes: tuple[Probe, ...] = ()
    """Invalid requests of the operation."""
    undeclared: tuple[Operation, ...] = ()
    """Routes of the service's code that its document does not declare: one subject has them."""
    authorization: AuthorizationPolicy = AuthorizationPolicy()
    """What the configuration says of who may do what."""
    access: Access = Access()
    """Who was let in to what, at every operation that was asked."""
    credentials: dict[str, tuple[Credential, ...]] = field(default_factory=dict)
    """By identity, what may be wrong with its credential."""
    former: Document | None = None
    """What the document promised when a person last looked at it; None where nobody kept it."""
    leads: frozenset[str] = frozenset()
    """The checks for which this subject is the first: what is of the whole service is told once."""
    landing: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By a field of the act, as `body /items/0/product`, the table and column that it is written
    to in a run that succeeds."""
    calls_anybody: tuple[str, ...] = ()
    """Operations, as `POST /webhooks`, that are meant to call what their users name."""
    makers: tuple[Scenario, ...] = ()
    """Of a read: scenarios whose act adds rows to what it reads, behind the arrangement of it."""

    @property
    def operation(self) -> Operation:
        """The operation of the scenario's act."""
        return self.scenario.operation

    @property
    def declaration(self) -> Declaration | None:
        """What the document says of the operation; None where it says nothing."""
        return None if self.document is None else self.document.declaration(self.operation)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What all subjects of a run have in common beside the profile, and every world must know."""

    document: Document | None = None
    reads: tuple[Scenario, ...] = ()
    """Reads that need no arrangement, as lists."""
    access: Access = Access()
    """Who was let in to what."""
    former: Document | None = None
    """What the document promised when a person last looked at it."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is scheduled and distributed: some checks on one scenario, independent of other jobs.

    All checks of a scenario are one job, because those that watch judge what the others provoke.
    """

    number: int
    """Its place among the jobs of a run, the riskiest first."""
    checks: tuple[str, ...]
    scenario: Scenario
    profile_hash: str
    """Names the profile that it is judged by, which travels once for all jobs."""
    boundaries: frozenset[BoundaryKind]
    """The boundaries that saw the marker: a world that sees less cannot do it."""
    disturbed: str = ""
    """Why no verdict on this scenario can be relied on; empty where one can."""
    deep: bool = False
    seed: int = 0
    partners: tuple[Scenario, ...] = ()
    """Other scenarios that its act may overlap with."""
    spared: frozenset[str] = frozenset()
    """Shapes of statements that every request makes alike, and that fail in another job."""
    alone: str = ""
    """Why there are fewer than two identities; empty where there are two."""
    undeclared: tuple[Operation, ...] = ()
    """Routes of the service's code that its document does not declare."""
    leads: frozenset[str] = frozenset()
    """The checks for which this is the first job."""
    landing: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The column that each field of the act is written to."""
    makers: tuple[Scenario, ...] = ()
    """Other scenarios whose act adds rows to what it reads."""

    @property
    def operation(self) -> str:
        """The id of the operation that it is about."""
        return self.scenario.operation.id


@dataclass(frozen=True, slots=True)
class Judged:
    """What one check of a job came to."""

    check: str
    verdicts: tuple[Verdict, ...]
    outcome: Outcome
    """The verdicts merged; a note counts as held."""
    reason: str = ""
    experiments: int = 0
    seconds: float = 0.0
    whole: bool = True
    """Whether it came to its end; False where there was no time for that."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a job came to."""

    job: int
    """The job's number."""
    judged: tuple[Judged, ...]
    """One for each check, in the order that they ran in."""
    seconds: float = 0.0
    """What it took; 0 where it did not come to its end."""
    crashes: tuple[str, ...] = ()
    """Tracebacks of what failed in us, secrets redacted."""
