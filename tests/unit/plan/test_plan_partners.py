"""Which operations are made to overlap with each other."""

from __future__ import annotations

from dataclasses import replace

from seamproof.core.catalog import Catalog, Table
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
from seamproof.plan.partners import partners
from seamproof.plan.profile import LearnedScenario

CATALOG = Catalog({name: Table(name, ()) for name in ("orders", "stock", "users", "audit")})
SETUP = Step(Operation("POST", "/products"))


def learned(
    operation: str, *statements: str, status: int = 201, arrange: tuple[Step, ...] = ()
) -> LearnedScenario:
    step = Step(Operation.parse(operation))
    crossings = tuple(
        Crossing(
            CrossingKey(sql),
            CrossingKind.READ if sql.startswith("SELECT") else CrossingKind.WRITE,
            sql,
            replica=0,
            connection=1,
            started=float(index),
        )
        for index, sql in enumerate(statements)
    )
    exchange = Exchange(Act(step), Request("POST", "/"), 0.0, 9.0, Response(status))
    scenario = Scenario(operation, step, arrange)
    history = History(Experiment.of(scenario), (Section((exchange,), crossings),))
    return LearnedScenario(scenario, True, clean=history)


def paired(
    *each: LearnedScenario, profile: Profile | None = None, most: int = 2
) -> list[list[str]]:
    found = partners(each, CATALOG, profile or Profile(), most)
    return [[other.operation.id for other in others] for others in found]


def test_a_pair_is_named_once_where_one_writes_what_the_other_touches() -> None:
    sell = learned("POST /sales", "UPDATE stock SET units = 1")
    look = learned("POST /quotes", "SELECT units FROM stock", "INSERT INTO orders VALUES (1)")
    name = learned("PUT /users/1", "UPDATE users SET name = 'a'")
    assert paired(sell, look, name) == [["POST /quotes"], [], []]


def test_two_that_only_read_the_same_are_no_pair() -> None:
    one = learned("POST /a", "SELECT units FROM stock", "INSERT INTO orders VALUES (1)")
    two = learned("POST /b", "SELECT units FROM stock", "UPDATE users SET name = 'a'")
    assert paired(one, two) == [[], []]


def test_what_no_verdict_looks_at_makes_no_pair() -> None:
    one = learned("POST /a", "INSERT INTO audit VALUES (1)")
    two = learned("POST /b", "INSERT INTO audit VALUES (2)")
    assert paired(one, two, profile=Profile(audit=frozenset({"audit"}))) == [[], []]


def test_what_is_refused_or_only_reads_is_nobodys_partner() -> None:
    sell = learned("POST /sales", "UPDATE stock SET units = 1")
    refused = learned("POST /sales/x", "UPDATE stock SET units = 1", status=409)
    read = learned("GET /stock", "SELECT units FROM stock")
    assert paired(sell, refused, read) == [[], [], []]


def test_the_nearest_come_first_and_there_are_not_many() -> None:
    sell = learned("POST /sales", "UPDATE stock SET units = 1", arrange=(SETUP,))
    far = [
        learned(f"POST /far{n}", "SELECT units FROM stock", "UPDATE users SET name = 'a'")
        for n in range(3)
    ]
    near = learned("POST /near", "UPDATE stock SET units = 2", arrange=(SETUP,))
    first = paired(sell, *far, near)[0]
    assert first[0] == "POST /near"
    assert len(first) == 2
    assert paired(sell, *far, near, most=0)[0] == []


def test_a_scenario_that_is_for_other_checks_is_no_partner() -> None:
    sell = learned("POST /sales", "UPDATE stock SET units = 1")
    book = learned("POST /bookings", "UPDATE stock SET units = 1")
    for checks, expected in (("rollback",), []), (("concurrency",), ["POST /bookings"]):
        named = replace(book, scenario=replace(book.scenario, checks=checks))
        assert paired(sell, named) == [expected, []]
