"""What crossed an HTTP boundary, counted by shape, and the faults and holds that wait for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from seamproof.analysis.background import foreground
from seamproof.boundaries.hold import Hold
from seamproof.core.errors import Bug
from seamproof.core.experiment import INTERRUPTIONS, BoundaryKind, CrossingKey, Fault
from seamproof.core.history import Crossing, CrossingKind, Request, Response

MOST_KEPT: Final = 64 * 1024
"""Bytes of a body that are kept as evidence."""


@dataclass(slots=True)
class Call:
    """One request of the service, and what became of it. Times are `time.monotonic`."""

    key: CrossingKey
    statement: str
    connection: int
    started: float
    request: Request
    fault: Fault | None = None
    ended: float | None = None
    response: Response | None = None
    """The answer as it was given; None where no whole one was."""
    status: int | None = None
    """Of the answer that was made, also where it was lost on its way."""

    def keep(self, request: Request) -> None:
        """Take the request with its body, as far as that is kept."""
        self.request = replace(request, body=request.body[:MOST_KEPT])

    def answered(self, response: Response, now: float) -> None:
        """Take the answer that the client has got."""
        cut = len(response.body) > MOST_KEPT
        self.response = replace(response, body=response.body[:MOST_KEPT], truncated=cut)
        self.status, self.ended = response.status, now


class CallLedger:
    """The record since `begin`."""

    def __init__(self, replica: int) -> None:
        self._replica = replica
        self._epoch = 0.0
        self._calls: list[Call] = []
        self._counts: Counter[str] = Counter()
        self._armed: dict[CrossingKey, Fault] = {}
        self._holds: dict[CrossingKey | None, Hold] = {}
        self.befall: Callable[[Call, Request], Fault | None] = lambda call, request: None
        """Which fault a whole call meets that is not armed."""

    def begin(self, epoch: float, faults: Sequence[Fault]) -> None:
        """Forget everything, release what is held, and arm the faults of calls. Raises Bug for one
        that befalls the client or the process, and not the call."""
        armed: dict[CrossingKey, Fault] = {}
        for fault in faults:
            if fault.at.boundary is not BoundaryKind.HTTP_OUT:
                continue
            if fault.kind in INTERRUPTIONS:
                raise Bug(f"{fault.label} is nothing that a call can meet")
            armed[fault.at] = fault
        holds, self._holds = self._holds, {}
        self._epoch = epoch
        self._calls = []
        self._counts.clear()
        self._armed = armed
        for hold in holds.values():
            hold.release()

    def add(
        self, shape: str, statement: str, connection: int, request: Request, now: float
    ) -> Call:
        """Take a call whose head has come, with the fault that it meets."""
        self._counts[shape] += 1
        key = CrossingKey(shape, self._counts[shape], BoundaryKind.HTTP_OUT)
        call = Call(key, statement, connection, now, request, self._armed.pop(key, None))
        self._calls.append(call)
        return call

    def complete(self, call: Call, request: Request) -> None:
        """Take the rest of a call, with the fault that it meets by what it says."""
        call.keep(request)
        befallen = self.befall(call, request)
        if call.fault is None:
            call.fault = befallen

    def hold(self, key: CrossingKey | None) -> Hold:
        """Hold the call of this key when it comes; None is everything that comes."""
        hold = self._holds[key] = Hold(key)
        return hold

    def held(self, call: Call) -> Hold | None:
        """Return the hold that a call must wait for."""
        for key in (call.key, None):
            hold = self._holds.get(key)
            if hold is not None and hold.takes:
                return hold
        return None

    def has(self, call: Call) -> bool:
        """Whether a call came since `begin`."""
        return any(each is call for each in self._calls)

    def reached(self) -> tuple[Fault, ...]:
        """Return the faults that struck."""
        return tuple(each.fault for each in self._calls if each.fault is not None)

    def crossings(self) -> tuple[Crossing, ...]:
        """Return everything that crossed, in order."""
        return tuple(self._crossing(each) for each in self._calls)

    def last(self, background: Collection[str]) -> float:
        """Return when the last call was over that is not of a background shape."""
        own = foreground(self.crossings(), background)
        return self._epoch + max((each.ended or each.started for each in own), default=0.0)

    def _crossing(self, call: Call) -> Crossing:
        return Crossing(
            key=call.key,
            kind=CrossingKind.CALL,
            statement=call.statement,
            replica=self._replica,
            connection=call.connection,
            started=call.started - self._epoch,
            ended=None if call.ended is None else call.ended - self._epoch,
            tag=None if call.status is None else str(call.status),
            fault=call.fault,
            request=call.request,
            response=call.response,
        )
