"""The search, on services that requests end or shut."""

from __future__ import annotations

from typing import Any

from fake_service import Call, Killed
from searched import by_operation, found, shop

from seamproof.core.experiment import Experiment
from seamproof.core.history import Exchange, History, Silence
from seamproof.core.model import Json
from seamproof.run.experiment import requests
from seamproof.run.experiment.requests import Credentials


def test_a_service_that_a_request_shuts_is_started_anew_and_the_request_is_told() -> None:
    service = shop()

    def guarded(call: Call, to: Any) -> tuple[int, Json]:
        call.find("users", "name", call.who)
        if service.memory.get("shut"):
            return 503, {"detail": "come back later"}
        answer: tuple[int, Json] = to(call)
        return answer

    @service.on("POST /modes")
    def shut(call: Call) -> tuple[int, Json]:
        service.memory["shut"] = True
        call.rows["users"][0]["name"] = "nobody"
        return 200, {}

    # Before all others: it has no parameter, and they need what it shuts.
    service.declarations.insert(0, service.declarations.pop())
    service._handlers = [
        (method, pattern, lambda call, to=handler: guarded(call, to))
        for method, pattern, handler in service._handlers
    ]

    result = found(service)

    assert {"POST /orders", "GET /orders/{order}"} <= set(by_operation(result))
    assert "POST /modes" in result.harmful


def test_a_death_is_told_with_its_request_and_the_search_goes_on() -> None:
    service = shop()

    @service.on("POST /crash")
    def crash(call: Call) -> tuple[int, Json]:
        raise Killed

    result = found(service)

    assert "POST /orders" in by_operation(result)
    assert {death.operation.id for death in result.deaths} == {"POST /crash"}
    (unreached,) = result.unreached
    assert "the service ended" in unreached.refusal
    assert unreached.tries <= 2


def test_a_service_that_ends_behind_an_answer_is_waited_for() -> None:
    service = shop()
    answered = service._send

    def send(act: Any, bindings: Any, place: str, rows: Any) -> Any:
        if service.memory.get("gone"):
            request = requests.build(act.step, bindings, Credentials(), place=place)
            return Exchange(act, request, 0.0, 0.0, None, Silence.REFUSED), [], ""
        sent = answered(act, bindings, place, rows)
        service.memory["gone"] = act.step.operation.id == "POST /orders" and place == "act/0"
        return sent

    conducted = service.conduct

    def conduct(experiment: Experiment) -> History:
        history = conducted(experiment)
        if experiment.phases[0].acts[0].step.operation.path == "/":
            # As the conductor does behind an act.
            service.memory["gone"] = False
        return history

    service._send = send  # type: ignore[method-assign]
    service.conduct = conduct  # type: ignore[method-assign]

    result = found(service)

    assert result.unreached == ()
    assert result.deaths == ()
