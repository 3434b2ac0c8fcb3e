import asyncio
import os
import signal
import socket
import stat
import sys
import time
from contextlib import suppress

import psutil
import pytest

from seamproof.core.errors import ConfigurationError, MachineError, ServiceError
from seamproof.world.guard import DATABASE_PORTS
from seamproof.world.intents import Intents
from seamproof.world.ports import Ports, require_free
from seamproof.world.probe import Answered, Unanswered, accepts, get
from seamproof.world.processes import Launch, Process
from seamproof.world.readiness import Readiness

SERVER = """
import http.server, os, sys, time
print("starting", flush=True)
time.sleep(float(os.environ.get("DELAY", "0")))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(os.environ.get("STATUS", "200")))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
LISTENER = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client, _ = server.accept()
    if sys.argv[2] == "garbage": client.sendall(b"SSH-2.0-x\\r\\n\\r\\n")
    if sys.argv[2] == "close": client.close()
    globals().setdefault("kept", []).append(client)
"""
FAMILY = """
import os, subprocess, sys, time, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
sleep = [sys.executable, "-c", stubborn]
member = subprocess.Popen(sleep)
left = subprocess.Popen(sleep, start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    print("daemon", os.getpid(), flush=True)
    time.sleep(600)
os.wait()
print("pids", member.pid, left.pid, flush=True)
time.sleep(600)
"""
CHATTY = """
import os, time
for number in range(200): print("x" * 50)
while os.path.getsize("log"): time.sleep(0.01)
print("after")
time.sleep(60)
"""


@pytest.fixture
def intents(tmp_path):
    made = Intents(tmp_path / "intents")
    yield made
    made.close(clean=True)


@pytest.fixture
def launch(tmp_path):
    def make(*command, name="replica 0 of the service", **environment):
        return Launch(
            name=name,
            key="service.command",
            command=command,
            cwd=tmp_path,
            environment={"PATH": os.environ["PATH"], **environment},
            log=tmp_path / "log",
            secrets=("hunter2",),
        )

    return make


def run(coroutine):
    return asyncio.run(coroutine)


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def listens(port):
    """Wait until a port is open: what is asked of it then needs no time for the process's start."""
    async with asyncio.timeout(20):
        while not await accepts("127.0.0.1", port, limit=1):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def ready(process, port, *, limit=10.0, path="/"):
    try:
        await Readiness(process, port, limit, path).wait()
    finally:
        if sys.exc_info()[0] is not None:
            await process.end(grace=1.0)


def test_a_service_is_ready_when_it_answers(launch, intents, tmp_path):
    async def body():
        port = Ports().free()
        started = time.monotonic()
        process = Process.start(
            launch(sys.executable, "-c", SERVER, str(port), DELAY="0.3"), intents
        )
        await ready(process, port)
        assert time.monotonic() - started > 0.3
        assert process.alive
        assert await get("127.0.0.1", port, "/", limit=5) == Answered(200, "ok")
        assert await process.end() == -signal.SIGTERM
        assert not process.alive
        assert await get("127.0.0.1", port, "/", limit=5) == Unanswered("refused")
        assert process.log_tail()[0] == "starting"

    run(body())
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_a_5xx_is_not_ready_and_a_404_is(launch, intents):
    async def body(status, limit):
        port = Ports().free()
        process = Process.start(
            launch(sys.executable, "-c", SERVER, str(port), STATUS=status), intents
        )
        await listens(port)
        await ready(process, port, limit=limit)
        await process.end()

    run(body("404", 10))
    with pytest.raises(ServiceError, match="answers 503"):
        run(body("503", 0.5))


@pytest.mark.parametrize(
    ("mode", "words"),
    [("garbage", "no HTTP"), ("close", "closes connections"), ("hang", "does not answer")],
)
def test_an_open_port_is_not_a_ready_service(launch, intents, mode, words):
    async def body():
        port = Ports().free()
        process = Process.start(launch(sys.executable, "-c", LISTENER, str(port), mode), intents)
        await listens(port)
        await ready(process, port, limit=0.5)

    with pytest.raises(ServiceError, match=words):
        run(body())


def test_what_is_asked_last_has_time_to_be_answered(launch, intents):
    async def body():
        port = Ports().free()
        process = Process.start(launch(sys.executable, "-c", LISTENER, str(port), "close"), intents)
        await listens(port)
        await ready(process, port, limit=0.0001)

    with pytest.raises(ServiceError, match="closes connections"):
        run(body())


def test_a_service_on_another_port_is_told(launch, intents):
    async def body():
        wanted, other = (ports := Ports()).free(), ports.free()
        process = Process.start(launch(sys.executable, "-c", SERVER, str(other)), intents)
        await listens(other)
        await ready(process, wanted, limit=0.3)

    with pytest.raises(ServiceError, match=r"it listens on 127\.0\.0\.1:\d+, and not on"):
        run(body())


