"""Which earlier response a value comes from: what was recorded as 17 is `{order}` when played.

A value that no chance repeats (a UUID, an opaque text) is the same wherever it appears. A small
number or a word is not: it is taken for an earlier one only where both are keys of one thing, as
the 17 of `/orders/17` and the `id` that `POST /orders` answered.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from seamproof.core.model import Json
from seamproof.core.references import joined, literal
from seamproof.discovery.importers.recorded import Recorded, leaves
from seamproof.discovery.importers.sent import Given

MAX_LEAVES = 5_000
"""Values of one response that are looked at."""
_LONGEST = 128
"""Characters of a key; what is longer is a text."""
_MOST_ORIGINS = 40
"""Responses that are remembered for one value."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_OPAQUE = re.compile(r"(?=.*[A-Za-z])(?=.*\d.*\d)(?!\d{4}-\d\d)[A-Za-z0-9_-]{8,}")
_KEY = re.compile(r"_?id|uuid|guid|pk|slug|code|key|ref|reference|number|handle|sku|identifier")
_SUFFIX = re.compile(r"(?<=.)(?:_(?:id|uuid|guid|pk|slug|code|key|ref)s?|(?:Id|ID|Uuid)s?)$")
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_WRAPPERS = (
    *("data", "result", "items", "content", "rows", "list", "objects", "records", "payload"),
    *("response", "embedded", "edges", "nodes", "attributes"),
)
"""Members that hold the thing itself, and say nothing of what it is."""


@dataclass(frozen=True, slots=True)
class _Origin:
    index: int
    source: str
    kind: type
    is_key: bool
    things: frozenset[str]
    """What the value may be a key of, as `order`."""
    changes: bool
    """Whether the request made it, and did not only read it."""


def opaque(text: str) -> bool:
    """Whether a text is one that no chance repeats."""
    return len(text) <= _LONGEST and _OPAQUE.fullmatch(text) is not None


def thing(name: str) -> str:
    """`orders`, `order_id`, `orderIds` as `order`: what a name speaks of."""
    name = re.sub(r"[^a-z0-9]", "", _SUFFIX.sub("", name).lower())
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us")) else name


def resource(segments: tuple[str, ...]) -> str:
    """What a path is about: its last segment that is no key."""
    named = [each for each in segments if each and not each.isdigit() and not opaque(each)]
    return thing(named[-1]) if named else ""


