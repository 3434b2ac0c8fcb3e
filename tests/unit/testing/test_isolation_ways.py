"""What an undo begins with: a look that is made while the service is silent."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from seamproof.core.protocols import Activity
from seamproof.database.postgres.levels import Seen, Undo
from seamproof.testing.isolation.ways import Way, way

SEEN = Seen(None, "", [], {})


@dataclass
class Database:
    fails: bool = False
    given: list[Seen | None] = field(default_factory=list)

    async def look(self) -> Seen:
        if self.fails:
            raise psycopg.OperationalError
        return SEEN

    async def undo(self, to: str, *, sparing: bool, seen: Seen | None) -> Undo:
        assert (to, sparing) == ("base", True)
        self.given.append(seen)
        return Undo(0, 0.0)


class Boundary:
    last = 0.0

    def activity(self) -> Activity:
        return Activity(0, (), self.last)


def undoing(database: Database, boundary: Boundary) -> Way:
    async def flush() -> None:
        pass

    world = SimpleNamespace(guest=True, database=database, sql_boundaries=(boundary,), flush=flush)
    premises: Any = SimpleNamespace(world=world)
    return way("undo", premises, None)


@pytest.mark.parametrize(
    ("crosses", "fails", "given"),
    [(False, False, SEEN), (True, False, None), (False, True, None)],
    ids=["silence", "something crossed", "no look"],
)
def test_a_look_is_taken_only_where_nothing_crossed_behind_it(
    crosses: bool, fails: bool, given: Seen | None
) -> None:
    database, boundary = Database(fails), Boundary()

    async def rest() -> None:
        if crosses:
            boundary.last = time.monotonic()

    asyncio.run(undoing(database, boundary)(rest))  # type: ignore[arg-type]
    assert database.given == [given]
