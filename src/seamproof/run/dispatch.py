"""Who does which job: the run's own world and those of its workers, until there is none left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seamproof.core.counting import counted
from seamproof.core.events import Event, JobFinished, Notice, VerdictReached
from seamproof.core.registry import Part
from seamproof.core.subject import Job, Result
from seamproof.core.verdict import Finding, Outcome
from seamproof.run.costs import Costs, patience
from seamproof.run.findings import Docket
from seamproof.run.jobs import Jobs
from seamproof.run.premises import Premises
from seamproof.run.preparation import Prepared
from seamproof.run.queue import Queue, costliest_first
from seamproof.run.workers.messages import Brief

if TYPE_CHECKING:
    from seamproof.run.workers.crew import Crew

_OTHER_CHECKS = "the scenario names other checks"
_SHOWN = 12
"""Operations that a notice names."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a run has its jobs done by."""

    parts: dict[str, Part]
    """The checks, by name."""
    costs: Costs
    workers: int
    until: float | None
    """When no further job is begun, on the monotonic clock; None where there is no end."""
    replayed: Finding | None
    """The finding that is shown again; None where everything is looked for."""
    emit: Callable[[Event], None]
    report: Callable[[Finding], None]
    crashed: Callable[[str], None]
    """Takes the traceback of what failed in us."""
    redact: Callable[[str], str]


class Dispatch:
    """Has the jobs of one run done, and tells what came of each."""

    def __init__(self, means: Means, premises: Premises, prepared: Prepared) -> None:
        self._means = means
        self._premises = premises
        self._prepared = prepared
        self._jobs = {job.number: job for job in prepared.jobs}
        self._docket = Docket(prepared.jobs, means.parts, means.report)

    async def run(self, crew: Crew) -> set[str]:
        """Have every job done, in this world and in those of the crew.

        Returns the operations of jobs that there was no time for. Raises what ended the first of
        the worlds that could not go on.
        """
        from seamproof.run.workers.crew import Work

        means, prepared = self._means, self._prepared
        queue = self._queue()
        brief = Brief(prepared.profile, prepared.knowledge, self._premises.peers, means.until)
        work = Work(
            brief, queue, self._deliver, means.crashed, lambda job: patience(self._expected(job))
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(crew.work(work))
                await self._work_here(queue)
                crew.excuse()
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        finally:
            self._docket.close()
            means.costs.save()
        self._leave_out(queue.left)
        return {job.operation for job in queue.left}

    def _expected(self, job: Job) -> float:
        return self._means.costs.of(job, self._prepared.estimates[job.number])

    def _queue(self) -> Queue:
        jobs, until = self._prepared.jobs, self._means.until
        if until is not None:
            return Queue(jobs, until, cost=self._expected)
        if self._means.workers == 1:
            return Queue(jobs)
        return Queue(costliest_first(jobs, self._expected))

    async def _work_here(self, queue: Queue) -> None:
        means, premises, prepared = self._means, self._premises, self._prepared
        jobs = Jobs(
            premises.conductor,
            means.parts,
            prepared.catalog,
            premises.config,
            emit=means.emit,
            redact=means.redact,
            knowledge=prepared.knowledge,
            replayed=means.replayed,
            until=means.until,
        )
        while (job := queue.take()) is not None:
            self._deliver(await jobs.do(job))

    def _deliver(self, result: Result) -> None:
        """Take what came of a job, whichever world did it."""
        job = self._jobs[result.job]
        self._tell(job, result)
        if result.seconds:
            self._means.costs.note(job, result.seconds)
        self._docket.add(result)

    def _tell(self, job: Job, result: Result) -> None:
        emit, operation = self._means.emit, job.operation
        for traceback in result.crashes:
            self._means.crashed(traceback)
        for name in self._means.parts:
            if name not in job.checks:
                emit(JobFinished(operation, name, Outcome.SKIPPED, _OTHER_CHECKS))
        for each in result.judged:
            for verdict in each.verdicts:
                emit(VerdictReached(verdict))
            emit(
                JobFinished(
                    operation,
                    each.check,
                    each.outcome,
                    each.reason,
                    each.experiments,
                    each.seconds,
                    each.whole,
                )
            )

    def _leave_out(self, jobs: Sequence[Job]) -> None:
        """Say which operations there was no time for."""
        if not jobs:
            return
        names = list(dict.fromkeys(job.operation for job in jobs))
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        count = counted(len(names), "operation")
        notice = Notice(f"left out, there is no time for them: {count}", f"not run: {shown}")
        self._means.emit(notice)


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """What made the other worlds stop: the first failure, out of all groups."""
    failure: BaseException = failures
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
