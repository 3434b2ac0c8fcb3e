"""Canaries for columns that take no word: a UUID, a long number, a moment.

Each is made of a fixed beginning, by which it is found in any text, and of a digest of its place.
Nothing else can be equal to one by chance:

    UUID     82 bits of digest: among a billion other UUIDs one is equal in 10^15 services
    NUMBER   15 digits, 31 bits of them a digest. Nobody counts so far, seconds to nanoseconds since
             1970 have 10, 13, 16 and 19 digits, and of numbers that are given out at random one in
             10^15 is equal. It is below 2^53: no JSON library rounds it
    MOMENT   one of 3 * 10^10 milliseconds of the year 1953, and never a round one. Clocks that tell
             milliseconds say no such year, and people who enter one say no milliseconds

What is compared is the whole of it, with those that were planted: a dozen rows of a table.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from seamproof.core import canary

UUID_HEAD: Final = canary.PREFIX.encode()
"""The first bytes of each UUID."""
NUMBER_HEAD: Final = 0x0002A501
"""The upper 32 bits of each number."""
DIGITS: Final = 15
"""Of a number."""
YEAR: Final = 1953
_FIRST: Final = datetime(YEAR, 1, 3)
_SPAN: Final = 357 * 86_400 * 10
"""Tenths of a second in which moments lie: a time zone leads none out of its year."""
_UUID: Final = re.compile(
    rf"{UUID_HEAD[:4].hex()}-?{UUID_HEAD[4:].hex()}[0-9a-f]{{2}}-?4[0-9a-f]{{3}}-?[89ab][0-9a-f]{{3}}"
    r"-?[0-9a-f]{12}",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(rf"(?<![\d.]){str(NUMBER_HEAD << 32)[:5]}\d{{{DIGITS - 5}}}(?!\d)")
_MOMENT: Final = re.compile(
    rf"(?<!\d)({YEAR}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)[.,](\d{{3}})\d{{0,6}}"
    r"( ?(?:Z|[+-]\d\d(?::?\d\d)?))?(?!\d)"
)


class Form(Enum):
    """What a canary looks like."""

    WORD = "word"
    UUID = "uuid"
    NUMBER = "number"
    MOMENT = "moment"


def made(form: Form, *parts: str) -> str:
    """The canary of a place in this form, the same in equal experiments: what is found of it."""
    if form is Form.WORD:
        return canary.canary(*parts)
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    if form is Form.UUID:
        return str(uuid.UUID(bytes=UUID_HEAD + digest[: 16 - len(UUID_HEAD)], version=4))
    if form is Form.NUMBER:
        # An odd one keeps its last digit to any base.
        return number(int.from_bytes(digest[:4]) | 1)
    tenths = int.from_bytes(digest[:8]) % _SPAN
    # From 101 to 196 thousandths of a second: no round number.
    return moment(_FIRST + timedelta(milliseconds=tenths * 100 + 1 + digest[8] % 96))


def stored(form: Form, made_so: str) -> str:
    """A canary as it is written into a row: of a moment with its microseconds, in UTC."""
    # Below half a millisecond, so that who rounds and who cuts comes to the same.
    return f"{made_so}271+00" if form is Form.MOMENT else made_so


def number(low: int) -> str:
    """The number with these lower 32 bits."""
    return str(NUMBER_HEAD << 32 | low)


def moment(at: datetime) -> str:
    """A moment in UTC as canaries are told by."""
    return at.isoformat(timespec="milliseconds")


def sighted(text: str | bytes) -> tuple[str, ...]:
    """The canaries of every form in a text, each once and as it was made."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    found = [*canary.found(text), *_NUMBER.findall(text)]
    found += [str(uuid.UUID(each)) for each in _UUID.findall(text)]
    found += [each for match in _MOMENT.finditer(text) for each in _moments(match)]
    return tuple(dict.fromkeys(found))


def ours(text: str) -> bool:
    """Whether a text is a canary and nothing else: no secret is in it."""
    if canary.ours(text):
        return True
    alone = any(each.fullmatch(text) is not None for each in (_UUID, _NUMBER, _MOMENT))
    return alone and sighted(text) != ()


def _moments(match: re.Match[str]) -> tuple[str, ...]:
    """What is meant by a time with an offset; the same without it, where it was put to a time that
    had none."""
    plain = f"{match[1]}T{match[2]}.{match[3]}"
    offset = (match[4] or "Z").strip()
    try:
        at = datetime.fromisoformat(plain)
        if offset == "Z":
            return (plain,)
        zone = datetime.strptime(f"{offset.replace(':', ''):0<5}", "%z").tzinfo
    except ValueError:
        return ()
    return plain, moment(at.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None))
