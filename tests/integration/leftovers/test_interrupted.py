"""SIGINT and SIGTERM at any time: a whole report, exit code 2, soon, and nothing is left."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
from surroundings import READY, Surroundings, await_text, await_that

POINTS = int(os.environ.get("SEAMPROOF_SIGNAL_POINTS", "50"))
"""For both servers together."""
_SEED = int(os.environ.get("SEAMPROOF_KILL_SEED", "1"))
_LIMIT = 5.0
_STAGES = ("database", "clone", "learn what is normal")


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        (READY, signal.SIGINT),
        (READY, signal.SIGTERM),
        *(pytest.param(each, signal.SIGINT, marks=pytest.mark.long) for each in _STAGES),
    ],
)
def test_interrupted_after_a_stage(
    around: Surroundings, stage: str, number: signal.Signals, tmp_path: Path
) -> None:
    around.renew()
    output = tmp_path / "printed.txt"
    with around.unchanged():
        process = around.start("run", "--report", "json=stopped.json", output=output)
        await_text(process, output, f"  {stage}")
        _stop(around, process, number, output)


def test_interrupted_before_it_can_stop_politely(around: Surroundings, tmp_path: Path) -> None:
    output = tmp_path / "printed.txt"
    with around.unchanged():
        process = around.start("run", "--report", "json=stopped.json", output=output)
        # It holds the signals back from its first moment, and then imports the engine.
        held = Path(f"/proc/{process.pid}/status")
        await_that(lambda: _blocks(held.read_text(), signal.SIGTERM))
        _stop(around, process, signal.SIGTERM, output)


def _blocks(status: str, number: signal.Signals) -> bool:
    line = next(each for each in status.splitlines() if each.startswith("SigBlk:"))
    return bool(int(line.split()[1], 16) >> (number - 1) & 1)


def test_a_service_that_does_not_listen_holds_nobody_up(
    around: Surroundings, tmp_path: Path
) -> None:
    output = tmp_path / "printed.txt"
    around.project.configure(**around.configured, service_replicas=3)
    try:
        with around.unchanged():
            process = around.start(
                *("run", "--report", "json=stopped.json"), output=output, TILL_VARIANT="deaf"
            )
            await_text(process, output, READY)
            _stop(around, process, signal.SIGINT, output)
    finally:
        around.project.configure(**around.configured)


def test_the_second_signal_ends_it_at_once_and_the_next_run_cleans_up(
    around: Surroundings, tmp_path: Path
) -> None:
    output = tmp_path / "printed.txt"
    with around.unchanged():
        process = around.start("run", output=output, TILL_VARIANT="deaf")
        await_text(process, output, READY)
        process.send_signal(signal.SIGINT)
        await_text(process, output, "again to stop at once")
        process.send_signal(signal.SIGINT)
        assert process.wait(_LIMIT) == 2
        around.next_run(tmp_path / "next.txt")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_interrupted_at_random_points(around: Surroundings, tmp_path: Path) -> None:
    points = random.Random(_SEED)
    for point in range(POINTS // 2):
        around.renew()
        output = tmp_path / f"{point}.txt"
        number = signal.SIGTERM if point % 5 == 4 else signal.SIGINT
        after = points.uniform(0.0, 4.5)
        print(f"point {point}: {number.name} after {after:.3f} s", flush=True)
        with around.unchanged():
            process = around.start("run", "--report", "json=stopped.json", output=output)
            # Before its own first line runs, an interrupt is the interpreter's.
            held = Path(f"/proc/{process.pid}/status")
            await_that(lambda held=held: _blocks(held.read_text(), signal.SIGTERM))
            time.sleep(after)
            _stop(around, process, number, output)


def _stop(around, process, number, output: Path) -> None:
    process.send_signal(number)
    told = time.monotonic()
    code = process.wait(60)
    seconds = time.monotonic() - told
    printed = output.read_text()
    path = around.project.root / "stopped.json"
    report = json.loads(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    summary = report["summary"]
    # One that is quick ends before it is told to, with what it has found by then.
    assert code == (2 if summary["interrupted"] else min(1, summary["proven"])), printed
    assert "Traceback" not in printed
    assert "could not be cleaned up" not in printed, printed
    assert seconds < _LIMIT
