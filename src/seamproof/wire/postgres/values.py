"""Values in binary format as the text that the server would show, for UTC.

The formats are those of the types' `*_send` functions (src/backend/utils/adt), the types' numbers
those of pg_type.dat.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address
from math import isfinite
from struct import error as StructError
from struct import pack, unpack, unpack_from
from typing import Final
from uuid import UUID

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ENDLESS: Final = {"!i": (2**31 - 1, -(2**31)), "!q": (2**63 - 1, -(2**63))}
_SPECIAL_NUMERICS: Final = {0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}
_NEGATIVE: Final = 0x4000
_QUOTED: Final = re.compile(r'[{}",\\\s]|^$|^null$', re.IGNORECASE)
_BREAKS: Final = {ord(each): None for each in "\t\n\r"}
_ESCAPED: Final = re.compile(r'["\\]')


def as_text(value: bytes, oid: int) -> str:
    """Show a value of a type; where that is not known, or is not the value's, its bytes as `\\x`
    and hex."""
    try:
        read = _READERS.get(oid)
        if read is not None:
            return read(value)
        shown = value.decode()
    except (ValueError, OverflowError, StructError):
        return _bytes(value)
    # Enums and the types of extensions have other numbers in each database, and mostly are texts.
    return shown if shown.translate(_BREAKS).isprintable() else _bytes(value)


def _bytes(value: bytes) -> str:
    return "\\x" + value.hex()


def _integer(value: bytes) -> str:
    return str(int.from_bytes(value, signed=True))


def _boolean(value: bytes) -> str:
    return "t" if value != b"\0" else "f"


def _double(value: bytes) -> str:
    (number,) = unpack("!d", value)
    return _floating(number, repr(number), 15)


def _single(value: bytes) -> str:
    (number,) = unpack("!f", value)
    digits = (f"{number:.{count}g}" for count in range(6, 10))
    return _floating(number, next((d for d in digits if pack("!f", float(d)) == value), "NaN"), 6)


def _floating(number: float, shortest: str, places: int) -> str:
    """A float by the fewest digits that are read back as the same, with an exponent where more
    than these places stand before the point, or more than three zeros behind it."""
    if not isfinite(number):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(number), "NaN")
    exact = Decimal(shortest).normalize()
    exponent = exact.adjusted()
    if not exact or -5 < exponent < places:
        return f"{exact:f}"
    sign, (first, *others), _ = exact.as_tuple()
    behind = "." * bool(others) + "".join(map(str, others))
    return f"{'-' * sign}{first}{behind}e{exponent:+03}"


def _numeric(value: bytes) -> str:
    count, weight, sign, scale = unpack_from("!HhHH", value)
    if sign in _SPECIAL_NUMERICS:
        return _SPECIAL_NUMERICS[sign]
    groups = unpack_from(f"!{count}H", value, 8)
    digits = tuple(int(digit) for group in groups for digit in f"{group:04}")
    number = Decimal((int(sign == _NEGATIVE), digits or (0,), 4 * (weight - count + 1)))
    return f"{number:.{scale}f}"


def _json_binary(value: bytes) -> str:
    if value[:1] != b"\x01":
        raise ValueError("a version of jsonb that is not known")
    return value[1:].decode()


def _uuid(value: bytes) -> str:
    return str(UUID(bytes=value))


def _date(value: bytes) -> str:
    (days,) = unpack("!i", value)
    return _endless(days, "!i") or str(date(2000, 1, 1) + timedelta(days))


def _timestamp(value: bytes) -> str:
    (microseconds,) = unpack("!q", value)
    if endless := _endless(microseconds, "!q"):
        return endless
    return _seconds(f"{_EPOCH + timedelta(microseconds=microseconds):%Y-%m-%d %H:%M:%S.%f}")


def _timestamp_with_zone(value: bytes) -> str:
    shown = _timestamp(value)
    return shown if shown.endswith("infinity") else f"{shown}+00"


def _time(value: bytes) -> str:
    (microseconds,) = unpack("!q", value)
    return _seconds(f"{_EPOCH + timedelta(microseconds=microseconds):%H:%M:%S.%f}")


def _endless(value: int, size: str) -> str:
    return dict(zip(_ENDLESS[size], ("infinity", "-infinity"), strict=True)).get(value, "")


def _seconds(shown: str) -> str:
    return shown.rstrip("0").removesuffix(".")


def _address(value: bytes) -> str:
    _, bits, network, _ = value[:4]
    address = ip_address(value[4:])
    whole = bits == address.max_prefixlen and not network
    return str(address) if whole else f"{address}/{bits}"


def _array(value: bytes) -> str:
    """Dimensions, a flag, the items' type; length and lower bound; the items, each behind its
    length."""
    dimensions, _, oid = unpack_from("!iiI", value)
    if dimensions == 0:
        return "{}"
    if dimensions != 1:
        raise ValueError("an array of several dimensions")
    (count,) = unpack_from("!i", value, 12)
    at, items = 20, []
    for _ in range(count):
        (length,) = unpack_from("!i", value, at)
        at += 4
        items.append("NULL" if length < 0 else _item(as_text(value[at : at + length], oid)))
        at += max(length, 0)
    return f"{{{','.join(items)}}}"


def _item(shown: str) -> str:
    return '"' + _ESCAPED.sub(r"\\\g<0>", shown) + '"' if _QUOTED.search(shown) else shown


_READERS: Final[Mapping[int, Callable[[bytes], str]]] = {
    16: _boolean,
    17: _bytes,
    **dict.fromkeys((20, 21, 23), _integer),
    26: lambda value: str(int.from_bytes(value)),
    **dict.fromkeys((18, 19, 25, 114, 142, 705, 1042, 1043), bytes.decode),
    **dict.fromkeys((650, 869), _address),
    700: _single,
    701: _double,
    1082: _date,
    1083: _time,
    1114: _timestamp,
    1184: _timestamp_with_zone,
    1700: _numeric,
    2950: _uuid,
    3802: _json_binary,
    **dict.fromkeys((1000, 1001, 1003, 1005, 1007, 1009, 1014, 1015, 1016, 1021, 1022), _array),
    **dict.fromkeys((199, 651, 1028, 1041, 1115, 1182, 1183, 1185, 1231, 2951, 3807), _array),
}
