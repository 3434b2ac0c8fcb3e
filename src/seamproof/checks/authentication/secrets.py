"""Passwords and tokens that are stored, or passed on, as they came. Pure.

Secrets are redacted before they get here: equal ones have equal digests, so that one is known again
where it stands, and nobody learns it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from seamproof.core.history import Crossing, CrossingKind, Section
from seamproof.core.model import Json
from seamproof.core.secrecy import REDACTED, password, sensitive

_REDACTED = re.compile(rf"{REDACTED}[0-9a-f]{{8}}>")
_CODE = re.compile("secret", re.IGNORECASE)
"""What a client names so may be a voucher's code, or a key to sign with: who is to show it or use
it must keep it."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that stands where it should not."""

    field: str
    """Where the request or the answer has it."""
    place: str
    """The column, or the call."""
    table: str = ""
    call: Crossing | None = None
    typed: bool = True
    """Whether somebody typed it in; else it was handed out."""
    code: bool = False
    """Whether it may be one that is to be kept as it is, by its name."""


def leaks(section: Section) -> Iterator[Leak]:
    """Each secret of a request or its answer that stands in a row or in a call, once."""
    exchange = section.exchange
    request = exchange.request.body
    answer = exchange.response.body if exchange.response else b""
    shown = dict(_secrets(answer, sensitive))
    typed = {
        digest: name
        for digest, name in _secrets(request, password)
        if not (is_code(name) and digest in shown)
    }
    handed = {
        digest: name
        for digest, name in shown.items()
        if digest not in typed and (digest.encode() not in request or is_code(name))
    }
    seen: set[tuple[str, str]] = set()
    for change in section.changes.rows:
        for column, value in (change.new or {}).items():
            if (change.old or {}).get(column) == value:
                # It is written again with the rest of its row.
                continue
            for digest in _REDACTED.findall(value or ""):
                place = f"{change.table}.{column}"
                name = typed.get(digest) or handed.get(digest)
                if name and (name, place) not in seen:
                    seen.add((name, place))
                    was = digest in typed
                    yield Leak(name, place, change.table, typed=was, code=was and is_code(name))
    for crossing in section.crossings:
        if crossing.kind is CrossingKind.CALL and crossing.request is not None:
            sent = f"{crossing.request.target} {crossing.request.body.decode(errors='replace')}"
            for digest in set(_REDACTED.findall(sent)) & typed.keys():
                yield Leak(typed[digest], crossing.key.shape, call=crossing)


def is_code(name: str) -> bool:
    """Whether nothing but the word `secret` says that a field of this name has a password."""
    return password(name) and not password(_CODE.sub("", name))


def _secrets(body: bytes, named: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """The digests of what stands in fields of such names."""
    text = body.decode("utf-8", "replace")
    if REDACTED not in text:
        return
    try:
        fields = list(_fields("", json.loads(text)))
    except (ValueError, RecursionError):
        fields = parse_qsl(text)
    for name, value in fields:
        if named(name) and _REDACTED.fullmatch(value):
            yield value, name


def _fields(name: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _fields(str(key), each)
    elif isinstance(value, list):
        for each in value:
            yield from _fields(name, each)
    elif isinstance(value, str):
        yield name, value
