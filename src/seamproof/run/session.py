"""A whole run, from the configuration to the last event.

    configuration -> world -> sign-in -> profile -> operations by risk x checks -> findings -> end

The last event is always RunFinished: of a run that ended, that was interrupted, or that failed.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof import __version__
from seamproof.core.errors import (
    Blame,
    ExitCode,
    NothingExercised,
    SeamproofError,
    ServiceError,
)
from seamproof.core.events import (
    Baseline,
    BoundaryStatus,
    Event,
    FindingReported,
    Notice,
    ProfileLearned,
    RunFinished,
    RunStarted,
    Stage,
)
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import History
from seamproof.core.model import Operation, Scenario
from seamproof.core.profile import Profile
from seamproof.core.registry import Part
from seamproof.core.subject import Subject
from seamproof.core.verdict import Finding, Tier
from seamproof.plan import profile_file
from seamproof.plan.parity import parity
from seamproof.plan.profile import Learned, LearnedScenario, learn
from seamproof.plan.risk import risk
from seamproof.run import selection
from seamproof.run.catalogue import classes_of
from seamproof.run.conductor import Conductor
from seamproof.run.drive import drive
from seamproof.run.findings import Shelf, collect, surer
from seamproof.run.jobs import Jobs, Tally
from seamproof.run.lane import Door
from seamproof.run.logs import LogKeeper
from seamproof.run.openapi import NOT_FOUND, OpenApi
from seamproof.run.redaction import Redactor
from seamproof.run.signin import sign_in

if TYPE_CHECKING:
    from seamproof.config import Config
    from seamproof.world import World

_SIGN_IN_SILENCE = 0.01
_SIGN_IN_LIMIT = 2.0
_SHOWN = 12
"""Lines of reasons, or of a log, that an error shows."""


_CHECK = "check the identities, the seed and the scenarios"
_SEE = "the service gives no answer although nothing was broken yet: see what it printed"
_IN_MEMORY = (
    "the service seems to keep sessions or other state in its process; rollback and trace ask "
    "replica 0 alone and are not disturbed"
)


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
    """Seconds after which no further job is begun."""
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
        self._emit = emit
        self._tally = Tally()
        self._started = time.monotonic()
        self._name = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{secrets.token_hex(2)}"
        self._redactor = Redactor()
        self._everything: tuple[Scenario, ...] = ()
        self._sighted: set[BoundaryKind] = set()
        self._stored: Profile | None = None
        """The profile that a person has reviewed."""
        self._not_found: set[Operation] = set()
        """What was answered with 404 or 405 while the scenarios were learned."""

    async def run(self) -> None:
        """Run to the end. Errors of the set-up are raised at once, later ones after the last event:
        what was found until then is worth a report."""
        from seamproof.config import load

        config = load(self._options.config)
        parts = selection.checks(self._options.checks)
        everything = selection.all_scenarios(config)
        shelf = Shelf(config.path(".seamproof/runs"))
        self._stored = profile_file.read(config.path(config.profile))
        finding = None
        if self._options.replay is not None:
            finding = shelf.get(self._options.replay)
            parts, scenarios = selection.of_finding(finding, parts, everything)
        else:
            scenarios = selection.matching(everything, self._options.operations)
        self._everything = everything
        self._emit(
            RunStarted(
                str(config.file or config.root),
                __version__,
                self._options.seed,
                tuple(parts),
                tuple(scenario.operation.id for scenario in scenarios),
                tuple(each for part in parts.values() for each in classes_of(part)),
            )
        )
        ended, failure = _Ended(), None
        try:
            await self._in_world(config, parts, scenarios, shelf, finding)
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

    # In the world

    async def _in_world(
        self,
        config: Config,
        parts: dict[str, Part],
        scenarios: tuple[Scenario, ...],
        shelf: Shelf,
        finding: Finding | None,
    ) -> None:
        from seamproof.world import open_world

        logs = LogKeeper(config.path(f".seamproof/runs/{self._name}/logs"), self._redactor)
        world_open = open_world(config, notify=self._notify, on_failure=logs)
        async with _naming(logs), world_open as world:
            first = world.replicas[0]
            door = Door(first.host, first.port, f"{first.host}:{first.port}")
            openapi = OpenApi(config.service.openapi, config.root, door, self._emit)
            conductor = await self._begin(config, world, door, openapi)
            subjects = await self._subjects(config, world, conductor, scenarios, openapi)
            jobs = Jobs(conductor, parts, self._tally, self._emit, finding)
            for subject in subjects:
                if self._over_budget():
                    self._emit(Notice(f"left out, the budget is spent: {subject.operation.id}"))
                    continue
                for each in collect(await jobs.operation(subject), parts):
                    self._report(each, shelf)
            await conductor.prove_reset()

    def _notify(self, event: Event) -> None:
        if isinstance(event, BoundaryStatus) and event.sighted:
            self._sighted.add(BoundaryKind(event.name))
        self._emit(event)

    def _report(self, finding: Finding, shelf: Shelf) -> None:
        """Report a finding once; again only where another scenario shows it more surely."""
        known = self._tally.findings.get(finding.fingerprint)
        if known is not None and not surer(finding.tier, known.tier):
            return
        self._tally.findings[finding.fingerprint] = finding
        shelf.put(self._name, finding)
        self._emit(FindingReported(finding))

    async def _begin(self, config: Config, world: World, door: Door, openapi: OpenApi) -> Conductor:
        """Sign everybody in, and mark the state that every experiment starts from."""
        with self._stage("sign in", ", ".join(config.identities)):
            try:
                credentials = await sign_in(config.identities, door, self._redactor, openapi)
            except ServiceError as error:
                log = map(self._redactor.text, world.log_tail(0, _SHOWN))
                error.details = (*error.details, *log)
                raise
        for boundary in world.boundaries:
            await boundary.wait_quiet(_SIGN_IN_SILENCE, _SIGN_IN_LIMIT)
        async with world.still():
            await world.database.mark("base")
        return Conductor(
            world,
            credentials,
            self._redactor,
            seed=self._options.seed,
            deadline=config.service.deadline,
        )

    async def _subjects(
        self,
        config: Config,
        world: World,
        conductor: Conductor,
        scenarios: tuple[Scenario, ...],
        openapi: OpenApi,
    ) -> tuple[Subject, ...]:
        """What can be exercised, riskiest first. Raises NothingExercised where nothing can."""
        catalog = await world.database.catalog()
        conductor.on_history = self._count
        with self._stage("learn what is normal", f"{len(scenarios)} scenarios"):
            reads = selection.harmless(self._everything)
            learned = await drive(learn(scenarios, catalog, reads=reads), conductor.conduct)
        profile = self._reviewed(config.path(config.profile), learned)
        conductor.profile = profile
        explained = [await self._explained(each, openapi) for each in learned.scenarios]
        weighed = [(_weight(each), each) for each in explained]
        for weight, each in weighed:
            operation = each.scenario.operation.id
            self._emit(Baseline(operation, each.reached, each.reason, weight, each.tables))
        if not any(each.reached for _, each in weighed):
            mistaken = any(map(_answered, explained))
            raise NothingExercised(
                "no scenario answers as it must",
                hint=_CHECK if mistaken else _SEE,
                details=tuple(
                    f"{each.scenario.source}: {each.scenario.operation.id}: {each.reason}"
                    for _, each in weighed[:_SHOWN]
                ),
                blame=Blame.CONFIGURATION if mistaken else Blame.SERVICE,
            )
        if len(world.replicas) > 1:
            for text in await drive(parity(explained, profile), conductor.conduct):
                self._emit(Notice(text, hint=_IN_MEMORY, warning=True))
        riskiest_first = sorted(weighed, key=lambda pair: -pair[0])
        return tuple(
            Subject(
                each.scenario,
                replace(profile, disturbed=profile.disturbed or each.disturbed),
                catalog,
                frozenset(self._sighted),
                self._options.deep,
                self._options.seed,
            )
            for _, each in riskiest_first
            if each.reached
        )

    def _count(self, history: History) -> None:
        self._tally.experiments += 1
        for each in (*history.arranged, *(e for s in history.sections for e in s.exchanges)):
            if each.status in NOT_FOUND:
                self._not_found.add(each.act.step.operation)

    async def _explained(self, learned: LearnedScenario, openapi: OpenApi) -> LearnedScenario:
        """The same, with what the service's document says of an operation that was not found."""
        if learned.reached:
            return learned
        for step in (*learned.scenario.arrangement, learned.scenario.act):
            if step.operation in self._not_found:
                known = await openapi.missing(step.operation)
                if known:
                    return replace(learned, reason=f"{learned.reason}; {known}")
        return learned

    def _reviewed(self, path: Path, found: Learned) -> Profile:
        """What is learned now, with what a person has reviewed before.

        Stored for the next run where all scenarios were learned from: a few say too little.
        """
        stored, learned = self._stored, found.profile
        profile = learned if stored is None else _joined(stored, learned)
        if profile != stored and len(found.scenarios) == len(self._everything):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(profile_file.dump(profile), encoding="utf-8")
            except OSError as error:
                text = f"the profile {path} cannot be written: {error.strerror}"
                self._emit(Notice(text, hint="the next run learns it again", warning=True))
        changed = () if stored is None else profile_file.differences(stored, profile)
        self._emit(ProfileLearned(profile, str(path), changed))
        return profile

    # The end

    def _over_budget(self) -> bool:
        budget = self._options.budget
        return budget is not None and time.monotonic() - self._started > budget

    @contextmanager
    def _stage(self, name: str, detail: str) -> Iterator[None]:
        began = time.monotonic()
        self._emit(Stage(name, detail))
        yield
        self._emit(Stage(name, detail, time.monotonic() - began))

    def _keep_crashes(self, config: Config) -> str:
        """Write what failed in us where a bug report can take it from."""
        path = config.path(f".seamproof/runs/{self._name}/crash.txt")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(self._redactor.text("\n".join(self._tally.crashes)))
        path.chmod(0o600)
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
            )
        )


