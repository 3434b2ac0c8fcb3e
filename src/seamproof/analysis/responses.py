"""Whether two answers say the same: status and body, without what equal requests differ in."""

from __future__ import annotations

from collections.abc import Sequence

from seamproof.analysis.masks import NOW, VOLATILE
from seamproof.analysis.values import is_identifier, is_time
from seamproof.core.history import Exchange
from seamproof.core.leaves import Leaf, json_leaves


def body_leaves(exchange: Exchange) -> tuple[Leaf, ...]:
    """The leaves of a response's body; one, `$`, where it is no JSON document."""
    if exchange.response is None:
        return ()
    text = exchange.response.body.decode("utf-8", "replace")
    return json_leaves(text) or (("$", text),)


def volatile_leaves(equal: Sequence[Exchange]) -> frozenset[str]:
    """The paths of a body whose values differ between answers to equal requests."""
    found: set[str] = set()
    first = _values(equal[0]) if equal else {}
    for other in map(_values, equal[1:]):
        found |= {
            path for path in first.keys() | other.keys() if first.get(path) != other.get(path)
        }
    return frozenset(found)


def _values(exchange: Exchange) -> dict[str, tuple[str | None, ...]]:
    gathered: dict[str, tuple[str | None, ...]] = {}
    for path, value in body_leaves(exchange):
        gathered[path] = (*gathered.get(path, ()), value)
    return gathered


def same(one: Exchange, other: Exchange, volatile: frozenset[str] = frozenset()) -> bool:
    """Whether two exchanges ended alike: status, and what the body says beside volatile paths.

    Times and random identifiers never count; order does.
    """
    if (one.status, one.silence) != (other.status, other.silence):
        return False
    return _masked(one, volatile) == _masked(other, volatile)


def _masked(exchange: Exchange, volatile: frozenset[str]) -> tuple[Leaf, ...]:
    return tuple((path, _mask(path, value, volatile)) for path, value in body_leaves(exchange))


def _mask(path: str, value: str | None, volatile: frozenset[str]) -> str | None:
    if value is None:
        return None
    if is_time(value):
        return NOW
    return VOLATILE if path in volatile or is_identifier(value) else value
