"""What every boundary must do before anything crosses it. Run over the registry and the no-op."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from doubles.noop_boundary import NoopBoundary
from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.registry import BOUNDARY, Part, discover, validate

PARTS = [*discover(BOUNDARY).values(), validate(BOUNDARY, NoopBoundary)]
BOUNDARIES = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
NOBODY = 9
"""The discard port: nobody listens there."""


def _before_a_server(implementation: Any) -> Any:
    return implementation(0, "127.0.0.1", NOBODY)


MADE: dict[str, Callable[[Any], Any]] = {
    "http-proxy": lambda implementation: implementation(0),
    "http-sinkhole": lambda implementation: implementation(),
    "http-stub": lambda implementation: implementation(0, "payments", ()),
}
"""How those are made that stand before no server of ours."""


def started(part: Part, judge: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        boundary = MADE.get(part.name, _before_a_server)(part.implementation)
        await boundary.start()
        try:
            await judge(boundary)
        finally:
            await boundary.stop()
            await boundary.stop()

    asyncio.run(run())


@BOUNDARIES
def test_it_has_a_kind(part: Part) -> None:
    assert part.implementation.kind is not None  # type: ignore[attr-defined]


@BOUNDARIES
def test_it_has_a_port_once_it_is_started_and_can_be_stopped_twice(part: Part) -> None:
    async def judge(boundary: Any) -> None:
        assert boundary.port > 0

    started(part, judge)


@BOUNDARIES
def test_nothing_crossed_yet_and_it_is_quiet(part: Part) -> None:
    async def judge(boundary: Any) -> None:
        boundary.begin(0.0, ())
        assert boundary.crossings() == ()
        assert boundary.reached() == ()
        activity = boundary.activity()
        assert (activity.pending, activity.open_transactions) == (0, ())

    started(part, judge)


@BOUNDARIES
def test_an_armed_fault_that_nothing_meets_is_not_reached(part: Part) -> None:
    async def judge(boundary: Any) -> None:
        kind = boundary.kind
        fault = Fault(FaultKind.CUT, CrossingKey("UPDATE a SET b = ?", 1, kind))
        boundary.begin(0.0, (fault,))
        assert boundary.reached() == ()
        boundary.begin(0.0, ())
        assert boundary.reached() == ()

    started(part, judge)
