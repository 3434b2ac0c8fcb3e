"""Which replica acts where a process is wanted that nothing has happened to."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seamproof.core.experiment import Act, Experiment, Phase, Settings
from seamproof.core.history import Exchange, History, Request, Response, Section
from seamproof.core.model import Operation, Step
from seamproof.run.experiment.standing import Standing

ACT = Act(Step(Operation.parse("GET /orders")))
EXPERIMENT = Experiment((Phase((ACT,)),), settings=Settings(fresh_process=True))


class Replicas(SimpleNamespace):
    """A world of two replicas that notes which are started anew."""

    def __init__(self) -> None:
        super().__init__(replicas=("first", "second"), restarted=[])

    async def restart(self, indexes: set[int]) -> None:
        self.restarted.append(sorted(indexes))


def answered(status: int, *, arranging: bool = False) -> History:
    request, response = Request("GET", "/orders", (), b""), Response(status, (), b"")
    exchange = Exchange(ACT, request, 0.0, 1.0, response)
    if arranging:
        return History(EXPERIMENT, (), (exchange,))
    return History(EXPERIMENT, (Section((exchange,)),))


@pytest.mark.parametrize("arranging", [False, True])
@pytest.mark.parametrize(("status", "stands"), [(200, "first"), (404, "first"), (503, "second")])
def test_who_answered_with_a_server_error_is_not_taken_for_fresh(
    status: int, stands: str, arranging: bool
) -> None:
    world: Any = Replicas()
    standing = Standing(cast("Any", world))
    standing.doubt(answered(status, arranging=arranging))
    asyncio.run(standing.refresh(EXPERIMENT))
    assert standing.replica(ACT) == stands
    assert world.restarted == []


def test_where_all_have_failed_all_are_started_anew() -> None:
    world: Any = Replicas()
    standing = Standing(cast("Any", world))

    async def fail_on_both() -> None:
        for _ in range(2):
            standing.doubt(answered(500))
            await standing.refresh(EXPERIMENT)

    asyncio.run(fail_on_both())
    assert world.restarted == [[0, 1]]
