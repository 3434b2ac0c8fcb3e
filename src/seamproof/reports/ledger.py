"""What a run's events add up to: every operation by every check, the findings, the counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from seamproof.core.events import (
    Baseline,
    BoundaryStatus,
    Event,
    FindingReported,
    JobFinished,
    RunFinished,
    RunStarted,
    VerdictReached,
)
from seamproof.core.model import SAFE_METHODS
from seamproof.core.verdict import Acceptance, Finding, FindingClass, Outcome, Verdict

ENDED_BEFORE = "the run ended before it"
PARTLY = "it held where it was judged, and the run ended before the other scenarios"
_JUDGED = frozenset({Outcome.HELD, Outcome.VIOLATED})


@dataclass(slots=True)
class Entry:
    """What one check says of one operation so far."""

    outcome: Outcome = Outcome.NOT_RUN
    reasons: list[str] = field(default_factory=list)

    def merge(self, outcome: Outcome, reason: str) -> None:
        """Take another outcome: the worst wins, with its own reasons only."""
        if outcome.rank > self.outcome.rank:
            self.outcome, self.reasons = outcome, []
        if outcome is self.outcome and reason and reason not in self.reasons:
            self.reasons.append(reason)

    @property
    def reason(self) -> str:
        """Why, in one line; empty where nothing needs to be said."""
        return "; ".join(self.reasons)


@dataclass(slots=True)
class OperationRecord:
    """One operation: whether a request reached it, and what each check says."""

    id: str
    baseline: Baseline | None = None
    finished: dict[str, Entry] = field(default_factory=dict)
    """By check, from jobs that came to their end."""
    verdicts: dict[str, Entry] = field(default_factory=dict)
    """By check, from single verdicts: what is known of a job that did not."""
    experiments: int = 0
    seconds: float = 0.0
    scenarios: int = 0
    """Scenarios that reached it: each is a job of every check."""
    cut: set[str] = field(default_factory=set)
    """Checks that there was no time for to the end, whatever they have found until then."""
    jobs: Counter[str] = field(default_factory=Counter)
    """By check, how many have come to their end."""

    def on_baseline(self, event: Baseline) -> None:
        """Take one scenario's baseline: the operation is reached where any of them reaches it."""
        self.scenarios += event.reached
        known = self.baseline
        if known is None or not known.reached:
            self.baseline = event
        elif event.reached:
            tables = tuple(sorted({*known.tables, *event.tables}))
            riskier = max(known, event, key=lambda each: each.risk)
            self.baseline = replace(riskier, tables=tables)


