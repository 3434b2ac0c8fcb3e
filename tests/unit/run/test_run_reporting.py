from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seamproof.core.errors import (
    Bug,
    ConfigurationError,
    ExitCode,
    MachineError,
    SeamproofError,
    ServiceError,
)
from seamproof.core.events import Event, ExperimentRun, RunFinished, RunStarted
from seamproof.run.reporting import report, reporters

STARTED = RunStarted("target", "1", 0, ("rollback",), ("GET /a",))
EXPERIMENT = ExperimentRun("GET /a", "rollback", "cut", 0.1)
FINISHED = RunFinished(1, 0, 0, 0, 1, 0.5, exit_code=1)


class Listener:
    """Keeps what it was told; fails at one kind of event where asked to."""

    def __init__(self, fails_at: type | None = None, failure: Exception | None = None) -> None:
        self.events: list[Event] = []
        self._fails_at, self._failure = fails_at, failure

    def on_event(self, event: Event) -> None:
        if self._failure is not None and isinstance(event, self._fails_at or object):
            raise self._failure
        self.events.append(event)

    @property
    def end(self) -> RunFinished:
        last = self.events[-1]
        assert isinstance(last, RunFinished)
        return last


async def events(*each: Event, failure: BaseException | None = None) -> AsyncIterator[Event]:
    for event in each:
        await asyncio.sleep(0)
        yield event
    if failure is not None:
        raise failure


def told(run: AsyncIterator[Event], *listeners: Listener) -> int:
    return report(run, listeners)  # type: ignore[arg-type]


def test_every_reporter_is_told_everything_and_the_code_is_the_runs() -> None:
    one, other = Listener(), Listener()
    assert told(events(STARTED, EXPERIMENT, FINISHED), one, other) == 1
    assert one.events == other.events == [STARTED, EXPERIMENT, FINISHED]


def test_a_run_that_fails_is_ended_for_the_reporters_and_raised() -> None:
    listener = Listener()
    failure = ServiceError("it does not start")
    with pytest.raises(ServiceError):
        told(events(STARTED, EXPERIMENT, failure=failure), listener)
    assert listener.end.crashed == "it does not start"
    assert listener.end.exit_code == ExitCode.USAGE
    assert listener.end.experiments == 1


def test_a_run_that_is_cancelled_ends_interrupted() -> None:
    listener = Listener()
    assert told(events(STARTED, failure=asyncio.CancelledError()), listener) == 2
    assert listener.end.interrupted


def test_a_bug_is_ended_for_the_reporters_and_raised() -> None:
    listener = Listener()
    with pytest.raises(KeyError):
        told(events(STARTED, failure=KeyError("x")), listener)
    assert listener.end.crashed == "KeyError: 'x'"
    assert listener.end.exit_code == ExitCode.OUR_BUG


def test_a_run_that_says_its_end_and_then_fails_is_ended_once() -> None:
    listener = Listener()
    with pytest.raises(ServiceError):
        told(events(STARTED, FINISHED, failure=ServiceError("late")), listener)
    assert [type(each) for each in listener.events] == [RunStarted, RunFinished]


def test_a_run_without_an_end_is_a_bug() -> None:
    with pytest.raises(Bug, match="without its last event"):
        told(events(STARTED), Listener())


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (OSError(28, "No space left on device"), MachineError),
        (ConfigurationError("no"), SeamproofError),
        (ValueError("a bug"), ValueError),
    ],
)
def test_a_reporter_that_fails_does_not_stop_the_run(
    failure: Exception, raised: type[Exception]
) -> None:
    failing, other = Listener(ExperimentRun, failure), Listener()
    with pytest.raises(raised):
        told(events(STARTED, EXPERIMENT, FINISHED), failing, other)
    assert failing.events == [STARTED]
    assert other.events == [STARTED, EXPERIMENT, FINISHED]


def test_a_reader_that_goes_away_is_no_failure() -> None:
    gone = Listener(ExperimentRun, BrokenPipeError())
    assert told(events(STARTED, EXPERIMENT, FINISHED), gone) == 1


def test_reports_are_opened_by_name_and_the_terminal_is_the_last(tmp_path: Path) -> None:
    opened = reporters([f"json={tmp_path}/r.json", f"terminal={tmp_path}/r.txt"])
    assert [type(each).__name__ for each in opened] == ["JsonReport", "Terminal", "Terminal"]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [("xml=r.xml", "no report is called 'xml'"), ("json", "names no file"), ("", "called ''")],
)
def test_a_report_that_cannot_be_is_refused(asked: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        reporters([asked])
