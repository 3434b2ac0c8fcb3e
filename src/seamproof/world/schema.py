"""How the template database comes to be: migrations by a command, by files, or by the service.

A command is watched as the service is: its connections pass a proxy and must name the database that
was made for it, and a connection to any other database ends it at once. A project whose `.env`
overrides the URL would otherwise migrate a person's real database.
"""

from __future__ import annotations

import asyncio
import shlex
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.config.models import Config
from seamproof.core.errors import DatabaseError, SafetyError, SeamproofError, ServiceError
from seamproof.core.protocols import Address
from seamproof.database.migrations import Detection, apply, detect, hint_for
from seamproof.world.diagnosis import exit_text, missing_variable, tls_hint
from seamproof.world.guard import Guard, Watched
from seamproof.world.intents import Intents
from seamproof.world.launching import Launcher
from seamproof.world.ports import LOOPBACK, Ports
from seamproof.world.processes import Launch, Process
from seamproof.world.readiness import Readiness

BY_SERVICE = "service"
"""The word for `database.migrate` that says that the service migrates when it starts."""

_LONGER = "if it needs longer, say so in database.command_timeout; else see its last lines"
_WATCH = 0.1
_SILENCE = 0.5
"""Seconds without a statement after which a service that migrates at its start is done."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the tables are made."""

    command: str | None = None
    """As configured."""
    detected: Detection | None = None

    @classmethod
    def of(cls, config: Config) -> Plan:
        """The plan for a configuration: what it says, else what is detected."""
        if config.database.migrate == BY_SERVICE:
            return cls()
        if config.database.migrate is not None:
            return cls(config.database.migrate)
        return cls(detected=detect(config.path(config.service.cwd)) or detect(config.root))

    @property
    def by_service(self) -> bool:
        """Whether the service migrates when it starts."""
        return self.command is None and self.detected is None

    def describe(self, root: Path) -> str:
        """In a few words, with the file that it was detected from."""
        if self.command is not None:
            return self.command
        if self.detected is None:
            return "by the service, when it starts"
        source = self.detected.source
        shown = source.relative_to(root) if source.is_relative_to(root) else source
        return f"{self.detected.tool}, detected from {shown}"


@dataclass(frozen=True, slots=True)
class Preparation:
    """Brings an empty database to the state that every clone starts from."""

    config: Config
    plan: Plan
    launcher: Launcher
    intents: Intents
    ports: Ports
    upstream: Callable[[], tuple[str, int]]
    """Where boundaries find the server by now: between migrations and seed it may restart."""
    guard: Callable[[int], Guard]
    """The guard that permits one more port: that of the proxy here."""
    tls: ssl.SSLContext | None = None

    async def migrate(self, owner: Address) -> None:
        """Make the tables. Raises DatabaseError, ServiceError or SafetyError."""
        key, detected = "database.migrate", self.plan.detected
        if detected is not None and detected.files:
            await apply(detected.files, owner)
            return
        async with self._proxy(owner) as (boundary, proxied):
            if self.plan.command is not None:
                launch = self.launcher.command("migrate", key, self.plan.command, proxied)
                await self._run(launch, proxied, boundary)
            elif detected is not None:
                text = shlex.join(detected.command)
                launch = self.launcher.command("migrate", key, text, proxied)
                await self._run(replace(launch, cwd=detected.folder), proxied, boundary)
            else:
                await self._start_service(proxied, boundary)

    async def seed(self, owner: Address) -> None:
        """Fill the tables. Raises DatabaseError or SafetyError."""
        seed = self.config.database.seed
        assert seed is not None
        if seed.endswith(".sql"):
            await apply([self.config.path(seed)], owner)
            return
        async with self._proxy(owner) as (boundary, proxied):
            launch = self.launcher.command("seed", "database.seed", seed, proxied)
            await self._run(launch, proxied, boundary)

    @asynccontextmanager
    async def _proxy(self, owner: Address) -> AsyncIterator[tuple[PostgresBoundary, Address]]:
        """A proxy that a command's connections pass, and where the command finds its database."""
        boundary = PostgresBoundary(0, *self.upstream(), tls=self.tls)
        await boundary.start()
        try:
            yield boundary, replace(owner, host=LOOPBACK, port=boundary.port)
        finally:
            await boundary.stop()

    async def _run(self, launch: Launch, proxied: Address, boundary: PostgresBoundary) -> None:
        """Run a command to its end, watching whom it connects to."""
        process = Process.start(launch, self.intents)
        watched = Watched(process, boundary, proxied.name, len(boundary.startups()))
        guard = self.guard(boundary.port)
        limit = self.config.database.command_timeout
        deadline = time.monotonic() + limit
        try:
            while process.alive:
                guard.check(watched)
                if time.monotonic() > deadline:
                    raise _failed(process, boundary, f"did not end in {limit:g} s", _LONGER)
                await asyncio.sleep(_WATCH)
            code = await process.end()
            if code:
                raise _failed(process, boundary, f"failed with {exit_text(code)}")
            guard.check(watched)
        finally:
            await process.end(grace=0.0)
        if not watched.startups():
            raise SafetyError(
                f"{launch.name} ended well, and did not connect to the database that was made for "
                "it",
                hint="it seems to take its database from elsewhere: a .env file, a settings "
                "module, a default. Let it use what service.env gives it",
                details=process.log_tail(8),
            )

    async def _start_service(self, proxied: Address, boundary: PostgresBoundary) -> None:
        """Start one replica on the empty database, wait until it is quiet, and stop it."""
        port = self.ports.free()
        process = Process.start(self.launcher.replica(0, proxied, port), self.intents)
        watched = Watched(process, boundary, proxied.name)
        guard = self.guard(boundary.port)
        service = self.config.service
        try:
            readiness = Readiness(
                process, port, service.start_timeout, service.ready, self.launcher.dropped, boundary
            )
            await readiness.wait(lambda: guard.check(watched))
            await guard.require(watched, port, (service.ready,))
            if not await boundary.wait_quiet(_SILENCE, service.start_timeout):
                raise ServiceError(
                    "the service is ready, and does not stop using its database",
                    hint="migrate with a command: see database.migrate",
                )
        finally:
            await process.end()


def _failed(
    process: Process, boundary: PostgresBoundary, how: str, advice: str = ""
) -> SeamproofError:
    log = process.log_tail(60)
    name = missing_variable(log)
    hint = f"the variable {name} seems to be missing: set it in service.env" if name else ""
    key = process.launch.key
    look = f"see its last lines, and {key}" if log else f"it printed nothing: run {key} by hand"
    return DatabaseError(
        f"{process.launch.name} {how}",
        hint=tls_hint(boundary.tls_failure) or hint or hint_for("\n".join(log)) or advice or look,
        details=log[-15:],
    )