def test_an_end_at_the_start_is_told_at_once(launch, intents):
    async def body():
        code = "import os; print('password hunter2'); os.environ['API_KEY']"
        process = Process.start(launch(sys.executable, "-c", code), intents)
        await ready(process, 1, limit=30)

    started = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        run(body())
    assert time.monotonic() - started < 10
    assert "exit code 1" in caught.value.problem
    assert "the variable API_KEY seems to be missing" in caught.value.hint
    assert any("KeyError: 'API_KEY'" in line for line in caught.value.details)
    assert "password ***" in caught.value.details


def test_a_program_that_is_not_there(launch, intents, tmp_path):
    with pytest.raises(ServiceError, match="there is no program 'nonsense-xyz'"):
        Process.start(launch("nonsense-xyz"), intents)
    with pytest.raises(ServiceError) as caught:
        Process.start(launch("pytest", PATH="/nowhere"), intents)
    assert "beside the interpreter" in caught.value.hint
    broken = Launch("x", "service.command", ("ls",), tmp_path / "no", {}, tmp_path / "log")
    with pytest.raises(ConfigurationError, match=r"service\.cwd"):
        Process.start(broken, intents)


def test_the_whole_family_ends(launch, intents):
    async def body():
        process = Process.start(launch(sys.executable, "-c", FAMILY), intents)
        await until(lambda: len(process.log_tail()) == 2)
        words = " ".join(process.log_tail()).split()
        pids = [int(word) for word in words if word.isdigit()]
        assert len(pids) == 3
        assert all(psutil.pid_exists(pid) for pid in pids)
        code = await process.end(grace=0.5)
        assert code == -signal.SIGKILL
        return pids

    for pid in run(body()):
        with suppress(psutil.NoSuchProcess):
            assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_death_is_seen_and_its_pid_is_kept(launch, intents):
    async def body():
        process = Process.start(launch("sleep", "600"), intents)
        assert process.alive
        os.kill(process.pid, signal.SIGKILL)
        await until(lambda: not process.alive)
        assert psutil.pid_exists(process.pid)
        assert await process.end() == -signal.SIGKILL
        assert await process.end() == -signal.SIGKILL

    run(body())


DYING = """
import os, socket, sys, threading
ballast = bytearray(300_000_000)
threading.Thread(target=threading.Event().wait, daemon=True).start()
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
client, _ = server.accept()
os._exit(0)
"""


@pytest.mark.parametrize("times", [1, pytest.param(5, marks=pytest.mark.long)])
def test_who_closes_its_sockets_to_die_is_not_alive(launch, intents, times):
    async def body():
        for _ in range(times):
            port = Ports().free()
            process = Process.start(launch(sys.executable, "-c", DYING, str(port)), intents)
            writer = None
            while writer is None:
                with suppress(ConnectionRefusedError):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(ConnectionResetError):
                await reader.read()
            assert not process.alive
            writer.close()
            assert await process.end() == 0

    run(body())


def test_a_command_that_does_not_end(launch, intents):
    async def body():
        process = Process.start(launch("sleep", "600"), intents)
        with pytest.raises(TimeoutError):
            await process.wait(0.2)
        await process.end()
        process = Process.start(launch("sh", "-c", "exit 3"), intents)
        assert await process.wait(5) == 3

    run(body())


def test_ports():
    ports = Ports()
    given = {ports.free() for _ in range(200)}
    assert len(given) == 200
    # Outgoing connections begin there, and could take one before a child does.
    assert max(given) < 32_768
    assert not given & set(DATABASE_PORTS)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert run(accepts("127.0.0.1", port, limit=2)) is False
        with pytest.raises(MachineError, match=f"cannot use port {port}"):
            require_free(port, who="the process redis")
    require_free(port, who="the process redis")


def test_where_no_port_is_left_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr("seamproof.world.ports._RANGE", range(port, port + 1))
        with pytest.raises(MachineError, match=f"no port from {port} to {port} is free"):
            Ports().free()


def test_a_port_in_use_names_its_holder(launch, intents):
    async def body():
        port = Ports().free()
        process = Process.start(launch(sys.executable, "-c", SERVER, str(port)), intents)
        await ready(process, port)
        try:
            with pytest.raises(MachineError, match=rf"\(pid {process.pid}\) listens on it"):
                require_free(port, who="replica 0")
        finally:
            await process.end()

    run(body())


def test_a_large_log_is_dropped(launch, intents, tmp_path, monkeypatch):
    monkeypatch.setattr("seamproof.world.processes._LOG_LIMIT", 1000)

    async def body():
        process = Process.start(launch(sys.executable, "-u", "-c", CHATTY), intents)
        await until(lambda: (tmp_path / "log").stat().st_size >= 10_000)
        process.trim_log()
        await until(lambda: process.log_tail() == ("after",))
        await process.end()

    run(body())
