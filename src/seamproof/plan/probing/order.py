"""The most telling first, and no more than are worth their time.

Round after round, one of each constraint, so that no kind is left out for the many fields that
another has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

from seamproof.core.probe import Probe, Source

MOST, MOST_DEEP = 24, 240
_TELLING = (
    "NUL byte",
    "foreign key",
    "length",
    "range",
    "huge number",
    "lone surrogate",
    "infinite number",
    "check",
    "negative number",
    "required",
    "type",
    "null",
    "not null",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "malformed JSON",
    "duplicate key",
    "enum",
    "pattern",
    "maxLength",
    "minLength",
    "format",
    "minItems",
    "maxItems",
    "octets in header",
    "long header",
    "unknown path",
    "content type",
    "undeclared method",
    "invalid UTF-8",
    "no body",
    "additionalProperties",
    "uniqueItems",
    "multipleOf",
    "empty text",
)


def chosen(probes: Iterable[Probe], *, deep: bool) -> tuple[Probe, ...]:
    """The probes to send, in order: one of a constraint and a field, and no request twice."""
    kinds: dict[tuple[str, Source], list[Probe]] = defaultdict(list)
    seen: set[str] = set()
    for each in probes:
        names = {f"{each.constraint} {each.field}", repr(each.act)}
        if seen.isdisjoint(names):
            kinds[each.constraint, each.source].append(each)
        seen |= names
    ranked = sorted(kinds.items(), key=lambda item: _rank(item[0][0]))
    rounds = zip_longest(*(found for _, found in ranked))
    found = [each for one in rounds for each in one if each is not None]
    return tuple(found[: MOST_DEEP if deep else MOST])


def _rank(constraint: str) -> int:
    return _TELLING.index(constraint) if constraint in _TELLING else len(_TELLING)
