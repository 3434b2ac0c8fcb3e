"""Which values are telling: those that something on the way from the parser to the column, and
back, often cannot hold.

    decimals    what no binary float is, and more digits than a float of 32 bits has
    integers    2^53 + 1, which JavaScript's numbers are not; in a text, where one is sent so
    texts       composed and decomposed, beyond the basic plane, from right to left, with spaces
    times       with an offset, and late in the day
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seamproof.core.catalog import Column
from seamproof.core.model import Json

UNICODE = "Zoë e\u0301 \U0001f600 שלום"
SPACED = " two  spaces "
_LONGEST = 1_000
_LENGTH = re.compile(r"\((\d+)\)$")
_DECIMAL = re.compile(r"-?\d+\.\d+")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DECIMALS: tuple[Json, ...] = (19.99, 1234567.89, 0.3, 4.35)
"""4.35 * 100 and 19.99 * 100 are no whole numbers in binary floats."""
_MANY_DIGITS = 0.1234567
_LARGE = 2**53 + 1
_INTEGERS = {"smallint": 2**15 - 1, "integer": 2**31 - 1}
_FRACTIONS = ("numeric", "double precision", "real", "money")


@dataclass(frozen=True, slots=True)
class Telling:
    """A value to send."""

    kind: str
    """`decimal`, `integer`, `text`, `time`, `date`."""
    value: Json


def telling(sent: Json, column: Column) -> Iterator[Telling]:
    """The values for a field that sends this and is stored in that column, the likeliest first."""
    if isinstance(sent, bool) or sent is None:
        return
    if isinstance(sent, int | float):
        yield from _numbers(column)
    elif isinstance(sent, str):
        yield from _texts(sent, column)


def _numbers(column: Column) -> Iterator[Telling]:
    kind = column.type
    if kind.startswith(_FRACTIONS):
        yield from (Telling("decimal", each) for each in _DECIMALS)
        yield Telling("decimal", _MANY_DIGITS)
    elif kind in _INTEGERS:
        yield Telling("integer", _INTEGERS[kind])
    else:
        yield Telling("integer", _LARGE)


def _texts(sent: str, column: Column) -> Iterator[Telling]:
    kind = column.type
    if kind.startswith("timestamp"):
        if _MOMENT.match(sent):
            for offset in ("+05:30", "-08:00"):
                yield Telling("time", f"2035-01-15T23:30:00{offset}")
    elif kind == "date":
        if _DAY.fullmatch(sent):
            yield Telling("date", "2035-12-31")
    elif kind.startswith(_FRACTIONS):
        if _DECIMAL.fullmatch(sent) or sent.isdecimal():
            yield from (Telling("decimal", str(each)) for each in (*_DECIMALS, _MANY_DIGITS))
    elif kind in _INTEGERS or kind == "bigint":
        if sent.isdecimal():
            yield Telling("integer", str(_INTEGERS.get(kind, _LARGE)))
    elif kind.startswith(("text", "character", "varchar", "citext", "json")):
        yield from _words(sent, column)


def _words(sent: str, column: Column) -> Iterator[Telling]:
    found = _LENGTH.search(column.type)
    most = int(found[1]) if found else _LONGEST
    if "@" in sent:
        local, _, domain = sent.rpartition("@")
        yield Telling("text", f"{local[:20].upper()}@{domain}"[:most])
        return
    yield Telling("text", UNICODE[:most])
    yield Telling("text", SPACED[:most])
    yield Telling("text", ("long text " * _LONGEST)[: min(most, _LONGEST) - 1] + ".")