class Links:
    """What responses gave, and who used it."""

    def __init__(self) -> None:
        self.given: dict[str, Given] = {}
        self._origins: dict[str, list[_Origin]] = defaultdict(list)
        self._keys: dict[tuple[int, str], str] = {}
        self._brought: set[tuple[str, str]] = set()
        """Things and their keys that a client named before any response gave them."""

    def learn(self, call: Recorded) -> None:
        """Take note of what a response gives."""
        sent = {str(each) for _, each in leaves(call.body.fields(), MAX_LEAVES)}
        sent |= {*call.segments, *(value for _, value in call.query)}
        for path, value in leaves(call.result, MAX_LEAVES):
            text = str(value)
            if text in sent and not (call.mutates and _is_of_its_own(call, path)):
                continue  # what is only echoed was not given
            self._learn_leaf(call, path, value, text)
        for name, value in call.answered:
            if name.lower() == "etag" and value:
                origin = _Origin(call.index, f"header:{name}", str, False, frozenset(), False)
                self._add(value, origin)

    def _learn_leaf(
        self, call: Recorded, path: tuple[str | int, ...], value: Json, text: str
    ) -> None:
        names = [each for each in path if isinstance(each, str)]
        field = names[-1] if names else ""
        is_key = bool(_KEY.fullmatch(field) or _SUFFIX.search(field))
        if isinstance(value, float) or not (is_key or (isinstance(value, str) and opaque(value))):
            return
        source = json_path(path)
        if source is not None:
            things = _things(call, names, field)
            own = resource(call.segments) in things
            if not (own or opaque(text)) and any((each, text) in self._brought for each in things):
                return
            self._add(
                text,
                _Origin(call.index, source, type(value), is_key, things, call.mutates),
            )

    def _add(self, text: str, origin: _Origin) -> None:
        known = self._origins[text]
        if len(known) < _MOST_ORIGINS:
            known.append(origin)

    def in_segment(self, segments: tuple[str, ...], at: int) -> str | None:
        """The reference for a segment of a path, or None."""
        about = frozenset({thing(segments[at - 1])}) if at else frozenset()
        text = segments[at]
        is_word = not text.isdigit() and not opaque(text)
        return self._reference(text, about, lambda origin: origin.changes or not is_word)

    def in_pair(self, name: str, value: str, about: str) -> str:
        """A value of a query or a form, with references."""
        hints = frozenset({about if _KEY.fullmatch(name) else thing(name)})
        return self._reference(value, hints) or self._within(value)

    def in_header(self, value: str) -> str | None:
        """The reference for a header's whole value, or None."""
        found = [each for each in self._origins.get(value, ()) if not each.things]
        return self._key(found[-1], "etag") if found else None

    def in_body(self, value: Json, about: str) -> Json:
        """A JSON body with references; `about` is what the request is about."""
        return self._in_member("", value, about)

    def _in_member(self, name: str, value: Json, about: str) -> Json:
        if isinstance(value, dict):
            inner = thing(name) if name else about
            return {literal(key): self._in_member(key, each, inner) for key, each in value.items()}
        if isinstance(value, list):
            return [self._in_member(name, each, about) for each in value]
        if not isinstance(value, str | int) or isinstance(value, bool):
            return value
        hints = frozenset({about if _KEY.fullmatch(name) else thing(name)})
        kind = type(value)
        found = self._reference(str(value), hints, lambda origin: origin.kind is kind)
        if found is None and isinstance(value, str):
            return self._within(value)
        return value if found is None else found

    def _reference(
        self,
        text: str,
        hints: frozenset[str],
        fits: Callable[[_Origin], bool] = lambda _: True,
    ) -> str | None:
        certain, hints = opaque(text), hints - {""}
        found = [
            each
            for each in self._origins.get(text, ())
            if fits(each) and (certain or (each.is_key and each.things & hints))
        ]
        if not found:
            self._brought |= {(each, text) for each in hints}
            return None
        best = min(found, key=lambda each: (not each.things & hints, not each.is_key))
        return self._key(best, next(iter(sorted(best.things & hints or best.things or hints)), ""))

    def _within(self, text: str) -> str:
        """A text in which each UUID that was given is a reference."""
        texts, keys, end = [], [], 0
        for match in _UUID.finditer(text):
            found = self._reference(match.group(), frozenset())
            if found is not None:
                texts.append(text[end : match.start()])
                keys.append(found[1:-1])
                end = match.end()
        return joined([*texts, text[end:]], keys)

    def _key(self, origin: _Origin, name: str) -> str:
        place = (origin.index, origin.source)
        if place not in self._keys:
            self._keys[place] = f"g{len(self._keys)}"
            readable = name if _NAME.fullmatch(name) else "value"
            self.given[self._keys[place]] = Given(*place, readable)
        return f"{{{self._keys[place]}}}"


def _is_of_its_own(call: Recorded, path: tuple[str | int, ...]) -> bool:
    """Whether a field of a response may be a key of what its request is about: the key that a
    client has chosen for what it makes, and not that of another thing which it names."""
    names = [each for each in path if isinstance(each, str)]
    return bool(names) and resource(call.segments) in _things(call, names, names[-1])


def _things(call: Recorded, names: list[str], field: str) -> frozenset[str]:
    """What a field of a response may be a key of."""
    if not _KEY.fullmatch(field):
        return frozenset({thing(field)})
    owners = [thing(each) for each in names[:-1]]
    named = [each for each in owners if each not in _WRAPPER_THINGS]
    return frozenset({named[-1] if named else resource(call.segments)})


_WRAPPER_THINGS = frozenset({thing(each) for each in _WRAPPERS})


def json_path(path: tuple[str | int, ...]) -> str | None:
    """A path as scenarios write it; None for a name that they cannot."""
    text = "$"
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _NAME.fullmatch(part):
            text += f".{part}"
        elif part and part.isprintable() and "'" not in part:
            text += f"['{part}']"
        else:
            return None
    return text
