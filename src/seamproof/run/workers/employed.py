"""One worker process, as the run sees it: orders go in, answers come out, and it may be gone."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

from seamproof.core.events import Event
from seamproof.core.subject import Job, Result
from seamproof.run.workers.messages import LONGEST, Order, Ready, Refused, decode, encode
from seamproof.world.diagnosis import exit_text

T = TypeVar("T")

_LAST_LINES = 20


class Gone(Exception):
    """The worker's output ended where an answer was due."""

    def __init__(
        self, how: str, refused: Refused | None = None, printed: tuple[str, ...] = ()
    ) -> None:
        super().__init__(how)
        self.how = how
        self.refused = refused
        """What it said before, where it could say something."""
        self.printed = printed
        """The last lines that it printed, with whatever secrets they have."""


class Hung(Gone):
    """An answer was due for longer than there is patience for."""


class Employed:
    """One worker process. What it tells beside its answers goes to `emit`."""

    def __init__(self, process: Process, emit: Callable[[Event], None]) -> None:
        self._process = process
        self._emit = emit
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._dismissed: float | None = None
        self._listening = asyncio.ensure_future(self._listen())

    @classmethod
    async def start(cls, config: Path, emit: Callable[[Event], None]) -> Self:
        """Start a worker. It is in a session of its own: the terminal's SIGINT is for the run,
        which then tells its workers."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "seamproof.run.workers.worker", str(config)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
            limit=LONGEST,
        )
        return cls(process, emit)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ready(self) -> Ready:
        """Wait until its world is open. Raises Gone."""
        return await self._answer(Ready)

    async def do(self, job: Job, limit: float) -> Result:
        """Have a job done. Raises Gone, and Hung where that takes longer than `limit` seconds."""
        try:
            async with asyncio.timeout(limit):
                await self.say(job)
                return await self._answer(Result)
        except TimeoutError:
            raise Hung(f"it has not ended that after {limit:.0f} s") from None

    async def say(self, order: Order) -> None:
        """Send an order. One that is gone does not take it, which the next answer shows."""
        assert self._process.stdin is not None
        if self._process.stdin.is_closing():
            return
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(encode(order))
            await self._process.stdin.drain()

    def dismiss(self) -> None:
        """Tell it to stop and to clean up, now."""
        assert self._process.stdin is not None
        if self._dismissed is None:
            self._dismissed = time.monotonic()
            self._process.stdin.close()

    async def end(self, limit: float) -> int:
        """Wait until it is gone, and kill it `limit` seconds after it was told to stop. Returns its
        exit code."""
        self.dismiss()
        assert self._dismissed is not None
        try:
            async with asyncio.timeout(self._dismissed + limit - time.monotonic()):
                await self._drained()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        code = await self._process.wait()
        self._listening.cancel()
        await asyncio.wait([self._listening])
        return code

    async def closed(self, limit: float) -> Refused | None:
        """Wait for the end of its output after the last order. Returns why that is no good one.

        Raises Hung where that takes longer than `limit` seconds.
        """
        refused: Refused | None = None
        try:
            async with asyncio.timeout(limit):
                while (message := await self._next()) is not None:
                    if isinstance(message, Refused):
                        refused = message
        except TimeoutError:
            raise Hung(f"it has not closed its world after {limit:.0f} s") from None
        return refused

    async def _answer(self, kind: type[T]) -> T:
        refused: Refused | None = None
        while (message := await self._next()) is not None:
            if isinstance(message, kind):
                return message
            if isinstance(message, Refused):
                refused = message
        how = refused.problem if refused else exit_text(await self._process.wait())
        raise Gone(how, refused, tuple(self._last))

    async def _next(self) -> Any:
        """The next message, events told on the way; None at the end of its output."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            try:
                message = decode(line)
            except ValueError:
                raise Gone("it says what is no message") from None
            if isinstance(message, Ready | Result | Refused):
                return message
            self._emit(message)
        return None

    async def _drained(self) -> None:
        assert self._process.stdout is not None
        # A worker that cleans up may still have something to say, and must not wait for a reader.
        while await self._process.stdout.read(1 << 16):
            pass
        await self._process.wait()

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(1 << 16):
            self._last.extend(chunk.decode(errors="replace").splitlines())
