"""All rules of one fake: the latest that means a call answers it.

Below them are the replies of the configuration. A fault that comes when the work is done, as an
answer that is lost, stands on the answer of the rule below it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from seamproof.boundaries.http_stub import Reply, StubState
from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.history import Request, Response
from seamproof.core.model import Json
from seamproof.testing.stubs.asked import Asked
from seamproof.testing.stubs.rule import Answering, Break, Rule
from seamproof.wire.http.templates import Scope

_DONE = frozenset({FaultKind.REPLY_LOST, FaultKind.TRUNCATED, FaultKind.MALFORMED})
"""Faults that befall an answer, and not the call."""
Answered = tuple[Response, float]


@dataclass
class Rules:
    """What a test says of one fake. It is asked in the engine's thread, and told in the test's."""

    stub: str
    state: StubState
    rules: list[Rule] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    """The calls that nothing answered, each with the rule that was nearest."""
    failures: list[str] = field(default_factory=list)
    """What functions raised that were to answer."""
    _answers: dict[int, Answered] = field(default_factory=dict)

    def begin(self) -> None:
        """Have every rule start with its first answer, as each experiment does."""
        self._answers.clear()
        for rule in self.rules:
            rule.begin()

    def befall(self, request: Request, at: CrossingKey) -> Fault | None:
        """Decide what a call meets: the fault, if any. The answer is asked for later."""
        fault: Fault | None = None
        for rule in reversed(self.rules):
            asked = rule.matcher.asked(request)
            if asked is None or not rule.ready or any(rule.matcher.differences(asked)):
                continue
            outcome = rule.take()
            if not isinstance(outcome, Break):
                self._answers[id(request)] = self._answer(outcome, asked)
                break
            if fault is None:
                fault = Fault(outcome.kind, at, status=outcome.status)
            if outcome.kind not in _DONE:
                break
        return fault

    def reply(self, request: Request) -> Answered | None:
        """The answer that was decided for a call; None where no rule has one."""
        return self._answers.pop(id(request), None)

    def _answer(self, outcome: Reply | Answering, asked: Asked) -> Answered:
        if not isinstance(outcome, Reply):
            outcome = self._computed(outcome, asked)
        fresh = self.state.fresh(self.stub, asked.request)
        return outcome.render(Scope(asked.request, asked.parameters, fresh)), outcome.delay

    def _computed(self, function: Answering, asked: Asked) -> Reply:
        try:
            return _reply(function(asked))
        except Exception as error:
            said = (
                f"what answers {asked.method} {asked.path} raised {type(error).__name__}: {error}"
            )
            self.failures.append(f"{self.stub}: {said}")
            return Reply(500, json={"detail": said})

    def refuse(self, request: Request, nearest: str) -> str:
        """Take note of a call that nothing answers. Returns what is nearest, and why not that."""
        reasons = [
            f"{rule.matcher}: {'; '.join(rule.matcher.differences(asked)) or 'it is over'}"
            for rule in reversed(self.rules)
            if (asked := rule.matcher.asked(request)) is not None
        ]
        found = reasons[0] if reasons else nearest
        said = f"; the nearest is {found}" if found else ""
        self.unmatched.append(f"{self.stub}: nothing answers {Asked(request)!r}{said}")
        return found


def _reply(value: Json | Reply) -> Reply:
    """What a function returned: a JSON value, a status with one, or a whole answer."""
    match value:
        case Reply():
            return value
        case (int(status), body) if isinstance(value, tuple):
            return _plain(status, body)
        case int(status) if not isinstance(value, bool):
            return Reply(status)
        case None:
            return Reply(204)
    return _plain(200, value)


def _plain(status: int, body: Json) -> Reply:
    """An answer whose braces are no placeholders."""
    text = json.dumps(body)
    return _Plain(status, {"Content-Type": "application/json"}, text=text)


class _Plain(Reply):
    def render(self, scope: Callable[[str], Json]) -> Response:
        return Response(self.status, tuple(self.headers.items()), (self.text or "").encode())
