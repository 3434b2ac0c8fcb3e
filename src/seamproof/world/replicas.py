"""A process with the boundaries that it reaches the database and other services by: a replica of
the service, or a companion that the service also needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.config.models import ProcessConfig, ServiceConfig
from seamproof.core.errors import Bug, ServiceError
from seamproof.core.protocols import Boundary
from seamproof.world import probe, pulse
from seamproof.world.diagnosis import exit_text
from seamproof.world.guard import Guard, Watched
from seamproof.world.intents import Intents
from seamproof.world.outbound import Outbound
from seamproof.world.ports import LOOPBACK, is_free, require_free
from seamproof.world.processes import Launch, Process
from seamproof.world.readiness import Readiness

_FLUSH_LIMIT = 30.0
_TICK = 0.01


@dataclass(frozen=True, slots=True)
class Site:
    """What everything in one world shares."""

    intents: Intents
    guard: Guard
    database: str
    """The name of the database that was made for this world."""
    dropped: tuple[str, ...]
    """Variables that no child inherits, for messages."""


class Member:
    """A process of a world. It keeps its port and its boundaries when it is started again."""

    def __init__(
        self,
        site: Site,
        launch: Launch,
        port: int,
        boundary: PostgresBoundary | None,
        outbound: Outbound,
    ) -> None:
        self.site = site
        self.launch = launch
        self.port = port
        self.outbound = outbound
        """The ports by which it calls other services."""
        self._boundary = boundary
        self._watched: Watched | None = None

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        """Every boundary of it, SQL first."""
        sql = () if self._boundary is None else (self._boundary,)
        return (*sql, *self.outbound.boundaries)

    @property
    def process(self) -> Process:
        """The process as it was last started."""
        return self.watched.process

    @property
    def watched(self) -> Watched:
        """What the guard looks at. Raises Bug before the first start."""
        if self._watched is None:
            raise Bug(f"{self.launch.name} was asked for before it was started")
        return self._watched

    def start(self) -> None:
        """Start the process. Raises MachineError where its port is in use, and ServiceError."""
        before = len(self._boundary.startups()) if self._boundary else 0
        process = Process.start(self.launch, self.site.intents)
        self._watched = Watched(process, self._boundary, self.site.database, before)

    async def end(self, *, grace: float = 5.0) -> None:
        """End the process and its family: TERM, and after `grace` seconds KILL."""
        if self._watched is not None:
            await self._watched.process.end(grace=grace)


@dataclass(frozen=True, slots=True)
class Guest:
    """What stands for the service where it runs in a process that is not ours to start: in that of
    its tests."""

    boundary: PostgresBoundary
    outbound: Outbound
    variables: Mapping[str, str]
    """The environment that leads it to its database and its fakes."""


class Replica(Member):
    """One copy of the service."""

    host = LOOPBACK

    def __init__(
        self,
        site: Site,
        launch: Launch,
        port: int,
        boundary: PostgresBoundary,
        outbound: Outbound,
        *,
        index: int,
        settings: ServiceConfig,
    ) -> None:
        super().__init__(site, launch, port, boundary, outbound)
        self.index = index
        self.boundary = boundary
        self._settings = settings

    def start(self) -> None:
        """Start the process. Raises MachineError where its port is in use, and ServiceError."""
        require_free(self.port, who=self.launch.name)
        super().start()

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        """Every boundary that its requests cross."""
        return (self.boundary,)

    async def ready(self) -> None:
        """Wait until it answers and has connected to its own database.

        Raises ServiceError that says why it does not, or SafetyError for another database.
        """
        settings = self._settings
        awaited = Readiness(
            self.process,
            self.port,
            settings.start_timeout,
            settings.ready,
            self.site.dropped,
            self.boundary,
        )
        await awaited.wait(lambda: self.site.guard.check(self.watched))
        await self.site.guard.require(self.watched, self.port, self.harmless)

    async def gone(self, limit: float, *, awake: float) -> bool:
        """Whether it has ended, or listens no more and does not come back in `limit` seconds.

        What ends by itself closes its port first, and may tidy up for a while before and behind
        that: whether it listens is asked until it sleeps, for `awake` seconds at the most.
        """
        started, before = time.monotonic(), None
        while self.process.alive:
            waited = time.monotonic() - started
            if not is_free(self.port) or await probe.accepts(LOOPBACK, self.port, limit=limit):
                now = pulse.take([self.process.pid])
                if waited >= awake or now is None or (before and now.slept_since(before)):
                    return False
                before = now
            elif waited > limit:
                return True
            await asyncio.sleep(_TICK)
        return True

    @property
    def harmless(self) -> tuple[str, ...]:
        """Paths that may be asked for at any time."""
        openapi = self._settings.openapi or ""
        return (self._settings.ready, *((openapi,) if openapi.startswith("/") else ()))


class Companion(Member):
    """A process that the service also needs."""

    def __init__(
        self,
        site: Site,
        launch: Launch,
        port: int,
        boundary: PostgresBoundary | None,
        outbound: Outbound,
        *,
        settings: ProcessConfig,
        ready_port: int | None,
        flush: Launch | None,
    ) -> None:
        super().__init__(site, launch, port, boundary, outbound)
        self.boundary = boundary
        """None for one that was given no database."""
        self._settings = settings
        self._ready_port = ready_port
        self._flush = flush

    def start(self) -> None:
        """Start the process. Raises MachineError where its port is in use, and ServiceError."""
        if self._ready_port is not None:
            require_free(self._ready_port, who=self.launch.name)
        super().start()

    async def ready(self) -> None:
        """Wait until its port is open, or where it has none until it has lived a moment.

        Raises ServiceError that says why it is not ready, or SafetyError for another database.
        """
        awaited = Readiness(
            self.process,
            self._ready_port,
            self._settings.start_timeout,
            dropped=self.site.dropped,
            boundary=self.boundary,
        )
        await awaited.wait(lambda: self.site.guard.check(self.watched))

    async def flush(self) -> None:
        """Have it forget its state, where it can. Raises ServiceError."""
        if self._flush is None:
            return
        launch, process = self._flush, Process.start(self._flush, self.site.intents)
        try:
            code = await process.wait(_FLUSH_LIMIT)
        except TimeoutError:
            code = await process.end(grace=0.0)
        if code:
            raise ServiceError(
                f"{launch.name} failed with {exit_text(code)}",
                hint=f"see {launch.key}",
                details=process.log_tail(8),
            )
