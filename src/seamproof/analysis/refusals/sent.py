"""What a request had, by name and by value: a refusal often says only one of the two."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from seamproof.analysis.refusals.complaint import Steps, Where
from seamproof.core.history import Exchange
from seamproof.core.model import Json

_MOST_BYTES = 1_000_000
_MOST_FIELDS = 2_000
_DEPTH = 20
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_PARAMETER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a request."""

    fields: tuple[tuple[Where, Steps, Json], ...]
    """Place, path and value of each, the containers before what is in them."""
    has_body: bool

    @classmethod
    def of(cls, exchange: Exchange) -> Sent:
        """Those of an exchange, as its bytes have them; of its step where they are no JSON."""
        request, step = exchange.request, exchange.act.step
        target = urlsplit(request.target)
        found: list[tuple[Where, Steps, Json]] = []
        body = _json(request.body)
        for each in (body, step.json, step.form, step.multipart):
            if isinstance(each, Mapping | list):
                found += _walk(each)
                break
        found += [("query", (name,), value) for name, value in parse_qsl(target.query)]
        found += _path_parameters(step.operation.path, target.path)
        return cls(tuple(found[:_MOST_FIELDS]), request.method in ("POST", "PUT", "PATCH"))

    def has(self, path: Steps) -> tuple[Where, Steps] | None:
        """The field at a path, wherever it was sent."""
        return next(((place, way) for place, way, _ in self.fields if way == path), None)

    def named(self, name: str) -> tuple[Where, Steps] | None:
        """The field that a refusal means by a name: that itself, else the reference to one; of
        a name in two words that of the last or the first."""
        for said in (name, *reversed(name.split())):
            wanted = _plain(said)
            for meant in ({wanted}, {wanted + "id", wanted + "ids", wanted + "s"}):
                for place, path, _ in self.fields:
                    if wanted and path and isinstance(path[-1], str) and _plain(path[-1]) in meant:
                        return place, path
        return None

    def valued(self, text: str) -> tuple[Where, Steps] | None:
        """The field that had a value."""
        for place, path, value in self.fields:
            if text and not isinstance(value, dict | list) and _text(value) == text:
                return place, path
        return None

    def at(self, path: Steps) -> Json:
        """The value at a path of the body; None where there is none."""
        return next((v for place, p, v in self.fields if place == "body" and p == path), None)

    def longer(self, length: int) -> tuple[Where, Steps] | None:
        """The only field of the body with a text longer than so much."""
        found = [
            (place, path)
            for place, path, value in self.fields
            if place == "body" and isinstance(value, str) and len(value) > length
        ]
        return found[0] if len(found) == 1 else None


def _json(body: bytes) -> Json:
    if len(body) > _MOST_BYTES or body[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _walk(value: Json, path: Steps = ()) -> Iterator[tuple[Where, Steps, Json]]:
    if path:
        yield "body", path, value
    if len(path) > _DEPTH:
        return
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _walk(each, (*path, str(name)))
    elif isinstance(value, list):
        for index, each in enumerate(value[:100]):
            yield from _walk(each, (*path, index))


def _path_parameters(template: str, path: str) -> Iterator[tuple[Where, Steps, Json]]:
    for declared, sent in zip(template.split("/"), path.split("/"), strict=False):
        named = _PARAMETER.fullmatch(declared)
        if named:
            yield "path", (named[1],), unquote(sent)


def _plain(name: str) -> str:
    return _NOT_PLAIN.sub("", name.lower())


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
