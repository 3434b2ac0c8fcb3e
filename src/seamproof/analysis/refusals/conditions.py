"""What a CHECK constraint asks of a column, of the common forms: a bound, a length, a choice."""

from __future__ import annotations

import re

from seamproof.analysis.refusals.complaint import ComplaintKind
from seamproof.core.model import Json

K = ComplaintKind

_LITERAL = re.compile(r"'((?:[^']|'')*)'")


def meaning(condition: str, column: str) -> tuple[ComplaintKind, Json] | None:
    """What an expression asks of a column, of the common forms: a bound, a length, a choice."""
    condition = condition[:2000]
    name = rf"\(*\"?{re.escape(column)}\"?\)*(?:::[a-z ]+(?:\(\d+\))?)?\)*"
    if re.search(rf"{name} (?:= ANY|IN)\b", condition) or re.search(rf"{name} = '", condition):
        values = [each.replace("''", "'") for each in _LITERAL.findall(condition)]
        if values:
            return K.CHOICE, values
    measured = re.search(r"(?:char_length|length|character_length|cardinality)\(", condition)
    bound = re.search(rf"{name}\)* (>=|>|<=|<|<>) \(*'?(-?\d+(?:\.\d+)?)", condition)
    if bound is None:
        if re.search(rf"{name} ~\*? '", condition):
            pattern = _LITERAL.search(condition)
            return K.PATTERN, pattern[1] if pattern else None
        return None
    number = float(bound[2]) if "." in bound[2] else int(bound[2])
    sign = bound[1]
    if sign == "<>":
        return (K.MISSING, None) if measured else (K.TOO_SMALL, number + 1)
    # Of whole numbers, which most are, the next one is beyond an exclusive bound.
    wanted = number + 1 if sign == ">" else number - 1 if sign == "<" else number
    if sign in (">", ">="):
        return (K.TOO_SHORT if measured else K.TOO_SMALL), wanted
    return (K.TOO_LONG if measured else K.TOO_LARGE), wanted
