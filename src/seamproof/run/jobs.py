"""Does jobs in one world: every check on one scenario, and what came of it as data."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seamproof.config.models import Config
from seamproof.core.catalog import Catalog
from seamproof.core.errors import Bug, ConfigurationError, SeamproofError
from seamproof.core.events import Event, ExperimentRun, JobStarted
from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.probe import Probe
from seamproof.core.profile import Profile
from seamproof.core.protocols import Check, Exploration, Replays, Spent, Watches
from seamproof.core.registry import Need, Part
from seamproof.core.subject import Job, Judged, Knowledge, Result, Subject
from seamproof.core.verdict import Finding, Outcome, Tier, Verdict, merge
from seamproof.plan import profile_file
from seamproof.plan.probing import probes
from seamproof.run.drive import Conduct, drive
from seamproof.run.experiment.conductor import Conductor

_NOTHING = Knowledge()

_SPENT = "the budget is spent"
_COSTLY = ("idempotency", "concurrency")
"""Checks of the most experiments, the most of all last."""


def _refusals(config: Config) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The statuses that each fake is configured to refuse with, by the shape of the call."""
    for name, stub in config.stubs.items():
        for operation, by_status in stub.errors.items():
            method, _, path = operation.partition(" ")
            yield f"{method} {name} {path}", tuple(sorted(by_status))


