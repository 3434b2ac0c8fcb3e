"""The boundary on a loop of its own, used from the test's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic, sleep
from typing import Any, TypeVar

import psycopg
import uvloop

from seamproof.boundaries.authority import Authority
from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.core.experiment import Fault
from seamproof.core.history import Crossing
from seamproof.core.protocols import Address

T = TypeVar("T")
WRITE = "INSERT INTO orders (note) VALUES (%s)"


class Loop:
    """A loop in a thread, so that blocking drivers can be used against what runs on it."""

    def __init__(
        self, make: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    ) -> None:
        self._loop = make()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], limit: float = 30) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(limit)

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        async def once() -> T:
            return function(*arguments)

        return self.run(once())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def background(function: Callable[..., T], *arguments: Any) -> Future[T]:
    """Run this in a thread that nobody waits for: a test that fails must not hang."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Proxy:
    """The boundary, seen from the test's thread."""

    def __init__(
        self,
        loop: Loop,
        boundary: PostgresBoundary,
        upstream: Address,
        authority: Authority | None = None,
    ) -> None:
        self.loop = loop
        self.authority = authority
        """Who vouches for its certificate, where it offers TLS."""
        self.boundary = boundary
        self.address = replace(upstream, host="127.0.0.1", port=boundary.port)

    @property
    def url(self) -> str:
        return self.address.url()

    def begin(self, *faults: Fault) -> None:
        self.loop.call(self.boundary.begin, monotonic(), faults)

    def crossings(self) -> tuple[Crossing, ...]:
        return self.loop.call(self.boundary.crossings)

    def reached(self) -> tuple[Fault, ...]:
        return self.loop.call(self.boundary.reached)

    def quiet(self, silence: float = 0.01, limit: float = 5) -> bool:
        return self.loop.run(self.boundary.wait_quiet(silence, limit))


def gone(loop: Loop, boundary: PostgresBoundary, limit: float = 10) -> bool:
    """Wait until no connection is left, its backend included."""
    deadline = monotonic() + limit
    while loop.call(boundary.connections):
        if monotonic() > deadline:
            return False
        sleep(0.01)
    return True


@contextmanager
def open_proxy(
    loop: Loop, upstream: Address, authority: Authority | None = None
) -> Iterator[Proxy]:
    """A boundary, which offers TLS where there is an authority. Nobody may break the protocol."""
    context = authority.context if authority else None
    boundary = PostgresBoundary(3, upstream.host, upstream.port, tls=context)
    loop.run(boundary.start())
    proxy = Proxy(loop, boundary, upstream, authority)
    proxy.begin()
    yield proxy
    broken = loop.call(boundary.violations)
    loop.run(boundary.stop())
    assert broken == ()


def connect(proxy: Proxy, **options: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(proxy.url, autocommit=True, **options)
