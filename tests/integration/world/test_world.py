"""A world comes up as the configuration says, and stays up."""

import asyncio
import os
import signal
import time
import uuid
from contextlib import suppress
from pathlib import Path

import psutil
from tiny_worlds import CREATE, ask, run

from seamproof.core.events import BoundaryStatus, Notice, Stage
from seamproof.core.history import DisturbanceKind
from seamproof.world.intents import VARIABLE
from seamproof.world.probe import accepts


def test_a_world_has_replicas_behind_their_own_proxies(project):
    config = project(database={"seed": "seed.sql", "url": ""})
    (config.root / "seed.sql").write_text("INSERT INTO counted VALUES (1), (2);")

    async def body(world):
        assert [each.index for each in world.replicas] == [0, 1]
        name = world.database.address.name
        for replica in world.replicas:
            assert {each.database for each in replica.boundary.startups()} == {name}
            assert await ask(replica) == "2"
        first, second = (each.boundary for each in world.replicas)
        for boundary in world.boundaries:
            boundary.begin(time.monotonic())
        await world.database.mark("base")
        assert await ask(world.replicas[1], "/", "POST") == "counted"
        await second.wait_quiet(0.05, 5)
        assert "insert" in " ".join(each.key.shape for each in second.crossings()).lower()
        assert {each.replica for each in second.crossings()} == {1}
        assert first.crossings() == ()
        changes = await world.database.changes()
        assert [each.new for each in changes.rows] == [{"n": "1"}]
        await world.database.undo("base")
        assert await ask(world.replicas[0]) == "2"
        assert await world.ensure_alive() == ()
        return world

    world, events = run(config, body, replicas=2)
    assert all(each.process.exit_code is not None for each in world.replicas)
    stages = [each.name for each in events if isinstance(each, Stage) and each.seconds is not None]
    assert stages == ["database", "schema", "clone", "service", "service"]
    sighted = {each.name: each.sighted for each in events if isinstance(each, BoundaryStatus)}
    assert sighted == {"http-in": True, "sql": True, "http-out": False}


def test_what_a_service_must_not_inherit_it_does_not_see(project, monkeypatch):
    monkeypatch.setenv("PGHOST", "production")
    monkeypatch.setenv("TINY_SECRET", "s")
    config = project(env={"MODE": "needs"})

    async def body(world):
        process = world.replicas[0].process
        environment = psutil.Process(process.pid).environ()
        assert "PGHOST" not in environment
        assert environment["TINY_SECRET"] == "s"
        assert environment[VARIABLE]
        assert world.log_tail(0)[0] == "started with s"
        assert world.database.address.password in environment["TINY_URL"]

    run(config, body)


def test_what_died_is_started_again(project):
    async def body(world):
        replica = world.replicas[0]
        before = replica.process.pid
        with suppress(OSError):
            await ask(replica, "/die", "POST")
        (disturbance,) = await world.ensure_alive()
        assert disturbance.kind is DisturbanceKind.SERVICE_DIED
        assert "exit code 3" in disturbance.detail
        assert replica.process.pid != before
        assert await ask(replica) == "0"
        again = replica.process.pid
        await world.restart({0, 1})
        assert replica.process.pid != again
        assert await ask(replica) == "0"

    run(project(), body)


def test_what_answers_and_then_ends_is_awaited_where_it_failed(project):
    async def body(world):
        replica = world.replicas[0]
        assert await ask(replica, "/leave", "POST") == "bye"
        while await accepts("127.0.0.1", replica.port, limit=1):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert replica.process.alive
        assert await world.ensure_alive({1}) == ()
        (disturbance,) = await world.ensure_alive({0, 1}, rested=True)
        assert "exit code 4" in disturbance.detail
        assert await ask(replica) == "0"

    run(project(), body, replicas=2)


def test_a_service_that_migrates_itself(project):
    config = project(env={"MODE": "migrates"}, database={"migrate": "service"})

    async def body(world):
        assert await ask(world.replicas[0]) == "0"
        assert await ask(world.replicas[1]) == "0"

    _, events = run(config, body, replicas=2)
    schema = next(each for each in events if isinstance(each, Stage) and each.name == "schema")
    assert schema.detail == "by the service, when it starts"


def schema_details(config):
    async def body(world):
        return await ask(world.replicas[0])

    _, events = run(config, body)
    return [each.detail for each in events if isinstance(each, Stage) and each.name == "schema"]


def test_a_template_is_used_again_until_its_inputs_change(project):
    config = project()
    first = config.root / "migrations" / "001_counted.sql"
    first.write_text(f"{CREATE}-- {uuid.uuid4()}")
    assert schema_details(config)[-1] == "SQL files, detected from migrations"
    assert "nothing changed" in schema_details(config)[-1]
    (config.root / "migrations" / "002_more.sql").write_text("CREATE TABLE more (n int);")
    assert schema_details(config)[-1] == "SQL files, detected from migrations"


def test_a_template_is_of_what_the_build_wrote(project):
    config = project(service={"build": '{python} -c \'open("uv.lock", "w")\''})
    (config.root / "migrations" / "002_own.sql").write_text(f"-- {uuid.uuid4()}")
    assert schema_details(config)[-1] == "SQL files, detected from migrations"
    assert "nothing changed" in schema_details(config)[-1]


def read(file):
    return file.read_text(), file.stat().st_mode


def test_companions_files_and_flush(project):
    config = project(
        service={
            "files": {"conf/app.cfg": "app.template"},
            "build": '{python} -c \'open("built", "w")\'',
        },
        env={"CACHE": "{processes.cache.port}", "CONFIG": "{files.conf/app.cfg}"},
        processes={
            "cache": {
                "command": "{python} -m http.server --bind 127.0.0.1 {port}",
                "flush": '{python} -c \'open("flushed", "a").write("{port}")\'',
            },
            "worker": {"command": "sleep 600", "env": {"URL": "{database.url}"}},
        },
        stubs={"mail": {"replies": {"POST /send": {"status": 202}}}},
    )
    (config.root / "app.template").write_text("[db]\nurl = {database.url}\nfmt = {message}\n")

    async def body(world):
        environment = psutil.Process(world.replicas[0].process.pid).environ()
        rendered = Path(environment["CONFIG"])
        proxied = f"127.0.0.1:{world.replicas[0].boundary.port}/"
        text, mode = read(rendered)
        assert proxied in text
        assert "fmt = {message}" in text
        assert mode & 0o777 == 0o600
        cache, worker = world.companions
        assert environment["CACHE"] == str(cache.port)
        assert worker.boundary in world.boundaries
        url = psutil.Process(worker.process.pid).environ()["URL"]
        assert f":{worker.boundary.port}/" in url
        await world.flush()
        assert (config.root / "flushed").read_text() == str(cache.port)
        os.kill(cache.process.pid, signal.SIGKILL)
        await asyncio.sleep(0.2)
        (disturbance,) = await world.ensure_alive()
        assert "the process cache" in disturbance.detail

    run(config, body)
    assert (config.root / "built").exists()


def test_an_env_file_that_leads_elsewhere_is_told(project):
    config = project()
    (config.root / ".env").write_text("DATABASE_URL=postgres://prod/db\nOTHER=1\n")

    async def body(world):
        pass

    _, events = run(config, body)
    (notice,) = [each for each in events if isinstance(each, Notice)]
    assert notice.warning
    assert notice.text == ".env sets DATABASE_URL, which service.env does not"
