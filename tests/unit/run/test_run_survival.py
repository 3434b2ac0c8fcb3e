"""A run goes on where the database server came back, and says what ails it where it does not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg
import pytest

from seamproof.core.errors import DatabaseError, MachineError, SeamproofError
from seamproof.database.postgres import outage
from seamproof.run.experiment.survival import Survival


@dataclass
class Troubled:
    """A world whose server is away as often as `away` says, and whose revivals raise these."""

    away: int = 0
    raises: list[Exception] = field(default_factory=list)
    revivals: int = 0

    async def connected(self) -> bool:
        self.away -= 1
        return self.away < 0

    async def revive(self) -> None:
        self.revivals += 1
        if self.raises:
            raise self.raises.pop(0)

    @staticmethod
    def explained(error: BaseException) -> SeamproofError | None:
        return outage.explained(error)


def survived(world: Troubled, *failures: Exception) -> tuple[str, int]:
    """What becomes of work that fails in these ways first, and how often all was forgotten."""
    left, forgotten = list(failures), []

    async def work() -> str:
        if left:
            raise left.pop(0)
        return "done"

    survival = Survival(cast("Any", world), lambda: forgotten.append(1))
    return asyncio.run(survival.do(work)), len(forgotten)


GONE = psycopg.OperationalError("server closed the connection unexpectedly")


def test_work_is_done_again_on_a_server_that_came_back() -> None:
    world = Troubled(away=2)
    assert survived(world, GONE, ValueError("nothing was there")) == ("done", 2)
    assert world.revivals == 2


def test_an_error_beside_a_server_that_stayed_is_the_work_s_own() -> None:
    with pytest.raises(ValueError, match="ours"):
        survived(Troubled(), ValueError("ours"))
    with pytest.raises(MachineError, match="disk of the database server is full"):
        survived(Troubled(), psycopg.errors.DiskFull("no room"))


def test_a_server_that_goes_away_again_and_again_ends_the_run() -> None:
    with pytest.raises(DatabaseError, match="again and again"):
        survived(Troubled(away=9), *[GONE] * 9)


@pytest.mark.parametrize(
    ("hindered", "kind", "told"),
    [
        (psycopg.errors.DiskFull("no room"), MachineError, "disk of the database server is full"),
        (GONE, DatabaseError, "went away in the middle of the run"),
        (DatabaseError("it lets nobody in"), DatabaseError, "it lets nobody in"),
        (ValueError("ours"), ValueError, "ours"),
    ],
)
def test_what_hinders_a_revival_is_told(
    hindered: Exception, kind: type[Exception], told: str
) -> None:
    with pytest.raises(kind, match=told):
        survived(Troubled(away=1, raises=[hindered]), GONE)