def hash_of(profile: Profile) -> str:
    """Name a profile by all that it says: 16 hexadecimal digits, the same in every process."""
    return hashlib.sha256(profile_file.dump(profile).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Watcher:
    """A check that looks at what others provoke, and what it has concluded of that."""

    check: Any
    """One that `Watches`."""
    seen: list[Verdict] = field(default_factory=list)

    def look(self, subject: Subject, history: History) -> None:
        """Show it a history."""
        self.seen.extend(self.check.watch(subject, history))


class Jobs:
    """Does jobs in one world, one after the other. What is going on goes to `emit` at once."""

    def __init__(
        self,
        conductor: Conductor,
        parts: Mapping[str, Part],
        catalog: Catalog,
        config: Config,
        *,
        emit: Callable[[Event], None],
        redact: Callable[[str], str],
        knowledge: Knowledge = _NOTHING,
        replayed: Finding | None = None,
        until: float | None = None,
    ) -> None:
        """After `until`, on the monotonic clock, no experiment is begun."""
        self._conductor = conductor
        self._parts = parts
        self._catalog = catalog
        self._identities = config.principals
        self._idempotency = config.idempotency.policy
        self._authorization = config.authorization.policy
        self._refusals = dict(_refusals(config))
        self._calls_anybody = config.ssrf.allowed
        self._emit = emit
        self._redact = redact
        self._knowledge = knowledge
        self._replayed = replayed
        self._until = until
        self._hash = hash_of(conductor.profile)

    async def do(self, job: Job, watchers: Mapping[str, Watcher] | None = None) -> Result:
        """Every check of a job. Raises SeamproofError where the world cannot go on.

        `watchers` look on over several jobs of one scenario, whichever of them they are in.
        """
        if job.profile_hash != self._hash:
            raise Bug(f"job {job.number} is to be judged by another profile than is known here")
        began = time.monotonic()
        known = watchers or {}
        checks: dict[str, Check] = {
            name: known[name].check if name in known else self._parts[name].implementation()
            for name in job.checks
        }
        subject = self._subject(job)
        watching = {
            name: Watcher(each) for name, each in checks.items() if isinstance(each, Watches)
        }
        watching.update(known)

        def on_history(history: History) -> None:
            for each in watching.values():
                each.look(subject, history)

        self._conductor.on_history = on_history
        crashes: list[str] = []
        judged = [
            await self._judge(
                name,
                checks[name],
                subject,
                watching[name].seen if name in watching else (),
                crashes,
            )
            for name in self._in_order(checks, watching)
        ]
        whole = all(each.whole for each in judged)
        seconds = time.monotonic() - began if whole else 0.0
        return Result(job.number, tuple(judged), seconds, tuple(crashes))

    def _in_order(self, checks: Iterable[str], watching: Collection[str]) -> list[str]:
        """Checks that watch last: their verdict is also about what the others provoked.

        Where the time may end, overlaps come last of the others: they are the most.
        """
        in_order = sorted(checks)
        if self._until is not None:
            in_order.sort(key=lambda name: _COSTLY.index(name) if name in _COSTLY else -1)
        return sorted(in_order, key=lambda name: name in watching)

    def _late(self) -> bool:
        return self._until is not None and time.monotonic() > self._until

    def _subject(self, job: Job) -> Subject:
        profile = self._conductor.profile
        return Subject(
            job.scenario,
            replace(profile, disturbed=profile.disturbed or job.disturbed),
            self._catalog,
            job.boundaries,
            job.deep,
            job.seed,
            self._conductor.replicas,
            job.partners,
            self._identities,
            self._idempotency,
            self._refusals,
            job.spared,
            job.alone,
            self._knowledge.document,
            self._conductor.stored,
            self._knowledge.reads,
            self._probes(job),
            job.undeclared,
            self._authorization,
            self._knowledge.access,
            self._conductor.credentials,
            former=self._knowledge.former,
            leads=job.leads,
            landing=job.landing,
            calls_anybody=self._calls_anybody,
            makers=job.makers,
        )

    def _probes(self, job: Job) -> tuple[Probe, ...]:
        """The invalid requests of an operation, where a check sends them."""
        if not any(Need.PROBES in self._parts[name].needs for name in job.checks):
            return ()
        return probes(
            job.scenario, self._knowledge.document, self._catalog, job.landing, deep=job.deep
        )

    async def _judge(
        self,
        name: str,
        check: Check,
        subject: Subject,
        watched: Sequence[Verdict],
        crashes: list[str],
    ) -> Judged:
        operation = subject.operation.id
        began, experiments, spent = time.monotonic(), 0, False

        async def conduct(experiment: Experiment) -> History:
            nonlocal experiments, spent
            if spent := self._late():
                raise Spent
            history = await self._conductor.conduct(experiment)
            experiments += 1
            self._emit(ExperimentRun(operation, name, experiment.purpose, history.timing.total))
            return history

        if not self._late():
            self._emit(JobStarted(operation, name))
        try:
            verdicts = (*await self._explore(name, check, subject, conduct), *watched)
        except Spent:
            spent, verdicts = True, tuple(watched)
        except SeamproofError:
            raise
        except Exception as error:
            # A check that raises says nothing of the service: inconclusive, never a pass.
            crashes.append(self._redact("".join(traceback.format_exception(error))))
            reason = self._redact(f"seamproof failed: {type(error).__name__}: {error}")
            verdicts = (Verdict(Outcome.INCONCLUSIVE, name, operation, reason),)
        seconds = time.monotonic() - began
        if spent:
            return _unfinished(name, operation, verdicts, experiments, seconds)
        return judged(name, verdicts, experiments, seconds)

    async def _explore(
        self, name: str, check: Check, subject: Subject, conduct: Conduct
    ) -> list[Verdict]:
        skip = check.applies(subject)
        if skip is not None:
            return [Verdict(Outcome.SKIPPED, name, subject.operation.id, skip.reason)]
        if self._late():
            raise Spent
        exploration: Exploration[Iterable[Verdict]]
        if self._replayed is None:
            exploration = check.explore(subject)
        elif isinstance(check, Replays):
            exploration = check.replay(subject, self._replayed)
        else:
            raise ConfigurationError(f"findings of {name} cannot be replayed")
        return list(await drive(exploration, conduct))


def judged(
    check: str, verdicts: tuple[Verdict, ...], experiments: int = 0, seconds: float = 0.0
) -> Judged:
    """What a check came to, its verdicts merged."""
    outcome = merge([_counted(verdict) for verdict in verdicts])
    return Judged(check, verdicts, outcome, _reason(verdicts, outcome), experiments, seconds)


def _unfinished(
    check: str,
    operation: str,
    known: Sequence[Verdict],
    experiments: int = 0,
    seconds: float = 0.0,
) -> Judged:
    """What a check came to that there was no time for: what is known of it, which is no pass."""
    outcome = Outcome.INCONCLUSIVE if known else Outcome.NOT_RUN
    late = Verdict(outcome, check, operation, _SPENT)
    return replace(judged(check, (*known, late), experiments, seconds), whole=False)


def inconclusive(job: Job, reason: str) -> Result:
    """The result of a job that nobody could do."""
    verdicts = (Verdict(Outcome.INCONCLUSIVE, name, job.operation, reason) for name in job.checks)
    return Result(job.number, tuple(judged(each.check, (each,)) for each in verdicts))


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
