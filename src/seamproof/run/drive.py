"""Feeds an exploration with the histories of the experiments that it asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.protocols import Exploration

T = TypeVar("T")

Conduct: TypeAlias = Callable[[Experiment], Awaitable[History]]
"""Runs one experiment."""


async def drive(exploration: Exploration[T], conduct: Conduct) -> T:
    """Run an exploration to its end and return what it found out.

    What the exploration raises is the caller's to judge: a check that raises is inconclusive.
    """
    answer: Any = None
    try:
        while True:
            asked = exploration.send(answer)
            answer = await _answer(asked, conduct)
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
