"""What is arranged for an experiment, and what is edited above it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from conducted import SCENARIO, FakeWorld, conductor

from seamproof.core.experiment import Experiment, RowEdit
from seamproof.core.history import DisturbanceKind, Response
from seamproof.run.experiment import lane

ONE = replace(Experiment.of(SCENARIO), edits=(RowEdit("orders", None, {"id": "1"}),))
OTHER = replace(ONE, edits=(RowEdit("orders", None, {"id": "2"}),))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    async def send(host: str, port: int, request: bytes, **how: object) -> lane.Answer:
        return lane.Answer(1.0, 2.0, Response(201, (), b'{"id": 5}'))

    monkeypatch.setattr(lane, "send", send)
    return FakeWorld()


def test_what_a_job_wrote_to_what_was_edited_is_undone_before_another_edit(
    world: FakeWorld,
) -> None:
    async def both() -> None:
        ours = conductor(world)
        await ours.conduct(ONE)
        world.log.clear()
        await ours.conduct(OTHER)

    asyncio.run(both())
    reset, anew = ["still", "undo arranged", "flush", "go on"], ["still", "undo arranged"]
    assert world.log[:8] == [*reset, *anew, "edit 1", "mark arranged"]
    assert world.log[8] == "go on"


def test_where_that_needs_a_copy_everything_is_arranged_once_more(world: FakeWorld) -> None:
    undo = world.database.undo

    async def costly(to: str, *, seen: object = None) -> object:
        if world.log[-1] == "still" and "flush" in world.log and "begin" not in world.log:
            world.database.clone_reason = "DDL"
        return await undo(to)

    async def both() -> None:
        ours = conductor(world)
        await ours.conduct(ONE)
        world.log.clear()
        world.database.undo = costly  # type: ignore[assignment, method-assign]
        history = await ours.conduct(OTHER)
        assert history.disturbed(DisturbanceKind.RESET_BY_CLONE) is None
        assert history.section.exchange.ok

    asyncio.run(both())
    anew = ["still", "undo base", "flush", "go on", "changes", "edit 1", "mark arranged"]
    assert world.log[4:14] == ["still", "undo arranged", "go on", *anew]
    assert world.log.count("edit 1") == 1
