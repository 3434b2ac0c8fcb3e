"""Whether two values mean the same, and how they differ where they do not.

A decimal is the same with more zeros behind it, and a time with another offset where the instant is
the same. Trimming, case, Unicode's forms of one text and rounding to the column's own scale may be
meant: they are differences of form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial

from seamproof.core.model import Json

_SPACES = re.compile(r"\s+")
_ZONES = timedelta(minutes=15)
"""What the offsets of all zones are multiples of."""
_FARTHEST = timedelta(hours=14)
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


def shifted(sent: Json, other: Json) -> timedelta | None:
    """By how much a time is off that was written in another zone, and does not say so; None where
    that cannot be."""
    one, two = _moment(str(sent)), _moment(str(other))
    if one is None or two is None:
        return None
    off = _in_utc(two) - _in_utc(one)
    return off if off and _is_zone(off) else None


def _is_zone(off: timedelta) -> bool:
    return not off % _ZONES and abs(off) <= _FARTHEST


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


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
    if form := _other_form(sent, other):
        return Agreement.FORM, form
    if other and sent.startswith(other):
        return Agreement.LOST, f"{len(sent) - len(other)} of its {len(sent)} characters are cut off"
    if "?" in other or "\ufffd" in other:
        return Agreement.LOST, "characters are replaced"
    return Agreement.LOST, "it is another text"


_FORMS: dict[str, Callable[[str], str]] = {
    "it is another form of Unicode for the same text": partial(unicodedata.normalize, "NFKC"),
    "its spaces are trimmed": lambda text: _SPACES.sub(" ", text).strip(),
    "its case is another": str.casefold,
}
"""What may be meant, and what takes the difference away."""


def _other_form(sent: str, other: str) -> str:
    """How two texts differ that are the same in all but their form, which may be several things at
    once; empty where they are not."""
    if _formed(sent) != _formed(other):
        return ""
    told = (words for words in _FORMS if _formed(sent, words) != _formed(other, words))
    return ", ".join(told) or "its form is another"


def _formed(text: str, left_out: str = "") -> str:
    """A text in one form, but for what is left out."""
    for words, form in _FORMS.items():
        text = text if words == left_out else form(text)
    return text


def _times(sent: str, other: str, kind: str) -> tuple[Agreement, str]:
    one, two = _moment(sent), _moment(other)
    if one is None or two is None:
        return Agreement.LOST, "it is no time any more"
    if one == two:
        return Agreement.SAME, ""
    if kind == "date":
        # Some tell a day as the moment that it begins at.
        same = one == two.replace(tzinfo=None)
        return (Agreement.SAME, "") if same else (Agreement.LOST, "it is another day")
    if one.tzinfo is not None and two.tzinfo is None:
        # A column without an offset: what it means is told by what is read from it.
        if one.astimezone(UTC).replace(tzinfo=None) == two:
            return Agreement.SAME, ""
        if one.replace(tzinfo=None) == two:
            return Agreement.LOST, "its offset is dropped: it is read as another instant"
        return Agreement.LOST, "it is another time"
    return Agreement.LOST, "it is another instant"


def begins(day: Json, moment: Json) -> bool:
    """Whether a moment may be the one that a day begins at somewhere on earth."""
    one, two = (_moment(str(each)) for each in (day, moment))
    if one is None or two is None or ":" not in str(moment):
        return False
    return _is_zone(_in_utc(one) - _in_utc(two))


def _moment(text: str) -> datetime | None:
    text = re.sub(r"([+-]\d{2})$", r"\1:00", text.strip().replace("Z", "+00:00"))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
