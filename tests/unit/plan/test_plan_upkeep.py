"""Which job breaks the writes that every request makes alike."""

from __future__ import annotations

from dataclasses import replace

from seamproof.core.experiment import Act, CrossingKey, Experiment
from seamproof.core.history import (
    Crossing,
    CrossingKind,
    Exchange,
    History,
    Request,
    Response,
    Section,
)
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.plan.profile import LearnedScenario
from seamproof.plan.upkeep import spared

REFRESH = "UPDATE sessions SET expires = ?"
PROFILE = Profile(ambient=frozenset({"sessions.expires", "cache"}))


def learned(operation: str, *statements: str, tables: tuple[str, ...] = ()) -> LearnedScenario:
    step = Step(Operation.parse(operation))
    crossings = tuple(
        Crossing(CrossingKey(each), CrossingKind.WRITE, each, 0, 1, float(index))
        for index, each in enumerate(statements)
    )
    exchange = Exchange(Act(step), Request("POST", "/"), 0.0, 9.0, Response(201))
    scenario = Scenario(operation, step)
    history = History(Experiment.of(scenario), (Section((exchange,), crossings),))
    return LearnedScenario(scenario, True, clean=history, tables=tables)


ORDER = learned("POST /orders", "INSERT INTO orders VALUES (?)", REFRESH, tables=("orders",))
CANCEL = learned("DELETE /orders", "DELETE FROM orders", REFRESH, tables=("orders",))


def test_one_that_refreshes_a_session_breaks_that_and_the_others_are_spared() -> None:
    assert spared([CANCEL, ORDER], PROFILE) == (frozenset(), frozenset({REFRESH}))


def test_it_is_the_same_one_whichever_is_the_riskiest() -> None:
    assert spared([ORDER, CANCEL], PROFILE) == (frozenset({REFRESH}), frozenset())


def test_who_changes_more_of_the_table_is_not_spared() -> None:
    sign_out = learned("DELETE /session", REFRESH, tables=("sessions",))
    assert spared([ORDER, sign_out], PROFILE)[1] == frozenset()


def test_what_no_harmless_request_writes_is_everybodys_own() -> None:
    assert spared([ORDER, CANCEL], Profile()) == (frozenset(), frozenset())


def test_nobody_is_spared_for_one_that_breaks_nothing() -> None:
    look = learned("GET /orders", REFRESH)
    disturbed = replace(CANCEL, disturbed="429")
    assert spared([look, disturbed, ORDER], PROFILE)[2] == frozenset()
