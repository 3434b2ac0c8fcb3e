"""A whole run, from the configuration to the last event.

    configuration -> world -> sign-in -> profile -> jobs -> worlds -> results -> findings -> end

The run's own world is the first, and learns what is normal; those of its workers stand beside it.
The last event is always RunFinished: of a run that ended, that was interrupted, or that failed.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof import __version__
from seamproof.core.errors import ExitCode, SeamproofError
from seamproof.core.events import (
    Event,
    FindingReported,
    Notice,
    RunFinished,
    RunStarted,
)
from seamproof.core.registry import Need, Part
from seamproof.core.verdict import Finding, Tier
from seamproof.run import private, selection
from seamproof.run.acceptance.file import PLACE
from seamproof.run.acceptance.standing import Standing, standing
from seamproof.run.catalogue import classes_of
from seamproof.run.costs import Costs
from seamproof.run.dispatch import Dispatch, Means
from seamproof.run.findings import Shelf
from seamproof.run.misnamed import Names, misnamed, names_at
from seamproof.run.premises import Premises, open_premises
from seamproof.run.preparation import Preparation
from seamproof.run.provenance import Provenance, begun, ignoring
from seamproof.run.redaction import Redactor
from seamproof.run.reviewed import Reviewed
from seamproof.run.tally import Tally
from seamproof.run.wanted import Wanted
from seamproof.run.workers.messages import Begin

if TYPE_CHECKING:
    from seamproof.config import Config

_SEARCH = 0.4
"""The share of a budget that may be spent on finding requests."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked for; each default is the command line's."""

    config: Path | None = None
    checks: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    seed: int = 0
    deep: bool = False
    strict: bool = False
    budget: float | None = None
    """Seconds after which no further job is begun, from when everything is set up."""
    workers: int = 1
    """Worlds that jobs are done in, side by side. To show a finding again takes one."""
    replay: str | None = None
    """The name of one stored finding to show again."""


