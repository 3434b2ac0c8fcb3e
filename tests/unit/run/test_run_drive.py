"""The loop that feeds explorations."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import History
from seamproof.core.model import Operation, Step
from seamproof.core.protocols import Exploration, Spent
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


def cut(exploration: Exploration[list[str]], most: int) -> list[str]:
    left = iter(range(most))

    async def until_spent(asked: Experiment) -> History:
        if next(left, None) is None:
            raise Spent
        return History(asked, ())

    return asyncio.run(drive(exploration, until_spent))


def test_where_the_time_is_spent_it_may_return_what_it_has_concluded() -> None:
    def exploration() -> Exploration[list[str]]:
        concluded: list[str] = []
        with suppress(Spent):
            for purpose in "abc":
                yield (experiment(purpose), experiment(purpose))
                concluded.append(purpose)
        return concluded

    assert cut(exploration(), 5) == ["a", "b"]
    assert cut(exploration(), 6) == ["a", "b", "c"]


def test_one_that_concludes_nothing_or_asks_for_more_has_nothing_to_return() -> None:
    def silent() -> Exploration[list[str]]:
        yield experiment("a")
        return ["never"]

    def greedy() -> Exploration[list[str]]:
        with suppress(Spent):
            yield experiment("a")
        yield experiment("b")
        return ["never"]

    for each in (silent(), greedy()):
        with pytest.raises(Spent):
            cut(each, 0)
        assert each.gi_frame is None, "it is closed"
