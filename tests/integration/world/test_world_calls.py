"""A service in a world that calls other services: by its fakes, and by the proxy that refuses."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest

from seamproof.config.loading import parse
from seamproof.core.events import BoundaryStatus, Notice
from seamproof.core.experiment import BoundaryKind, CrossingKey, Fault, FaultKind
from seamproof.world import open_world

TINY = Path(__file__).parent / "tiny"
KEY = CrossingKey("POST payments /charges", 1, BoundaryKind.HTTP_OUT)


@pytest.fixture
def project(tmp_path, test_server):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "001.sql").write_text("CREATE TABLE references_ (id text);")
    data = {
        "service": {
            "command": f"{{python}} {TINY / 'caller.py'} {{port}}",
            "env": {"TINY_URL": "{database.url}", "PAYMENTS": "{stubs.payments.url}"},
            "start_timeout": 20,
        },
        "processes": {
            "worker": {
                "command": f"{{python}} {TINY / 'caller.py'} {{port}}",
                "env": {"TINY_URL": "{database.url}", "PAYMENTS": "{stubs.payments.url}"},
            }
        },
        "database": {"url": test_server, "seed": f"{{python}} {TINY / 'seed_by_call.py'}"},
        "stubs": {
            "payments": {
                "replies": {
                    "POST /charges": {
                        "status": 201,
                        "json": {"id": "{uuid}", "amount": "{request.json.amount}"},
                    }
                }
            }
        },
    }
    return parse(data, tmp_path)


async def ask(member, path):
    """The status and the text of a POST."""

    def send():
        url = f"http://127.0.0.1:{member.port}{path}"
        try:
            with urllib.request.urlopen(url, b"", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    return await asyncio.to_thread(send)


def begin(world, *faults, epoch=None):
    for boundary in world.boundaries:
        boundary.begin(time.monotonic() if epoch is None else epoch, faults)


def calls(member):
    return [each for boundary in member.outbound.boundaries for each in boundary.crossings()]


async def answers_of_fakes(world):
    first, second = world.replicas
    (worker,) = world.companions
    begin(world, epoch=1.0)
    made = [json.loads((await ask(each, "/charge"))[1]) for each in (first, second, worker)]
    assert {each["amount"] for each in made} == {5}
    assert len({each["id"] for each in made}) == 3, "the fake is one, whoever calls it"
    for number, member in enumerate((first, second, worker)):
        (call,) = calls(member)
        assert (call.key, call.replica, call.tag) == (KEY, number, "201")
    await world.flush()
    begin(world, epoch=2.0)
    assert json.loads((await ask(second, "/charge"))[1]) == made[0], "equal experiments are equal"
    return [each["id"] for each in made]


async def faults_by_replica(world):
    fault = Fault(FaultKind.REPLY_LOST, KEY)
    begin(world, fault)
    status, text = await ask(world.replicas[1], "/charge")
    assert (status, text) == (599, "ConnectionResetError")
    assert [each.reached() for each in world.replicas[1].outbound.boundaries] == [(fault,), ()]
    assert not any(each.reached() for each in world.replicas[0].outbound.boundaries)
    assert (await ask(world.replicas[1], "/charge"))[0] == 201


async def stillness(world):
    begin(world)
    async with world.still():
        waiting = asyncio.create_task(ask(world.replicas[0], "/charge"))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        assert not calls(world.replicas[0])
    assert (await waiting)[0] == 201


def test_each_process_calls_by_ports_of_its_own(project):
    events = []

    async def whole():
        async with open_world(project, notify=events.append) as world:
            assert world.boundaries[: len(world.sql_boundaries)] == world.sql_boundaries
            assert {each.kind for each in world.boundaries[len(world.sql_boundaries) :]} == {
                BoundaryKind.HTTP_OUT
            }
            assert len({each.port for each in world.boundaries}) == len(world.boundaries) == 10
            ids = await answers_of_fakes(world)
            address = world.database.address
            with psycopg.connect(address.url()) as connection:
                (seeded,) = connection.execute("SELECT id FROM references_").fetchone()
            assert seeded not in ids
            await faults_by_replica(world)
            await stillness(world)
            begin(world)
            for _ in range(2):
                status, text = await ask(world.replicas[0], "/away")
                assert (status, json.loads(text)["status"]) == (502, 502)
                status, text = await ask(world.replicas[1], "/charge/17")
                assert (status, json.loads(text)["status"]) == (501, 501)
            shapes = {each.key.shape for each in calls(world.replicas[0])}
            assert shapes == {"POST http://api.example.com /v1/{}"}
            await world.ensure_alive()
            return [each.port for each in world.boundaries]

    ports = asyncio.run(whole())
    told = [each for each in events if isinstance(each, Notice)]
    refused, unknown = told
    assert "called POST http://api.example.com /v1/{}, which no [stubs] fakes" in refused.text
    assert "POST payments /charge/{}, which no reply of [stubs.payments]" in unknown.text
    assert "the nearest is POST /charges" in unknown.hint
    assert BoundaryStatus(BoundaryKind.HTTP_OUT, False, "not observed") in events
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            asyncio.run(asyncio.open_connection("127.0.0.1", port))
