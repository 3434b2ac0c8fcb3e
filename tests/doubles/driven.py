"""What runs experiments in memory, and drives an exploration with them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.protocols import Exploration

T = TypeVar("T")


class Driven(ABC):
    """A fake that every exploration can be tried on."""

    @abstractmethod
    def run(self, experiment: Experiment) -> History:
        """Reset, then run its phases."""

    def drive(self, exploration: Exploration[T]) -> T:
        """Drive an exploration to its end, as the one loop does."""
        answer: Any = None
        while True:
            try:
                wanted = exploration.send(answer)
            except StopIteration as stop:
                value: T = stop.value
                return value
            if isinstance(wanted, Experiment):
                answer = self.run(wanted)
            else:
                answer = tuple(self.run(each) for each in wanted)
