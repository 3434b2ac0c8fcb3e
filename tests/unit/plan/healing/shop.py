"""A service in memory that stored scenarios are healed on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from doubles.driven import Driven
from seamproof.core.catalog import Catalog, Stored
from seamproof.core.document import Answer, Body, Declaration, Document, Parameter, Place
from seamproof.core.experiment import Act, Experiment
from seamproof.core.history import (
    Disturbance,
    DisturbanceKind,
    Exchange,
    History,
    Request,
    Response,
    Section,
)
from seamproof.core.model import Identity, Operation, Scenario, Step
from seamproof.plan.healing import Healed, heal
from seamproof.run.experiment.exchanges import extracted, unexpected
from seamproof.run.experiment.requests import Bindings, Credentials, build

JSON = "application/json"
EMPTY = Catalog()
TYPES = {str: "string", int: "integer", list: "array", dict: "object"}


@dataclass
class Asked:
    """A request as a handler sees it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


Answering = Callable[[Asked], tuple[int, Any]]


@dataclass
class Shop(Driven):
    """Answers by one function, and counts the experiments."""

    answer: Answering
    sent: list[str] = field(default_factory=list)
    experiments: int = 0
    stored: Stored = field(default_factory=dict)

    def run(self, experiment: Experiment) -> History:
        self.experiments += 1
        bindings = Bindings(stored=self.stored)
        arranged: list[Exchange] = []
        for index, step in enumerate(experiment.arrangement):
            exchange = self._send(step, bindings)
            arranged.append(exchange)
            problem = unexpected(step, exchange)
            if problem is None:
                bindings, problem = extracted(step, exchange, bindings)
            if problem is not None:
                failed = Disturbance(DisturbanceKind.ARRANGEMENT_FAILED, f"step {index}: {problem}")
                return History(experiment, (), tuple(arranged), (failed,))
        act = experiment.phases[0].acts[0].step
        return History(experiment, (Section((self._send(act, bindings),)),), tuple(arranged))

    def _send(self, step: Step, bindings: Bindings) -> Exchange:
        request: Request = build(step, bindings, Credentials(), place="here")
        self.sent.append(f"{request.method} {request.target}")
        split = urlsplit(request.target)
        body = request.body.decode()
        if step.json is not None:
            body = json.loads(body)
        elif step.form is not None:
            body = dict(parse_qsl(body))
        headers = {name.lower(): value for name, value in request.headers}
        asked = Asked(request.method, split.path, dict(parse_qsl(split.query)), headers, body)
        status, said = self.answer(asked)
        names = (("Content-Type", JSON), *said.pop("headers", ()))
        response = Response(status, names, json.dumps(said).encode())
        return Exchange(Act(step), request, 0.0, 0.0, response)

    def heal(
        self,
        now: Document,
        *scenarios: Scenario,
        then: Document | None = None,
        catalog: Catalog = EMPTY,
        stored: Stored | None = None,
    ) -> Healed:
        self.stored = stored or {}
        exploration = heal(now, catalog, self.stored, [Identity("ann")], scenarios, then=then)
        return self.drive(exploration)


def document(*declarations: Declaration) -> Document:
    return Document(declarations)


def declared(text: str, fields: dict[str, Any] | None = None, **more: Any) -> Declaration:
    """An operation whose body has these fields, all required; `?` at its end makes one optional."""
    operation = Operation.parse(text)
    bodies = ()
    if fields is not None:
        properties = {
            name.rstrip("?"): each if isinstance(each, dict) else {"type": TYPES[each]}
            for name, each in fields.items()
        }
        required = [name for name in fields if not name.endswith("?")]
        schema = {"type": "object", "properties": properties, "required": required}
        bodies = (Body(more.pop("media", JSON), schema, required=True),)
    answers = tuple(Answer(each) for each in more.pop("answers", ("200", "422")))
    return Declaration(operation, bodies=bodies, answers=answers, **more)


def parameter(name: str, place: Place = Place.QUERY, *, required: bool = True) -> Parameter:
    return Parameter(name, place, {"type": "string"}, required=required)


def scenario(text: str, *arrangement: Step, name: str = "", **fields: Any) -> Scenario:
    return Scenario(name or text, step(text, **fields), arrangement)


def step(text: str, **fields: Any) -> Step:
    return Step(Operation.parse(text), "ann", **fields)


def wanting(path: str, **fields: type) -> Answering:
    """Answers a POST on one path whose body has just these fields with 200; else 404 or 422."""

    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.path != path:
            return 404, {"detail": "Not Found"}
        body = asked.body if isinstance(asked.body, dict) else {}
        right = all(isinstance(body.get(name), kind) for name, kind in fields.items())
        if right and body.keys() <= fields.keys():
            return 200, {"id": 7}
        return 422, {"message": "the request is not valid"}

    return answer
