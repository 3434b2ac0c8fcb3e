"""What a fake of an external service answers: which reply, in which order, with which values.

A fake is one service, whoever calls it: all processes of a world share its `StubState`.

The ids that it gives are made of the call and of how often it came in this phase. So equal
experiments are given equal ids; calls side by side are given different ones; and a call that is
repeated in a later phase is given the one that it had, as by a provider that knows it again: what
a retry stores can be compared with what the act stores without a fault. No two stages share ids:

    sign-in and the like -> [ reset -> arrangement -> the experiment's phases ] ...
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Protocol

from seamproof.core.experiment import CrossingKey, Fault
from seamproof.core.history import Request, Response
from seamproof.core.model import Json, Operation
from seamproof.wire.http.paths import PathTemplate, query_names, split, without_ids
from seamproof.wire.http.templates import Scope, fill, fill_text

PROBLEM_TYPE: Final = "application/problem+json"
_NAMESPACE = uuid.UUID("0a9d3f0e-3c57-4b4c-8a53-0f3c1b7a6c11")
_NUMBERS = 1_000_000_000
"""How many numbers there are: each fits 32 bits."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, with placeholders."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    text: str | None = None
    delay: float = 0.0
    """Seconds before it is sent."""

    def render(self, scope: Scope) -> Response:
        """The answer to one call."""
        headers = [(name, fill_text(value, scope)) for name, value in self.headers.items()]
        body, kind = b"", ""
        if self.text is not None:
            body, kind = fill_text(self.text, scope).encode(), "text/plain; charset=utf-8"
        elif self.json is not None:
            body, kind = json.dumps(fill(self.json, scope)).encode(), "application/json"
        if kind and not any(name.lower() == "content-type" for name, _ in headers):
            headers.insert(0, ("Content-Type", kind))
        return Response(self.status, tuple(headers), body)


@dataclass(frozen=True, slots=True)
class Route:
    """An operation of a fake: its replies in order, the last repeats; how it refuses, by status."""

    operation: Operation
    replies: tuple[Reply, ...]
    errors: Mapping[int, Reply] = field(default_factory=dict)


class Stage(StrEnum):
    """What the world is doing, as far as the ids that a fake gives are concerned."""

    PREPARING = "preparing"
    """Migrations and the seed."""
    START = "start"
    ARRANGING = "arranging"
    ACTING = "acting"


class Rules(Protocol):
    """Whoever has a say in what a fake answers, above its replies."""

    def begin(self) -> None:
        """Start anew, as at the first call."""
        ...

    def befall(self, request: Request, at: CrossingKey) -> Fault | None:
        """Decide what a whole call meets: a fault, if any."""
        ...

    def reply(self, request: Request) -> tuple[Response, float] | None:
        """The answer that was decided; None where the replies are to answer."""
        ...

    def refuse(self, request: Request, nearest: str) -> str:
        """Take note of a call that nothing answers. Returns what is nearest to it."""
        ...


class StubState:
    """What one fake remembers: how often it has answered, and which ids it has given."""

    def __init__(self, stage: Stage = Stage.START) -> None:
        self.rules: Rules | None = None
        """What a test says of it."""
        self._stage = stage
        self._epoch: float | None = None
        self._answered: Counter[str] = Counter()
        self._given: Counter[str] = Counter()

    def begin(self, epoch: float) -> None:
        """Begin a phase. Those of one experiment share its epoch; with another, replies start
        anew."""
        self._given.clear()
        if epoch != self._epoch:
            self._epoch, self._stage = epoch, Stage.ACTING
            self._answered.clear()
            if self.rules is not None:
                self.rules.begin()

    def forget(self) -> None:
        """Start anew, as at a reset."""
        self._stage = Stage.ARRANGING
        self._answered.clear()
        self._given.clear()

    def turn(self, operation: str) -> int:
        """How often an operation was answered before this time."""
        self._answered[operation] += 1
        return self._answered[operation] - 1

    def fresh(self, stub: str, request: Request) -> dict[str, Json]:
        """The values that are made with each call."""
        body = hashlib.sha256(request.body).hexdigest()
        call = f"{stub}/{self._stage}/{request.method} {request.target} {body}"
        self._given[call] += 1
        made = uuid.uuid5(_NAMESPACE, f"{call}/{self._given[call]}")
        return {"uuid": str(made), "number": 1 + made.int % _NUMBERS, "now": _now()}


class Stub:
    """A fake by its configuration."""

    def __init__(self, name: str, routes: Sequence[Route], state: StubState) -> None:
        self.name = name
        self.state = state
        # Of two templates that match, the one that leaves less open is meant.
        self._routes = sorted(
            ((PathTemplate(each.operation.path), each) for each in routes),
            key=lambda pair: len(pair[0].names),
        )

    def find(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """The operation that a request calls, and its path's parameters."""
        path, _ = split(request.target)
        for template, route in self._routes:
            if route.operation.method != request.method:
                continue
            parameters = template.match(path)
            if parameters is not None:
                return route, parameters
        return None

    def shape(self, request: Request) -> str:
        """`POST payments /charges/{id}?expand`: what equal calls have in common."""
        path, query = split(request.target)
        found = self.find(request)
        form = found[0].operation.path if found is not None else without_ids(path)
        return f"{request.method} {self.name} {form}{query_names(query)}"

    def reply(self, request: Request) -> tuple[Response, float] | None:
        """Do what is asked: the answer, and the seconds before it. None for an unknown call."""
        ruled = self.state.rules.reply(request) if self.state.rules is not None else None
        if ruled is not None:
            return ruled
        found = self.find(request)
        if found is None:
            return None
        route, parameters = found
        turn = min(self.state.turn(route.operation.id), len(route.replies) - 1)
        reply = route.replies[turn]
        scope = Scope(request, parameters, self.state.fresh(self.name, request))
        return reply.render(scope), reply.delay

    def error(self, request: Request, status: int) -> Response:
        """How a request is refused with a status. Nothing is done, and no id is given."""
        found = self.find(request)
        reply = found[0].errors.get(status) if found is not None else None
        if found is None or reply is None:
            return problem(status, f"{self.name} cannot do this")
        return reply.render(Scope(request, found[1], {"now": _now()}))

    def unknown(self, request: Request) -> Response:
        """The answer to a call that no reply is there for."""
        nearest = self.nearest(request)
        if self.state.rules is not None:
            nearest = self.state.rules.refuse(request, nearest)
        detail = f"no reply of [stubs.{self.name}] answers {self.shape(request)}"
        return problem(501, f"{detail}; the nearest is {nearest}" if nearest else detail)

    def nearest(self, request: Request) -> str:
        """The operation that a call may have meant; empty where there is none at all."""
        called = f"{request.method} {split(request.target)[0][:200]}"
        known = [route.operation.id for _, route in self._routes]
        return next(iter(get_close_matches(called, known, n=1, cutoff=0.0)), "")


def problem(status: int, detail: str) -> Response:
    """An error as RFC 9457 has it."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(status, (("Content-Type", PROBLEM_TYPE),), json.dumps(body).encode())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
