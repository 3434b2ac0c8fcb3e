"""What passes the inbound proxy, and what each request has done.

The journal is asked when a request comes and before its answer ends. What was written between two
requests is of the earlier one; what was written while several were under way may be of each.

What different reads write while nothing else is under way keeps books, as of who was seen when:
that a request writes there too says nothing of it.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from seamproof.core.counting import counted
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import Changes, Request, Response
from seamproof.core.model import SAFE_METHODS
from seamproof.discovery.importers.proxied import Passed
from seamproof.run.redaction import Redactor
from seamproof.wire.http.paths import MOST_SHOWN, split, without_ids

if TYPE_CHECKING:
    from seamproof.world import World

MOST_REQUESTS: Final = 20_000
"""Requests that are recorded; more are passed on."""
MOST_BYTES: Final = 128 << 20
"""Bytes of bodies that are recorded."""
_SILENCE: Final = 0.05
_LIMIT: Final = 2.0
"""Seconds that the service may work on behind its last answer."""


class _Reads:
    """What reads write that were alone."""

    def __init__(self) -> None:
        self._played: Counter[str] = Counter()
        self._writing: dict[str, Counter[str]] = defaultdict(Counter)
        """By table, how often a read wrote there."""

    def note(self, target: str, tables: Iterable[str]) -> None:
        """Take note of a read."""
        shape = without_ids(split(target)[0])
        self._played[shape] += 1
        for each in tables:
            self._writing[each][shape] += 1

    def books(self) -> frozenset[str]:
        """Tables that two different reads write, each more often than not."""
        return frozenset(
            table
            for table, shapes in self._writing.items()
            if sum(2 * count > self._played[shape] for shape, count in shapes.items()) > 1
        )


@dataclass(slots=True)
class Recorder:
    """Observes the proxy: keeps what passes, and asks the world what each request has done."""

    say: Callable[[str], None]
    """Told of each request in one line."""
    service: str = ""
    failure: Exception | None = None
    """Why the world could not be asked."""
    _places: list[_Place] = field(default_factory=list)
    _open: dict[int, _Place] = field(default_factory=dict)
    """Requests without their answer, by their number."""
    _latest: _Place | None = None
    """The last that was answered."""
    _size: int = 0
    _full: bool = False
    _world: World | None = None
    _epoch: float = field(default_factory=time.monotonic)
    _calls: int = 0
    _reads: _Reads = field(default_factory=_Reads)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def passed(self) -> list[Passed]:
        """What was recorded, in the order of arrival."""
        books = self._reads.books()
        return [Passed(each.request, each.response, each.changed(books)) for each in self._places]

    def watch(self, world: World) -> None:
        """Ask this world."""
        self._world = world

    def tell_secrets(self, redactor: Redactor) -> None:
        """Have a redactor know what signed in."""
        for request in (each.request for each in self._places):
            with suppress(ValueError, RecursionError):
                redactor.learn_from(json.loads(request.body))
            for name, value in request.headers:
                if name.lower() in {"authorization", "cookie"}:
                    redactor.learn(*re.split(r"[\s;=]+", value))

    async def finish(self) -> None:
        """Wait for what goes on behind the last answer, and ask what that has done."""
        if self._world is not None:
            for each in self._world.boundaries:
                await each.wait_quiet(_SILENCE, _LIMIT)
        async with self._looking:
            self._blame(await self._effect())

    async def on_request(self, request: Request) -> _Place:
        """Take a request. What was written until now is of those before it."""
        async with self._looking:
            self._blame(await self._effect())
            place = _Place(len(self._places), request)
            if len(self._places) < MOST_REQUESTS and self._fits(len(request.body)):
                self._places.append(place)
            else:
                self._say_full()
            self._open[id(place)] = place
            if len(self._open) > 1:
                for each in self._open.values():
                    each.alone = False
            return place

    async def on_answer(self, place: _Place, response: Response | None) -> None:
        """Take its answer. What was written meanwhile is of all that were under way."""
        async with self._looking:
            effect = await self._effect()
            self._blame(effect)
            if place.alone and place.request.method in SAFE_METHODS:
                self._reads.note(place.request.target, effect.changes.tables)
            self._open.pop(id(place), None)
            self._latest = place
            if response is not None and self._fits(len(response.body)):
                place.response = response
        # Who reads what we print may have gone, which is no matter of whoever sends requests.
        with suppress(OSError):
            self.say(place.line(response))

    def _blame(self, effect: _Effect) -> None:
        """Whose it is: of those under way, and of the latest where none is."""
        latest = [] if self._latest is None else [self._latest]
        for each in list(self._open.values()) or latest:
            each.add(effect)

    def _fits(self, more: int) -> bool:
        self._size += more
        return self._size <= MOST_BYTES

    def _say_full(self) -> None:
        if not self._full:
            self._full = True
            self.say(
                f"that is enough: {MOST_REQUESTS} requests or {MOST_BYTES >> 20} MiB are recorded, "
                "and what comes now is passed on only"
            )

    async def _effect(self) -> _Effect:
        """What was done since this was last asked."""
        world = self._world
        if world is None or self.failure is not None:
            return _Effect()
        try:
            changes = await world.database.take_changes()
        except Exception as error:
            # Who sends requests is not to blame: it is raised where the recording is driven.
            self.failure = world.explained(error) or error
            return _Effect()
        calls = sum(
            len(each.crossings()) for each in world.boundaries if each.kind is BoundaryKind.HTTP_OUT
        )
        fresh, self._calls = calls - self._calls, calls
        if not self._open:
            # Nothing is under way whose crossings could be missed: they need no memory any more.
            for each in world.boundaries:
                each.begin(self._epoch)
            self._calls = 0
        return _Effect(changes, fresh)


@dataclass(frozen=True, slots=True)
class _Effect:
    """Rows that changed, and calls to other services."""

    changes: Changes = Changes()
    calls: int = 0


@dataclass(slots=True)
class _Place:
    """A request that is being recorded."""

    number: int
    request: Request
    response: Response | None = None
    alone: bool = True
    """Whether nothing else was under way meanwhile."""
    rows: Counter[str] = field(default_factory=Counter)
    """Rows that were written, by table."""
    calls: int = 0

    def changed(self, books: Collection[str]) -> bool:
        """Whether it had an effect beside what is written in the books."""
        return self.calls > 0 or not self.rows.keys() <= set(books)

    def add(self, effect: _Effect) -> None:
        """Take what was done while it was under way, or behind it."""
        self.rows.update(each.table for each in effect.changes.rows)
        self.calls += effect.calls

    def line(self, response: Response | None) -> str:
        """It in one line, for a person."""
        path = self.request.target.partition("?")[0][:MOST_SHOWN]
        status = "no answer" if response is None else str(response.status)
        done = []
        if self.rows:
            rows = counted(self.rows.total(), "row")
            done.append(f"{rows} of {', '.join(sorted(self.rows))}")
        if self.calls:
            done.append(counted(self.calls, "call"))
        return "  ".join([f"  {status}", f"{self.request.method} {path}", *done])
