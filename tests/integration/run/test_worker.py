"""A worker shares nothing with its run but the configuration, and comes to the same verdicts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import kiosk_project
import psutil
import pytest

from seamproof.config import load
from seamproof.core import registry
from seamproof.core.events import Event, JobStarted, Notice, Stage
from seamproof.core.subject import Job, Result
from seamproof.core.verdict import Outcome
from seamproof.run import selection
from seamproof.run.costs import Costs
from seamproof.run.jobs import Jobs
from seamproof.run.premises import open_premises
from seamproof.run.preparation import Preparation, Prepared
from seamproof.run.queue import Queue
from seamproof.run.redaction import Redactor
from seamproof.run.wanted import Wanted
from seamproof.run.workers import crew as crew_of_a_run
from seamproof.run.workers.crew import Crew, Terms, Work
from seamproof.run.workers.messages import Begin, Brief, Enough, Ready, decode, encode

WORKER = (sys.executable, "-m", "seamproof.run.workers.worker")


@dataclass(frozen=True)
class Here:
    """A project, and what this process found out about its riskiest operation."""

    config: Path
    prepared: Prepared
    job: Job
    result: Result

    @property
    def begin(self) -> Begin:
        """What a worker must know to open its world."""
        return Begin("logs", self.job.boundaries)

    @property
    def brief(self) -> Brief:
        """What it must know to do the job."""
        return Brief(self.prepared.profile)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    file = kiosk_project.make(tmp_path_factory.mktemp("worker") / "kiosk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIOSK_DELAY", "0")
        patch.setenv("KIOSK_PASSWORD", kiosk_project.PASSWORD)
        yield asyncio.run(_learn(file))


async def _learn(file: Path) -> Here:
    config, redactor = load(file), Redactor()
    parts = registry.discover(registry.CHECK)
    scenarios = selection.all_scenarios(config)
    names = ("rollback", "trace")
    wanted = Wanted(names, selection.matching(scenarios, ["POST /notes"]), scenarios)
    opening = open_premises(config, logs="logs", seed=0, redactor=redactor, emit=_ignore)
    async with opening as premises:
        costs = Costs(file.parent / "costs.json")
        preparation = Preparation(config, premises, wanted, _ignore, lambda: None, costs)
        prepared = await preparation.run()
        (job,) = prepared.jobs
        jobs = Jobs(
            premises.conductor, parts, prepared.catalog, config, emit=_ignore, redact=redactor.text
        )
        return Here(file, prepared, job, await jobs.do(job))


def _ignore(event: Event) -> None:
    pass


def said(result: Result) -> list[tuple[object, ...]]:
    """What a result says, but for its times and the digests of its secrets."""
    return [
        (
            each.check,
            each.outcome,
            each.experiments,
            [
                (v.outcome, v.finding_class, v.tier, v.replays, v.table, v.shape, v.evidence.left)
                for v in each.verdicts
            ],
        )
        for each in result.judged
    ]


def start(config: Path) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*WORKER, str(config)], stdin=pipe, stdout=pipe, stderr=pipe)


def test_jobs_sent_as_json_come_to_the_same_verdicts(here: Here) -> None:
    orders = (here.begin, here.brief, here.job, Enough())
    process = start(here.config)
    printed, errors = process.communicate(b"".join(map(encode, orders)), timeout=60)
    answers = [decode(line) for line in printed.splitlines(keepends=True)]
    assert isinstance(answers[0], Ready), errors
    (result,) = [each for each in answers if isinstance(each, Result)]
    assert said(result) == said(here.result)
    assert any(v.outcome is Outcome.VIOLATED for each in result.judged for v in each.verdicts)
    assert sum(isinstance(each, JobStarted) for each in answers) == 2
    assert kiosk_project.PASSWORD.encode() not in printed
    assert b"a token that nobody may see" not in printed
    assert not kiosk_project.leftovers(here.config.parent)


@pytest.mark.long
def test_the_end_of_the_orders_ends_the_worker_and_its_world(here: Here) -> None:
    process = start(here.config)
    process.stdin.write(encode(here.begin) + encode(here.brief))  # type: ignore[union-attr]
    process.stdin.flush()  # type: ignore[union-attr]
    assert isinstance(decode(process.stdout.readline()), Ready)  # type: ignore[union-attr]
    assert kiosk_project.processes(here.config.parent)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert not kiosk_project.leftovers(here.config.parent)


def test_what_is_printed_in_a_worker_is_no_message() -> None:
    code = (
        "import os, sys, seamproof.run.workers.worker as w\n"
        "from seamproof.run.workers.messages import Enough\n"
        "async def run(self):\n"
        "    print('stray', flush=True)\n"
        "    os.write(1, b'stray\\n')\n"
        "    os.system('echo stray')\n"
        "    self._say(Enough())\n"
        "w.Worker.run = run\n"
        "w.main()\n"
    )
    command = [sys.executable, "-c", code, "seamproof.toml"]
    done = subprocess.run(command, input=b"", capture_output=True, check=True)
    assert done.stdout == encode(Enough())
    assert done.stderr.count(b"stray") == 3


@dataclass
class Ran:
    """What a crew of one did while its workers were killed."""

    results: list[Result]
    notices: list[str]
    crashes: list[str]
    workers: list[int]


async def _under_fire(here: Here, kills: int) -> Ran:
    """Have the job done by a crew of one, whose first workers are killed as they begin it."""
    ran = Ran([], [], [], [])

    def emit(event: Event) -> None:
        match event:
            case Stage():
                ran.workers.append(int(event.detail.split()[-1]))
            case Notice():
                ran.notices.append(event.text)
            case JobStarted() if len(ran.workers) <= kills:
                # What it said of the second check may still be in the pipe.
                with suppress(ProcessLookupError):
                    os.kill(ran.workers[-1], signal.SIGKILL)
            case _:
                pass

    work = Work(
        here.brief, Queue([here.job]), ran.results.append, ran.crashes.append, lambda job: 60.0
    )
    terms = Terms(load(here.config), emit, str)
    async with Crew(terms) as crew:
        await crew.start(1, here.begin)
        await crew.work(work)
    return ran


def test_a_worker_that_is_killed_is_replaced_and_its_job_done_again(here: Here) -> None:
    ran = asyncio.run(_under_fire(here, 1))
    assert [said(each) for each in ran.results] == [said(here.result)]
    assert len(ran.workers) == 2
    assert ran.notices[0] == ("worker 2 is gone while it did POST /notes: signal SIGKILL")
    assert any("had left something: " in each for each in ran.notices)
    assert not ran.crashes
    assert not kiosk_project.leftovers(here.config.parent)


@pytest.mark.long
def test_a_job_that_costs_two_workers_is_inconclusive(here: Here) -> None:
    ran = asyncio.run(_under_fire(here, 2))
    (result,) = ran.results
    assert {each.outcome for each in result.judged} == {Outcome.INCONCLUSIVE}
    assert len(ran.workers) == 2
    assert not kiosk_project.leftovers(here.config.parent)


@pytest.mark.long
def test_a_worker_that_hangs_is_ended_and_its_job_inconclusive(here: Here) -> None:
    ran = Ran([], [], [], [])
    other = replace(here.job, number=here.job.number + 1)

    def emit(event: Event) -> None:
        match event:
            case Stage():
                ran.workers.append(int(event.detail.split()[-1]))
            case Notice():
                ran.notices.append(f"{event.text}; {event.hint}")
            case JobStarted() if len(ran.workers) == 1:
                os.kill(ran.workers[0], signal.SIGSTOP)
            case _:
                pass

    def patience(job: Job) -> float:
        return 1.0 if job is here.job else 60.0

    async def work() -> None:
        queue = Queue([here.job, other])
        async with Crew(Terms(load(here.config), emit, str)) as crew:
            await crew.start(1, here.begin)
            work = Work(here.brief, queue, ran.results.append, ran.crashes.append, patience)
            await crew.work(work)

    asyncio.run(work())
    hung, done = ran.results
    assert (hung.job, done.job) == (here.job.number, other.number)
    assert {each.outcome for each in hung.judged} == {Outcome.INCONCLUSIVE}
    assert said(done) == said(here.result)
    assert ran.notices[0] == (
        "worker 2 is gone while it did POST /notes: it has not ended that after 1 s; "
        "that is inconclusive"
    )
    assert len(ran.workers) == 2
    assert not ran.crashes
    assert not kiosk_project.leftovers(here.config.parent)


def test_a_worker_that_hangs_before_its_world_is_open_holds_nobody_up(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew_of_a_run, "_CLOSING_LIMIT", 1.0)

    async def work() -> None:
        async with Crew(Terms(load(here.config), _ignore, str)) as crew:
            await crew.start(1, here.begin)
            children = psutil.Process().children()
            (worker,) = [each for each in children if str(here.config) in each.cmdline()]
            worker.suspend()
            async with asyncio.TaskGroup() as group:
                nothing = Work(here.brief, Queue([]), list, str, lambda job: 60.0)
                group.create_task(crew.work(nothing))
                await asyncio.sleep(0)
                crew.excuse()
            assert not worker.is_running()

    asyncio.run(work())
    assert not kiosk_project.leftovers(here.config.parent)


@pytest.mark.long
def test_a_world_that_does_not_open_is_tried_twice_and_costs_no_job(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_DELAY", "no number")
    queue = Queue([here.job])
    results: list[Result] = []
    notices: list[Notice] = []

    def emit(event: Event) -> None:
        if isinstance(event, Notice):
            notices.append(event)

    async def work() -> None:
        async with Crew(Terms(load(here.config), emit, str)) as crew:
            await crew.start(1, here.begin)
            await crew.work(Work(here.brief, queue, results.append, str, lambda job: 60.0))

    asyncio.run(work())
    assert results == []
    assert queue.take() == here.job
    warnings = [each for each in notices if each.warning]
    assert len(warnings) == 2
    assert "the run goes on with fewer" in warnings[1].hint
    assert not kiosk_project.leftovers(here.config.parent)
