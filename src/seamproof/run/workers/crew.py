"""The workers of a run: started, given jobs from the one queue, replaced, ended.

    start    while the first world learns what is normal: theirs are copies of its template
    work     each is told what was learned, takes jobs until there are none, and closes its world
    dismiss  all stop at once, and clean up while the first world does

What a worker's end costs is the job that it was doing. It is replaced once, and the new one does
that job again: a machine that ends a process for its memory is no reason to know less. Where that
fails as well, or the place was filled anew before, the job is inconclusive. The run's own world
never does it: a job that ends processes must not end the run.

A worker that hangs is ended once it has taken many times what its job was to take. That job is not
done again: it would hang again, and the run is to end.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from seamproof.config import Config
from seamproof.core.errors import ConfigurationError, SafetyError
from seamproof.core.events import Event, Notice, Stage
from seamproof.core.subject import Job, Result
from seamproof.run.jobs import inconclusive
from seamproof.run.queue import Queue
from seamproof.run.workers.aftermath import clean_up
from seamproof.run.workers.employed import Employed, Gone, Hung
from seamproof.run.workers.messages import Begin, Brief, Enough

_LIVES = 2
"""Workers that one post has, one after the other."""
_OPENING_LIMIT = 600.0
"""Seconds that a worker may take to open its world, which has limits of its own for all it does."""
_CLOSING_LIMIT = 60.0
"""Seconds that a worker may take to prove its reset and to close its world."""
_STOPPING_LIMIT = 4.0
"""Seconds that it may take to clean up when it is told to stop."""
_MOST = 64


def workers(text: str) -> int:
    """Read a number of workers; `auto` is one for each core. Raises ConfigurationError."""
    if text == "auto":
        return min(_MOST, _cores())
    if text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST:
        return int(text)
    raise ConfigurationError(
        f"{text!r} is no number of workers", hint=f"write 1 to {_MOST}, or auto for one each core"
    )


def _cores() -> int:
    # What this process may use, where the system can say it: a container may have fewer.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Terms:
    """What all workers of a run have in common."""

    config: Config
    emit: Callable[[Event], None]
    redact: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do, and who takes what came of it."""

    brief: Brief
    queue: Queue
    deliver: Callable[[Result], None]
    crashed: Callable[[str], None]
    """Takes the traceback of a worker that failed by a fault of ours."""
    patience: Callable[[Job], float]
    """Seconds after which a worker that still does this job hangs."""