@dataclass(frozen=True, slots=True)
class _Ended:
    """Why a run ended before its end; nothing is set where it did not."""

    code: ExitCode | None = None
    interrupted: bool = False
    crashed: str = ""


@asynccontextmanager
async def _naming(logs: LogKeeper) -> AsyncIterator[None]:
    """Where logs were kept, have an error that passes by name the place."""
    try:
        yield
    except SeamproofError as error:
        if logs.kept is not None:
            error.hint = f"{error.hint}; its logs are in {logs.kept}".removeprefix("; ")
        raise


def _answered(learned: LearnedScenario) -> bool:
    """Whether the service gave an answer, so that the scenario may be at fault."""
    return learned.clean is None or learned.clean.section.exchange.response is not None


def _joined(stored: Profile, learned: Profile) -> Profile:
    """Nothing that was ever seen to differ is judged; the rest is as it is now."""
    return replace(
        learned,
        volatile=stored.volatile | learned.volatile,
        optional=stored.optional | learned.optional,
        ambient=stored.ambient | learned.ambient,
        audit=stored.audit | learned.audit,
        background=stored.background | learned.background,
        effects=stored.effects | learned.effects,
    )


def _weight(learned: LearnedScenario) -> float:
    return risk(learned.clean) if learned.clean is not None else 0.0
