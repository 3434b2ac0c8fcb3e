"""The one wiring of reporters to a run: the command line and the pytest plugin both use it.

run(options) --events--> report --> terminal, json, ...
               SIGINT, SIGTERM: first stops politely, second at once
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from seamproof.core import registry
from seamproof.core.errors import Bug, ConfigurationError, ExitCode, MachineError, SeamproofError
from seamproof.core.events import Event, RunFinished, RunStarted
from seamproof.core.protocols import Reporter
from seamproof.core.verdict import Tier
from seamproof.run.stopping import stopping
from seamproof.run.tally import Tally

T = TypeVar("T")


def reporters(specifications: Sequence[str]) -> tuple[Reporter, ...]:
    """Open what `--report kind=PATH` asks for, and the terminal as the last.

    Raises ConfigurationError for an unknown kind or a place that cannot be written.
    """
    known = registry.discover(registry.REPORTER)
    wanted = [_parse(each, known) for each in specifications]
    opened = [known[kind].implementation(path) for kind, path in wanted]
    written = tuple(f"{kind} {path}" for kind, path in wanted)
    return (*opened, known["terminal"].implementation(None, written))


def _parse(specification: str, known: dict[str, registry.Part]) -> tuple[str, Path]:
    kind, _, path = specification.partition("=")
    if kind not in known:
        raise ConfigurationError(
            f"no report is called {kind!r}", hint=f"known: {', '.join(known)}, as kind=PATH"
        )
    if not path:
        raise ConfigurationError(
            f"--report {specification} names no file", hint=f"--report {kind}=PATH"
        )
    return kind, Path(path).expanduser()


def report(events: AsyncIterator[Event], listeners: Sequence[Reporter]) -> int:
    """Run the events out, tell every reporter, and return the run's exit code.

    Raises what the run raised, after the reporters were told that it ended; a reporter that fails
    does not stop the run, and is raised at its end.
    """
    return run_loop(_report(events, _Audience(listeners)))


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop where it is available."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


async def _report(events: AsyncIterator[Event], audience: _Audience) -> int:
    with stopping(_cancel_this_task()):
        try:
            async for event in events:
                audience.tell(event)
        except asyncio.CancelledError:
            audience.end(ExitCode.INTERRUPTED, interrupted=True)
        except SeamproofError as error:
            audience.end(error.exit_code, crashed=error.problem)
            raise
        except BaseException as error:
            audience.end(ExitCode.OUR_BUG, crashed=f"{type(error).__name__}: {error}")
            raise
    return audience.close()


def _cancel_this_task() -> Callable[[], object]:
    task = asyncio.current_task()
    assert task is not None
    return task.cancel


class _Audience:
    """The reporters, and what they were told: enough to tell them how a failed run ended."""

    def __init__(self, listeners: Sequence[Reporter]) -> None:
        self._listening = list(listeners)
        self._failures: list[Exception] = []
        self._began: float | None = None
        self._tally = Tally()
        self._ended: RunFinished | None = None

    def tell(self, event: Event) -> None:
        self._tally.on_event(event)
        if isinstance(event, RunStarted):
            self._began = asyncio.get_running_loop().time()
        elif isinstance(event, RunFinished):
            self._ended = event
        for listener in tuple(self._listening):
            try:
                listener.on_event(event)
            except Exception as failure:
                self._listening.remove(listener)
                self._failures.append(failure)

    def end(self, code: ExitCode, *, interrupted: bool = False, crashed: str = "") -> None:
        """Tell that a run ended which could not say so itself."""
        if self._ended is not None:
            return
        now = asyncio.get_running_loop().time()
        self.tell(
            RunFinished(
                proven=self._tally.of(Tier.PROVEN),
                suspected=self._tally.of(Tier.SUSPECTED),
                notes=self._tally.of(Tier.NOTE),
                inconclusive=self._tally.inconclusive,
                experiments=self._tally.experiments,
                seconds=now - self._began if self._began is not None else 0.0,
                interrupted=interrupted,
                crashed=crashed,
                exit_code=code,
                accepted=self._tally.accepted,
            )
        )

    def close(self) -> int:
        """Return the exit code. Raises what a reporter failed with."""
        for failure in self._failures:
            if isinstance(failure, BrokenPipeError):
                continue
            if isinstance(failure, SeamproofError):
                raise failure
            if isinstance(failure, OSError):
                raise MachineError(f"a report could not be written: {failure}") from failure
            raise failure
        if self._ended is None:
            raise Bug("the run ended without its last event")
        return self._ended.exit_code
