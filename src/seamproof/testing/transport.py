"""httpx2's transports, recording: whatever a client sends through them, the boundaries know whose
it is. Requests that are made past `api`, by `api.http`, are recorded as well.
"""

from __future__ import annotations

import time
from functools import partial

import httpx2

from seamproof.testing.exchanges import Record, Sent, Span, plain

IDENTITY = "seamproof.identity"
ACT = "seamproof.act"
"""Extensions of a request, as httpx2 calls what travels with it and is not sent."""


def _sent(request: httpx2.Request) -> Sent:
    identity, act = request.extensions.get(IDENTITY), request.extensions.get(ACT, False)
    return Sent(plain(request), identity, Span(), time.monotonic(), act=bool(act))


class Recording(httpx2.BaseTransport):
    """A transport whose requests are of one test. What it sends them by outlives it."""

    def __init__(self, inner: httpx2.BaseTransport, record: Record) -> None:
        self._inner = inner
        self._record = record

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request, without a retry."""
        sent = _sent(request)
        request.extensions["seamproof.sent"] = sent
        self._record.engine.call(partial(self._record.begin, sent=sent))
        try:
            sent.http = self._inner.handle_request(request)
        except Exception as error:
            sent.error = f"{type(error).__name__}: {error}"
            raise
        finally:
            sent.seconds = time.monotonic() - sent.started
            self._record.ended()
        return sent.http


class AsyncRecording(httpx2.AsyncBaseTransport):
    """The same for an asynchronous client."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, record: Record) -> None:
        self._inner = inner
        self._record = record

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request, without a retry."""
        sent = _sent(request)
        request.extensions["seamproof.sent"] = sent
        await self._record.engine.acall(partial(self._record.begin, sent=sent))
        try:
            sent.http = await self._inner.handle_async_request(request)
        except Exception as error:
            sent.error = f"{type(error).__name__}: {error}"
            raise
        finally:
            sent.seconds = time.monotonic() - sent.started
            self._record.ended()
        return sent.http

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
