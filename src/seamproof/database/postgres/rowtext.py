"""Rows as one text each, as Postgres prints a composite value, and lists of such texts.

The format is that of the manual's section 8.16.6: fields between parentheses, separated by commas;
a null field is empty; a field with special characters is in double quotes, in which quotes and
backslashes are doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_FIELD = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",]*)),')


def fields(text: str) -> list[str | None]:
    """The fields of a printed row."""
    inner = text[1:-1]
    if '"' not in inner:
        return [field or None for field in inner.split(",")]
    return [_value(found) for found in _FIELD.finditer(inner + ",")]


def _value(found: re.Match[str]) -> str | None:
    if found[1] is None:
        return found[2] or None
    return found[1].replace('""', '"').replace("\\\\", "\\")


def array(texts: Iterable[str | None]) -> str:
    """An array literal of texts (section 8.15.6)."""
    return "{" + ",".join("NULL" if text is None else quote(text) for text in texts) + "}"


def quote(text: str) -> str:
    """One element of an array literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def elements(literal: str) -> list[str]:
    """The elements of an array literal of ctids, which are quoted for their commas."""
    return literal[2:-2].split('","') if literal != "{}" else []
