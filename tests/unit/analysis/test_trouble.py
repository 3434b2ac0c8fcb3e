"""Which disturbances forbid a verdict, and which are evidence."""

from __future__ import annotations

import pytest

from seamproof.analysis.trouble import died, missed, trouble
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import (
    Disturbance,
    DisturbanceKind,
    Exchange,
    History,
    Request,
    Response,
    Section,
)
from seamproof.core.model import Operation, Step

ACT = Act(Step(Operation("POST", "/orders")))
EXPERIMENT = Experiment((Phase((ACT,)),))


def history(*kinds: DisturbanceKind, status: int = 200, before: bool = False) -> History:
    disturbances = tuple(Disturbance(each, "why") for each in kinds)
    exchange = Exchange(ACT, Request("POST", "/"), 0.0, 1.0, Response(status))
    section = Section((exchange,), disturbances=() if before else disturbances)
    return History(EXPERIMENT, (section,), disturbances=disturbances if before else ())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (DisturbanceKind.OURS, "ours: why"),
        (DisturbanceKind.ARRANGEMENT_FAILED, "arrangement-failed: why"),
        (DisturbanceKind.NOT_QUIET, "the service did not become quiet: why"),
    ],
)
def test_these_forbid_a_verdict(kind: DisturbanceKind, reason: str) -> None:
    assert trouble(history(kind)) == reason


@pytest.mark.parametrize(
    "kind",
    [
        DisturbanceKind.NOT_REACHED,
        DisturbanceKind.BACKEND_ENDED,
        DisturbanceKind.SERVICE_DIED,
        DisturbanceKind.RESET_BY_CLONE,
    ],
)
def test_these_do_not(kind: DisturbanceKind) -> None:
    assert trouble(history(kind)) == ""


def test_a_reset_that_failed_forbids_one() -> None:
    assert trouble(history(DisturbanceKind.OURS, before=True))


def test_unrest_of_a_transaction_that_we_ended_is_explained() -> None:
    assert trouble(history(DisturbanceKind.NOT_QUIET, DisturbanceKind.BACKEND_ENDED)) == ""


def test_a_rate_limiter_forbids_one() -> None:
    assert trouble(history(status=429)).startswith("429")


def test_an_experiment_that_was_broken_off_forbids_one() -> None:
    assert trouble(History(EXPERIMENT, ())) == "the experiment was broken off"


def test_what_was_missed_and_what_died() -> None:
    assert missed(history(DisturbanceKind.NOT_REACHED)) == "why"
    assert missed(history()) == missed(History(EXPERIMENT, ())) == ""
    assert died(history(DisturbanceKind.SERVICE_DIED).section)
    assert not died(history().section)
