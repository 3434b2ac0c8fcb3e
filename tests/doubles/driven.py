"""What runs experiments in memory, and drives an exploration with them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.protocols import Exploration, Spent

T = TypeVar("T")


class Driven(ABC):
    """A fake that every exploration can be tried on."""

    @abstractmethod
    def run(self, experiment: Experiment) -> History:
        """Reset, then run its phases."""

    def drive(self, exploration: Exploration[T], most: int | None = None) -> T:
        """Drive an exploration to its end, as the one loop does: after `most` experiments there is
        no time for more. Raises Spent where it has nothing to say then."""
        answer: Any = None
        left = -1 if most is None else most
        while True:
            try:
                wanted = exploration.send(answer)
                several = (wanted,) if isinstance(wanted, Experiment) else wanted
                if 0 <= left < len(several):
                    exploration.throw(Spent())
                    raise AssertionError("it asks for more, although there is no time")
            except StopIteration as stop:
                value: T = stop.value
                return value
            left -= len(several) if most is not None else 0
            histories = tuple(self.run(each) for each in several)
            answer = histories[0] if isinstance(wanted, Experiment) else histories
