"""Two versions of one schema, property by property.

What is narrower is breaking where a client sends the value, what is wider where it is sent one.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from seamproof.analysis.compatibility.change import Change, ChangeKind, Side, pointer
from seamproof.analysis.compatibility.shapes import WORDS, Shape, fits, print_of, shape
from seamproof.core.document import Document
from seamproof.core.model import Json

K = ChangeKind

_DEPTH = 12
_NODES = 5_000
"""Pairs of schemas that are compared for one operation."""
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_FORMS = ("pattern", "format", "multipleOf")
_SHOWN = 80
_NAMES = 60
"""Properties of one operation that may have other names: beyond, they are gone and new."""
_LONG = 100
_LIKE = 0.55


@dataclass(slots=True)
class Comparison:
    """Compares what one operation has in two documents."""

    old: Document
    new: Document
    operation: str
    side: Side
    _nodes: int = field(default=0)
    _compared: int = field(default=0)
    _seen: set[tuple[Json, ...]] = field(default_factory=set)

    def changes(self, old: Json, new: Json, place: str, depth: int = 0) -> Iterator[Change]:
        """What is different between two schemas."""
        self._nodes += 1
        if self._nodes > _NODES or depth > _DEPTH or self._known(old, new):
            return
        was, now = shape(old, self.old), shape(new, self.new)
        if was.alternatives or now.alternatives:
            yield from self._alternatives(was, now, place)
            return
        yield from self._types(was, now, place)
        yield from self._values(was, now, place)
        yield from self._bounds(was, now, place)
        yield from self._properties(was, now, place, depth)
        items = was.keywords.get("items"), now.keywords.get("items")
        if all(isinstance(each, dict) for each in items):
            yield from self.changes(*items, f"{place}/*", depth + 1)

    def _known(self, old: Json, new: Json) -> bool:
        """Whether two definitions were compared before: what they hold is told of once."""
        names = tuple(each.get("$ref") if isinstance(each, dict) else None for each in (old, new))
        if not all(isinstance(each, str) for each in names):
            return False
        known = names in self._seen
        self._seen.add(names)
        return known

    def _change(
        self, kind: ChangeKind, place: str, words: str, was: Json, now: Json, *, breaking: bool
    ) -> Change:
        return Change(kind, breaking, self.operation, place, words, self.side, was, now)

    def _breaks(self, *, narrower: bool, wider: bool) -> bool:
        return narrower if self.side is Side.REQUEST else wider

    def _types(self, was: Shape, now: Shape, place: str) -> Iterator[Change]:
        if was.types == now.types:
            return
        breaking = self._breaks(
            narrower=not fits(was.types, now.types), wider=not fits(now.types, was.types)
        )
        old, new = _type_words(was), _type_words(now)
        yield self._change(K.TYPE, place, f"was {old}, is {new}", old, new, breaking=breaking)

    def _values(self, was: Shape, now: Shape, place: str) -> Iterator[Change]:
        old, new = was.values, now.values
        if old == new:
            return
        gone = None if old is None or new is None else [each for each in old if each not in new]
        more = None if old is None or new is None else [each for each in new if each not in old]
        if gone == [] and more == []:
            return
        if old is None:
            words = f"is one of {shown(new)}"
        elif new is None:
            words = "may be any value"
        else:
            told = [("no more", gone), ("now also", more)]
            words = "; ".join(f"{said} {shown(each)}" for said, each in told if each)
        breaking = self._breaks(narrower=bool(gone) or old is None, wider=bool(more) or new is None)
        yield self._change(K.ENUM, place, words, old, new, breaking=breaking)

    def _bounds(self, was: Shape, now: Shape, place: str) -> Iterator[Change]:
        for keyword in (*_LEAST, *_MOST, *_FORMS):
            old, new = was.keywords.get(keyword), now.keywords.get(keyword)
            if old == new:
                continue
            narrower, wider = _tighter(keyword, old, new), _tighter(keyword, new, old)
            breaking = self._breaks(narrower=narrower, wider=wider)
            words = f"{keyword} was {shown(old)}, is {shown(new)}"
            yield self._change(K.BOUNDS, place, words, old, new, breaking=breaking)

    def _alternatives(self, was: Shape, now: Shape, place: str) -> Iterator[Change]:
        old = {print_of(each, self.old) for each in was.alternatives or (was.keywords,)}
        new = {print_of(each, self.new) for each in now.alternatives or (now.keywords,)}
        if old == new:
            return
        breaking = self._breaks(narrower=bool(old - new), wider=bool(new - old))
        words = f"{len(old - new)} alternatives are gone, {len(new - old)} are new"
        yield self._change(K.ALTERNATIVES, place, words, len(old), len(new), breaking=breaking)

    # Objects

    def _properties(self, was: Shape, now: Shape, place: str, depth: int) -> Iterator[Change]:
        gone = [each for each in was.properties if each not in now.properties]
        more = [each for each in now.properties if each not in was.properties]
        names = self._renamed(was, now, gone, more)
        for old, new in names.items():
            known = old in was.required if self.side is Side.RESPONSE else new in now.required
            yield self._change(
                K.PROPERTY_RENAMED,
                place + pointer(old),
                f"{old} is {new} now",
                old,
                new,
                breaking=known or now.closed,
            )
        for each in gone:
            if each not in names:
                breaking = self._breaks(narrower=now.closed, wider=each in was.required)
                yield self._change(
                    K.PROPERTY_REMOVED,
                    place + pointer(each),
                    f"{each} is gone",
                    each,
                    None,
                    breaking=breaking,
                )
        for each in more:
            if each not in names.values():
                required = each in now.required
                words = f"{each} is new" + (" and required" if required else "")
                breaking = self._breaks(narrower=required, wider=False)
                yield self._change(
                    K.PROPERTY_ADDED, place + pointer(each), words, None, each, breaking=breaking
                )
        for each in filter(now.properties.__contains__, was.properties):
            yield from self._same(each, was, now, place, depth)

    def _same(self, name: str, was: Shape, now: Shape, place: str, depth: int) -> Iterator[Change]:
        """One property that both have."""
        before, after = name in was.required, name in now.required
        if before != after:
            kind = K.REQUIRED if after else K.OPTIONAL
            breaking = self._breaks(narrower=after, wider=before)
            words = f"{name} is {'required' if after else 'optional'} now"
            yield self._change(kind, place + pointer(name), words, before, after, breaking=breaking)
        yield from self.changes(
            was.properties[name], now.properties[name], place + pointer(name), depth + 1
        )

    def _renamed(self, was: Shape, now: Shape, gone: list[str], more: list[str]) -> dict[str, str]:
        """Properties with another name: the same schema, or nearly the same name and types.

        That both are any string says little: then they must be the only ones, and asked for alike.
        """
        self._compared += len(gone) + len(more)
        if not gone or not more or self._compared > _NAMES:
            return {}
        names: dict[str, str] = {}
        old = {each: print_of(was.properties[each], self.old) for each in gone}
        new = {each: print_of(now.properties[each], self.new) for each in more}
        alone = len(gone) == len(more) == 1
        for each in gone:
            alike = [name for name in more if new[name] == old[each] and name not in names.values()]
            if len(alike) == 1 and list(old.values()).count(old[each]) == 1:
                same_need = (each in was.required) == (alike[0] in now.required)
                if self._telling(was.properties[each]) or (alone and same_need):
                    names[each] = alike[0]
        for each in gone:
            left = [name for name in more if name not in names.values() and len(name) < _LONG]
            if each not in names and left and len(each) < _LONG:
                near = difflib.get_close_matches(each, left, n=1, cutoff=_LIKE)
                if near and self._alike(was.properties[each], now.properties[near[0]]):
                    names[each] = near[0]
        return names

    def _telling(self, schema: Json) -> bool:
        """Whether a schema says more than a type."""
        said = self.old.resolve(schema)
        return isinstance(said, dict) and bool(said.keys() - {"type"} - WORDS)

    def _alike(self, old: Json, new: Json) -> bool:
        return shape(old, self.old).types == shape(new, self.new).types


def shown(value: Json) -> str:
    """A value of a document in a few words."""
    if value is None:
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _type_words(found: Shape) -> str:
    return " or ".join(sorted(found.types)) if found.types else "anything"


def _tighter(keyword: str, old: Json, new: Json) -> bool:
    """Whether a keyword allows less than it did."""
    if new is None:
        return False
    if old is None or keyword in _FORMS:
        return True
    try:
        return bool(new > old if keyword in _LEAST else new < old)
    except TypeError:
        return True
