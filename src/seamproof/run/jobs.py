"""One operation: every check on it, each as a job, and what a run adds up of them."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seamproof.core.errors import ConfigurationError, ExitCode, SeamproofError
from seamproof.core.events import Event, ExperimentRun, JobFinished, JobStarted, VerdictReached
from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.protocols import Check, Exploration, Replays, Watches
from seamproof.core.registry import Part
from seamproof.core.subject import Subject
from seamproof.core.verdict import Finding, Outcome, Tier, Verdict, merge
from seamproof.run.conductor import Conductor
from seamproof.run.drive import Conduct, drive


@dataclass(slots=True)
class Tally:
    """What the last event says."""

    findings: dict[str, Finding] = field(default_factory=dict)
    """By fingerprint: two scenarios of one operation may show the same defect."""
    experiments: int = 0
    inconclusive: int = 0
    exercised: int = 0
    crashes: list[str] = field(default_factory=list)
    """Tracebacks of what failed in us."""

    def of(self, tier: Tier) -> int:
        """How many findings are of a tier."""
        return sum(finding.tier is tier for finding in self.findings.values())

    def exit_code(self, *, strict: bool) -> ExitCode:
        """How a run that came to its end ends."""
        if self.crashes:
            return ExitCode.OUR_BUG
        if self.of(Tier.PROVEN):
            return ExitCode.PROVEN
        if not self.exercised:
            return ExitCode.NOTHING_EXERCISED
        return ExitCode.INCONCLUSIVE if strict and self.inconclusive else ExitCode.NOTHING_PROVEN


class Jobs:
    """The checks of a run, on one subject after the other, in one world."""

    def __init__(
        self,
        conductor: Conductor,
        parts: dict[str, Part],
        tally: Tally,
        emit: Callable[[Event], None],
        replayed: Finding | None = None,
    ) -> None:
        self._conductor = conductor
        self._parts = parts
        self._tally = tally
        self._emit = emit
        self._replayed = replayed

    async def operation(self, subject: Subject) -> list[Verdict]:
        """Every check on one subject."""
        checks: dict[str, Check] = {
            name: part.implementation() for name, part in self._parts.items()
        }
        watched: dict[str, list[Verdict]] = {name: [] for name in checks}
        self._tally.exercised += 1

        def on_history(history: History) -> None:
            self._tally.experiments += 1
            for name, each in checks.items():
                if isinstance(each, Watches):
                    watched[name].extend(each.watch(subject, history))

        self._conductor.on_history = on_history
        verdicts: list[Verdict] = []
        # Checks that watch come last: their verdict is also about what the others provoked.
        for name in sorted(checks, key=lambda name: (isinstance(checks[name], Watches), name)):
            verdicts += await self._job(name, checks[name], subject, watched[name])
        return verdicts

    async def _job(
        self, name: str, check: Check, subject: Subject, watched: Sequence[Verdict]
    ) -> list[Verdict]:
        operation = subject.operation.id
        began, before = time.monotonic(), self._tally.experiments
        self._emit(JobStarted(operation, name))
        try:
            verdicts = [*await self._explore(name, check, subject), *watched]
        except SeamproofError:
            raise
        except Exception as error:
            # A check that raises says nothing of the service: inconclusive, never a pass.
            self._tally.crashes.append("".join(traceback.format_exception(error)))
            reason = f"seamproof failed: {type(error).__name__}: {error}"
            verdicts = [Verdict(Outcome.INCONCLUSIVE, name, operation, reason)]
        for verdict in verdicts:
            self._emit(VerdictReached(verdict))
        outcome = merge([_counted(verdict) for verdict in verdicts])
        self._tally.inconclusive += outcome is Outcome.INCONCLUSIVE
        experiments = self._tally.experiments - before
        spent = time.monotonic() - began
        reason = _reason(verdicts, outcome)
        self._emit(JobFinished(operation, name, outcome, reason, experiments, spent))
        return verdicts

    async def _explore(self, name: str, check: Check, subject: Subject) -> list[Verdict]:
        skip = check.applies(subject)
        if skip is not None:
            return [Verdict(Outcome.SKIPPED, name, subject.operation.id, skip.reason)]
        exploration: Exploration[Iterable[Verdict]]
        if self._replayed is None:
            exploration = check.explore(subject)
        elif isinstance(check, Replays):
            exploration = check.replay(subject, self._replayed)
        else:
            raise ConfigurationError(f"findings of {name} cannot be replayed")
        return list(await drive(exploration, self._telling(subject.operation.id, name)))

    def _telling(self, operation: str, check: str) -> Conduct:
        async def conduct(experiment: Experiment) -> History:
            history = await self._conductor.conduct(experiment)
            self._emit(ExperimentRun(operation, check, experiment.purpose, history.timing.total))
            return history

        return conduct


def _counted(verdict: Verdict) -> Outcome:
    """A note is no violation: the check held."""
    is_note = verdict.outcome is Outcome.VIOLATED and verdict.tier is Tier.NOTE
    return Outcome.HELD if is_note else verdict.outcome


def _reason(verdicts: Sequence[Verdict], outcome: Outcome) -> str:
    reasons = {
        verdict.reason: None
        for verdict in verdicts
        if _counted(verdict) is outcome and verdict.reason
    }
    return "; ".join(reasons)
