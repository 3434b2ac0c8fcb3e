"""What checks are told of a service beside what is learned of it."""

from __future__ import annotations

from seamproof.core.experiment import Act, Experiment
from seamproof.core.history import Exchange, History, Request, Response, Section
from seamproof.core.model import Operation, Scenario, Step
from seamproof.plan.runs import LearnedScenario
from seamproof.run.inquiry import free_reads

MADE = (Step(Operation.parse("POST /drafts")),)


def learned(
    operation: str, arrangement: tuple[Step, ...] = (), *, status: int = 200, **what: object
) -> LearnedScenario:
    step = Step(Operation.parse(operation), "alice", **what)
    scenario = Scenario(operation, step, arrangement)
    sent = Request(step.operation.method, step.operation.path)
    exchange = Exchange(Act(step), sent, 0.0, 0.1, Response(status))
    clean = History(Experiment.of(scenario), (Section((exchange,)),))
    return LearnedScenario(scenario, True, clean=clean)


def test_a_read_is_free_where_it_has_no_id_of_what_is_arranged() -> None:
    found = free_reads(
        [
            learned("GET /drafts", MADE),
            learned("GET /drafts/{draft}", MADE),
            learned("GET /drafts/{draft}", path_parameters={"draft": 1}),
            learned("GET /remarks", MADE, query={"of": "{draft}"}),
            learned("POST /drafts"),
            learned("GET /secrets", status=403),
        ]
    )
    assert [each.operation.id for each in found] == ["GET /drafts/{draft}", "GET /drafts"]
    assert not any(each.arrangement for each in found)
