"""The strategies. Each is a coroutine on the world's loop that waits until the service is at rest,
leaves the state of the base, and says whether that ended every session on the database.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import psycopg

from seamproof.testing import engine
from seamproof.testing.isolation.truncate import Refill
from seamproof.world import probe

if TYPE_CHECKING:
    from seamproof.database.postgres.levels import Seen
    from seamproof.run.premises import Premises
    from seamproof.testing.isolation.transaction import Transaction
    from seamproof.world import World

Rest = Callable[[], Awaitable[None]]
Way = Callable[[Rest], Awaitable[bool]]

_CLONE_LIMIT: Final = 30.0
_WARM: Final = 2
"""Requests after the service's connections were ended: a pool notices when it uses them."""
_PROBE_LIMIT: Final = 10.0


def way(name: str, premises: Premises, transaction: Transaction | None) -> Way:
    """The strategy of this name."""
    if transaction is not None:
        return _Transaction(premises, transaction)
    ways: dict[str, Callable[[Premises], Way]] = {
        "undo": _Undo,
        "clone": _Clone,
        "truncate": _Truncate,
        "unique": _Unique,
    }
    return ways[name](premises)


class _Undo:
    """Takes back what changed: costs what was written, and not what is stored."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    async def __call__(self, rest: Rest) -> bool:
        world = self._premises.world
        seen = await _seen_before(world, rest)
        if world.guest is not None:
            return await _undo_around(world, seen)
        if not await self._premises.conductor.to_base(seen):
            return False
        await _warm(world)
        return True


async def _seen_before(world: World, rest: Rest) -> Seen | None:
    """What there is to undo, looked for while the service is silent; None where it was not."""
    began, seen = time.monotonic(), None
    # What hinders a look the undo meets again, and can tell.
    with suppress(psycopg.Error):
        seen = await world.database.look()
    await rest()
    return seen if all(each.activity().last < began for each in world.sql_boundaries) else None


async def _undo_around(world: World, seen: Seen | None = None) -> bool:
    """Undo while the tests' process keeps its sessions.

    The test is over, so nothing is held back. A transaction that is open is the suite's: Django
    keeps one for all tests of a class, and to end it would break a pool that has no other. What it
    commits later is taken back with the test that it does so in. While it has written and nothing
    is committed, sequences stay as well: they have given the ids of its rows.
    """
    undone = await world.database.undo("base", sparing=True, seen=seen)
    await world.flush()
    return bool(undone.cloned)


class _Transaction:
    """Rolls back the transaction round the test, and what no transaction takes back."""

    def __init__(self, premises: Premises, transaction: Transaction) -> None:
        self._premises = premises
        self._transaction = transaction

    async def __call__(self, rest: Rest) -> bool:
        await rest()
        if not await self._transaction.rollback():
            await self._premises.world.flush()
            return False
        return await _undo_around(self._premises.world)


class _Clone:
    """Replaces the database by a copy of the base, which ends the service's connections."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    async def __call__(self, rest: Rest) -> bool:
        world = self._premises.world
        await rest()
        async with world.still():
            await world.database.revive(_CLONE_LIMIT)
            await world.flush()
        await _warm(world)
        return True


class _Truncate:
    """Empties every table, and fills those that the base fills."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._refill: Refill | None = None

    async def __call__(self, rest: Rest) -> bool:
        world = self._premises.world
        await rest()
        if self._refill is None:
            # What the base holds is read from the base.
            await self._premises.conductor.to_base()
            self._refill = await Refill.of(world.database.admin, self._premises.catalog)
            return False
        async with world.still():
            await self._refill.run()
            await world.flush()
        return False


class _Unique:
    """Leaves everything: the tests' data are their own."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    async def __call__(self, rest: Rest) -> bool:
        await rest()
        await self._premises.world.flush()
        return False


async def _warm(world: World) -> None:
    for replica in world.replicas:
        for _ in range(_WARM):
            for path in replica.harmless:
                await probe.get(replica.host, replica.port, path, limit=_PROBE_LIMIT)
    await engine.rest(world)
