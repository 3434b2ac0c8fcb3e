"""What a test says of a fake, as a client of that fake meets it."""

from __future__ import annotations

import asyncio
import threading

import httpx2
import pytest

from seamproof.boundaries.http import HttpStubBoundary
from seamproof.boundaries.http_stub import Reply, Route
from seamproof.core.model import Operation
from seamproof.testing.stubs.fakes import Stubs

ROUTES = (Route(Operation("POST", "/charges"), (Reply(201, json={"from": "configuration"}),)),)


class World:
    """The fakes of two processes, on a loop in a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        first = HttpStubBoundary(0, "payments", ROUTES)
        second = HttpStubBoundary(1, "payments", ROUTES, first.state)
        self.boundaries = (first, second)
        for each in self.boundaries:
            self.run(each.start())

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def close(self):
        for each in self.boundaries:
            self.run(each.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


@pytest.fixture
def stubs(world):
    stubs = Stubs(world, lambda: None)
    world.run(stubs.begin(world))
    yield stubs
    world.run(stubs.end(world))


@pytest.fixture
def ask(world):
    clients = [
        httpx2.Client(base_url=f"http://127.0.0.1:{each.port}", timeout=0.5, trust_env=False)
        for each in world.boundaries
    ]

    def ask(method="POST", path="/charges", process=0, **options):
        return clients[process].request(method, path, **options)

    yield ask
    for each in clients:
        each.close()


def test_all_processes_meet_the_rule(world, stubs, ask):
    assert ask().json() == {"from": "configuration"}
    stubs.payments.on("POST /charges", json={"amount": 5}).reply(json={"from": "the test"})
    stubs.payments.on("GET /balance").reply(json={"balance": 7}, delay=0.01)
    for process in (0, 1):
        assert ask(process=process, json={"amount": 5}).json() == {"from": "the test"}
        assert ask("GET", "/balance", process).json() == {"balance": 7}
    assert stubs.payments.calls().count == 5
    assert stubs.payments.calls("POST /charges", json={"amount": 5}).times(2)[1].status == 200
    world.run(stubs.end(world))
    assert ask(json={"amount": 5}).json() == {"from": "configuration"}
    assert not Stubs(world, lambda: None).told()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("refused", httpx2.TransportError),
        ("resets", httpx2.TransportError),
        ("stalls", httpx2.ReadTimeout),
        ("loses_answer", httpx2.TransportError),
        ("truncated", httpx2.RemoteProtocolError),
    ],
)
def test_faults(stubs, ask, fault, raised):
    getattr(stubs.payments.on("POST /charges"), fault)().times(1)
    with pytest.raises(raised):
        ask(json={"amount": 5})
    assert ask().json() == {"from": "configuration"}
    assert stubs.payments.calls("POST /charges").times(2)[0].json == {"amount": 5}


def test_answers_that_are_broken(stubs, ask):
    stubs.payments.on("POST /charges").malformed().error(503)
    with pytest.raises(ValueError, match="Unterminated"):
        ask().json()
    assert ask().status_code == 503


def test_what_nothing_answers_is_told(stubs, ask):
    stubs.payments.on("PUT /charges/{id}", query={"a": 1}).reply()
    answer = ask("PUT", "/charges/7", json={"x": 1})
    assert answer.status_code == 501
    assert "query.a: expected 1, and it is not there" in answer.json()["detail"]
    (told,) = stubs.told()
    assert told.startswith('payments: nothing answers <PUT /charges/7 {"x":1}')


def test_names_of_fakes(stubs):
    assert "payments" in dir(stubs)
    with pytest.raises(AttributeError, match="did you mean payments"):
        _ = stubs.payment
    with pytest.raises(LookupError, match=r"write \[stubs.mail\]"):
        _ = stubs["mail"]
