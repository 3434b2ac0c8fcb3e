"""Feeds an exploration with the histories of the experiments that it asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.protocols import Exploration, Spent

T = TypeVar("T")

Conduct: TypeAlias = Callable[[Experiment], Awaitable[History]]
"""Runs one experiment. Raises Spent where there is no time for it."""


async def drive(exploration: Exploration[T], conduct: Conduct) -> T:
    """Run an exploration to its end and return what it found out.

    What the exploration raises is the caller's to judge: a check that raises is inconclusive.
    Raises Spent where `conduct` does and the exploration has nothing to return by then.
    """
    answer: Any = None
    try:
        while True:
            asked = exploration.send(answer)
            try:
                answer = await _answer(asked, conduct)
            except Spent as spent:
                exploration.throw(spent)
                raise  # It asks for more, although there is no more.
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        exploration.close()


async def _answer(
    asked: Experiment | tuple[Experiment, ...], conduct: Conduct
) -> History | tuple[History, ...]:
    if isinstance(asked, Experiment):
        return await conduct(asked)
    return tuple([await conduct(each) for each in asked])
