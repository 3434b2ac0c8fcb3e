"""The inbound proxy: one port on loopback in front of the service, that tells what is sent to it.

    client -> Conversation -> on_request -> Forwarding -> service
    client <- in pieces    <- on_answer  <- in pieces  <- service

The end of an answer waits until it is told of, so that whoever looks at the database then sees what
this request has changed and what the client's next one has not. An answer that is long, or does not
come to its end at once, is passed on as it comes.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import Final, Protocol, TypeVar

from seamproof.boundaries.listening import LOOPBACK, Listening
from seamproof.core.history import Request, Response
from seamproof.wire.http.conversation import Asked, Conversation, Output
from seamproof.wire.http.forwarding import (
    Broken,
    End,
    Forwarding,
    Head,
    Piece,
    Switched,
    back,
    header,
    origin_form,
    switching,
    upgrades,
)

T = TypeVar("T")

MOST_CONNECTIONS: Final = 256
"""Clients that are served at once."""
MOST_BODY: Final = 32 << 20
"""Bytes of a request's body."""
MOST_KEPT: Final = 4 << 20
"""Bytes of an answer's body that are told of; the rest is passed on."""
_MOST_HELD: Final = 1 << 20
"""Bytes of an answer that wait for its end."""
_LONGEST_HELD: Final = 1.0
"""Seconds that an answer waits for its end."""
EVENT_STREAM: Final = "text/event-stream"
"""An answer of this type may have no end."""
_IDLE: Final = 75.0
"""Seconds for which a client may say nothing."""
_SILENCE: Final = 120.0
"""Seconds for which the service may say nothing."""
_CONNECTING: Final = 10.0
_CHUNK: Final = 64 * 1024
_NO_METHOD, _BAD_GATEWAY, _UNAVAILABLE, _TIMEOUT = 501, 502, 503, 504


class Observer(Protocol[T]):
    """Whoever is told of what passes."""

    async def on_request(self, request: Request) -> T:
        """A request is complete, and goes to the service when this returns."""
        ...

    async def on_answer(self, asked: T, response: Response | None) -> None:
        """Its answer is complete, or (None) there is none. `truncated` where not all is kept, as of
        a stream of events, which is told of at its beginning."""
        ...


