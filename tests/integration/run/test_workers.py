"""Runs in several worlds: what they find, and what is left when they are stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import kiosk_project
import pytest

from seamproof.core.errors import ExitCode
from seamproof.core.events import Event, JobFinished, Notice, RunFinished, Stage
from seamproof.core.verdict import Outcome
from seamproof.run.dispatch import Dispatch
from seamproof.run.queue import Queue
from seamproof.run.session import Options, run

CHECKS = ("rollback", "trace")
RUN = (
    *(sys.executable, "-m", "seamproof", "run", "--workers", "2"),
    *("--operation", "POST /orders", "--check", "rollback", "--report", "json=r.json"),
)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KIOSK_DELAY", "0")
    monkeypatch.setenv("KIOSK_PASSWORD", kiosk_project.PASSWORD)
    return kiosk_project.make(tmp_path / "kiosk")


def events_of(options: Options) -> list[Event]:
    async def collect() -> list[Event]:
        return [event async for event in run(options)]

    return asyncio.run(collect())


def worlds(events: list[Event]) -> set[str]:
    return {event.name for event in events if isinstance(event, Stage) and "world" in event.name}


def finished(events: list[Event]) -> list[tuple[str, str, str]]:
    jobs = [event for event in events if isinstance(event, JobFinished)]
    return sorted((job.operation, job.check, job.outcome) for job in jobs)


def end(events: list[Event]) -> RunFinished:
    assert isinstance(events[-1], RunFinished)
    return events[-1]


@pytest.fixture
def others_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave all but the first job to the workers, however long they take to open their worlds."""
    take = Queue.take
    here = Dispatch._work_here

    async def work_here(self: Dispatch, queue: Queue) -> None:
        await here(self, Queue([take(queue)]))
        while queue.left:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    monkeypatch.setattr(Dispatch, "_work_here", work_here)


@pytest.mark.usefixtures("others_do_it")
def test_another_world_finds_what_there_is_to_find(config: Path) -> None:
    events = events_of(Options(config, CHECKS, workers=2))
    assert worlds(events) == {"world 2"}
    assert kiosk_project.proven(events) == kiosk_project.EXPECTED
    assert (end(events).proven, end(events).inconclusive, end(events).exit_code) == (2, 0, 1)
    assert len(finished(events)) == 10
    assert not kiosk_project.leftovers(config.parent)


@pytest.mark.long
def test_the_number_of_worlds_changes_nothing(config: Path, request: pytest.FixtureRequest) -> None:
    alone = events_of(Options(config, CHECKS))
    request.getfixturevalue("others_do_it")
    for count in (2, 3):
        events = events_of(Options(config, CHECKS, workers=count))
        assert len(worlds(events)) == count - 1
        assert kiosk_project.proven(events) == kiosk_project.proven(alone)
        assert finished(events) == finished(alone)
        assert end(events).exit_code == end(alone).exit_code
        assert end(events).experiments == end(alone).experiments


@pytest.mark.long
def test_a_finding_is_shown_again_in_one_world(config: Path) -> None:
    found = events_of(Options(config, CHECKS, operations=("POST /notes",)))
    (name,) = (each.finding.id for each in found if hasattr(each, "finding"))
    events = events_of(Options(config, workers=3, replay=name))
    assert not worlds(events)
    assert end(events).proven == 1


@pytest.mark.long
def test_what_the_budget_leaves_out_is_said(config: Path) -> None:
    events = events_of(Options(config, CHECKS, workers=2, budget=0.001))
    assert {outcome for _, _, outcome in finished(events)} == {Outcome.NOT_RUN}
    assert end(events).exit_code == ExitCode.NOTHING_EXERCISED
    (left_out,) = (each for each in events if isinstance(each, Notice) and "left" in each.text)
    assert "3 operations" in left_out.text
    for name in ("POST /notes", "POST /visits", "PUT /stock/{item}"):
        assert left_out.hint.count(name) == 1, "each operation once"


def start(config: Path) -> subprocess.Popen[bytes]:
    """A run in two worlds whose jobs take long, once both are at work."""
    output = config.parent / "printed.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            RUN,
            cwd=config.parent,
            stdout=file,
            stderr=file,
            env={**os.environ, "KIOSK_DELAY": "0.3"},
        )
    deadline = time.monotonic() + 90
    while "world 2" not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def test_the_first_signal_stops_every_world(config: Path) -> None:
    process = start(config)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 2
    report = json.loads((config.parent / "r.json").read_text())
    assert report["summary"]["interrupted"]
    assert kiosk_project.PASSWORD not in (config.parent / "r.json").read_text()
    assert not kiosk_project.leftovers(config.parent)


@pytest.mark.long
def test_after_the_second_signal_the_workers_clean_up_alone(config: Path) -> None:
    process = start(config)
    process.send_signal(signal.SIGINT)
    while "again to stop at once" not in (config.parent / "printed.txt").read_text():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 2
    assert_only_the_first_world_is_left(config)


@pytest.mark.long
def test_workers_do_not_outlive_a_run_that_was_killed(config: Path) -> None:
    process = start(config)
    process.kill()
    process.wait(timeout=60)
    assert_only_the_first_world_is_left(config)


def assert_only_the_first_world_is_left(config: Path) -> None:
    """The first world was the run's own: the next run reaps it."""
    deadline = time.monotonic() + 30
    while (more := beyond_the_first(config.parent)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not more
    end(events_of(Options(config, CHECKS, operations=("POST /visits",))))
    assert not kiosk_project.leftovers(config.parent)


def beyond_the_first(root: Path) -> list[str]:
    """What there is of workers, and of their worlds."""
    journals = sorted(map(str, root.glob(".seamproof/cache/intents/*.jsonl")))
    workers = [
        each for each in kiosk_project.processes(root) if "seamproof.run.workers.worker" in each
    ]
    return [*workers, *journals[1:]]
