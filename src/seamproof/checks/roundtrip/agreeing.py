"""Whether two values mean the same, and how they differ where they do not.

A decimal is the same with more zeros behind it, and a time with another offset where the instant is
the same. Trimming, case, Unicode's forms of one text and rounding to the column's own scale may be
meant: they are differences of form.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from seamproof.core.model import Json

_SPACES = re.compile(r"\s+")
_SCALE = re.compile(r"^numeric\(\d+,(\d+)\)$")


class Agreement(StrEnum):
    """How two values compare."""

    SAME = "same"
    FORM = "form"
    """They differ in what may be meant."""
    LOST = "lost"


def compared(sent: Json, other: Json, kind: str, column: str = "") -> tuple[Agreement, str]:
    """How what was sent and what was found compare, and how they differ in words.

    `column` is the type of the column, where it is one that was found.
    """
    if kind in {"decimal", "integer"}:
        return _numbers(sent, other, column)
    if kind in ("time", "date"):
        return _times(str(sent), str(other), kind)
    return _texts(str(sent), str(other))


def _numbers(sent: Json, other: Json, column: str) -> tuple[Agreement, str]:
    try:
        one, two = Decimal(str(sent)), Decimal(str(other))
    except InvalidOperation:
        return Agreement.LOST, "it is no number any more"
    if one == two:
        return Agreement.SAME, ""
    scale = _SCALE.match(column)
    if scale is not None:
        unit = Decimal(1).scaleb(-int(scale[1]))
        if abs(one - two) < unit and one != one.quantize(unit):
            return Agreement.FORM, f"it is rounded to {scale[1]} digits"
    return Agreement.LOST, f"it differs by {abs(one - two):f}"


def _texts(sent: str, other: str) -> tuple[Agreement, str]:
    if sent == other:
        return Agreement.SAME, ""
    if sent.strip() == other or _SPACES.sub(" ", sent).strip() == other:
        return Agreement.FORM, "its spaces are trimmed"
    if sent.lower() == other.lower():
        return Agreement.FORM, "its case is another"
    if unicodedata.normalize("NFKC", sent) == unicodedata.normalize("NFKC", other):
        return Agreement.FORM, "it is another form of Unicode for the same text"
    if other and sent.startswith(other):
        return Agreement.LOST, f"{len(sent) - len(other)} of its {len(sent)} characters are cut off"
    if "?" in other or "\ufffd" in other:
        return Agreement.LOST, "characters are replaced"
    return Agreement.LOST, "it is another text"


def _times(sent: str, other: str, kind: str) -> tuple[Agreement, str]:
    one, two = _moment(sent), _moment(other)
    if one is None or two is None:
        return Agreement.LOST, "it is no time any more"
    if one == two:
        return Agreement.SAME, ""
    if kind == "date":
        return Agreement.LOST, "it is another day"
    if one.tzinfo is not None and two.tzinfo is None:
        # A column without an offset: what it means is told by what is read from it.
        if one.astimezone(UTC).replace(tzinfo=None) == two:
            return Agreement.SAME, ""
        if one.replace(tzinfo=None) == two:
            return Agreement.LOST, "its offset is dropped: it is read as another instant"
        return Agreement.LOST, "it is another time"
    return Agreement.LOST, "it is another instant"


def _moment(text: str) -> datetime | None:
    text = re.sub(r"([+-]\d{2})$", r"\1:00", text.strip().replace("Z", "+00:00"))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
