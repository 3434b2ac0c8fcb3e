"""A death is told where the last request was that came to the service."""

from __future__ import annotations

from seamproof.core.experiment import Act
from seamproof.core.history import (
    Disturbance,
    DisturbanceKind,
    Exchange,
    Request,
    Response,
    Section,
    Silence,
)
from seamproof.core.model import Operation, Step
from seamproof.run.experiment.deaths import deaths_told

DIED = Disturbance(DisturbanceKind.SERVICE_DIED, "exit 1")
LATE = Disturbance(DisturbanceKind.NOT_QUIET)
ACT = Act(Step(Operation("POST", "/imports")))


def section(came: int | Silence, *disturbances: Disturbance) -> Section:
    response = Response(came) if isinstance(came, int) else None
    silence = None if isinstance(came, int) else came
    exchange = Exchange(ACT, Request("POST", "/imports"), 0.0, 1.0, response, silence)
    return Section((exchange,), disturbances=disturbances)


def told(*sections: Section) -> list[tuple[Disturbance, ...]]:
    return [each.disturbances for each in deaths_told(sections)]


def test_a_request_that_was_refused_is_not_what_ended_the_service() -> None:
    answered, refused = section(500), section(Silence.REFUSED, LATE, DIED)
    assert told(section(201), answered, refused, section(400)) == [(), (DIED,), (LATE,), ()]


def test_a_request_that_came_may_be() -> None:
    assert told(section(500), section(Silence.CLOSED, DIED)) == [(), (DIED,)]
    assert told(section(Silence.REFUSED, DIED), section(400)) == [(DIED,), ()]
