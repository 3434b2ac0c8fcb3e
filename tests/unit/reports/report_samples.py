"""Events of a small run, built by hand."""

from __future__ import annotations

from dataclasses import replace

from seamproof.core.events import (
    Baseline,
    BoundaryStatus,
    Event,
    ExperimentRun,
    FindingReported,
    JobFinished,
    JobStarted,
    Notice,
    ProfileLearned,
    RunFinished,
    RunStarted,
    Stage,
    VerdictReached,
)
from seamproof.core.experiment import (
    Act,
    BoundaryKind,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
)
from seamproof.core.history import (
    Crossing,
    CrossingKind,
    Exchange,
    Request,
    Response,
    RowChange,
    Silence,
    TransactionStatus,
)
from seamproof.core.model import Operation, Step
from seamproof.core.profile import Profile
from seamproof.core.verdict import (
    Control,
    Evidence,
    Finding,
    FindingClass,
    Outcome,
    Tier,
    Verdict,
    fingerprint,
)

PARTIAL = FindingClass(
    name="partial-state",
    title="a failure in {operation} leaves a part of its rows",
    consequence="{fault} at `{statement}`: the client was told {answer}",
    why="The writes do not commit together.",
    fix="Do all writes of {operation} in one transaction.",
)
STEP = Step(Operation("POST", "/orders"), identity="alice", json={"product": 7})
UPDATE = "UPDATE products SET stock = stock - $1 WHERE id = $2"
FAULT = Fault(FaultKind.ERROR, CrossingKey(UPDATE), "40001")


def crossing(
    statement: str, kind: CrossingKind = CrossingKind.WRITE, *, fault: Fault | None = None
) -> Crossing:
    return Crossing(
        CrossingKey(statement),
        kind,
        statement,
        replica=0,
        connection=1,
        started=0.001,
        ended=0.002,
        parameters=("1", None),
        before=TransactionStatus.OPEN,
        after=TransactionStatus.OPEN,
        fault=fault,
    )


CROSSINGS = (
    crossing("BEGIN", CrossingKind.BEGIN),
    crossing("INSERT INTO orders (product) VALUES ($1)"),
    crossing("COMMIT", CrossingKind.COMMIT),
    crossing(UPDATE, fault=FAULT),
)


CHARGE = CrossingKey("POST payments /charges", 1, BoundaryKind.HTTP_OUT)


def call(status: int | None, *, fault: Fault | None = None) -> Crossing:
    return Crossing(
        CHARGE,
        CrossingKind.CALL,
        "POST http://payments/charges",
        replica=0,
        connection=2,
        started=0.001,
        ended=None if status is None else 0.002,
        tag=None if status is None else str(status),
        fault=fault,
        request=Request("POST", "/charges", (("host", "payments"),), b"amount=\xff"),
        response=None if status is None else Response(status, (), b'{"id": 1}'),
    )


def exchange(status: int | None, body: bytes = b'{"detail": "failed"}') -> Exchange:
    response = Response(status, (("content-type", "application/json"),), body) if status else None
    return Exchange(
        Act(STEP),
        Request("POST", "/orders", (("host", "127.0.0.1"),), b'{"product": 7}'),
        sent=0.0,
        received=0.01,
        response=response,
        silence=None if status else Silence.CLOSED,
    )


ORDER = RowChange("orders", None, {"total": "40.00", "id": "10001", "note": None, "user_id": "3"})
STOCK = RowChange("products", {"id": "7", "stock": "10"}, {"id": "7", "stock": "8"})

EVIDENCE = Evidence(
    experiment=Experiment((Phase((Act(STEP),), (FAULT,)),)),
    control=Control("the same act with no fault", exchange(201), (ORDER, STOCK)),
    exchanges=(exchange(500), exchange(201, b'{"id": 10002}')),
    crossing=CROSSINGS[3],
    crossings=CROSSINGS,
    left=(ORDER,),
    expected=(ORDER, STOCK),
    masked=("orders.created_at",),
    facts={"fault": "error 40001", "statement": UPDATE, "answer": "500", "retry": None},
)

FINDING = Finding(
    fingerprint("rollback", "partial-state", "POST /orders", "orders", UPDATE),
    "rollback",
    "partial-state",
    Tier.PROVEN,
    "POST /orders",
    BoundaryKind.SQL,
    (3, 3),
    EVIDENCE,
)


def changed(finding: Finding = FINDING, **evidence: object) -> Finding:
    """The finding with other evidence."""
    return replace(finding, evidence=replace(finding.evidence, **evidence))  # type: ignore[arg-type]


STARTED = RunStarted(
    "/app/seamproof.toml",
    "1.2.3",
    7,
    ("rollback", "trace"),
    ("POST /orders", "GET /orders", "POST /refunds"),
    (PARTIAL,),
)

FINISHED = RunFinished(
    proven=1,
    suspected=0,
    notes=0,
    inconclusive=1,
    experiments=2,
    seconds=1.25,
    exit_code=1,
)

EVENTS: tuple[Event, ...] = (
    STARTED,
    Stage("database", "PostgreSQL 18.6"),
    Stage("database", "PostgreSQL 18.6", 0.4),
    BoundaryStatus("http-in", True),
    BoundaryStatus("sql", True),
    BoundaryStatus("http-out", False),
    Notice("the profile is new", "review it", warning=True),
    ProfileLearned(
        Profile(frozenset({"orders.created_at"}), audit=frozenset({"audit"})),
        ".seamproof/profile.toml",
        ("orders.created_at is volatile",),
    ),
    Baseline("POST /orders", True, risk=3.5, tables=("orders", "products")),
    Baseline("GET /orders", True),
    Baseline("POST /refunds", False, "answered 404"),
    JobStarted("POST /orders", "rollback"),
    ExperimentRun("POST /orders", "rollback", "error 40001", 0.02),
    ExperimentRun("POST /orders", "rollback", "cut", 0.02),
    VerdictReached(Verdict(Outcome.VIOLATED, "rollback", "POST /orders")),
    FindingReported(FINDING),
    JobFinished("POST /orders", "rollback", Outcome.VIOLATED, "", 2, 0.04),
    JobFinished("POST /orders", "trace", Outcome.HELD, "12 histories", 0, 0.0),
    JobFinished("GET /orders", "rollback", Outcome.SKIPPED, "it changes nothing", 0, 0.0),
    JobFinished("GET /orders", "trace", Outcome.INCONCLUSIVE, "the service was busy", 0, 0.0),
    FINISHED,
)
