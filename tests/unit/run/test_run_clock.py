"""Where an experiment's seconds are counted."""

from __future__ import annotations

import pytest

from seamproof.run.experiment import clock
from seamproof.run.experiment.clock import Clock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test moves on."""
    moment = [0.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: moment[0])
    return moment


def test_a_part_is_the_sum_of_its_blocks(now: list[float]) -> None:
    ours = Clock()
    for seconds in (1.0, 2.0):
        with ours.part("reset"):
            now[0] += seconds
    assert ours.timing().reset == 3.0


def test_a_block_within_another_counts_for_itself_only(now: list[float]) -> None:
    ours = Clock()
    with ours.part("service"):
        now[0] += 1.0
        with ours.part("quiet"):
            now[0] += 4.0
        now[0] += 2.0
    assert (ours.timing().service, ours.timing().quiet) == (3.0, 4.0)
