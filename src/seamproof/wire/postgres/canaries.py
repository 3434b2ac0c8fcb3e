"""Canaries in rows, as text or in the binary forms of their types.

The binary forms are those of the server's `..._send` functions: a UUID is its bytes, a bigint eight
bytes, a timestamp the microseconds since 2000 in eight, a numeric its digits to the base 10,000
behind their count, the weight of the first, the sign and the scale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from seamproof.core import canaries, canary

_NUMBER: Final = canaries.NUMBER_HEAD.to_bytes(4)
_EPOCH: Final = datetime(2000, 1, 1)
_MOMENT: Final = b"\0\0\0\x08\xff\xfa"
"""The length of a timestamp in a row, and what each of that year begins with."""
_NUMERIC: Final = b"\0\x04\0\x03\0\0"
"""Four digits to the base 10,000, the first of 10,000^3, not negative."""
_HEADS: Final = (
    canary.PREFIX.encode(),
    canaries.UUID_HEAD.hex().encode()[:8],
    canaries.number(0)[:5].encode(),
    b"%d-" % canaries.YEAR,
    _NUMBER.lstrip(b"\0"),
    _MOMENT.lstrip(b"\0"),
    _NUMERIC.strip(b"\0"),
)
_BINARY_UUID: Final = re.compile(
    re.escape(canaries.UUID_HEAD) + rb".[\x40-\x4f].[\x80-\xbf].{7}", re.DOTALL
)
_BINARY_NUMBER: Final = re.compile(rb"\0\0\0\x08" + re.escape(_NUMBER) + rb"(.{4})", re.DOTALL)
_BINARY_MOMENT: Final = re.compile(re.escape(_MOMENT[:4]) + rb"(\xff\xfa.{6})", re.DOTALL)
_BINARY_NUMERIC: Final = re.compile(re.escape(_NUMERIC) + rb"..(.{8})", re.DOTALL)
LONGEST: Final = 36
"""Bytes of one, in whatever form: of a UUID as text."""


def among(rows: bytes) -> tuple[str, ...]:
    """The canaries in rows or in a part of them, each once."""
    # Most results have none: to look for the beginnings costs little.
    for each in _HEADS:
        if each in rows:
            break
    else:
        return ()
    found = (*canaries.sighted(rows), *_uuids(rows), *_numbers(rows), *_moments(rows))
    return tuple(dict.fromkeys(found))


def _uuids(rows: bytes) -> Iterator[str]:
    for each in _BINARY_UUID.findall(rows):
        yield from canaries.sighted(each.hex())


def _numbers(rows: bytes) -> Iterator[str]:
    for each in _BINARY_NUMBER.findall(rows):
        yield canaries.number(int.from_bytes(each))
    for each in _BINARY_NUMERIC.findall(rows):
        digits = (int.from_bytes(each[at : at + 2]) for at in range(0, len(each), 2))
        yield from canaries.sighted("".join(f"{digit:04}" for digit in digits).lstrip("0"))


def _moments(rows: bytes) -> Iterator[str]:
    for each in _BINARY_MOMENT.findall(rows):
        since = timedelta(microseconds=int.from_bytes(each, signed=True))
        yield canaries.moment(_EPOCH + since)
