"""Interleavings that are forced on a real service with two replicas."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from seamproof.analysis.statements import shape
from seamproof.config import load
from seamproof.core.experiment import (
    Act,
    CrossingKey,
    Experiment,
    Phase,
    Schedule,
    Settings,
    Turn,
)
from seamproof.core.history import DisturbanceKind, History
from seamproof.core.model import Operation, Step
from seamproof.core.profile import Profile
from seamproof.run.experiment.conductor import Conductor
from seamproof.run.identities.wallet import Wallet
from seamproof.run.redaction import Redactor
from seamproof.world import open_world

COUNTER = Path(__file__).parent / "counter"
WRITE = CrossingKey(shape("UPDATE stock SET units = $1 WHERE id = 1"))
COMMIT = CrossingKey("COMMIT")


def overlap(path: str, *turns: Turn, isolation: str | None = None) -> Experiment:
    step = Step(Operation("POST", path))
    acts = (Act(step, 0), Act(step, 1, fresh=1))
    phase = Phase(acts, schedule=Schedule(turns=turns))
    return Experiment((phase,), settings=Settings(isolation=isolation))


def units(history: History) -> list[str | None]:
    return [row.new["units"] for row in history.section.changes.rows if row.new]


def order(history: History) -> list[tuple[int, str]]:
    crossings = [each for each in history.section.crossings if "stock" in each.statement]
    return [(each.replica, each.kind.value) for each in crossings]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, History]:
    """Every history that is looked at, from one world."""
    folder = tmp_path_factory.mktemp("turns") / "counter"
    shutil.copytree(COUNTER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    wanted = {
        "serial": overlap("/careless", Turn(0), Turn(1)),
        "lost update": overlap("/careless", Turn(0, WRITE), Turn(1)),
        "both stopped": overlap("/careless", Turn(0, WRITE), Turn(1, WRITE), Turn(0), Turn(1)),
        "locked": overlap("/locked", Turn(0, WRITE), Turn(1)),
        "advisory": overlap("/advisory", Turn(0, COMMIT), Turn(1)),
        "not reached": overlap("/careless", Turn(0, CrossingKey("DELETE FROM stock")), Turn(1)),
        "serializable": overlap("/careless", Turn(0, WRITE), Turn(1), isolation="serializable"),
        "hasty": overlap("/hasty", Turn(0, COMMIT), Turn(1)),
        "again": overlap("/careless", Turn(0, WRITE), Turn(1)),
    }

    async def run() -> dict[str, History]:
        config = load(folder / "seamproof.toml")
        async with open_world(config, notify=lambda event: None) as world:
            await world.database.mark("base")
            conductor = Conductor(world, Wallet.of({}), Redactor())
            conductor.profile = Profile(tail=0.05)
            return {name: await conductor.conduct(each) for name, each in wanted.items()}

    return asyncio.run(run())


def test_turns_to_the_end_are_a_serial_order(seen: dict[str, History]) -> None:
    assert units(seen["serial"]) == ["9", "8"]
    assert order(seen["serial"]) == [(0, "read"), (0, "write"), (1, "read"), (1, "write")]


def test_an_act_stands_before_its_write_while_the_other_runs_to_its_end(
    seen: dict[str, History],
) -> None:
    history = seen["lost update"]
    assert units(history) == ["9", "9"]
    assert order(history) == [(0, "read"), (1, "read"), (1, "write"), (0, "write")]
    assert [each.status for each in history.section.exchanges] == [201, 201]
    assert not history.section.disturbances


def test_both_stand_before_either_writes(seen: dict[str, History]) -> None:
    assert order(seen["both stopped"]) == [(0, "read"), (1, "read"), (0, "write"), (1, "write")]


@pytest.mark.parametrize("name", ["locked", "advisory", "hasty"])
def test_a_lock_breaks_the_turn_off_and_the_holder_goes_first(
    seen: dict[str, History], name: str
) -> None:
    history = seen[name]
    assert history.section.disturbed(DisturbanceKind.BLOCKED)
    assert units(history) == ["9", "8"]
    commits = [each.replica for each in history.section.crossings if each.kind == "commit"]
    assert commits == [0, 1]


def test_an_act_that_has_its_answer_stands_before_a_commit_behind_it(
    seen: dict[str, History],
) -> None:
    history = seen["hasty"]
    assert [each.status for each in history.section.exchanges] == [201, 201]
    assert not history.section.disturbed(DisturbanceKind.NOT_REACHED)
    first, _ = [each for each in history.section.crossings if each.kind == "commit"]
    assert first.started > history.section.exchanges[0].received


def test_a_crossing_that_does_not_come_is_told(seen: dict[str, History]) -> None:
    missed = seen["not reached"].section.disturbed(DisturbanceKind.NOT_REACHED)
    assert missed is not None
    assert "DELETE FROM stock" in missed.detail
    assert units(seen["not reached"]) == ["9", "8"]


def test_a_stronger_isolation_is_for_one_experiment(seen: dict[str, History]) -> None:
    failed = {each.sqlstate for each in seen["serializable"].section.crossings}
    assert "40001" in failed
    assert units(seen["serializable"]) == ["9"]
    assert units(seen["again"]) == ["9", "9"]
