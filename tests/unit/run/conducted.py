"""A world of doubles for the conductor, which notes what is asked of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

from seamproof.core.catalog import Stored
from seamproof.core.experiment import Fault, RowEdit
from seamproof.core.history import Changes, Crossing, Disturbance, RowChange
from seamproof.core.model import Extract, Operation, Scenario, Step
from seamproof.core.protocols import Activity
from seamproof.run.experiment.conductor import Conductor
from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities.wallet import Wallet
from seamproof.run.redaction import Redactor


@dataclass
class FakeBoundary:
    log: list[str]
    open_transactions: tuple[int, ...] = ()
    faults: tuple[Fault, ...] = ()
    reachable: bool = True
    seen: tuple[Crossing, ...] = ()
    last: float = 0.0
    """When bytes passed last: in each phase, at its begin."""

    def begin(self, epoch: float, faults: Sequence[Fault] = ()) -> None:
        self.faults = tuple(faults)
        self.last = time.monotonic()
        self.log.append("begin")

    def crossings(self) -> tuple[Crossing, ...]:
        return self.seen

    def reached(self) -> tuple[Fault, ...]:
        return self.faults if self.reachable else ()

    def activity(self) -> Activity:
        return Activity(0, self.open_transactions, self.last)

    def isolate(self, level: str | None) -> None:
        if level is not None:
            self.log.append(f"isolate {level}")

    async def wait_quiet(self, silence: float, limit: float) -> bool:
        return not self.open_transactions


@dataclass(frozen=True)
class Undone:
    cloned: str = ""


@dataclass
class FakeDatabase:
    log: list[str]
    clone_reason: str = ""
    rows: tuple[RowChange, ...] = ()

    async def undo(self, to: str, *, seen: object = None) -> Undone:
        self.log.append(f"undo {to}")
        reason, self.clone_reason = self.clone_reason, ""
        return Undone(reason)

    async def mark(self, level: str) -> None:
        self.log.append(f"mark {level}")

    async def edit(self, edits: Sequence[RowEdit]) -> None:
        self.log.append(f"edit {len(edits)}")

    async def changes(self) -> Changes:
        self.log.append("changes")
        return Changes(self.rows)

    async def stored(self) -> Stored:
        return {}

    async def audit(self) -> None:
        self.log.append("audit")

    async def barrier(self, limit: float) -> tuple[int, ...]:
        self.log.append("barrier")
        return (7,)


@dataclass
class FakeReplica:
    boundary: FakeBoundary
    index: int = 0
    host: str = "127.0.0.1"
    port: int = 1


@dataclass
class FakeWorld:
    log: list[str] = field(default_factory=list)
    dead: tuple[Disturbance, ...] = ()

    def __post_init__(self) -> None:
        self.database = FakeDatabase(self.log)
        self.replicas = (FakeReplica(FakeBoundary(self.log)),)
        self.boundaries = self.sql_boundaries = (self.replicas[0].boundary,)
        self.sinkhole = SimpleNamespace(url="http://127.0.0.1:9")

    @asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        self.log.append("still")
        yield
        self.log.append("go on")

    async def flush(self) -> None:
        self.log.append("flush")

    async def restart(self, indexes: Collection[int]) -> None:
        self.log.append(f"restart {sorted(indexes)}")

    def pulse(self, replicas: Collection[int]) -> None:
        return None

    def require_space(self, crossings: Sequence[Crossing]) -> None:
        pass

    async def ensure_alive(
        self, doubted: Collection[int] = (), *, rested: bool = False
    ) -> tuple[Disturbance, ...]:
        self.log += [f"doubt {each}{' rested' * rested}" for each in doubted]
        dead, self.dead = self.dead, ()
        return dead


CREATE = Step(Operation("POST", "/products"), "admin", json={"name": "w"})
EXTRACTING = replace(CREATE, extracts=(Extract("product", "$.id"),))
ORDER = Step(Operation("POST", "/orders"), "alice", json={"product": "{product}"})
SCENARIO = Scenario("order", ORDER, (EXTRACTING,))


def conductor(world: FakeWorld) -> Conductor:
    identities = Wallet.of({"alice": Credentials((("Authorization", "Bearer alice-token"),))})
    return Conductor(world, identities, Redactor())  # type: ignore[arg-type]
