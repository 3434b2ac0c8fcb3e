"""One connection of the service to what it believes to be another service.

head is there -> recorded -> REFUSED
complete      -> held?    -> CUT, STALL, ERROR,
                             REDIRECTED -> done -> delay -> REPLY_LOST, TRUNCATED,
                                                                   MALFORMED, TAINTED, or the
                                                                   answer
"""

from __future__ import annotations

import asyncio
import struct
from socket import SO_LINGER, SOL_SOCKET
from time import monotonic
from typing import Final, Protocol, cast

from seamproof.boundaries.http_calls import Call, CallLedger
from seamproof.core.experiment import FaultKind
from seamproof.core.history import Request, Response
from seamproof.wire.http.conversation import Asked, Began, Conversation, Output
from seamproof.wire.http.faults import malformed, redirected, tainted, truncated

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, zero seconds: closing sends RST and drops what is unsent."""
_SINKHOLE: Final = "{sinkhole}"
UNAVAILABLE: Final = 503
"""The status of an injected error that names none."""


class Answers(Protocol):
    """Whoever answers the calls at a port."""

    def shape(self, request: Request) -> str:
        """What equal calls have in common."""
        ...

    def statement(self, request: Request) -> str:
        """The call as a person reads it."""
        ...

    def reply(self, request: Request) -> tuple[Response, float]:
        """Do what is asked: the answer, and the seconds before it is sent."""
        ...

    def error(self, request: Request, status: int) -> Response:
        """Refuse what is asked, with nothing done."""
        ...


class Owner(Protocol):
    """What a link needs of its boundary."""

    ledger: CallLedger
    answers: Answers
    paused: bool
    last: float
    sinkhole: str

    def on_gone(self, link: Link) -> None:
        """Forget a link that is closed."""
        ...


class Link(asyncio.Protocol):
    """Takes one call after the other, and answers each or breaks it."""

    def __init__(self, owner: Owner, number: int) -> None:
        self.number = number
        self._owner = owner
        self._conversation = Conversation()
        self._transport: asyncio.Transport | None = None
        self._stash: list[bytes] = []
        self._call: Call | None = None
        self._held = False
        self._stalled: Request | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def pending(self) -> bool:
        """Whether a call is without its answer, and nobody holds it."""
        return self._call is not None and not self._held

    @property
    def stalled(self) -> bool:
        """Whether a call is here that is not to be answered."""
        return self._stalled is not None

    # ------------------------------------------------------------------------ the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take what the client sent; while the boundary is paused, a new call is kept back."""
        self._owner.last = monotonic()
        if self._stash or (self._owner.paused and self._conversation.idle):
            self._stash.append(data)
            if self._transport is not None:
                self._transport.pause_reading()
            return
        self._perform(self._conversation.receive(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left, or was made to."""
        self._transport = None
        self._end_call()
        self._owner.on_gone(self)

    # ------------------------------------------------------------------------ the boundary

    def resume(self) -> None:
        """Go on with what was kept back."""
        stash, self._stash = self._stash, []
        if stash and self._transport is not None:
            self._transport.resume_reading()
            self._perform(self._conversation.receive(b"".join(stash)))

    def release(self) -> None:
        """Answer a stalled call after all."""
        request, self._stalled = self._stalled, None
        if request is not None:
            self._do(request)

    def reset(self) -> None:
        """End the connection with RST: the client cannot take it for a clean end."""
        if self._transport is None:
            return
        if not self._transport.is_closing():
            self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        self._transport.abort()
        self._end_call()

    def _end_call(self) -> None:
        self._call, self._stalled, self._held = None, None, False
        self._owner.last = monotonic()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ------------------------------------------------------------------------ a call

    def _perform(self, output: Output) -> None:
        for event in output.events:
            if isinstance(event, Began):
                self._on_head(event.request)
            elif isinstance(event, Asked):
                self._on_request(event.request)
        if self._transport is None or self._transport.is_closing():
            return
        if output.to_client:
            self._transport.write(output.to_client)
        if output.close:
            self._transport.close()

    def _on_head(self, request: Request) -> None:
        answers, now = self._owner.answers, monotonic()
        self._call = call = self._owner.ledger.add(
            answers.shape(request), answers.statement(request), self.number, request, now
        )
        if call.fault is not None and call.fault.kind is FaultKind.REFUSED:
            self.reset()

    def _on_request(self, request: Request) -> None:
        call = self._call
        if call is None:
            return
        self._owner.ledger.complete(call, request)
        hold = self._owner.ledger.held(call)
        if hold is None:
            self._strike(call, request)
            return
        self._held = True
        hold.take(lambda: self._let_go(call, request))

    def _let_go(self, call: Call, request: Request) -> None:
        if self._call is call:
            self._held = False
            self._strike(call, request)
        elif call.fault is None and self._owner.ledger.has(call):
            # The client has left meanwhile: what it has asked for is done all the same.
            call.status = self._owner.answers.reply(request)[0].status

    def _strike(self, call: Call, request: Request) -> None:
        """Break the call before anything is done, where that is ordered."""
        match call.fault.kind if call.fault is not None else None:
            case FaultKind.CUT | FaultKind.REFUSED:
                self.reset()
            case FaultKind.STALL:
                self._stalled = request
            case FaultKind.ERROR:
                status = call.fault.status if call.fault is not None else None
                self._answer(self._owner.answers.error(request, status or UNAVAILABLE))
            case FaultKind.REDIRECTED:
                assert call.fault is not None
                self._answer(redirected(call.fault.text.replace(_SINKHOLE, self._owner.sinkhole)))
            case _:
                self._do(request)

    def _do(self, request: Request) -> None:
        response, delay = self._owner.answers.reply(request)
        if delay:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay, self._finish, response)
        else:
            self._finish(response)

    def _finish(self, response: Response) -> None:
        """Answer what is done, or break the answer where that is ordered."""
        call, self._timer = self._call, None
        if call is None:
            return
        match call.fault.kind if call.fault is not None else None:
            case FaultKind.REPLY_LOST:
                call.status = response.status
                self.reset()
            case FaultKind.TRUNCATED:
                call.status = response.status
                self._cut_short(response)
            case FaultKind.MALFORMED:
                self._answer(malformed(response))
            case FaultKind.TAINTED:
                assert call.fault is not None
                self._answer(tainted(response, call.fault.place, call.fault.text))
            case _:
                self._answer(response)

    def _cut_short(self, response: Response) -> None:
        output = self._conversation.answer(response)
        self._end_call()
        if self._transport is not None:
            self._transport.write(truncated(output.to_client, response.body))
            self._transport.close()

    def _answer(self, response: Response) -> None:
        call = self._call
        if call is None:
            return
        output = self._conversation.answer(response)
        call.answered(response, monotonic())
        self._end_call()
        if self._transport is not None and output.to_client:
            self._transport.write(output.to_client)
        self._perform(Output(events=output.events, close=output.close))
