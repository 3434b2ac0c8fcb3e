"""A run is killed, and the next one leaves everything as it was before the first."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import pytest
from surroundings import READY, Surroundings, await_that, kill_tree

POINTS = int(os.environ.get("SEAMPROOF_KILL_POINTS", "200"))
"""For both servers together."""
_SEED = int(os.environ.get("SEAMPROOF_KILL_SEED", "1"))
_STAGES = ("database", "schema", "clone", "service", READY, "sign in", "learn what is normal")
_OFTEN = ("clone", "learn what is normal")
"""Where a run is killed by default."""


@pytest.mark.parametrize(
    "stage",
    [each if each in _OFTEN else pytest.param(each, marks=pytest.mark.long) for each in _STAGES],
)
def test_killed_as_a_stage_begins(around: Surroundings, stage: str, tmp_path: Path) -> None:
    around.renew()
    with around.unchanged():
        process = around.start(output=tmp_path / "killed.txt")
        await_that(lambda: _begun(tmp_path / "killed.txt", stage) or process.poll() is not None)
        assert process.poll() is None
        kill_tree(process) if _STAGES.index(stage) % 2 else process.kill()
        process.wait()
        around.next_run(tmp_path / "next.txt")


def _begun(output: Path, stage: str) -> bool:
    """Whether a stage is under way: what comes before it has been printed at its end."""
    before = _STAGES[: _STAGES.index(stage)]
    text = output.read_text()
    return all(f"  {each}" in text for each in before[-1:]) and "to do" in text


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_killed_at_random_points(around: Surroundings, tmp_path: Path) -> None:
    points = random.Random(_SEED)
    seconds = _duration(around, tmp_path)
    for number in range(POINTS // 2):
        # From a first run on the machine, over one that migrates, to one that finds everything.
        fresh = number % 10 == 0 and not around.url
        if fresh:
            shutil.rmtree(around.cache / "seamproof" / "postgres" / "builds")
        if number % 3:
            around.renew()
        after = points.uniform(0.0, seconds + 2.0 * fresh)
        print(f"point {number}: after {after:.3f} s, {'fresh' if fresh else ''}", flush=True)
        output = tmp_path / f"{number}.txt"
        with around.unchanged():
            process = around.start(*("run", "--report", "json=killed.json"), output=output)
            time.sleep(after)
            kill_tree(process) if number % 4 == 3 else process.kill()
            process.wait()
            around.next_run(tmp_path / f"{number}-next.txt")
            (around.project.root / "killed.json").unlink(missing_ok=True)


def _duration(around: Surroundings, tmp_path: Path) -> float:
    around.renew()
    started = time.monotonic()
    process = around.start(output=tmp_path / "whole.txt")
    # The till lets some input pass that it should refuse: what is found does not matter here.
    assert process.wait(60) in (0, 1)
    return time.monotonic() - started
