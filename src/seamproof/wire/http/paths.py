"""Path templates, and what a path looks like without its ids."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote

_PARAMETER = re.compile(r"\{([^{}/]+)\}")
MOST_SHOWN: Final = 200
"""Characters of a path that a shape has at most."""
_MOST_NAMES = 20

_ID = re.compile(
    r"\d+"
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # UUID
    r"|[0-7][0-9a-hjkmnp-tv-z]{25}"  # ULID, Crockford's base 32
    r"|(?=[a-f]*\d)[0-9a-f]{12,}"  # a hash, an object id
    r"|[a-z]+[-_]\d+"  # order-17
    r"|(?:[a-z]+[-_])+(?=[a-z]*\d)[0-9a-z]{6,}",  # cus_9s6XKzkNRiz8i3
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """`/charges/{id}/refunds`. A parameter stands for a part of one segment."""

    text: str
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _names: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = _PARAMETER.split(self.text)
        pattern = "".join(
            "([^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
        )
        object.__setattr__(self, "_pattern", re.compile(pattern))
        object.__setattr__(self, "_names", tuple(parts[1::2]))

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in order."""
        return self._names

    def match(self, path: str) -> dict[str, str] | None:
        """The parameters' values, decoded, or None where the path is another."""
        found = self._pattern.fullmatch(path)
        if found is None:
            return None
        return dict(zip(self._names, map(unquote, found.groups()), strict=True))


def split(target: str) -> tuple[str, str]:
    """The path and the query of a request target in origin form."""
    path, _, query = target.partition("?")
    return path, query.partition("#")[0]


def without_ids(path: str) -> str:
    """A path with `{}` for each segment that looks like an id."""
    segments = path[:MOST_SHOWN].split("/")
    return "/".join("{}" if _ID.fullmatch(unquote(each)) else each for each in segments)


def query_names(query: str) -> str:
    """`?customer&limit`: the names of a query's fields, sorted, each once; empty for none."""
    fields = parse_qsl(query[:MOST_SHOWN], keep_blank_values=True)
    names = sorted({name for name, _ in fields})[:_MOST_NAMES]
    return f"?{'&'.join(names)}" if names else ""
