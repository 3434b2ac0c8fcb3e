"""The engine's event loop in a thread of its own, with one world in it for as long as tests run.

    the tests' thread  --call(work)-->  the loop's thread:  open_premises(...) ... close

The world is wired as that of a run is. It ends on every way out: when `close` is called, when
opening is interrupted, and at the latest when the interpreter ends; what a kill leaves, the next
run reaps.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from seamproof.core.errors import SeamproofError
from seamproof.core.events import Event, Notice
from seamproof.run.redaction import Redactor

if TYPE_CHECKING:
    from seamproof.config import Config
    from seamproof.core.history import Changes
    from seamproof.core.protocols import Address
    from seamproof.run.premises import Premises
    from seamproof.testing.isolation.transaction import Transaction
    from seamproof.world import World

T = TypeVar("T")

SILENCE = 0.002
"""Seconds without a crossing after which the service is at rest."""
_PATIENCE = 60.0
"""Seconds that the end may take: each thing in the world has a limit of its own."""


class Engine:
    """One world, reachable from any thread. Make one with `Engine.open`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.redactor = Redactor()
        self.name = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{secrets.token_hex(2)}"
        """Names what is kept of these tests, below `.seamproof/runs`."""
        self.notices: list[Notice] = []
        """What a person should know: warnings of the set-up and of the service."""
        self._ready: Future[Premises] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="seamproof", daemon=True)
        self.premises: Premises
        self.transaction: Transaction | None = None
        """What is rolled back after each test, where that is how tests are isolated."""

    @classmethod
    def open(cls, config: Config) -> Engine:
        """Bring up a world, and sign everybody in. Raises SeamproofError."""
        engine = cls(config)
        atexit.register(engine.close)
        engine._thread.start()
        try:
            engine.premises = engine._ready.result()
        except BaseException:
            engine.close()
            raise
        return engine

    @property
    def world(self) -> World:
        """The world. What is in it belongs to the loop's thread: ask by `call`."""
        return self.premises.world

    @property
    def admin(self) -> Address:
        """How a superuser sees what a test sees."""
        return self.world.database.admin if self.transaction is None else self.transaction.address

    async def changes(self) -> Changes:
        """The rows written since the test began. Awaited in the loop's thread."""
        if self.transaction is not None:
            return await self.transaction.changes()
        return await self.world.database.changes()

    def close(self) -> None:
        """End the world and the thread. A second call does nothing."""
        atexit.unregister(self.close)
        loop = self._loop
        if loop is not None and not loop.is_closed():
            # It may have come to its end meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._leave)
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _leave(self) -> None:
        if self._ready.done() and self._over is not None:
            self._over.set()
        elif self._task is not None:
            self._task.cancel()

    # In the loop's thread

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_new_loop) as runner:
                runner.run(self._live())
        except asyncio.CancelledError:
            self._refuse(SeamproofError("it was interrupted while the world was opened"))
        except BaseException as error:
            self._refuse(error)

    def _refuse(self, error: BaseException) -> None:
        if not self._ready.done():
            self._ready.set_exception(error)

    async def _live(self) -> None:
        if self.config.testing.guest:
            from seamproof.testing.guest import open_guest as opened
        else:
            from seamproof.run.premises import open_premises as opened
        if self.config.testing.isolation == "transaction":
            from seamproof.testing.isolation.transaction import sharing

        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._task = asyncio.current_task()
        async with (
            opened(
                self.config,
                logs=f".seamproof/runs/{self.name}/logs",
                seed=0,
                redactor=self.redactor,
                emit=self._emit,
            ) as premises,
            AsyncExitStack() as stack,
        ):
            if self.config.testing.isolation == "transaction":
                self.transaction = await stack.enter_async_context(sharing(premises.world))
            self._ready.set_result(premises)
            await self._over.wait()

    def _emit(self, event: Event) -> None:
        if isinstance(event, Notice) and event.warning and event not in self.notices:
            self.notices.append(event)

    # From any thread

    def call(self, work: Callable[[World], Coroutine[Any, Any, T]]) -> T:
        """Do something in the world, and wait for it. Raises what that raises."""
        future = self._submit(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def acall(self, work: Callable[[World], Coroutine[Any, Any, T]]) -> Awaitable[T]:
        """The same for a coroutine of another loop."""
        return asyncio.wrap_future(self._submit(work))

    def _submit(self, work: Callable[[World], Coroutine[Any, Any, T]]) -> Future[T]:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work(self.world), self._loop)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


async def rest(world: World, answered: float | None = None) -> None:
    """Wait until the service does nothing more: it may work on behind its last answer.

    `answered` is when that came, in `time.monotonic` seconds; None for now.
    """
    from seamproof.run.experiment.quiet import come_to_rest

    now = time.monotonic()
    last = max(each.activity().last for each in world.boundaries)
    # In one go: a loop's timers are as coarse as this is short.
    last = max(last, now if answered is None else answered)
    await asyncio.sleep(max(0.0, SILENCE - (now - last)))
    for boundary in world.boundaries:
        await come_to_rest(boundary, SILENCE)
