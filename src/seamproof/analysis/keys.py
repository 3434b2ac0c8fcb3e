"""Where a step carries its idempotency key, and the same step with a key of ours, or with none.

The header is that of the IETF draft "The Idempotency-Key HTTP Header Field", or one that providers
use; a service may have the key in its body as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from seamproof.core.history import Exchange, Request, RowChange
from seamproof.core.leaves import json_leaves
from seamproof.core.model import Json, Step

_NAME = re.compile(r"idempoten(?:cy|t)|^x-request-id$|^x-client-token$", re.IGNORECASE)
_STORE = re.compile(r"idempoten(?:cy|t)", re.IGNORECASE)
FIXED = "5ea3f00d-0000-4000-8000-000000000001"
"""A key of ours: a UUID, because services may insist on one."""


@dataclass(frozen=True, slots=True)
class Key:
    """The place of the key in a step: a header, or a field of the body."""

    name: str
    in_header: bool

    def set(self, step: Step, value: str) -> Step:
        """The step with this key."""
        if self.in_header:
            return replace(step, headers={**step.headers, self.name: value})
        return replace(step, json={**step.json, self.name: value})

    def sent(self, request: Request) -> str | None:
        """The key that a request carried; None where it cannot be read."""
        if self.in_header:
            found = (text for name, text in request.headers if name.lower() == self.name.lower())
            return next(found, None)
        leaves = json_leaves(request.body.decode("utf-8", "replace")) or ()
        return next((text for path, text in leaves if path == f"$.{self.name}"), None)

    def is_in(self, rows: Iterable[RowChange], request: Request) -> bool:
        """Whether a row that is there holds the key that a request carried."""
        sent = self.sent(request)
        texts = (text for row in rows if row.new for text in row.new.values() if text)
        return sent is not None and any(sent in text for text in texts)

    def keeps(self, row: RowChange, exchange: Exchange) -> bool:
        """Whether a row is there for the key: it holds the key that was sent, and what was answered
        to it. A refusal is an answer, which a retry is to get again."""
        if not self.is_in((row,), exchange.request):
            return False
        return bool(_STORE.search(row.table)) or str(exchange.status) in (row.new or {}).values()

    def without(self, step: Step) -> Step:
        """The step with no key at all."""
        if self.in_header:
            kept = {name: text for name, text in step.headers.items() if name != self.name}
            return replace(step, headers=kept)
        return replace(step, json={k: v for k, v in step.json.items() if k != self.name})


def key_of(step: Step, header: str | None = None) -> Key | None:
    """The key that a step carries; None where it carries none. `header` is a name that says so."""
    for name in step.headers:
        if _NAME.search(name) or name.lower() == (header or "").lower():
            return Key(name, in_header=True)
    if isinstance(step.json, dict):
        for name in step.json:
            if _NAME.search(name):
                return Key(name, in_header=False)
    return None


def beside_key(
    rows: Iterable[RowChange], exchange: Exchange, header: str | None = None
) -> tuple[RowChange, ...]:
    """The rows without those that are there for the key of the request; `header` as above."""
    key = key_of(exchange.act.step, header)
    return tuple(each for each in rows if key is None or not key.keeps(each, exchange))


def other_payloads(step: Step, key: Key) -> Iterator[Step]:
    """The step with one value of its body changed, each value in turn: numbers first, since texts
    may be names of something.
    """
    places = [path for path in _leaves(step.json) if path[-1:] != (key.name,)]
    places.sort(key=lambda path: not isinstance(_at(step.json, path), int | float))
    for path in places:
        yield replace(step, json=_changed(step.json, path))


_Path = tuple[str | int, ...]


def _leaves(value: Json, path: _Path = ()) -> Iterator[_Path]:
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from _leaves(inside, (*path, name))
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from _leaves(inside, (*path, index))
    elif _changeable(value):
        yield path


def _changeable(value: Json) -> bool:
    """Whether it is a number, or a text that refers to nothing."""
    if isinstance(value, str):
        return bool(value) and "{" not in value
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(value: Json, path: _Path) -> Json:
    for each in path:
        value = value[each]
    return value


def _changed(value: Json, path: _Path) -> Json:
    if not path:
        return f"{value}x" if isinstance(value, str) else value + 1
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = _changed(value[path[0]], path[1:])
    return copied
