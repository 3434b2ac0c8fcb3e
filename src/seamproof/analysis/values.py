"""What stands at a place of a JSON value, and what a value looks like: a time, a number, an
identifier."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?:[ T]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d{2}(?::?\d{2})?))?)?"
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_TOKEN = re.compile(r"[A-Za-z0-9_+/=.~$-]{16,}")
_EPOCH = (1_500_000_000, 2_500_000_000)
"""Seconds of the years 2017 to 2049."""
MISSING: Final = object()
"""What stands for a value that is not there: null is one that is."""


def is_number(text: str) -> bool:
    """Whether it is a number: an amount, a count or a key."""
    return _NUMBER.fullmatch(text) is not None


def is_time(text: str) -> bool:
    """Whether it is a date or time of ISO 8601, or seconds to nanoseconds since 1970."""
    if _TIME.fullmatch(text):
        return True
    if len(text) < 10 or not is_number(text):
        return False
    value = float(text)
    return any(_EPOCH[0] <= value / scale < _EPOCH[1] for scale in (1, 1e3, 1e6, 1e9))


def is_uuid(text: str) -> bool:
    """Whether it is a UUID (RFC 9562), with or without its hyphens."""
    return _UUID.fullmatch(text) is not None


def is_identifier(text: str) -> bool:
    """Whether it may be a random name: a UUID, a ULID, a hash, a signed token."""
    return is_uuid(text) or (_TOKEN.fullmatch(text) is not None and not is_number(text))


def at(value: Any, path: Iterable[str | int]) -> Any:
    """What is at a path; MISSING where nothing is."""
    for each in path:
        if isinstance(value, dict):
            value = value.get(each, MISSING)
        elif isinstance(value, list) and isinstance(each, int) and each < len(value):
            value = value[each]
        else:
            return MISSING
    return value