class Crew:
    """The workers of one run."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._posts: tuple[_Post, ...] = ()

    async def __aenter__(self) -> Crew:
        return self

    async def __aexit__(self, failure: type[BaseException] | None, *_: object) -> None:
        self.dismiss()
        limit = _CLOSING_LIMIT if failure is None else _STOPPING_LIMIT
        await asyncio.gather(*(post.end(limit) for post in self._posts))

    async def start(self, count: int, begin: Begin) -> None:
        """Have so many workers open their worlds, and go on meanwhile."""
        # The run's own world is the first.
        self._posts = tuple(_Post(self._terms, begin, number) for number in range(2, count + 2))
        for post in self._posts:
            await post.fill()

    async def work(self, work: Work) -> None:
        """Do jobs until there are none. Raises SeamproofError where a world cannot go on, as the
        only world of a run does; for all but a refusal for safety's sake, one is tried anew first.
        """
        async with asyncio.TaskGroup() as group:
            for post in self._posts:
                group.create_task(post.work(work))

    def excuse(self) -> None:
        """Send home who has no job and will have none: whose world is not open yet."""
        for post in self._posts:
            post.excuse()

    def dismiss(self) -> None:
        """Tell every worker to stop and to clean up, now."""
        for post in self._posts:
            post.dismiss()


class _Post:
    """One place in the crew, which a worker holds, and after it another."""

    def __init__(self, terms: Terms, begin: Begin, number: int) -> None:
        self._terms = terms
        # Each world keeps its logs in a folder of its own.
        self._begin = replace(begin, logs=f"{begin.logs}/world-{number}")
        self._number = number
        self._worker: Employed | None = None
        self._doing: Job | None = None
        self._open = False
        self._opening: asyncio.Timeout | None = None
        self._excused = False

    async def fill(self) -> None:
        """Start a worker."""
        terms = self._terms
        assert terms.config.file is not None
        self._worker = await Employed.start(terms.config.file, terms.emit)
        await self._worker.say(self._begin)

    async def work(self, work: Work) -> None:
        """Do jobs until there are none, or the last worker of this post is gone."""
        for left in reversed(range(_LIVES)):
            try:
                return await self._serve(work)
            except Gone as gone:
                if self._excused:
                    return await self.end(_CLOSING_LIMIT)
                self._judge(gone, work, left=left)
                await self.end(_STOPPING_LIMIT)
                if isinstance(gone, Hung):
                    self._give_up(work)
        return self._give_up(work)

    def _give_up(self, work: Work) -> None:
        """Say of the job that was under way that nobody could do it."""
        job, self._doing = self._doing, None
        if job is not None:
            reason = "the worker that did it came to its end: see the warnings of the run"
            work.deliver(inconclusive(job, reason))

    async def _serve(self, work: Work) -> None:
        worker, seconds = await self._opened(work.brief)
        self._terms.emit(Stage(f"world {self._number}", f"worker {worker.pid}", seconds))
        while (job := self._doing or work.queue.take()) is not None:
            self._doing = job
            result = await worker.do(job, work.patience(job))
            self._doing = None
            work.deliver(result)
        await worker.say(Enough())
        try:
            refused = await worker.closed(_CLOSING_LIMIT)
        except Hung as hung:
            # Its results are there; nobody knows whether its world was as it must be at the end.
            hint = "what it found stands; that its last reset was whole is not proven"
            self._terms.emit(Notice(f"worker {self._number}: {hung.how}", hint, warning=True))
            return await self.end(_STOPPING_LIMIT)
        if refused is not None:
            # Its jobs are done: what fails now is a proof of ours that the world is as it was.
            work.crashed(refused.traceback or refused.problem)
        return await self.end(_CLOSING_LIMIT)

    async def _opened(self, brief: Brief) -> tuple[Employed, float]:
        """A worker whose world is open, and the seconds that this took it. Raises Gone."""
        limit = _CLOSING_LIMIT if self._excused else _OPENING_LIMIT
        self._open = False
        try:
            async with asyncio.timeout(limit) as self._opening:
                if self._worker is None:
                    await self.fill()
                assert self._worker is not None
                await self._worker.say(brief)
                ready = await self._worker.ready()
            self._open = True
            return self._worker, ready.seconds
        except TimeoutError:
            raise Hung(f"it has not opened its world after {limit:.0f} s") from None
        finally:
            self._opening = None

    def _judge(self, gone: Gone, work: Work, *, left: int) -> None:
        """Say what a worker's end means. Raises SeamproofError where it is the run's end too."""
        refused, doing = gone.refused, self._doing
        if refused is not None and refused.ours:
            work.crashed(refused.traceback or refused.problem)
        elif refused is not None:
            error = refused.as_error()
            if isinstance(error, SafetyError) or (doing is not None and not left):
                raise error
        if doing is not None:
            what = f" while it did {doing.operation}"
            again = left and not isinstance(gone, Hung)
            hint = "another one does that again" if again else "that is inconclusive"
        else:
            what = ""
            hint = "another one takes its place" if left else "the run goes on with fewer"
        if refused is not None and refused.hint:
            hint = f"{hint}; {refused.hint}"
        text = f"worker {self._number} is gone{what}: {gone.how}"
        if refused is None and gone.printed:
            text += f"; it printed: {self._terms.redact(gone.printed[-1])}"
        self._terms.emit(Notice(text, hint, warning=True))

    def excuse(self) -> None:
        if self._open or self._doing is not None:
            return
        self._excused = True
        self.dismiss()
        if self._opening is not None:
            # One that hangs does not hear it.
            self._opening.reschedule(asyncio.get_running_loop().time() + _CLOSING_LIMIT)

    def dismiss(self) -> None:
        if self._worker is not None:
            self._worker.dismiss()

    async def end(self, limit: float) -> None:
        """Wait until the worker is gone, at most `limit` seconds since it was told to stop, and
        clean up after it where it could not itself."""
        if self._worker is None:
            return
        if await self._worker.end(limit) != 0:
            for done in await clean_up(self._terms.config):
                self._terms.emit(Notice(f"worker {self._number} had left something: {done}"))
        self._worker = None
