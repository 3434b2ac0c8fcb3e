"""What CHECK constraints ask of a column, of the common forms. What they ask else is tried."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from seamproof.analysis.refusals import conditions
from seamproof.analysis.refusals.complaint import ComplaintKind as K
from seamproof.core.catalog import Table

_JOINED = re.compile(r"\b(?:AND|OR)\b")
_NAME = r'"?([A-Za-z_][\w$]*)"?'
_PAIR = re.compile(rf"^[\s(]*{_NAME}[)\s]*(<=|<|>=|>)[\s(]*{_NAME}[)\s]*$")
_EXACT = re.compile(r"(?:char_length|character_length|length)\(.*?\)+ = (\d+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a column's value must be; None where nothing is asked."""

    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    shortest: int | None = None
    longest: int | None = None
    pattern: str | None = None


NOTHING = Asked()
"""Where no condition is about a column."""


def asked(expressions: Iterable[str], column: str) -> Asked:
    """What conditions ask of a column."""
    found = Asked()
    for expression in expressions:
        for part in _JOINED.split(expression):
            found = _with(found, part, column)
    return found


def _with(found: Asked, part: str, column: str) -> Asked:
    if not re.search(rf"(?<![\w$]){re.escape(column)}(?![\w$])", part):
        return found
    if exact := _EXACT.search(part):
        return replace(found, shortest=int(exact[1]), longest=int(exact[1]))
    match conditions.meaning(part, column):
        case (K.CHOICE, [*values]) if not found.choices:
            return replace(found, choices=tuple(map(str, values)))
        case (K.TOO_SMALL, number):
            return replace(found, low=number)
        case (K.TOO_LARGE, number):
            return replace(found, high=number)
        case (K.TOO_SHORT, number):
            return replace(found, shortest=int(number))
        case (K.MISSING, _):
            return replace(found, shortest=1)
        case (K.TOO_LONG, number):
            return replace(found, longest=int(number))
        case (K.PATTERN, str(pattern)):
            return replace(found, pattern=pattern)
        case _:
            return found


def pairs(table: Table) -> Iterator[tuple[str, str]]:
    """Columns of which the first must be less than the second: what begins before what ends."""
    names = {each.name for each in table.columns}
    for expression in table.conditions:
        for part in _JOINED.split(expression):
            found = _PAIR.match(part.strip())
            if found is None or not {found[1], found[3]} <= names:
                continue
            yield (found[1], found[3]) if found[2].startswith("<") else (found[3], found[1])


def mentioned(definition: str, table: Table) -> tuple[str, ...]:
    """The columns that a constraint's definition names."""
    return tuple(
        each.name
        for each in table.columns
        if re.search(rf"(?<![\w$]){re.escape(each.name)}(?![\w$])", definition)
    )


def disordered(table: Table, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The pairs of columns whose values are in the wrong order."""
    for less, more in pairs(table):
        low, high = values.get(less), values.get(more)
        if low is None or high is None:
            continue
        try:
            wrong = not low < high
        except TypeError:
            continue
        if wrong:
            yield less, more
