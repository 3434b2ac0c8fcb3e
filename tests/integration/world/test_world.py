import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from seamproof.boundaries.authority import create_authority
from seamproof.config.loading import parse
from seamproof.core.errors import (
    ConfigurationError,
    DatabaseError,
    MachineError,
    SafetyError,
    ServiceError,
)
from seamproof.core.events import BoundaryStatus, Notice, Stage
from seamproof.core.history import DisturbanceKind
from seamproof.world import guard, open_world
from seamproof.world.intents import VARIABLE
from seamproof.world.probe import Answered, get

TINY = Path(__file__).parent / "tiny" / "service.py"
CREATE = "CREATE TABLE counted (n int);\n"


@pytest.fixture
def project(tmp_path, test_server):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "001_counted.sql").write_text(CREATE)

    def make(*, service=None, env=None, database=None, **sections):
        data = {
            "service": {
                "command": f"{{python}} {TINY} {{port}}",
                "env": {"TINY_URL": "{database.url}", **(env or {})},
                "start_timeout": 20,
                "replicas": 1,
                **(service or {}),
            },
            "database": {"url": test_server, **(database or {})},
            **sections,
        }
        return parse(data, tmp_path)

    yield make
    left = [each for each in psutil.process_iter() if _runs_tiny(each)]
    assert not left, left
    assert not list(tmp_path.glob(".seamproof/cache/intents/*.jsonl"))
    assert not list(tmp_path.glob(".seamproof/cache/run-*"))


def _runs_tiny(process):
    with suppress(psutil.Error):
        ours = str(TINY) in process.cmdline() and process.ppid() == os.getpid()
        return ours and process.status() != psutil.STATUS_ZOMBIE
    return False


def run(config, body, **options):
    """Open a world and run `body(world)` in it. Returns its result and what was notified."""
    events = []

    async def whole():
        async with open_world(config, notify=events.append, **options) as world:
            return await body(world)

    return asyncio.run(whole()), events


def refused(config, error, **options):
    async def body(world):
        raise AssertionError("the world came up")

    with pytest.raises(error) as caught:
        run(config, body, **options)
    return caught.value


async def ask(replica, path="/", method="GET"):
    if method == "GET":
        answer = await get("127.0.0.1", replica.port, path, limit=10)
        assert isinstance(answer, Answered), answer
        return answer.body
    reader, writer = await asyncio.open_connection("127.0.0.1", replica.port)
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.decode().rpartition("\r\n")[2]


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


def test_a_service_that_migrates_itself(project):
    config = project(env={"MODE": "migrates"}, database={"migrate": "service"})

    async def body(world):
        assert await ask(world.replicas[0]) == "0"
        assert await ask(world.replicas[1]) == "0"

    _, events = run(config, body, replicas=2)
    schema = next(each for each in events if isinstance(each, Stage) and each.name == "schema")
    assert schema.detail == "by the service, when it starts"


def test_a_service_that_connects_with_its_first_request(project):
    async def body(world):
        assert world.replicas[0].boundary.startups()

    run(project(env={"MODE": "lazy"}, service={"ready": "/count"}), body)
    error = refused(project(env={"MODE": "lazy"}), SafetyError)
    assert "service.ready" in error.hint


@pytest.mark.parametrize(
    ("mode", "problem", "hint"),
    [
        ("needs", "exit code 1", "the variable TINY_SECRET seems to be missing"),
        ("dies", "exit code 1", "see its last lines"),
        ("hangs", "nothing listens on port", "start_timeout"),
    ],
)
def test_a_service_that_does_not_come_up(project, mode, problem, hint):
    config = project(env={"MODE": mode}, service={"start_timeout": 3})
    error = refused(config, ServiceError)
    assert problem in error.problem
    assert hint in error.hint


def test_a_command_that_is_not_there(project):
    config = project(service={"command": "no-such-program --port {port}"})
    assert "no program 'no-such-program'" in refused(config, ServiceError).problem


