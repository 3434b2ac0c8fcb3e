"""What each request of a test did, as the boundaries saw it.

What crosses belongs to the request that was sent last, also what comes behind its answer. Requests
that overlap share what crossed meanwhile: nothing tells whose it is.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import Crossing, Request, Response
from seamproof.testing.engine import Engine, rest

if TYPE_CHECKING:
    import httpx2

    from seamproof.world import World


@dataclass(eq=False)
class Span:
    """What crossed from one request to the next."""

    crossings: tuple[Crossing, ...] = ()
    log: tuple[int, int] = (0, 0)
    """Where in the service's log it begins and ends."""
    open: bool = True
    """Whether more may cross."""


@dataclass(eq=False)
class Sent:
    """One request, and what came of it."""

    request: Request
    identity: str | None
    span: Span
    started: float
    seconds: float = 0.0
    """From sending it to its answer's headers."""
    http: httpx2.Response | None = None
    error: str = ""
    """Why there is no answer."""
    act: bool = False
    """Whether the test calls it the act: what amplification judges."""

    @property
    def response(self) -> Response | None:
        """The answer, with as much of its body as was read."""
        if self.http is None:
            return None
        import httpx2

        try:
            body = self.http.content
        except (httpx2.ResponseNotRead, httpx2.StreamError):
            body = b""
        headers = tuple((name, value) for name, value in self.http.headers.multi_items())
        return Response(self.http.status_code, headers, body)


@dataclass
class Record:
    """The requests of one test, in order."""

    engine: Engine
    sent: list[Sent] = field(default_factory=list)
    before: Callable[[Sent], Awaitable[None]] | None = None
    """Called in the world before each request is sent."""
    _epoch: float = field(default_factory=time.monotonic)
    _calls: int = 0
    _span: Span = field(default_factory=lambda: Span(open=False))
    _under_way: int = 0
    _answered: float | None = None
    """When the last request had its answer."""
    _rested: bool = True
    """Whether the service has come to rest since the last request."""

    async def begin(self, world: World, sent: Sent) -> None:
        """Take a request that is about to be sent."""
        if self._under_way == 0:
            self._close(world)
            if self.before is not None:
                await self.before(sent)
            for boundary in world.sql_boundaries:
                boundary.begin(self._epoch)
            end = _log_size(world)
            self._calls = len(_calls(world))
            self._span = Span(log=(end, end))
        sent.span = self._span
        self._rested = False
        self._under_way += 1
        self.sent.append(sent)
        sent.started = time.monotonic()

    def ended(self) -> None:
        """Take the end of a request that was begun."""
        self._under_way -= 1
        self._answered = time.monotonic()

    def _close(self, world: World) -> None:
        """What crossed until now is of the span."""
        if self._span.open:
            self._look(world)
            self._span.open = False

    def _look(self, world: World) -> None:
        crossed = [each for boundary in world.sql_boundaries for each in boundary.crossings()]
        crossed += _calls(world)[self._calls :]
        self._span.crossings = tuple(sorted(crossed, key=lambda each: each.started))
        self._span.log = (self._span.log[0], _log_size(world))

    async def quiet(self, world: World) -> None:
        """Wait for what comes behind the last answer, once for each request."""
        if not self._rested:
            await rest(world, None if self._under_way else self._answered)
            self._rested = True

    async def settle(self, world: World) -> None:
        """The same, and take note of what came."""
        if self._span.open:
            await self.quiet(world)
            self._look(world)

    def last(self) -> Sent | None:
        """The last request, with all that it did; None where none was sent."""
        if not self.sent:
            return None
        self.engine.call(self.settle)
        return self.sent[-1]


def _calls(world: World) -> Sequence[Crossing]:
    outbound = (each for each in world.boundaries if each.kind is BoundaryKind.HTTP_OUT)
    return [crossing for boundary in outbound for crossing in boundary.crossings()]


def _log_size(world: World) -> int:
    try:
        return world.replicas[0].process.launch.log.stat().st_size if world.replicas else 0
    except OSError:
        return 0


def plain(request: httpx2.Request) -> Request:
    """The same as everywhere in seamproof; a body that is streamed is left out."""
    import httpx2

    try:
        body: Any = request.content
    except httpx2.RequestNotRead:
        body = b""
    headers = tuple((name, value) for name, value in request.headers.multi_items())
    return Request(request.method, request.url.raw_path.decode("ascii", "replace"), headers, body)
