"""The words of a name, however it is written."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def words_of(name: str) -> frozenset[str]:
    """The words of a field's or a column's name: of `callbackURL` and `callback_url` the same."""
    return frozenset(each.lower() for each in _WORD.findall(name))
