"""Which operations make what a list is made of."""

from __future__ import annotations

from dataclasses import replace

from seamproof.core.catalog import Catalog, Table
from seamproof.core.experiment import Act, CrossingKey, Experiment
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.plan.makers import makers
from seamproof.plan.profile import LearnedScenario

CATALOG = Catalog({name: Table(name, ()) for name in ("tasks", "teams", "audit")})
SETUP = Step(Operation("POST", "/teams"))


def learned(
    operation: str,
    *,
    reads: str = "",
    inserts: str = "",
    arrange: tuple[Step, ...] = (),
    **ids: str,
) -> LearnedScenario:
    step = Step(Operation.parse(operation), path_parameters=ids)
    sql = f"SELECT * FROM {reads}"
    crossings = (Crossing(CrossingKey(sql), CrossingKind.READ, sql, 0, 1, 0.0),) if reads else ()
    rows = (RowChange(inserts, None, {"id": "1"}),) if inserts else ()
    exchange = Exchange(Act(step), Request("GET", "/"), 0.0, 9.0, Response(200))
    scenario = Scenario(operation, step, arrange)
    section = Section((exchange,), crossings, Changes(rows))
    return LearnedScenario(scenario, True, clean=History(Experiment.of(scenario), (section,)))


def found(*each: LearnedScenario, profile: Profile | None = None) -> list[list[str]]:
    by_scenario = makers(each, CATALOG, profile or Profile())
    return [[other.operation.id for other in others] for others in by_scenario]


LIST = learned("GET /tasks", reads="tasks")
ADD = learned("POST /tasks", inserts="tasks")


def test_what_inserts_into_what_a_read_reads_makes_it() -> None:
    assert found(LIST, ADD, learned("POST /teams", inserts="teams")) == [["POST /tasks"], [], []]


def test_what_no_verdict_looks_at_is_not_made() -> None:
    read, write = learned("GET /log", reads="audit"), learned("POST /x", inserts="audit")
    assert found(read, write, profile=Profile(audit=frozenset({"audit"}))) == [[], []]


def test_what_is_not_reached_or_disturbed_makes_nothing() -> None:
    assert found(LIST, replace(ADD, reached=False), replace(ADD, disturbed="a cache")) == [[]] * 3


def test_the_same_path_under_the_same_id_comes_first_and_there_are_not_many() -> None:
    read = learned("GET /teams/{team}/tasks", reads="tasks", team="red")
    others = [
        learned("POST /imports", inserts="tasks"),
        learned("POST /teams/{team}/tasks", inserts="tasks", team="blue"),
        learned("POST /teams/{team}/tasks/new", inserts="tasks", team="red"),
    ]
    nearest = ["POST /teams/{team}/tasks/new", "POST /teams/{team}/tasks"]
    assert found(read, *others)[0] == nearest


def test_what_a_read_needs_to_be_there_its_maker_makes_too() -> None:
    read = learned("GET /teams/{team}/tasks", reads="tasks", arrange=(SETUP,), team="{team}")
    path = "POST /teams/{team}/tasks"
    other = learned(path, inserts="tasks", team="{team}", arrange=(Step(Operation("POST", "/y")),))
    right = learned(path, inserts="tasks", team="{team}", arrange=(SETUP,))
    assert makers((read, other, right), CATALOG, Profile())[0] == (right.scenario,)
