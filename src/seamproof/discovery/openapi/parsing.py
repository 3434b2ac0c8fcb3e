"""Bytes of a stranger to a tree of JSON values: JSON, or YAML 1.2 in its core schema.

YAML is built from the parser's events, so that each bound holds while it is read and not after:

    bytes -> events -> values; an alias counts as often as what it stands for has nodes

Plain scalars are resolved as YAML 1.2 has it (section 10.3.2): `NO` is a text and `2026-01-31` is
one also. Keys are texts, as JSON's are: `200:` is `"200"`.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from seamproof.core.model import Json

MAX_BYTES = 32 << 20
MAX_YAML_BYTES = 8 << 20
"""YAML takes some twenty times as long as JSON."""
MAX_DEPTH = 200
MAX_NODES = 2_000_000
MAX_YAML_NODES = 500_000
_LONE_SURROGATES = re.compile(
    r"\\(?:(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
_OCTAL = re.compile(r"0o[0-7]{1,100}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MERGE = "<<"
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(ValueError):
    """The document cannot be used; the text says why."""


def parse(data: bytes) -> Json:
    """The document's value. Raises Unreadable for what is neither, or too much."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"it has more than {MAX_BYTES >> 20} MiB")
    text = _decoded(data)
    if text.lstrip()[:1] not in {"{", "["}:
        return _yaml(text)
    try:
        value = _json(text)
    except json.JSONDecodeError as error:
        # YAML may begin so also; what is neither was meant to be JSON.
        with contextlib.suppress(Unreadable):
            return _yaml(text)
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"{where}: no JSON: {error.msg}") from None
    _bound(value)
    return value


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} is no {encoding.removesuffix('-sig')}") from None


def _json(text: str) -> Json:
    if "\\ud" in text or "\\uD" in text:
        text = _LONE_SURROGATES.sub(_whole, text)
    try:
        return json.loads(text, parse_float=_finite, parse_constant=lambda name: None)
    except RecursionError:
        raise Unreadable(f"it is nested deeper than {MAX_DEPTH}") from None
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None


def _yaml(text: str) -> Json:
    if len(text) > MAX_YAML_BYTES:
        raise Unreadable(f"it has more than {MAX_YAML_BYTES >> 20} MiB of YAML")
    return _Builder().value(text)


def _whole(match: re.Match[str]) -> str:
    """The escape as it is, but half a character alone is none (RFC 8259, section 8.2)."""
    return "\\ufffd" if match[2] else match[0]


def _finite(text: str) -> float | None:
    """A number, None where it is larger than any."""
    number = float(text)
    return number if math.isfinite(number) else None


def _bound(root: Json) -> None:
    nodes, level = 0, [root]
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if nodes > MAX_NODES:
            raise Unreadable(f"it has more than {MAX_NODES} nodes")
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return
    raise Unreadable(f"it is nested deeper than {MAX_DEPTH}")


def _inner(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


@dataclass(slots=True)
class _Open:
    """A list or mapping that has not ended."""

    value: dict[str, Json] | list[Json]
    anchor: str | None
    before: int
    """Nodes that were counted before it."""
    depth: int
    """Levels below it."""
    key: str | None = None
    """Of a mapping: the key whose value is awaited."""
    merged: list[Json] = field(default_factory=list)
    own: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for, and what using it costs."""

    value: Json
    nodes: int
    depth: int


class _Builder:
    """Values from the events of one YAML document."""

    def __init__(self) -> None:
        self._nodes = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._root: Json = None

    def value(self, text: str) -> Json:
        """The value of the first document. Raises Unreadable."""
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                if isinstance(event, yaml.DocumentEndEvent):
                    break
                self._take(event)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
            reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "odd"
            raise Unreadable(f"{where}no JSON and no YAML: {reason}") from None
        return self._root

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._count(1)
            value = _scalar(event)
            self._remember(event.anchor, value, 1, 0)
            self._add(value, event.value)
        elif isinstance(event, yaml.AliasEvent):
            found = self._anchors.get(event.anchor or "")
            if found is None:
                raise Unreadable(self._at(event, "an alias of nothing, or of what holds it"))
            self._count(found.nodes)
            self._deepen(found.depth)
            self._add(found.value, found.value)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end()

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        above = self._open[-1] if self._open else None
        if above is not None and isinstance(above.value, dict) and above.key is None:
            raise Unreadable(self._at(event, "a key that is no text"))
        self._deepen(1)
        before = self._nodes
        self._count(1)
        value: dict[str, Json] | list[Json] = (
            {} if isinstance(event, yaml.MappingStartEvent) else []
        )
        # What it was before must not stand for it while it is open.
        self._anchors.pop(event.anchor or "", None)
        self._open.append(_Open(value, event.anchor, before, 0))

    def _end(self) -> None:
        ended = self._open.pop()
        if isinstance(ended.value, dict):
            self._merge(ended)
        self._remember(ended.anchor, ended.value, self._nodes - ended.before, ended.depth + 1)
        if self._open:
            self._open[-1].depth = max(self._open[-1].depth, ended.depth + 1)
        self._add(ended.value, "")

    def _merge(self, ended: _Open) -> None:
        """Lend the keys that are not there; of several the first lends."""
        assert isinstance(ended.value, dict)
        for each in ended.merged:
            for source in each if isinstance(each, list) else [each]:
                if isinstance(source, dict):
                    # Each use is a walk of its own, whatever comes of it.
                    self._count(len(source))
                    for key, value in source.items():
                        ended.value.setdefault(key, value)

    def _add(self, value: Json, text: Json) -> None:
        """Put a value where it belongs: `text` is how it is written, for a key."""
        if not self._open:
            self._root = value
            return
        above = self._open[-1]
        if isinstance(above.value, list):
            above.value.append(value)
        elif above.key is None:
            above.key = str(text) if not isinstance(text, dict | list) else ""
        else:
            if above.key == _MERGE and isinstance(value, dict | list):
                above.merged.append(value)
            else:
                above.value[above.key] = value
            above.key = None

    def _remember(self, anchor: str | None, value: Json, nodes: int, depth: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = _Anchored(value, nodes, depth)

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_YAML_NODES:
            raise Unreadable(f"it has more than {MAX_YAML_NODES} nodes, aliases written out")

    def _deepen(self, levels: int) -> None:
        if len(self._open) + levels > MAX_DEPTH:
            raise Unreadable(f"it is nested deeper than {MAX_DEPTH}")
        if self._open and levels:
            self._open[-1].depth = max(self._open[-1].depth, levels)

    @staticmethod
    def _at(event: yaml.Event, problem: str) -> str:
        mark = event.start_mark
        return f"line {mark.line + 1}: {problem}" if mark else problem


def _scalar(event: yaml.ScalarEvent) -> Json:
    """A scalar's value. Quoted ones, and those of a tag, are texts."""
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return _finite(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    return text
