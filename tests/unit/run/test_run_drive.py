"""The loop that feeds explorations."""

from __future__ import annotations

import asyncio

import pytest

from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import History
from seamproof.core.model import Operation, Step
from seamproof.core.protocols import Exploration
from seamproof.run.drive import drive


def experiment(purpose: str) -> Experiment:
    return Experiment((Phase((Act(Step(Operation("GET", "/"))),)),), purpose=purpose)


async def conduct(asked: Experiment) -> History:
    return History(asked, ())


def test_one_and_several_experiments_are_answered_in_their_shape() -> None:
    def exploration() -> Exploration[list[str]]:
        one = yield experiment("a")
        several = yield (experiment("b"), experiment("c"))
        return [each.experiment.purpose for each in (one, *several)]

    assert asyncio.run(drive(exploration(), conduct)) == ["a", "b", "c"]


def test_what_an_exploration_raises_comes_out() -> None:
    def exploration() -> Exploration[None]:
        yield experiment("a")
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        asyncio.run(drive(exploration(), conduct))


def test_an_exploration_is_closed_when_conducting_fails() -> None:
    closed = []

    def exploration() -> Exploration[None]:
        try:
            yield experiment("a")
        finally:
            closed.append(True)

    async def fail(asked: Experiment) -> History:
        raise OSError("the world is gone")

    with pytest.raises(OSError, match="gone"):
        asyncio.run(drive(exploration(), fail))
    assert closed
