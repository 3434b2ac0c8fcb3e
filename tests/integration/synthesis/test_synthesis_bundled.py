"""The search on the bundled service: with its document, its rows and three logins, and no more."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from searching import Searched, scenarios, search

from seamproof import demo

REFUSED_TO_ALL = {
    "POST /login": "no password is known to the search",
    "POST /webhooks": "the address that it calls is outside",
}


@pytest.fixture(scope="module", params=["broken", pytest.param("fixed", marks=pytest.mark.long)])
def searched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    folder = tmp_path_factory.mktemp(request.param)
    for name in ("alembic.ini", "seamproof.toml"):
        shutil.copy(demo.CONFIGURATION.with_name(name), folder)
    for name in ("migrations", "scenarios"):
        shutil.copytree(demo.CONFIGURATION.with_name(name), folder / name)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(demo.FIXED_SWITCH, "1" if request.param == "fixed" else "0")
        return asyncio.run(search(folder / "seamproof.toml"))


def test_all_is_reached_but_what_nobody_could_reach(searched: Searched) -> None:
    unreached = {each.operation.id: each.refusal for each in searched.result.unreached}
    assert unreached.keys() <= REFUSED_TO_ALL.keys(), unreached

    reached = scenarios(searched)
    declared = [each.operation for each in searched.document.declarations]
    mutating = [each for each in declared if each.mutates]
    assert len(reached) >= 0.9 * len(declared)
    assert sum(each.id in reached for each in mutating) >= 0.85 * len(mutating)


def test_a_state_is_arranged_for_and_nothing_else_is(searched: Searched) -> None:
    reached = scenarios(searched)

    refund = reached["POST /orders/{order}/refund"]
    assert [each.operation.id for each in refund.arrangement] == [
        "POST /orders",
        "POST /orders/{order}/payment",
    ]
    assert reached["POST /orders"].arrangement == ()


def test_the_act_of_what_may_change_something_changes_it(searched: Searched) -> None:
    assert searched.result.without_effect == frozenset()


def test_no_id_is_a_literal(searched: Searched) -> None:
    for scenario in searched.result.scenarios:
        for value in scenario.act.path_parameters.values():
            assert isinstance(value, str), scenario
            assert value.startswith("{"), scenario


def test_it_costs_few_experiments(searched: Searched) -> None:
    declared = len(searched.document.declarations)
    assert len(searched.histories) <= 5 * declared
    assert searched.result.deaths == ()
