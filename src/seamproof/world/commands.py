"""Commands whose output is wanted: each runs once, where the service runs, with its environment."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass

from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.core.errors import ServiceError
from seamproof.core.protocols import Address
from seamproof.world.diagnosis import exit_text
from seamproof.world.guard import Watched
from seamproof.world.launching import Launcher
from seamproof.world.processes import Launch, Process
from seamproof.world.replicas import Site

_LIMIT = 60.0
"""Seconds that a command may take."""
_WATCH = 0.05
_MAX_OUTPUT = 64 << 10
"""Bytes that are read of what it prints."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs commands beside the service, guarded as it is."""

    launcher: Launcher
    site: Site
    boundary: PostgresBoundary
    """The proxy that they reach the database by."""
    address: Address
    """The database behind it."""

    async def output(self, name: str, key: str, text: str) -> str:
        """What a command prints, which reaches no disk. `name` is what its log is called.

        Raises ServiceError where it fails or does not end, and SafetyError where it uses another
        database.
        """
        launch = self.launcher.command(name, key, text, self.address)
        reading, writing = os.pipe()
        try:
            process = Process.start(launch, self.site.intents, output=writing)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        printed = asyncio.create_task(asyncio.to_thread(_read, reading))
        try:
            code = await self._end(process, self.boundary)
        finally:
            # Its end closes the pipe, also for whom it has left behind.
            await process.end(grace=0.0)
            found = await printed
        if code:
            raise _failed(launch, f"failed with {exit_text(code)}", process)
        return found.decode("utf-8", "replace")

    async def run(self, launch: Launch, boundary: PostgresBoundary) -> None:
        """Run what is launched to its end. `boundary` is the proxy that its environment names.

        Raises ServiceError where it fails or does not end, and SafetyError where it uses another
        database.
        """
        process = Process.start(launch, self.site.intents)
        try:
            code = await self._end(process, boundary)
        finally:
            await process.end(grace=0.0)
        if code:
            raise _failed(launch, f"failed with {exit_text(code)}", process)

    async def _end(self, process: Process, boundary: PostgresBoundary) -> int:
        seen = Watched(process, boundary, self.site.database, len(boundary.startups()))
        deadline = time.monotonic() + _LIMIT
        while process.alive:
            self.site.guard.check(seen)
            if time.monotonic() > deadline:
                raise _failed(process.launch, f"did not end in {_LIMIT:g} s", process)
            await asyncio.sleep(_WATCH)
        self.site.guard.check(seen)
        return await process.end()


def _read(descriptor: int) -> bytes:
    """Read a pipe to its end, and keep the last of it."""
    kept = b""
    with os.fdopen(descriptor, "rb") as pipe:
        while chunk := pipe.read1(_MAX_OUTPUT):
            kept = (kept + chunk)[-_MAX_OUTPUT:]
    return kept


def _failed(launch: Launch, how: str, process: Process) -> ServiceError:
    return ServiceError(
        f"{launch.name} {how}",
        hint=f"see its last lines, and {launch.key}",
        details=process.log_tail(8),
    )
