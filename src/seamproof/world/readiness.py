"""Waits until a process is ready: a port that is open is not a service that is ready."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.world import probe, sockets
from seamproof.world.diagnosis import Symptoms, diagnose
from seamproof.world.ports import LOOPBACK
from seamproof.world.probe import Answered, Unanswered
from seamproof.world.processes import Process

_TICK = 0.02
_LONGEST_TICK = 0.05
_PROBE_LIMIT = 5.0
_PROBE_LEAST = 0.1
"""Seconds that a question has however late it is: cut short, it would say that nobody listens."""
_SETTLE = 0.5
"""Seconds that a process without a port must live."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is awaited of a process."""

    process: Process
    port: int | None
    limit: float
    """Seconds."""
    path: str | None = None
    """Where it must answer over HTTP; None where an open port is enough."""
    dropped: tuple[str, ...] = ()
    """Variables that it did not inherit, for the message."""
    boundary: PostgresBoundary | None = None
    """What it reaches the database by."""

    async def wait(self, check: Callable[[], None] = lambda: None) -> None:
        """Wait until it is ready, calling `check` now and then.

        Raises ServiceError that says why it is not, and what `check` raises.
        """
        started = time.monotonic()
        tick = _TICK
        answer: Answered | Unanswered | None = None
        while (waited := time.monotonic() - started) < self.limit:
            if not self.process.alive:
                code = await self.process.end()
                raise self._failure(waited, answer, (), code)
            if self.port is None:
                if waited >= _SETTLE:
                    return
            else:
                answer = await self._ask(min(_PROBE_LIMIT, max(_PROBE_LEAST, self.limit - waited)))
                ready = answer is None or (isinstance(answer, Answered) and answer.ready)
                if ready and self._is_ours() and self.process.alive:
                    return
            check()
            await asyncio.sleep(tick)
            tick = min(tick * 1.5, _LONGEST_TICK)
        listening = sockets.of_family(self.process.members()).listening
        raise self._failure(self.limit, answer, listening, None)

    async def _ask(self, limit: float) -> Answered | Unanswered | None:
        """Ask once. None where the port is open and no answer is awaited."""
        assert self.port is not None
        if self.path is not None:
            return await probe.get(LOOPBACK, self.port, self.path, limit=limit)
        return None if await probe.accepts(LOOPBACK, self.port, limit=limit) else _REFUSED

    def _is_ours(self) -> bool:
        """Whether it is the process that listens there, as far as that can be known."""
        listening = sockets.of_family(self.process.members()).listening
        return not listening or any(port == self.port for _, port in listening)

    def _failure(
        self,
        waited: float,
        answer: Answered | Unanswered | None,
        listening: tuple[tuple[str, int], ...],
        code: int | None,
    ) -> Exception:
        return diagnose(
            Symptoms(
                name=self.process.launch.name,
                key=self.process.launch.key,
                port=self.port,
                exit_code=code,
                waited=waited,
                log=self.process.log_tail(60),
                listening=listening,
                answer=answer,
                path=self.path or "",
                dropped=self.dropped,
                tls_failure=self.boundary.tls_failure if self.boundary else None,
            )
        )


_REFUSED = Unanswered("refused")
