"""What Link Objects say: which value of an answer, or of its request, is whose parameter.

A link's parameter is a runtime expression (OpenAPI 3.1.1, section 4.8.20.3), a text with such in
braces, or the value itself:

    $response.body#/id     $response.header.X     $request.path.id     $request.query.x
    $request.header.X      $request.body#/a/b     $method              $statusCode
    shop-{$response.body#/id}                     eur

What it is of was asked for before: whoever follows a link does the request that has it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.core.document import Declaration, Link
from seamproof.core.model import Json, Scenario, Step
from seamproof.core.references import alone, joined, literally
from seamproof.core.references import names as referred_to
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.outcome import Outcome
from seamproof.plan.synthesis.steps import Steps, extracting
from seamproof.plan.synthesis.suppliers import Path, Supplier, at, has, json_path, pinned

_EMBEDDED = re.compile(r"\{(\$[^{}]+)\}")
_SOURCE = re.compile(r"\$(request|response)\.(header\.|query\.|path\.|body)(.*)", re.DOTALL)
_FRESH = frozenset({"uuid", "unique"})
"""References that mean another value each time that a step is sent."""


class _Nothing(LookupError):
    """The expression has no value here."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A value for one parameter of one operation."""

    operation: str
    parameter: str
    supplier: Supplier


def linked(declaration: Declaration, scenario: Scenario, outcome: Outcome) -> Iterator[Linked]:
    """What the links of an answer give to others. What an expression does not find is left out."""
    for link in _links(declaration, outcome.status):
        expressions = _Expressions(_repeatable(scenario.act, link), scenario.arrangement, outcome)
        for parameter, text in link.parameters.items():
            try:
                value, steps, sample = expressions.value(text, parameter)
            except _Nothing:
                continue
            supplier = Supplier(
                "",
                "",
                parameter,
                scenario.operation.id,
                steps,
                value=value,
                sample=sample,
                created=bool(outcome.effect),
                identity=scenario.act.identity,
                path=naming.segments(scenario.operation.path),
            )
            yield Linked(link.operation.id, parameter, supplier)


def _links(declaration: Declaration, status: int | None) -> tuple[Link, ...]:
    """The links of the answer that a status has, the nearest that is declared."""
    declared = {each.status.upper(): each for each in declaration.answers}
    for name in (str(status), f"{str(status)[:1]}XX", "DEFAULT"):
        if name in declared:
            return declared[name].links
    return ()


def _repeatable(act: Step, link: Link) -> Step:
    """The act, with fixed names where the link repeats what the request said."""
    repeats = any("$request." in text for text in link.parameters.values())
    return pinned(act) if repeats else replace(act, extracts=())


@dataclass(frozen=True, slots=True)
class _Expressions:
    """One answer and its request."""

    act: Step
    arrangement: Steps
    outcome: Outcome

    def value(self, text: str, name: str) -> tuple[Json, Steps, Json]:
        """A value as a later step writes it, what is done before, and the value as it was seen.

        Raises _Nothing.
        """
        steps = (*self.arrangement, self.act)
        if text.startswith("$"):
            return self._one(text, name, steps)
        texts = _EMBEDDED.split(text)
        if len(texts) == 1:
            return literally(text), steps, None
        # Texts and expressions take turns.
        kept, keys = [texts[0]], []
        for expression, after in zip(texts[1::2], texts[2::2], strict=True):
            value, steps, _ = self._one(expression, name, steps)
            key = alone(value) if isinstance(value, str) else None
            if key is not None:
                keys.append(key)
                kept.append(after)
            elif referred_to(str(value)):
                raise _Nothing(text)
            else:
                kept[-1] += f"{value}{after}"
        return joined(kept, keys), steps, None

    def _one(self, expression: str, name: str, steps: Steps) -> tuple[Json, Steps, Json]:
        if expression == "$method":
            return self.act.operation.method, steps, None
        if expression == "$statusCode":
            return str(self.outcome.status), steps, None
        found = _SOURCE.fullmatch(expression)
        if found is None:
            raise _Nothing(expression)
        side, place, rest = found.groups()
        if side == "request":
            return self._sent(place, rest), steps, None
        source, sample = self._answered(place, rest)
        steps, key = extracting(steps, _label(name), source)
        return f"{{{key}}}", steps, sample

    def _answered(self, place: str, rest: str) -> tuple[str, Json]:
        """Where a step extracts it, and the value as it was seen."""
        response = self.outcome.exchange and self.outcome.exchange.response
        if place == "header." and response:
            for name, value in response.headers:
                if name.lower() == rest.lower():
                    return f"header:{name}", value
        if place == "body":
            path = _path(self.outcome.body, rest)
            source, sample = json_path(path), at(self.outcome.body, path)
            if source is not None and sample is not None:
                return source, sample
        raise _Nothing(rest)

    def _sent(self, place: str, rest: str) -> Json:
        """What the request said, as its step writes it."""
        act = self.act
        if place == "body":
            body = act.form if act.form is not None else act.json
            value = at(body, _path(body, rest))
        else:
            kinds = {"path.": act.path_parameters, "query.": act.query, "header.": act.headers}
            fold = str.lower if place == "header." else str
            said = {fold(name): value for name, value in kinds[place].items()}
            value = said.get(fold(rest))
        if value is None or (isinstance(value, str) and _FRESH & {*referred_to(value)}):
            raise _Nothing(rest)
        return value


def _path(body: Json, fragment: str) -> Path:
    """The path of a JSON Pointer (RFC 6901) behind `#`; nothing behind it means all of a body."""
    if fragment in {"", "#"}:
        return ()
    if not fragment.startswith("#/"):
        raise _Nothing(fragment)
    path: Path = ()
    for part in fragment[2:].split("/"):
        token = part.replace("~1", "/").replace("~0", "~")
        is_index = isinstance(at(body, path), list) and token.isdecimal()
        path = (*path, int(token) if is_index else token)
    if not has(body, path):
        raise _Nothing(fragment)
    return path


def _label(name: str) -> str:
    label = re.sub(r"\W", "_", name)
    return label if label[:1].isalpha() else f"linked_{label}"
