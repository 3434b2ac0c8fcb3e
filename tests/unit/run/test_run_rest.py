"""How a world comes to rest: who is watched is waited for until it sleeps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

from seamproof.run.experiment.rest import SILENCE_AFTER_FAULT, Rest


@dataclass
class Sleeper:
    """Falls asleep, or not, whenever it is waited for."""

    sleeps: list[bool]
    limits: list[float] = field(default_factory=list)

    async def begins(self, limit: float, enough: float) -> bool:
        self.limits.append(limit)
        return self.sleeps[len(self.limits) - 1]


def limits(*sleeps: bool) -> list[float]:
    """For how long it was waited for, one time after the other."""
    sleeper = Sleeper(list(sleeps))
    rest = Rest(SimpleNamespace(boundaries=()))  # type: ignore[arg-type]

    async def come() -> None:
        for _ in sleeps:
            await rest.come(sleeper)  # type: ignore[arg-type]

    asyncio.run(come())
    return sleeper.limits


def test_who_never_sleeps_is_not_waited_for_so_long_again_and_again() -> None:
    (long,) = limits(True)
    assert long > SILENCE_AFTER_FAULT
    assert limits(*[False] * 5) == [long] * 3 + [SILENCE_AFTER_FAULT] * 2
    assert limits(False, False, True, False, False) == [long] * 5
