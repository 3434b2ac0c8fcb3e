"""A later read of what was written, and a field's value in an answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from seamproof.core.document import Document
from seamproof.core.history import Exchange, History
from seamproof.core.model import Json, Operation, Step
from seamproof.core.subject import Subject

_IDS = ("id", "uuid", "key", "slug", "code", "name")
_MOST = 200_000
MISSING = object()


def later_read(subject: Subject, clean: History) -> Step | None:
    """The request that reads what the act wrote, as the document has it: of the same path, else of
    the id that the clean run answered with, which equal runs give again."""
    act = subject.scenario.act
    same = Operation("GET", act.operation.path)
    if act.operation.method != "POST" and _has(subject.document, same):
        return _read(act, same, {})
    if act.operation.method == "POST" and subject.document is not None:
        below = f"{act.operation.path.rstrip('/')}/{{created}}"
        declared = subject.document.declaration(Operation("GET", below))
        found = body_of(clean.section.exchange)
        value = next((found[e] for e in _IDS if isinstance(found, dict) and e in found), None)
        if declared is not None and isinstance(value, str | int):
            return _read(act, Operation("GET", below), {"created": value})
    return None


def _read(act: Step, operation: Operation, more: dict[str, Json]) -> Step:
    """A read by who wrote."""
    return replace(
        Step(operation, act.identity, act.path_parameters | more),
        headers={n: v for n, v in act.headers.items() if n.lower() != "idempotency-key"},
    )


def _has(document: Document | None, operation: Operation) -> bool:
    return document is not None and document.declaration(operation) is not None


def body_of(exchange: Exchange) -> Json:
    """The JSON of an answer with its numbers as they are written; None where there is none."""
    response = exchange.response
    if response is None or not response.ok or len(response.body) > _MOST:
        return None
    try:
        return json.loads(response.body, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None


def value_in(exchange: Exchange, path: tuple[str | int, ...]) -> Json:
    """The field of an answer that is called as one of the request: at its place, else the only one
    of its name; MISSING where there is none, or are several."""
    body = body_of(exchange)
    placed = at(body, path)
    if placed is not MISSING and not isinstance(placed, dict | list):
        return placed
    found = list(_named(body, str(path[-1]))) if path else []
    return found[0] if len(found) == 1 else MISSING


def at(value: Json, path: Iterable[str | int]) -> Json:
    """What is at a path; MISSING where nothing is."""
    for each in path:
        if isinstance(value, dict):
            value = value.get(each, MISSING)
        elif isinstance(value, list) and isinstance(each, int) and each < len(value):
            value = value[each]
        else:
            return MISSING
    return value


def _named(value: Json, name: str) -> Iterator[Json]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == name and not isinstance(each, dict | list):
                yield each
            yield from _named(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each, name)
