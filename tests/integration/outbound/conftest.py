from __future__ import annotations

import asyncio
import threading
from time import monotonic

import pytest
import uvloop

from seamproof.boundaries.http import HttpStubBoundary
from seamproof.boundaries.http_proxy import HttpProxyBoundary
from seamproof.boundaries.http_stub import Reply, Route
from seamproof.core.model import Operation

CHARGE = {"id": "ch_{number}", "amount": "{request.json.amount}", "key": "{request.json.key}"}
ROUTES = (
    Route(
        Operation("POST", "/charges"),
        (Reply(201, json=CHARGE),),
        {402: Reply(402, {"X-Reason": "card"}, {"error": "card_declined"})},
    ),
    Route(Operation("GET", "/charges/{id}"), (Reply(200, json={"id": "{request.path.id}"}),)),
    Route(Operation("DELETE", "/charges/{id}"), (Reply(204),)),
    Route(Operation("GET", "/slow"), (Reply(200, text="late", delay=0.2),)),
    Route(Operation("GET", "/turns"), (Reply(200, text="first"), Reply(200, text="later"))),
)


class Loop:
    """A uvloop in a thread, so that blocking clients can be used against what runs on it."""

    def __init__(self):
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work, limit=20):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(limit)

    def call(self, function, *arguments):
        async def once():
            return function(*arguments)

        return self.run(once())

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Seen:
    """A boundary, used from the test's thread."""

    def __init__(self, loop, boundary):
        self.loop = loop
        self.boundary = boundary

    @property
    def port(self):
        return self.boundary.port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def begin(self, *faults, epoch=None):
        self.loop.call(self.boundary.begin, monotonic() if epoch is None else epoch, faults)

    def crossings(self):
        return self.loop.call(self.boundary.crossings)

    def reached(self):
        return self.loop.call(self.boundary.reached)

    def pending(self):
        return self.loop.call(self.boundary.activity).pending

    def quiet(self, silence=0.0, limit=5.0):
        return self.loop.run(self.boundary.wait_quiet(silence, limit))

    def until(self, condition, limit=5.0):
        """Wait for what another thread brings about."""
        deadline = monotonic() + limit
        while not condition(self):
            assert monotonic() < deadline, self.crossings()
            threading.Event().wait(0.002)


@pytest.fixture(scope="module")
def loop():
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def unfaked():
    return []


@pytest.fixture
def stub(loop, unfaked):
    boundary = HttpStubBoundary(3, "payments", ROUTES, on_unfaked=unfaked.append)
    loop.run(boundary.start())
    yield Seen(loop, boundary)
    loop.run(boundary.stop())


@pytest.fixture
def proxy(loop, unfaked):
    boundary = HttpProxyBoundary(3, on_unfaked=unfaked.append)
    loop.run(boundary.start())
    yield Seen(loop, boundary)
    loop.run(boundary.stop())
