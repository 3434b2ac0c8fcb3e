"""What a run adds up to: the figures of its last event, and its exit code."""

from __future__ import annotations

from dataclasses import dataclass, field

from seamproof.core.errors import ExitCode
from seamproof.core.events import (
    Baseline,
    Event,
    ExperimentRun,
    FindingReported,
    JobFinished,
    JobStarted,
)
from seamproof.core.verdict import Outcome, Tier


@dataclass(slots=True)
class Tally:
    """Counts the events of a run, whatever world they come from."""

    experiments: int = 0
    inconclusive: int = 0
    refusals: dict[str, str] = field(default_factory=dict)
    """Why an operation is not reached, by its id."""
    exercised: bool = False
    """Whether any check was begun."""
    crashes: list[str] = field(default_factory=list)
    """Tracebacks of what failed in us."""
    accepted: int = 0
    """Findings that the project lives with."""
    _tiers: list[Tier] = field(default_factory=list)

    def on_event(self, event: Event) -> None:
        """Count one event."""
        match event:
            case JobStarted():
                self.exercised = True
            case ExperimentRun():
                self.experiments += 1
            case Baseline(reached=False):
                self.refusals[event.operation] = event.reason
            case JobFinished(outcome=Outcome.INCONCLUSIVE):
                self.inconclusive += 1
            case FindingReported(accepted=None):
                self._tiers.append(event.finding.tier)
            case FindingReported():
                self.accepted += 1
            case _:
                pass

    def of(self, tier: Tier) -> int:
        """How many findings are of a tier, without those that are accepted."""
        return self._tiers.count(tier)

    def exit_code(self, *, strict: bool) -> ExitCode:
        """How a run that came to its end ends."""
        if self.crashes:
            return ExitCode.OUR_BUG
        if self.of(Tier.PROVEN):
            return ExitCode.PROVEN
        if not self.exercised:
            return ExitCode.NOTHING_EXERCISED
        return ExitCode.INCONCLUSIVE if strict and self.inconclusive else ExitCode.NOTHING_PROVEN