async def run(options: Options) -> AsyncIterator[Event]:
    """The events of one run. Cancelled, it ends politely: cleans up and still says how it ended.

    Raises SeamproofError where the run cannot begin, and after its last event where it cannot go
    on; nothing is left running then.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    session = asyncio.create_task(Session(options, queue.put_nowait).run())
    session.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while True:
            try:
                event = await queue.get()
            except asyncio.CancelledError:
                session.cancel()
                task = asyncio.current_task()
                if task is not None:
                    task.uncancel()
                continue
            if event is None:
                break
            yield event
        await session
    finally:
        session.cancel()
        await asyncio.gather(session, return_exceptions=True)


class Session:
    """One run, telling what happens to `emit`."""

    def __init__(self, options: Options, emit: Callable[[Event], None]) -> None:
        self._options = options
        self._listener = emit
        self._tally = Tally()
        self._started = self._opened = time.monotonic()
        self._name = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{secrets.token_hex(2)}"
        self._redactor = Redactor()
        self._noticed: set[Notice] = set()
        self._parts: dict[str, Part] = {}
        self._replayed: Finding | None = None
        self._provenance: Provenance | None = None
        """The test that it is of, where it is of one."""
        self._standing = Standing((), {})
        self._names: Names | None = None

    async def run(self) -> None:
        """Run to the end. Errors of the set-up are raised at once, later ones after the last event:
        what was found until then is worth a report."""
        from seamproof.config import load

        config = load(self._options.config)
        shelf = Shelf(config.path(".seamproof/runs"))
        self._standing = standing(config.path(PLACE))
        wanted = self._wanted(config, shelf)
        self._emit(
            RunStarted(
                str(config.file or config.root),
                __version__,
                self._options.seed,
                wanted.checks,
                tuple(scenario.operation.id for scenario in wanted.scenarios),
                tuple(each for part in self._parts.values() for each in classes_of(part)),
            )
        )
        for notice in self._standing.expired():
            self._emit(notice)
        ended, failure = _Ended(), None
        try:
            await self._in_worlds(config, wanted, shelf)
        except asyncio.CancelledError:
            ended = _Ended(ExitCode.INTERRUPTED, interrupted=True)
        except SeamproofError as error:
            if not self._tally.exercised:
                raise
            failure = error
            ended = _Ended(error.exit_code, crashed=error.problem)
        except Exception as error:
            self._tally.crashes.append("".join(traceback.format_exception(error)))
            ended = _Ended(ExitCode.OUR_BUG, crashed=f"{type(error).__name__}: {error}")
        if self._tally.crashes:
            crashed = f"{ended.crashed or 'a check failed'}; see {self._keep_crashes(config)}"
            ended = replace(ended, crashed=crashed)
        self._finish(ended)
        if failure is not None:
            raise failure

    def _wanted(self, config: Config, shelf: Shelf) -> Wanted:
        """What is asked for, of the scenarios that there are.

        Raises ConfigurationError, and NothingExercised where there is none and will be none.
        """
        options = self._options
        self._parts = selection.checks(options.checks)
        everything = selection.all_scenarios(config)
        needs = frozenset[Need]().union(*(part.needs for part in self._parts.values()))
        reviewed = Reviewed.read(config, needs)
        if options.replay is not None:
            self._replayed = shelf.get(options.replay)
            self._provenance = shelf.provenance(options.replay)
            if self._provenance is None:
                found = selection.of_finding(self._replayed, self._parts, everything)
            else:
                found = selection.of_test(self._replayed, self._parts, self._provenance, config)
                ignored = ignoring(reviewed.profile, config.testing.ignore)
                reviewed = replace(reviewed, profile=ignored)
            self._parts, scenarios = found
        else:
            # More may be found, once the service runs.
            if not everything and "*" in config.discovery.skip:
                raise selection.nothing(config)
            scenarios = selection.chosen(everything, options.operations)
        return Wanted(
            tuple(self._parts),
            scenarios,
            everything,
            reviewed,
            options.seed,
            options.deep,
            1 if self._replayed else options.workers,
            needs=needs,
            asking=tuple(n for n, part in self._parts.items() if Need.ACCESS in part.needs),
        )

    def _emit(self, event: Event) -> None:
        """Tell an event; a notice once, whichever worlds have it to give."""
        if isinstance(event, Notice):
            if event in self._noticed:
                return
            self._noticed.add(event)
        self._tally.on_event(event)
        self._standing.on_event(event)
        self._listener(event)

    # In the worlds

    async def _in_worlds(self, config: Config, wanted: Wanted, shelf: Shelf) -> None:
        from seamproof.run.workers.crew import Crew, Terms

        logs, seed = f".seamproof/runs/{self._name}/logs", self._options.seed
        redactor = self._redactor
        async with (
            Crew(Terms(config, self._emit, redactor.text)) as crew,
            open_premises(
                config, logs=logs, seed=seed, redactor=redactor, emit=self._emit
            ) as premises,
        ):
            try:
                self._opened = time.monotonic()
                if self._replayed is None:
                    wanted = await self._more(config, premises, wanted)
                    self._names = await names_at(premises, wanted.everything)
                    for notice in misnamed(config, self._names) if self._names else ():
                        self._emit(notice)
                elif self._provenance is not None:
                    wanted = await begun(self._provenance, premises, wanted)
                redactor.learn_from_all(wanted.everything)
                costs = Costs(config.path(".seamproof/cache/costs.json"))
                begin = Begin(logs, premises.sighted, seed)
                others = min(wanted.worlds, len(wanted.scenarios)) - 1
                preparation = Preparation(
                    *(config, premises, wanted, self._emit, self._count, costs),
                    # Not before: the service is warm then, and is asked for nothing for a second.
                    on_idle=partial(crew.start, others, begin),
                )
                prepared = await preparation.run()
                dispatch = Dispatch(self._means(shelf, costs), premises, prepared)
                left_out = await dispatch.run(crew)
                await premises.conductor.prove_reset()
                self._tell_stale(wanted, left_out)
            finally:
                # They clean up while this world does.
                crew.dismiss()

    async def _more(self, config: Config, premises: Premises, wanted: Wanted) -> Wanted:
        """What is asked for, with what is found for operations that no scenario is for.

        Raises NothingExercised where there is nothing to do, ConfigurationError where nobody who
        signed in was let in.
        """
        from seamproof.run.synthesis import Search, Synthesis

        globs, budget = self._options.operations, self._options.budget
        until = None if budget is None else self._opened + budget * _SEARCH
        search = Search(wanted.everything, globs, self._options.seed, until)
        found = await Synthesis(config, premises, self._emit).run(search)
        everything = (*wanted.everything, *found)
        if not everything:
            refused = premises.identities.turned_away()
            raise refused or selection.nothing(config, self._tally.refusals)
        scenarios = selection.matching(everything, globs)
        return replace(wanted, scenarios=scenarios, everything=everything, until=self._until)

    @property
    def _until(self) -> float | None:
        """When the budget is spent: it counts from when everything is set up."""
        budget = self._options.budget
        return None if budget is None else self._opened + budget

    def _count(self) -> None:
        self._tally.experiments += 1

    def _means(self, shelf: Shelf, costs: Costs) -> Means:
        def report(finding: Finding) -> None:
            shelf.put(self._name, finding, self._provenance)
            self._emit(FindingReported(finding, self._standing.acceptance(finding)))

        return Means(
            parts=self._parts,
            costs=costs,
            workers=self._options.workers,
            until=self._until,
            replayed=self._replayed,
            emit=self._emit,
            report=report,
            crashed=self._tally.crashes.append,
            redact=self._redactor.text,
        )

    def _tell_stale(self, wanted: Wanted, left_out: set[str]) -> None:
        """Say which accepted findings did not show where they would have."""
        if self._replayed is not None:
            return
        others = {s.operation.id for s in wanted.everything if s not in wanted.scenarios}
        for notice in self._standing.stale(left_out | others):
            self._emit(notice)
        if self._names is not None:
            for notice in self._standing.misnamed(self._names.all_operations):
                self._emit(notice)

    # The end

    def _keep_crashes(self, config: Config) -> str:
        """Write what failed in us where a bug report can take it from; say where that is."""
        path = config.path(f".seamproof/runs/{self._name}/crash.txt")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            private.write(path, self._redactor.text("\n".join(self._tally.crashes)))
        except OSError as error:
            return f"the details, which cannot be written to {path}: {error.strerror}"
        return str(path)

    def _finish(self, ended: _Ended) -> None:
        tally = self._tally
        code = (
            ended.code if ended.code is not None else tally.exit_code(strict=self._options.strict)
        )
        self._emit(
            RunFinished(
                tally.of(Tier.PROVEN),
                tally.of(Tier.SUSPECTED),
                tally.of(Tier.NOTE),
                tally.inconclusive,
                tally.experiments,
                time.monotonic() - self._started,
                ended.interrupted,
                ended.crashed,
                code,
                tally.accepted,
            )
        )


@dataclass(frozen=True, slots=True)
class _Ended:
    """Why a run ended before its end; nothing is set where it did not."""

    code: ExitCode | None = None
    interrupted: bool = False
    crashed: str = ""