class Ledger:
    """Takes the events of one run and keeps their sum."""

    def __init__(self) -> None:
        self.started: RunStarted | None = None
        self.ended: RunFinished | None = None
        self.operations: dict[str, OperationRecord] = {}
        self.checks: list[str] = []
        self.boundaries: dict[str, BoundaryStatus] = {}
        self.classes: dict[str, FindingClass] = {}
        self.findings: list[Finding] = []
        self.accepted: dict[str, Acceptance] = {}
        """By fingerprint, why a finding is lived with."""

    def on_event(self, event: Event) -> None:
        """Add one event."""
        match event:
            case RunStarted():
                self.started = event
                self.checks = list(event.checks)
                self.classes = {each.name: each for each in event.classes}
                for name in event.operations:
                    self.operation(name)
            case BoundaryStatus():
                self.boundaries[event.name] = event
            case Baseline():
                self.operation(event.operation).on_baseline(event)
            case VerdictReached():
                self._on_verdict(event.verdict)
            case JobFinished():
                self._on_job(event)
            case FindingReported():
                self.findings.append(event.finding)
                if event.accepted is not None:
                    self.accepted[event.finding.fingerprint] = event.accepted
            case RunFinished():
                self.ended = event
            case _:
                pass

    def operation(self, name: str) -> OperationRecord:
        """Return the record of an operation, opened when it is first named."""
        return self.operations.setdefault(name, OperationRecord(name))

    def _on_verdict(self, verdict: Verdict) -> None:
        if verdict.operation not in self.operations:
            # A route that nobody declares, or an operation that is gone: it is a finding only.
            return
        entry = self.operation(verdict.operation).verdicts.setdefault(verdict.check, Entry())
        entry.merge(verdict.outcome, verdict.reason)

    def _on_job(self, job: JobFinished) -> None:
        if job.check not in self.checks:
            self.checks.append(job.check)
        record = self.operation(job.operation)
        record.finished.setdefault(job.check, Entry()).merge(job.outcome, job.reason)
        record.jobs[job.check] += 1
        if not job.whole:
            record.cut.add(job.check)
        record.experiments += job.experiments
        record.seconds += job.seconds

    def entry(self, operation: str, check: str) -> Entry:
        """Return what a check says of an operation; where it did not run, why not."""
        record = self.operations[operation]
        if check in record.finished:
            entry = record.finished[check]
            left = self.ended is not None and record.jobs[check] < record.scenarios
            if entry.outcome is Outcome.HELD and left:
                return Entry(Outcome.INCONCLUSIVE, [PARTLY])
            return entry
        if check in record.verdicts:
            seen = record.verdicts[check]
            # A job that was cut off may have judged only a part: that is no pass.
            held = seen.outcome is Outcome.HELD
            return Entry(Outcome.INCONCLUSIVE, [ENDED_BEFORE]) if held else seen
        if record.baseline is not None and not record.baseline.reached:
            return Entry(Outcome.NOT_RUN, [record.baseline.reason or "no baseline"])
        return Entry(Outcome.NOT_RUN, [ENDED_BEFORE])

    @property
    def exercised(self) -> bool:
        """Whether any check said anything, or any operation was tried."""
        return any(
            each.baseline or each.finished or each.verdicts for each in self.operations.values()
        )

    def complete(self, operation: str) -> bool:
        """Whether every check has come to its end on each scenario of an operation."""
        record = self.operations[operation]
        wanted = max(1, record.scenarios)
        return bool(self.checks) and all(record.jobs[check] >= wanted for check in self.checks)

    @property
    def riskiest(self) -> list[str]:
        """The operations, the riskiest first; those that are equal in the order they came in."""
        return sorted(self.operations, key=lambda name: -self.risk(name))

    def risk(self, operation: str) -> float:
        """The risk of an operation. One that no request reached has the mean of its likes."""
        own = self.operations[operation].baseline
        if own is not None and (own.reached or own.risk):
            return own.risk
        alike = [
            each.baseline.risk
            for each in self.operations.values()
            if each.baseline is not None
            and each.baseline.reached
            and _reads(each.id) is _reads(operation)
        ]
        return sum(alike) / len(alike) if alike else 0.0

    def confidence(self) -> float:
        """The share of the risk that was judged, from 0 to 1.

        Each operation weighs 1 + its risk; it counts by the share of the checks that concern it
        (all but those skipped) which came to their end with a verdict.
        """
        judged = whole = 0.0
        for name, record in self.operations.items():
            weight = 1.0 + self.risk(name)
            outcomes = {check: self.entry(name, check).outcome for check in self.checks}
            concerned = [check for check, each in outcomes.items() if each is not Outcome.SKIPPED]
            if outcomes and not concerned:
                continue
            whole += weight
            ended = [c for c in concerned if outcomes[c] in _JUDGED and c not in record.cut]
            if concerned:
                judged += weight * len(ended) / len(concerned)
        return judged / whole if whole else 0.0

    def share(self) -> tuple[int, int]:
        """Return how many operations have a baseline, of how many."""
        reached = [each for each in self.operations.values() if each.scenarios]
        return len(reached), len(self.operations)


def _reads(operation: str) -> bool:
    return operation.partition(" ")[0] in SAFE_METHODS
