"""A request that is about to be tried, with all that must be done before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.model import Json, Operation, Scenario, Step
from seamproof.plan.synthesis.steps import Steps, renamed, tidied
from seamproof.plan.synthesis.suppliers import Path

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Draft:
    """One request. Its values may refer to what the arrangement extracts."""

    operation: Operation
    identity: str | None = None
    path: dict[str, Json] = field(default_factory=dict)
    query: dict[str, Json] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Json = None
    content_type: str = ""
    """Empty where no body is sent."""
    arrangement: Steps = ()
    carried: bool = False
    """Whether it carries a credential that the run made, in place of an identity's."""
    reason: str = ""
    """What it has that the one before had not."""

    @classmethod
    def of(cls, scenario: Scenario) -> Draft:
        """A scenario without a body as a draft."""
        act = scenario.act
        return cls(
            act.operation,
            act.identity,
            dict(act.path_parameters),
            dict(act.query),
            dict(act.headers),
            arrangement=scenario.arrangement,
        )

    def step(self) -> Step:
        """The act."""
        headers = dict(self.headers)
        media = self.content_type.partition(";")[0].strip().lower()
        step = Step(self.operation, self.identity, dict(self.path), dict(self.query))
        if not media:
            return replace(step, headers=headers)
        if media == FORM:
            return replace(step, headers=headers, form=_fields(self.body))
        if media == MULTIPART:
            return replace(step, headers=headers, multipart=_fields(self.body))
        if media.endswith(("json", "*")):
            if media != JSON and not media.endswith("*"):
                headers.setdefault("Content-Type", self.content_type)
            return replace(step, headers=headers, json=self.body)
        headers.setdefault("Content-Type", self.content_type)
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return replace(step, headers=headers, text=text)

    def scenario(self) -> Scenario:
        """The act, behind what it needs."""
        act = self.step()
        return Scenario(self.operation.id, act, tidied(self.arrangement, act))

    def experiment(self) -> Experiment:
        """The try."""
        scenario = self.scenario()
        return Experiment(
            (Phase((Act(scenario.act),)),), scenario.arrangement, purpose=f"try {self.operation.id}"
        )

    def with_names(self, names: dict[str, str]) -> Draft:
        """The same where what it refers to is called otherwise."""
        if not names:
            return self
        return replace(
            self,
            path=renamed(self.path, names),
            query=renamed(self.query, names),
            headers=renamed(self.headers, names),
            body=renamed(self.body, names),
        )

    def because(self, reason: str) -> Draft:
        """The same with its reason."""
        return replace(self, reason=reason)

    @property
    def key(self) -> str:
        """What equal requests share."""
        scenario = self.scenario()
        return repr((scenario.act, scenario.arrangement))


def _fields(body: Json) -> dict[str, Json]:
    return dict(body) if isinstance(body, dict) else {}


def put(value: Json, path: Iterable[str | int], wanted: Json) -> Json:
    """A value with another at a path; what is missing on the way is made."""
    parts = list(path)
    if not parts:
        return wanted
    head, rest = parts[0], parts[1:]
    if isinstance(head, int):
        items = list(value) if isinstance(value, list) else []
        while len(items) <= min(head, 20):
            items.append(None)
        index = min(head, 20)
        items[index] = put(items[index], rest, wanted)
        return items
    fields = dict(value) if isinstance(value, dict) else {}
    fields[head] = put(fields.get(head), rest, wanted)
    return fields


def without(value: Json, path: Path) -> Json:
    """A value without what is at a path."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, str) and isinstance(value, dict) and head in value:
        if not rest:
            return {name: each for name, each in value.items() if name != head}
        return {**value, head: without(value[head], rest)}
    if isinstance(head, int) and isinstance(value, list) and head < len(value):
        if not rest:
            return [each for index, each in enumerate(value) if index != head]
        return [*value[:head], without(value[head], rest), *value[head + 1 :]]
    return value