def test_a_port_in_use(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = project(processes={"cache": {"command": "sleep 60", "ready_port": port}})
        error = refused(config, MachineError)
    assert f"the process cache cannot use port {port}" in error.problem
    assert f"(pid {os.getpid()})" in error.problem


def test_a_service_that_connects_elsewhere_is_stopped(project, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setitem(guard.DATABASE_PORTS, port, "a database by its port")
        config = project(env={"MODE": "elsewhere", "ELSEWHERE": str(port)})
        error = refused(config, SafetyError)
    assert f"is connected to 127.0.0.1:{port}, a database by its port" in error.problem
    assert error.exit_code == 4


@pytest.mark.parametrize(
    ("mode", "problem"),
    [
        ("other-database", "asks for the database 'postgres'"),
        ("never", "has not connected to the database"),
    ],
)
def test_a_service_that_does_not_use_its_database_is_stopped(project, mode, problem):
    assert problem in refused(project(env={"MODE": mode}), SafetyError).problem


def test_a_migration_that_fails_or_goes_elsewhere(project, monkeypatch):
    migrate = f"{{python}} {TINY.with_name('migrate.py')}"
    config = project(database={"migrate": migrate}, env={"MODE": "fails"})
    error = refused(config, DatabaseError)
    assert "of database.migrate failed with exit code 1" in error.problem
    assert "no more room" in error.details[-1]
    config = project(database={"migrate": migrate}, env={"MODE": "no-connection"})
    assert "did not connect" in refused(config, SafetyError).problem
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setitem(guard.DATABASE_PORTS, port, "a database by its port")
        env = {"MODE": "elsewhere", "ELSEWHERE": str(port)}
        started = time.monotonic()
        error = refused(project(database={"migrate": migrate}, env=env), SafetyError)
    assert f"127.0.0.1:{port}" in error.problem
    assert time.monotonic() - started < 30


def test_a_broken_migration_file_names_its_line(project):
    config = project()
    (config.root / "migrations" / "002_more.sql").write_text("SELECT 1;\nCREATE TABEL x (n int);\n")
    assert "002_more.sql:2" in refused(config, DatabaseError).problem


def test_a_template_is_used_again_until_its_inputs_change(project):
    async def body(world):
        return await ask(world.replicas[0])

    def schema_details(config):
        _, events = run(config, body)
        return [each.detail for each in events if isinstance(each, Stage) and each.name == "schema"]

    config = project()
    first = config.root / "migrations" / "001_counted.sql"
    first.write_text(f"{CREATE}-- {uuid.uuid4()}")
    assert schema_details(config)[-1] == "SQL files, detected from migrations"
    assert "nothing changed" in schema_details(config)[-1]
    (config.root / "migrations" / "002_more.sql").write_text("CREATE TABLE more (n int);")
    assert schema_details(config)[-1] == "SQL files, detected from migrations"


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


def test_a_build_that_fails(project):
    config = project(service={"build": "{python} -c 'raise SystemExit(\"no disk\")'"})
    error = refused(config, ServiceError)
    assert "the build failed with exit code 1" in error.problem
    assert error.details == ("no disk",)


def test_a_missing_secret_is_told_before_anything_starts(project, monkeypatch):
    monkeypatch.delenv("NOT_THERE", raising=False)
    error = refused(project(env={"KEY": "{env.NOT_THERE}"}), ConfigurationError)
    assert "service.env.KEY: the environment variable NOT_THERE is not set" in error.problem


def test_an_env_file_that_leads_elsewhere_is_told(project):
    config = project()
    (config.root / ".env").write_text("DATABASE_URL=postgres://prod/db\nOTHER=1\n")

    async def body(world):
        pass

    _, events = run(config, body)
    (notice,) = [each for each in events if isinstance(each, Notice)]
    assert notice.warning
    assert notice.text == ".env sets DATABASE_URL, which service.env does not"


def test_a_cancellation_leaves_nothing(project):
    async def whole():
        reached = asyncio.Event()

        async def inside():
            async with open_world(project(), notify=lambda event: None):
                reached.set()
                await asyncio.sleep(600)

        task = asyncio.create_task(inside())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(whole())


def test_an_error_inside_leaves_nothing(project):
    async def body(world):
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        run(project(), body)


def test_two_runs_at_once_leave_each_other_alone(project):
    config = project()

    async def whole():
        notices = []
        async with open_world(config, notify=lambda event: None) as first:
            async with open_world(config, notify=notices.append) as second:
                assert first.database.address.name != second.database.address.name
                assert await ask(first.replicas[0], "/", "POST") == "counted"
                assert await ask(second.replicas[0]) == "0"
            assert await ask(first.replicas[0]) == "1"
            assert await first.ensure_alive() == ()
        assert not [each for each in notices if isinstance(each, Notice)]

    asyncio.run(whole())


KILLED = """
import asyncio, sys
from pathlib import Path
from seamproof.config import load
from seamproof.world import open_world
async def main():
    async with open_world(load(Path(sys.argv[1])), notify=lambda event: None) as world:
        pids = [each.process.pid for each in world.replicas]
        print(*pids, world.database.address.port, flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.mark.long
def test_what_a_killed_run_leaves_is_reaped_by_the_next(project):
    config = project()
    (config.root / "seamproof.toml").write_text(
        f"[service]\ncommand = '{{python}} {TINY} {{port}}'\n"
        "env = { TINY_URL = '{database.url}' }\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(config.root)], stdout=subprocess.PIPE, text=True
    )
    *pids, _ = (int(word) for word in child.stdout.readline().split())
    child.kill()
    child.wait()
    child.stdout.close()
    assert len(pids) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)

    async def body(world):
        return [pid for pid in pids if _alive(pid)]

    left, events = run(config, body)
    assert left == []
    told = [each.text for each in events if isinstance(each, Notice)]
    assert sum("ended" in text for text in told) >= 2, told
    assert any("removed" in text for text in told)


def _alive(pid):
    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


# ---------------------------------------------------------------------------- TLS

CREATES = """
    {python} -c "import os, psycopg
with psycopg.connect(os.environ['TINY_URL']) as connection:
    assert connection.pgconn.ssl_in_use
    connection.execute('CREATE TABLE counted (n int)')"
"""


def test_a_service_and_its_migration_insist_on_tls_and_on_our_authority(project):
    async def body(world):
        modes = {each.stat().st_mode & 0o777 for each in (world.folder / "tls").iterdir()}
        return modes, await ask(world.replicas[0])

    url = "{database.url}?sslmode=verify-full&sslrootcert={database.ca}"
    config = project(env={"TINY_URL": url}, database={"tls": True, "migrate": CREATES})
    assert run(config, body)[0] == ({0o600}, "0")


@pytest.mark.parametrize("mode", ["", "lazy"])
def test_a_service_that_insists_on_tls_is_told_how_to_have_it(project, mode):
    config = project(
        env={"TINY_URL": "{database.url}?sslmode=require", "MODE": mode},
        service={"ready": "/count" if mode else "/", "start_timeout": 3},
    )
    assert "set database.tls = true" in refused(config, ServiceError).hint


def test_so_is_its_migration(project):
    url = "{database.url}?sslmode=require"
    config = project(env={"TINY_URL": url}, database={"migrate": CREATES})
    assert "set database.tls = true" in refused(config, DatabaseError).hint


def test_a_service_that_trusts_another_authority_is_told_ours(project, tmp_path):
    other = create_authority(tmp_path / "other").certificate
    url = f"{{database.url}}?sslmode=verify-full&sslrootcert={other}"
    error = refused(project(env={"TINY_URL": url}, database={"tls": True}), ServiceError)
    assert "whose file is {database.ca}" in error.hint
