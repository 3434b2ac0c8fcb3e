"""What breaks the rules of what a request is written in: bytes that are no JSON (RFC 8259), texts
that no database holds, bodies of another media type.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from seamproof.core.document import Declaration, Place
from seamproof.core.experiment import Act
from seamproof.core.model import Json, Operation, Step
from seamproof.core.probe import Probe, Source
from seamproof.plan.generation.judging import Judge
from seamproof.plan.probing.schema import forbidden
from seamproof.plan.probing.spots import ABSENT, BODY, Spot, kinds_of, put, with_value

_NUL = "\0"
_MARK = "seamproof-mark"
"""Stands in a body for what JSON cannot be written with, until it is replaced."""
_HUGE = 10**20
"""More than 64 bits hold."""
_LONG_HEADER = 6_000
"""Characters: what servers take (8 KiB and more), and hardly any column."""
_LIMITS = frozenset({"enum", "const", "pattern", "format", "maxLength"})
"""Keywords that such values break: they are tried as such."""
_XML = b'<?xml version="1.0"?><request/>'
_BAD_BODY = (400, 415, 422)
_MALFORMED = (400, 422)


def probes(
    act: Step,
    spots: Iterable[Spot],
    judge: Judge,
    declared: Declaration | None,
) -> Iterator[Probe]:
    """Requests that are malformed, and values that are at the edge of what can be written."""
    known = list(spots)
    for spot in known:
        yield from _texts(act, spot, judge)
        yield from _headers(act, spot)
        yield from _numbers(act, spot, judge)
        yield from _edges(act, spot, judge)
    if act.json is not None:
        yield from _bodies(act, known, declared)
    yield from _paths(act, known)


def _is_text(spot: Spot) -> bool:
    return "string" in (spot.kinds or kinds_of(spot.value))


def _texts(act: Step, spot: Spot, judge: Judge) -> Iterator[Probe]:
    if not _is_text(spot) or spot.place == Place.HEADER or spot.schema.get("enum"):
        return
    sent = spot.value if isinstance(spot.value, str) else "sample"
    value = f"{sent}{_NUL}"
    source = Source.SCHEMA if forbidden(spot, value, judge) else Source.SYNTAX
    says = "PostgreSQL's texts cannot hold it"
    yield Probe(Act(with_value(act, spot, value)), source, "NUL byte", spot.name, says)


def _headers(act: Step, spot: Spot) -> Iterator[Probe]:
    """Values that HTTP allows, and that parsers, decoders and columns have limits of their own for.

    Beyond ASCII they are octets of no known character set (RFC 9110, section 5.5).
    """
    if spot.place != Place.HEADER or not _is_text(spot) or spot.schema.keys() & _LIMITS:
        return
    for constraint, value, says in (
        ("long header", "x" * _LONG_HEADER, f"it has {_LONG_HEADER} characters"),
        ("octets in header", "caf\u00e9 \u00ff", "its octets are no UTF-8"),
    ):
        wrong = Act(with_value(act, spot, value))
        yield Probe(wrong, Source.SYNTAX, constraint, spot.name, says)


def _numbers(act: Step, spot: Spot, judge: Judge) -> Iterator[Probe]:
    if "integer" not in spot.kinds:
        return
    source = Source.SCHEMA if forbidden(spot, _HUGE, judge) else Source.SYNTAX
    if source is Source.SCHEMA and "maximum" in spot.schema:
        return
    says = "64 bits do not hold it"
    yield Probe(Act(with_value(act, spot, _HUGE)), source, "huge number", spot.name, says)


def _edges(act: Step, spot: Spot, judge: Judge) -> Iterator[Probe]:
    """What the document allows, and what services have rules of their own for."""
    if spot.place != BODY or spot.value is ABSENT or not spot.path or spot.schema.get("enum"):
        return
    kinds = spot.kinds or kinds_of(spot.value)
    edges: list[tuple[str, Json]] = []
    if kinds & {"integer", "number"}:
        edges.append(("negative number", -1))
    elif "string" in kinds and spot.schema.get("format") is None:
        edges.append(("empty text", ""))
    for constraint, value in edges:
        if not forbidden(spot, value, judge):
            wrong = Act(with_value(act, spot, value))
            yield Probe(wrong, Source.EDGE, constraint, spot.name, "the document allows it")


def _bodies(act: Step, spots: list[Spot], declared: Declaration | None) -> Iterator[Probe]:
    text = json.dumps(act.json)
    whole = "body /"
    if len(text) > 2:
        yield _probe(act, text[:-1].encode(), "malformed JSON", whole, _MALFORMED)
    # An empty object says nothing, so that nobody has to read it.
    needed = any(each.required for each in declared.bodies) if declared else bool(act.json)
    if needed:
        yield _probe(act, b"", "no body", whole, _BAD_BODY)
        other = Act(act, body=_XML, headers={"Content-Type": "application/xml"})
        yield Probe(other, Source.ROUTING, "content type", whole, "it takes JSON", _BAD_BODY)
    texts = [each for each in spots if each.place == BODY and each.path and _is_text(each)]
    if texts:
        marked = _marked(act, texts[0])
        broken = marked.replace(_MARK.encode(), b"\xff\xfe")
        yield _probe(act, broken, "invalid UTF-8", texts[0].name, _MALFORMED)
        # RFC 8259, section 8.2: half of a pair, which no UTF-8 can be made of.
        lone = marked.replace(_MARK.encode(), b"\\ud800")
        yield _probe(act, lone, "lone surrogate", texts[0].name, ())
    if isinstance(act.json, dict) and act.json:
        # RFC 8259, section 4: what a reader makes of it is its own choice, but to fail.
        name, value = next(iter(act.json.items()))
        twice = f"{{{json.dumps(name)}: {json.dumps(value)}, {text[1:]}"
        yield _probe(act, twice.encode(), "duplicate key", f"body /{name}", ())
    numbers = [each for each in spots if each.place == BODY and "number" in each.kinds]
    if numbers:
        body = _marked(act, numbers[0]).replace(f'"{_MARK}"'.encode(), b"1e400")
        yield _probe(act, body, "infinite number", numbers[0].name, ())


def _marked(act: Step, spot: Spot) -> bytes:
    return json.dumps(put(act.json, spot.path, _MARK)).encode()


def _probe(act: Step, body: bytes, constraint: str, name: str, expected: tuple[int, ...]) -> Probe:
    return Probe(Act(act, body=body), Source.SYNTAX, constraint, name, "", expected)


def _paths(act: Step, spots: list[Spot]) -> Iterator[Probe]:
    """Bytes in a path that are no UTF-8: its parameters are read before anything else."""
    for spot in spots:
        if spot.place != Place.PATH or spot.value is ABSENT:
            continue
        name = str(spot.path[0])
        path = act.operation.path.replace(f"{{{name}}}", "%ff%fe")
        wrong = replace(act, operation=Operation(act.operation.method, path))
        yield Probe(Act(wrong), Source.SYNTAX, "invalid UTF-8", spot.name)
        return
