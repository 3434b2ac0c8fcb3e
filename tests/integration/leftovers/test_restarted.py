"""The database server goes away in the middle of a run: the run goes on where it comes back, and
what the service does meanwhile is nobody's finding."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from surroundings import CHECKS, Surroundings, await_text, await_that, fingerprints

POINTS = int(os.environ.get("SEAMPROOF_RESTART_POINTS", "20"))
"""For both servers together."""
_UNDER_WAY = "learn what is normal"
"""Printed when that is done and the checks begin: before its first experiment a run just ends."""
_SEED = int(os.environ.get("SEAMPROOF_KILL_SEED", "1"))


def postmaster(around: Surroundings, run: subprocess.Popen[bytes]) -> psutil.Process:
    """The server of a run: the given one, or the run's own."""
    if around.url:
        return psutil.Process(int(around.ask(_POSTMASTER)[0].split()[0]))
    return next(
        each
        for each in psutil.Process(run.pid).children(recursive=True)
        if "-D" in each.cmdline() and each.parent().cmdline()[-2:] == each.cmdline()[-2:]
    )


_POSTMASTER = "SELECT pg_read_file('postmaster.pid')"


def crash(server: psutil.Process) -> None:
    """Kill one process of a server, for which it ends every session and recovers."""
    next(each for each in server.children() if "checkpointer" in " ".join(each.cmdline())).kill()


@contextmanager
def stopped(server: psutil.Process) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Stop a server at once, and start it again after the block, as its service manager does."""
    command, user, group = server.cmdline(), server.uids().effective, server.gids().effective
    data = server.cwd()
    environment = server.environ()
    server.send_signal(signal.SIGQUIT)
    await_that(lambda: not Path(data, "postmaster.pid").exists())
    started: list[subprocess.Popen[bytes]] = []
    yield started
    started.append(
        subprocess.Popen(
            command,
            user=user,
            group=group,
            extra_groups=[],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    )


@pytest.mark.long
def test_a_server_that_recovers_from_a_crash(around: Surroundings, tmp_path: Path) -> None:
    output = tmp_path / "printed.txt"
    with around.unchanged():
        process = _start(around, tmp_path / "crashed.json", output)
        await_text(process, output, _UNDER_WAY)
        crash(postmaster(around, process))
        assert process.wait(90) == 0, output.read_text()
    assert "went away and came back" in output.read_text()
    assert fingerprints(tmp_path / "crashed.json") == around.usual


def test_a_server_that_is_started_again(around: Surroundings, tmp_path: Path) -> None:
    if around.url:
        pytest.skip("the given server is the other tests' as well")
    output = tmp_path / "printed.txt"
    with around.unchanged():
        process = _start(around, tmp_path / "restarted.json", output)
        await_text(process, output, _UNDER_WAY)
        with stopped(postmaster(around, process)) as again:
            pass
        code = process.wait(90)
        again[0].wait(10)
    assert code == 0, output.read_text()
    assert fingerprints(tmp_path / "restarted.json") == around.usual


@pytest.mark.long
def test_a_server_that_does_not_come_back(around: Surroundings, tmp_path: Path) -> None:
    if around.url:
        pytest.skip("the given server is the other tests' as well")
    output = tmp_path / "printed.txt"
    with around.unchanged():
        process = _start(around, tmp_path / "gone.json", output)
        await_text(process, output, "sign in")
        server = postmaster(around, process)
        server.send_signal(signal.SIGQUIT)
        assert process.wait(90) == 4, output.read_text()
    printed = output.read_text()
    assert "error (database): the database server went away" in printed
    assert "Traceback" not in printed
    assert not fingerprints(tmp_path / "gone.json")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_server_that_crashes_at_random_points(around: Surroundings, tmp_path: Path) -> None:
    points = random.Random(_SEED)
    for number in range(POINTS // 2):
        output = tmp_path / f"{number}.txt"
        report = tmp_path / f"{number}.json"
        after = points.uniform(0.8, 4.0)
        with around.unchanged():
            process = _start(around, report, output)
            time.sleep(after)
            if process.poll() is None and "  database" in output.read_text():
                crash(postmaster(around, process))
            code = process.wait(90)
        printed = output.read_text()
        print(f"point {number}: after {after:.3f} s ended with {code}", flush=True)
        assert code in (0, 4), printed
        assert "Traceback" not in printed
        assert fingerprints(report) <= around.usual, printed
        assert code or fingerprints(report) == around.usual


def _start(around: Surroundings, report: Path, output: Path) -> subprocess.Popen[bytes]:
    return around.start("run", *CHECKS, "--report", f"json={report}", output=output)
