"""The outbound HTTP boundary: one port on loopback in the place of an external service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from seamproof.boundaries.hold import Hold
from seamproof.boundaries.http_calls import Call, CallLedger
from seamproof.boundaries.http_link import Answers, Link
from seamproof.boundaries.http_stub import Route, Stub, StubState
from seamproof.boundaries.listening import Listening
from seamproof.boundaries.numbers import connection_numbers
from seamproof.core.experiment import BoundaryKind, CrossingKey, Fault
from seamproof.core.history import Crossing, Request, Response
from seamproof.core.protocols import Activity
from seamproof.core.registry import boundary

_LOOK_AGAIN: Final = 0.001


@dataclass(frozen=True, slots=True)
class Unfaked:
    """A call that nothing answers: its shape, the stub that was called (empty for none), and the
    operation of that stub that may have been meant."""

    shape: str
    stub: str = ""
    nearest: str = ""


OnUnfaked = Callable[[Unfaked], None]


class HttpBoundary(Listening):
    """Records the calls that one process makes to one port, holds them, and breaks them.

    What they are answered is the matter of `answers`. All times are `time.monotonic`.

    A call whose answer is lost or cut short is done: its crossing's tag is the status that it would
    have had, and its response is None. One that is refused, cut or stalled is not done, and its
    crossing has neither.
    """

    kind = BoundaryKind.HTTP_OUT

    def __init__(self, replica: int, answers: Answers, port: int = 0) -> None:
        super().__init__(port)
        self.answers = answers
        self.ledger = CallLedger(replica)
        self.paused = False
        self.last = 0.0
        """When the last bytes came, or the last call ended."""
        self.sinkhole = ""
        """The URL of a port of ours, to which a fault may redirect a call."""
        self._links: dict[int, Link] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    async def stop(self) -> None:
        """Close the port and every connection. A second call does nothing."""
        self._close_port()
        for link in tuple(self._links.values()):
            link.reset()
        await self._empty.wait()

    # ------------------------------------------------------------------------ experiments

    def begin(self, epoch: float, faults: Sequence[Fault] = ()) -> None:
        """Forget what was seen, count occurrences anew from `epoch`, and arm the faults.

        Holds are released, and connections with a stalled call end. Raises Bug for a fault that no
        call can meet.
        """
        self.end_stalled()
        self.ledger.begin(epoch, faults)

    def end_stalled(self) -> None:
        """End the connections whose call is stalled."""
        for link in [each for each in self._links.values() if each.stalled]:
            link.reset()

    def crossings(self) -> tuple[Crossing, ...]:
        """What crossed since `begin`, in order."""
        return self.ledger.crossings()

    def reached(self) -> tuple[Fault, ...]:
        """The armed faults that were injected."""
        return self.ledger.reached()

    def hold(self, key: CrossingKey | None) -> Hold:
        """Hold the call of this key, or the next where it is None, before anything is done."""
        return self.ledger.hold(key)

    def release_stalled(self) -> None:
        """Answer the calls that are stalled, as if nothing had been: late."""
        for link in tuple(self._links.values()):
            link.release()

    # ------------------------------------------------------------------------ quiet

    def activity(self) -> Activity:
        """What is under way. A stalled call is, until the client has left."""
        pending = sum(link.pending for link in self._links.values()) if self._links else 0
        return Activity(pending, last=self.last)

    async def wait_quiet(self, silence: float, limit: float) -> bool:
        """Wait for `silence` seconds without bytes or a call that awaits its answer.

        Returns False where that does not come within `limit` seconds.
        """
        deadline = monotonic() + limit
        while True:
            now = monotonic()
            busy = any(link.pending for link in self._links.values())
            missing = silence - (now - self.last)
            if not busy and missing <= 0:
                return True
            if now >= deadline:
                return False
            await asyncio.sleep(min(_LOOK_AGAIN if busy else missing, deadline - now))

    def last_of_acts(self, background: Collection[str]) -> float:
        """When the last call since `begin` was over that is not of a background shape."""
        return self.ledger.last(background)

    def pause(self) -> None:
        """Keep back new calls until `resume`; those under way are answered."""
        self.paused = True

    def resume(self) -> None:
        """Take the calls that were kept back."""
        self.paused = False
        for link in tuple(self._links.values()):
            link.resume()

    # ------------------------------------------------------------------------ for links

    def _accept(self) -> asyncio.Protocol:
        link = Link(self, next(connection_numbers))
        self._links[link.number] = link
        self._empty.clear()
        return link

    def on_gone(self, link: Link) -> None:
        """Forget a link that is closed."""
        self._links.pop(link.number, None)
        if not self._links:
            self._empty.set()


@boundary("http-stub", title="A fake of an external HTTP service", kind=BoundaryKind.HTTP_OUT)
class HttpStubBoundary(HttpBoundary):
    """A fake of an external service, for the calls of one process: replies, recorded and broken.

    `state` is shared with the fakes of the same name of other processes. A call that no reply is
    there for is answered 501 and given to `on_unfaked`.
    """

    def __init__(
        self,
        replica: int,
        name: str,
        routes: Sequence[Route],
        state: StubState | None = None,
        *,
        on_unfaked: OnUnfaked = lambda unfaked: None,
        port: int = 0,
    ) -> None:
        self.name = name
        self.state = state or StubState()
        self._stub = Stub(name, routes, self.state)
        super().__init__(replica, _StubAnswers(self._stub, on_unfaked), port)
        self.ledger.befall = self._befall

    def begin(self, epoch: float, faults: Sequence[Fault] = ()) -> None:
        """As of every boundary; with an epoch that is another, replies and ids start anew."""
        self._stub.state.begin(epoch)
        super().begin(epoch, faults)

    def _befall(self, call: Call, request: Request) -> Fault | None:
        rules = self.state.rules
        return rules.befall(request, call.key) if rules is not None else None

    def forget(self) -> None:
        """Start replies and ids anew, as at a reset."""
        self._stub.state.forget()


@dataclass(frozen=True, slots=True)
class _StubAnswers:
    """A stub as a boundary needs it."""

    stub: Stub
    on_unfaked: OnUnfaked

    def shape(self, request: Request) -> str:
        return self.stub.shape(request)

    def statement(self, request: Request) -> str:
        return f"{request.method} http://{self.stub.name}{request.target}"

    def reply(self, request: Request) -> tuple[Response, float]:
        found = self.stub.reply(request)
        if found is not None:
            return found
        shape, nearest = self.stub.shape(request), self.stub.nearest(request)
        self.on_unfaked(Unfaked(shape, self.stub.name, nearest))
        return self.stub.unknown(request), 0.0

    def error(self, request: Request, status: int) -> Response:
        return self.stub.error(request, status)
