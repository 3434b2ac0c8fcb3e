"""A later read of what was written, and a field's value in an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.analysis.values import MISSING, at
from seamproof.core.document import Document, Place
from seamproof.core.history import Exchange, History
from seamproof.core.model import Extract, Json, Operation, Step
from seamproof.core.subject import Subject

_IDS = ("id", "uuid", "key", "slug", "code", "name")
_MOST = 200_000
_CREATED = "created"


@dataclass(frozen=True, slots=True)
class Later:
    """How what was written is read."""

    step: Step
    key: str = ""
    """The field of the answer that names what was made; empty where it was there before."""
    listed: bool = False
    """Whether it is looked for in a list."""

    def made(self, act: Step, number: int) -> Step:
        """The act as a step of an arrangement, whose answer names what it makes."""
        return replace(act, extracts=(Extract(f"{_CREATED}_{number}", f"$.{self.key}"),))

    def of(self, number: int) -> Step:
        """The read of what that step has made."""
        if self.listed:
            return self.step
        path = self.step.path_parameters | {_CREATED: f"{{{_CREATED}_{number}}}"}
        return replace(self.step, path_parameters=path)

    def name(self, exchange: Exchange) -> Json:
        """What the answer to a write calls what it has made."""
        body = body_of(exchange)
        return body.get(self.key, MISSING) if isinstance(body, dict) else MISSING


def later_read(subject: Subject, clean: History) -> Later | None:
    """The request that reads what the act wrote, as the document has it: of the same path; of the
    id that the answer says; of all, where there is none by an id."""
    act, document = subject.scenario.act, subject.document
    same = Operation("GET", act.operation.path)
    readable = document is not None and _is_readable(document, same)
    if act.operation.method != "POST":
        return Later(_read(act, same)) if readable else None
    found = body_of(clean.section.exchange)
    key = next((e for e in _IDS if isinstance(found, dict) and e in found), "")
    if document is None or not key or not isinstance(found[key], str | int):
        return None
    below = Operation("GET", f"{act.operation.path.rstrip('/')}/{{{_CREATED}}}")
    if document.declaration(below) is not None:
        return Later(_read(act, below), key)
    return Later(_read(act, same), key, listed=True) if readable else None


def _read(act: Step, operation: Operation) -> Step:
    """A read by who wrote."""
    return replace(
        Step(operation, act.identity, act.path_parameters),
        headers={n: v for n, v in act.headers.items() if n.lower() != "idempotency-key"},
    )


def _is_readable(document: Document, operation: Operation) -> bool:
    """Whether a read is declared, and must be told no more than its path says."""
    declared = document.declaration(operation)
    return declared is not None and not any(
        each.required and each.place is Place.QUERY for each in declared.parameters
    )


def body_of(exchange: Exchange) -> Json:
    """The JSON of an answer with its numbers as they are written; None where there is none."""
    response = exchange.response
    if response is None or not response.ok or len(response.body) > _MOST:
        return None
    try:
        return json.loads(response.body, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None


def value_in(body: Json, path: tuple[str | int, ...], *, alone: bool = True) -> Json:
    """The field of an answer that is called as one of the request: at its place, else the only one
    of its name; MISSING where there is none, or are several. Where the one of the request is not
    `alone` with its name, what is elsewhere may be of another."""
    placed = at(body, path)
    if placed is not MISSING and not isinstance(placed, dict | list):
        return placed
    found = list(named(body, str(path[-1]))) if path and alone else []
    return found[0] if len(found) == 1 else MISSING


def one_of(body: Json, key: str, name: Json) -> Json:
    """What is called so in a list; None where it is not there, or there are several."""
    found = [each for each in _objects(body) if key in each and str(each[key]) == str(name)]
    return found[0] if len(found) == 1 else None


def named(value: Json, name: str) -> Iterator[Json]:
    """The values of all fields of a name, wherever they stand."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == name and not isinstance(each, dict | list):
                yield each
            yield from named(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from named(each, name)


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    """The objects that stand in lists."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, dict):
                yield each
