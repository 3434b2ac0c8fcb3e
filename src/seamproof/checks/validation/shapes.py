"""Whether the refusals of a service have one shape: JSON with a common key, or none of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from seamproof.core.history import Exchange, Response

_CLIENT, _SERVER = 400, 500
_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Shape:
    """What a refusal looks like."""

    kind: str
    """`JSON`, or a media type."""
    keys: frozenset[str] = frozenset()
    """Those of a JSON object, at its top."""

    def like(self, other: Shape) -> bool:
        """Whether a client can read both alike."""
        return self.kind == other.kind and (self.keys == other.keys or bool(self.keys & other.keys))

    def __str__(self) -> str:
        if self.kind != "JSON":
            return self.kind
        return f"JSON with {', '.join(sorted(self.keys)) or 'no keys'}"


def shape(response: Response) -> Shape | None:
    """The shape of a refusal, None where it has no body to judge."""
    if not _CLIENT <= response.status < _SERVER or not response.body.strip():
        return None
    headers = {name.lower(): value for name, value in response.headers}
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        body = json.loads(response.body) if len(response.body) <= _MOST else None
    except (ValueError, RecursionError):
        return Shape(media or "no media type")
    if isinstance(body, dict):
        return Shape("JSON", frozenset(body))
    return Shape(media or "JSON")


def uneven(exchanges: Iterable[Exchange]) -> tuple[tuple[Shape, Exchange], ...]:
    """The first refusal of each shape, where there are several that are not alike."""
    found: list[tuple[Shape, Exchange]] = []
    for exchange in exchanges:
        if exchange.response is None:
            continue
        seen = shape(exchange.response)
        if seen is not None and not any(seen.like(other) for other, _ in found):
            found.append((seen, exchange))
    return tuple(found) if len(found) > 1 else ()
