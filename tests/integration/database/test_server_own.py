"""A server of our own: started from a copy, two at once, and gone when we are."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import psutil
import psycopg
import pytest
from servers import TABLE, alive, ask, fresh_key, gone, provided, running

from seamproof.core.errors import DatabaseError, MachineError
from seamproof.database.postgres import cache, orphans, own
from seamproof.database.postgres.locate import installations
from seamproof.database.settings import DatabaseSettings

HOLDER = """
import asyncio, json, sys
from pathlib import Path
from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings

async def main():
    server = await Postgres().provision(DatabaseSettings(), Path(sys.argv[1]))
    guardian = server._host._run.guardian.pid
    said = {"pid": server.process.pid, "path": str(server.paths[0]), "guardian": guardian}
    print(json.dumps(said), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_it_serves_over_tcp_with_a_password_and_is_gone_after_stop(workspace: Path) -> None:
    async def scenario() -> None:
        said: list[tuple[str, dict[str, str]]] = []
        started = time.perf_counter()
        intend = Mock(side_effect=lambda kind, details: said.append((kind, dict(details))))
        intend.marks.return_value = {}
        async with provided(workspace, intend=intend) as server:
            print(f"provisioned in {time.perf_counter() - started:.3f} s")
            assert server.admin.host == "127.0.0.1"
            assert await ask(server.admin, "SHOW fsync") == "off"
            assert await ask(server.admin, "SHOW deadlock_timeout") == "20ms"
            assert int(await ask(server.admin, "SHOW max_connections")) >= 200
            with pytest.raises(psycopg.OperationalError, match="password"):
                await ask(replace(server.admin, password="wrong"), "SELECT 1")
            process = server.process
            assert process is not None
            (path,) = server.paths
            assert [kind for kind, _ in said] == ["server", "process"]
            assert said[0][1] == {"path": str(path)}
            assert said[1][1]["pid"] == str(process.pid)
            if os.geteuid() == 0:
                assert psutil.Process(process.pid).uids().effective != 0
            folder = server.socket_directory
            if folder is not None:
                assert (
                    await ask(
                        replace(server.admin, host=str(folder).replace("/", "%2F")), "SELECT 1"
                    )
                    == 1
                )
        assert not path.exists()
        assert not alive(process.pid)

    asyncio.run(scenario())


def test_a_second_start_copies_instead_of_initialising(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with provided(workspace):
            pass
        monkeypatch.setattr(
            "seamproof.database.postgres.pristine.Store._initialise",
            lambda self: pytest.fail("initdb ran again"),
        )
        async with provided(workspace):
            pass

    asyncio.run(scenario())


def test_two_at_once_do_not_meet(workspace: Path) -> None:
    async def scenario() -> None:
        async with provided(workspace) as one, provided(workspace) as two:
            assert one.admin.port != two.admin.port
            template = await one.template(fresh_key(), running(TABLE))
            await one.database(template)
            count = "SELECT count(*) FROM pg_database WHERE datname LIKE 'seamproof%'"
            assert await ask(one.admin, count) == 2
            assert await ask(two.admin, count) == 0

    asyncio.run(scenario())


@pytest.mark.long
def test_two_processes_may_initialise_the_same_cache(own_cache: Path, tmp_path: Path) -> None:
    folder = own_cache / "contended"
    folder.mkdir(mode=0o755)
    children = [_hold(tmp_path / str(each), folder) for each in range(2)]
    said = [_said(child) for child in children]
    try:
        assert said[0]["path"] != said[1]["path"]
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert all(gone(Path(each["path"]), each["pid"]) for each in said)
    builds = folder / "seamproof" / "postgres" / "builds"
    assert len([each for each in builds.iterdir() if each.is_dir()]) == 1


def _hold(workspace: Path, cache_home: Path, *prefix: str) -> subprocess.Popen[str]:
    workspace.mkdir(exist_ok=True)
    return subprocess.Popen(
        [*(prefix or (sys.executable,)), "-c", HOLDER, str(workspace)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(cache_home)},
    )


def _said(child: subprocess.Popen[str]) -> dict[str, object]:
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line, "the holder of a server ended early"
    said: dict[str, object] = json.loads(line)
    return said


@pytest.mark.parametrize("victim", ["we", "the group"])
def test_nothing_is_left_when_we_are_killed(own_cache: Path, tmp_path: Path, victim: str) -> None:
    child = _hold(tmp_path, own_cache)
    said = _said(child)
    assert alive(said["pid"])
    segments = Path("/proc/sysvipc/shm")
    if victim == "we":
        child.kill()
    else:
        # As an out-of-memory killer may take the server just before us.
        os.kill(said["pid"], signal.SIGKILL)
        child.kill()
    child.wait()
    assert gone(Path(said["path"]), said["pid"])
    assert gone(Path(said["path"]), said["guardian"])
    if segments.exists():
        owners = [line.split()[4] for line in segments.read_text().splitlines()[1:]]
        assert str(said["pid"]) not in owners


@pytest.mark.long
def test_the_next_run_sweeps_what_a_killed_guardian_left(
    workspace: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = _hold(workspace, own_cache)
    said = _said(child)
    os.kill(said["guardian"], signal.SIGKILL)
    child.kill()
    child.wait()
    path = Path(said["path"])
    assert path.exists()
    assert alive(said["pid"])
    monkeypatch.setattr(orphans, "_SETTLED", -1.0)

    async def scenario() -> None:
        async with provided(workspace) as live, provided(workspace) as other:
            assert gone(path, said["pid"])
            assert await ask(live.admin, "SELECT 1") == 1, "a live server was swept away"
            assert await ask(other.admin, "SELECT 1") == 1

    asyncio.run(scenario())


def test_a_port_that_was_taken_meanwhile_is_not_the_end(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with provided(workspace) as first:
            ports = iter([first.admin.port, first.admin.port])
            free = own._free_port
            monkeypatch.setattr(own, "_free_port", lambda: next(ports, None) or free())
            async with provided(workspace) as second:
                assert second.admin.port != first.admin.port

    asyncio.run(scenario())


def _running(cache: Path) -> set[Path]:
    """The folders of servers that are running on this cache."""
    runs = cache / "seamproof" / "postgres" / "runs"
    return set(runs.iterdir()) if runs.exists() else set()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(
    workspace: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _running(own_cache)
    monkeypatch.setitem(own._PARAMETERS, "shared_buffers", "1B")
    with pytest.raises(MachineError, match="does not start") as caught:
        asyncio.run(_provide_only(workspace))
    assert any("shared_buffers" in line for line in caught.value.details)
    assert _running(own_cache) <= before, "the servers of other tests only"


def test_a_start_that_is_cancelled_leaves_nothing(workspace: Path, own_cache: Path) -> None:
    before = _running(own_cache)

    async def scenario() -> None:
        async with provided(workspace):  # the cache is made, so that the delay hits the start
            pass
        for delay in (0.0, 0.01, 0.05, 0.2, 0.4):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(_provide_only(workspace, hold=60), delay)

    asyncio.run(scenario())
    assert _running(own_cache) <= before, "the servers of other tests only"


def test_it_runs_on_uvloop(workspace: Path) -> None:
    uvloop = pytest.importorskip("uvloop")
    uvloop.run(_provide_only(workspace))


async def _provide_only(
    workspace: Path, settings: DatabaseSettings | None = None, hold: float = 0
) -> None:
    async with provided(workspace, settings):
        await asyncio.sleep(hold)


def test_a_missing_extension_names_who_provides_it(workspace: Path) -> None:
    settings = DatabaseSettings(extensions=("no_such_extension",))
    with pytest.raises(DatabaseError, match="no_such_extension") as caught:
        asyncio.run(_provide_only(workspace, settings))
    assert "contrib" in caught.value.hint
    assert caught.value.exit_code == 4
    assert any("embedded" in line for line in caught.value.details)


def test_a_missing_version_is_named(workspace: Path) -> None:
    with pytest.raises(DatabaseError, match=r"no PostgreSQL 9\.1"):
        asyncio.run(_provide_only(workspace, DatabaseSettings(version="9.1")))


def test_another_version_is_found_where_it_is_wanted(workspace: Path) -> None:
    others = [each for each in installations() if each.origin != "embedded"]
    if not others:
        pytest.skip("no other PostgreSQL is installed")
    wanted = str(others[0].major)

    async def scenario() -> None:
        async with provided(workspace, DatabaseSettings(version=wanted)) as server:
            assert server.version.startswith(wanted)
            database = await server.database(await server.template(fresh_key(), running(TABLE)))
            assert await ask(database.address, "SELECT count(*) FROM items") == 0

    asyncio.run(scenario())


@pytest.mark.long
def test_programs_in_a_private_folder_are_copied_for_the_servers_user(
    workspace: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs the server as another user")
    monkeypatch.setattr(
        cache.Account, "reaches", lambda self, path: own_cache in path.parents or path == own_cache
    )

    async def scenario() -> None:
        async with provided(workspace) as server:
            assert server.process is not None
            program = psutil.Process(server.process.pid).exe()
            assert program.startswith(str(own_cache))

    asyncio.run(scenario())


def test_it_runs_as_an_ordinary_user(own_cache: Path) -> None:
    system = f"/usr/bin/python3.{sys.version_info.minor}"
    if os.geteuid() != 0 or not Path(system).exists():
        pytest.skip("needs root to become an ordinary user, and an interpreter that it can run")
    folder = own_cache / "ordinary"
    folder.mkdir(mode=0o755)
    os.chown(folder, 65534, 65534)
    prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env")
    path = "PYTHONPATH=" + ":".join(each for each in sys.path if each and "lib-dynload" not in each)
    child = _hold(folder, folder, *prefix, path, f"HOME={folder}", system)
    said = _said(child)
    try:
        assert psutil.Process(said["pid"]).uids().effective == 65534
        assert str(folder) in said["path"]
    finally:
        child.kill()
        child.wait()
    assert gone(Path(said["path"]), said["pid"])
