"""What only a whole process shows: signals, crashes, a reader that goes away, the time to start."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import asyncio, sys
from pathlib import Path
from seamproof.core.events import RunFinished, RunStarted
from seamproof.reports.json import JsonReport
from seamproof.run.reporting import report

async def run():
    yield RunStarted("target", "1", 0, (), ())
    print("started", flush=True)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await {cleaning}
        yield RunFinished(0, 0, 0, 0, 0, 0.0, interrupted=True, exit_code=2)

sys.exit(report(run(), (JsonReport(Path("r.json")),)))
"""


def start(tmp_path: Path, cleaning: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN.format(cleaning=cleaning)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_politely(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, "asyncio.sleep(0.05)")
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "again to stop at once" in errors
    assert '"interrupted": true' in (tmp_path / "r.json").read_text()


def test_the_second_signal_stops_at_once(tmp_path: Path) -> None:
    process = start(tmp_path, "asyncio.sleep(30)")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    process.stderr.readline()
    assert process.stderr.readline() == "stopping; again to stop at once\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 2
    assert not (tmp_path / "r.json").exists()


def test_a_crash_is_kept_in_a_file_and_shows_no_traceback(tmp_path: Path) -> None:
    code = (
        "import seamproof.run.catalogue as c, sys\n"
        "def fail(): raise KeyError('\\x1b[2J')\n"
        "c.listing = fail\n"
        "from seamproof.cli import main\n"
        "sys.argv = ['seamproof', 'checks']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr.startswith("error (seamproof): KeyError: ")
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    (crash,) = (tmp_path / ".seamproof" / "runs").iterdir()
    assert str(crash) in done.stderr
    assert "Traceback" in crash.read_text()
    assert stat.S_IMODE(crash.stat().st_mode) == 0o600


def test_a_reader_that_goes_away_leaves_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "seamproof", "config", "--schema"],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.stderr.strip() == ""


def test_help_takes_less_than_a_quarter_of_a_second(tmp_path: Path) -> None:
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=str(tmp_path))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "seamproof", "--help"]
    taken = []
    for _ in range(6):
        # Processor time: it starts one thread and waits for nothing, and tests run side by side.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(taken[1:]) < 0.25, "the first compiles, the others count"


def test_help_imports_nothing_of_the_engine() -> None:
    code = (
        "import sys\n"
        "from seamproof.cli.failure import guarded\n"
        "guarded(['--help'])\n"
        "heavy = {'asyncio', 'pydantic', 'psycopg', 'rich', 'uvloop', 'yaml', 'seamproof.run'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