class InboundProxy(Listening):
    """Passes requests on to one port, and tells an observer of them."""

    def __init__(self, service: int, observer: Observer[T], port: int = 0) -> None:
        super().__init__(port)
        self.service = service
        self.observer = observer
        self._clients: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Close the port and every connection. A second call does nothing."""
        self._close_port()
        for each in self._clients:
            each.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def _accept(self) -> asyncio.Protocol:
        reader = asyncio.StreamReader(limit=_CHUNK)
        return asyncio.StreamReaderProtocol(reader, self._begin)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        full = len(self._clients) >= MOST_CONNECTIONS
        client = _Client(self, reader, writer)
        task = asyncio.ensure_future(client.refuse() if full else client.serve())
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)


class _Client:
    """One connection of a client: one request after the other."""

    def __init__(
        self, proxy: InboundProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writer = writer
        self._conversation = Conversation(most_body=MOST_BODY)

    async def refuse(self) -> None:
        """End a connection that is one too many, once it has said something: bytes that nobody
        reads would have the answer dropped (RFC 9112, section 9.6)."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_CONNECTING):
                await self._reader.read(_CHUNK)
        self._writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        self._writer.close()

    async def serve(self) -> None:
        """Serve until either side has enough."""
        try:
            with suppress(ConnectionError, TimeoutError):
                await self._serve()
        finally:
            self._writer.close()

    async def _serve(self) -> None:
        while True:
            async with asyncio.timeout(_IDLE):
                data = await self._reader.read(_CHUNK)
            if not data:
                return
            output = self._conversation.receive(data)
            while (request := await self._sent(output)) is not None:
                output = await self._pass_on(request)
            if output.close:
                return

    async def _sent(self, output: Output) -> Request | None:
        """Send what there is to send, and return the request that awaits its answer."""
        await self._write(output.to_client)
        asked = [each.request for each in output.events if isinstance(each, Asked)]
        return asked[0] if asked and not output.close else None

    async def _write(self, data: bytes) -> None:
        if data:
            self._writer.write(data)
            async with asyncio.timeout(_SILENCE):
                await self._writer.drain()

    async def _pass_on(self, request: Request) -> Output:
        if request.method == "CONNECT":
            return self._conversation.answer(_problem(_NO_METHOD, "this is no forward proxy"))
        request = replace(request, target=origin_form(request.target))
        passage = _Passage(self._proxy, self._conversation, request, self._write)
        asked = await self._proxy.observer.on_request(request)
        told = False

        async def tell(response: Response | None) -> None:
            nonlocal told
            told = True
            await self._proxy.observer.on_answer(asked, response)

        try:
            output = await passage.run(tell)
            if passage.tunnel is not None:
                await self._tunnel(*passage.tunnel)
        finally:
            passage.close()
            if not told:
                await self._proxy.observer.on_answer(asked, None)
        return output

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on both ways what is no HTTP any more, until either side ends it."""
        ways = {
            asyncio.ensure_future(_pump(reader, self._writer)),
            asyncio.ensure_future(_pump(self._reader, writer)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()


class _Write(Protocol):
    async def __call__(self, data: bytes) -> None: ...


class _Tell(Protocol):
    async def __call__(self, response: Response | None) -> None: ...


class _Passage:
    """One request to the service and its answer back."""

    def __init__(
        self, proxy: InboundProxy, conversation: Conversation, request: Request, write: _Write
    ) -> None:
        self.tunnel: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        """The service's side, where both speak another protocol now."""
        self._proxy = proxy
        self._conversation = conversation
        self._request = request
        self._write = write
        self._service: asyncio.StreamWriter | None = None
        self._head: Response | None = None
        self._held: list[bytes] | None = []
        """What waits for the end of the answer; None where it is passed on as it comes."""
        self._streams = False
        self._size = 0
        self._kept = bytearray()

    def close(self) -> None:
        """Leave the service."""
        if self._service is not None:
            self._service.close()

    async def run(self, tell: _Tell) -> Output:
        """Send the request, pass the answer on, and tell of it before its end."""
        try:
            return await self._run(tell)
        except (OSError, Broken, TimeoutError) as error:
            if self._held is None:
                # It has begun already: that it is not whole is all that can be said.
                return Output(close=True)
            late = isinstance(error, TimeoutError)
            why = "it says nothing" if late else str(error) or type(error).__name__
            status = _TIMEOUT if late else _BAD_GATEWAY
            return self._conversation.answer(
                _problem(status, f"the service gives no answer: {why}")
            )

    async def _run(self, tell: _Tell) -> Output:
        forwarding = Forwarding(self._request)
        async with asyncio.timeout(_CONNECTING):
            reader, writer = await asyncio.open_connection(LOOPBACK, self._proxy.service)
        self._service = writer
        writer.write(forwarding.begin())
        began = monotonic()
        while True:
            for event in forwarding.receive(await self._read(reader, began)):
                match event:
                    case Head():
                        await self._on_head(event.response, tell)
                    case Piece():
                        await self._on_piece(event.data)
                    case End():
                        return await self._on_end(tell)
                    case Switched():
                        return await self._on_switch(event, reader, writer, tell)

    async def _read(self, reader: asyncio.StreamReader, began: float) -> bytes:
        """What the service sends next; an answer that has not come to its end soon flows."""
        if self._head is not None and self._held is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, began + _LONGEST_HELD - monotonic())):
                    return await reader.read(_CHUNK)
            await self._flow()
        async with asyncio.timeout(_SILENCE):
            return await reader.read(_CHUNK)

    async def _on_head(self, response: Response, tell: _Tell) -> None:
        self._head = response
        if header(response.headers, "content-type").startswith(EVENT_STREAM):
            # It ends when its reader has enough, which says nothing of the request.
            await tell(replace(response, truncated=True))
            self._streams = True
            await self._flow()

    async def _on_piece(self, data: bytes) -> None:
        self._size += len(data)
        self._kept += data[: MOST_KEPT - len(self._kept)]
        if self._held is None:
            await self._write(self._conversation.piece(data))
            return
        self._held.append(data)
        if self._size > _MOST_HELD:
            await self._flow()

    async def _on_end(self, tell: _Tell) -> Output:
        assert self._head is not None
        if not self._streams:
            body, truncated = bytes(self._kept), self._size > len(self._kept)
            await tell(replace(self._head, body=body, truncated=truncated))
        await self._flow()
        return self._conversation.end()

    async def _flow(self) -> None:
        """Pass on what was held, and from now on what comes."""
        held, self._held = self._held, None
        if held is None or self._head is None:
            return
        host = header(self._request.headers, "host")
        head = back(self._head, service=self._proxy.service, host=host)
        begun = self._conversation.begin(head)
        await self._write(begun + b"".join(map(self._conversation.piece, held)))

    async def _on_switch(
        self,
        event: Switched,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        tell: _Tell,
    ) -> Output:
        if not upgrades(self._request):
            raise Broken("it speaks another protocol, which nobody asked for")
        await tell(event.response)
        self._held = None
        sent, ahead = self._conversation.switch(switching(event.response))
        await self._write(sent + event.data)
        writer.write(ahead)
        self.tunnel = (reader, writer)
        return Output(close=True)


def _problem(status: int, text: str) -> Response:
    headers = (("Content-Type", "text/plain; charset=utf-8"),)
    return Response(status, headers, f"seamproof: {text}\n".encode())
