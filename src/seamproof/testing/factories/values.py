"""A value for a column: by what its conditions ask, its type, and its name.

Each is made of the test, the table, the column, the number of the row and that of the try, and of
nothing else. So a test has the same values wherever and however often it runs, and a row keeps
its own when another is made before it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any

from seamproof.plan.generation.patterns import strings
from seamproof.plan.generation.vocabulary import words
from seamproof.testing.factories import wording
from seamproof.testing.factories.conditions import NOTHING, Asked
from seamproof.testing.factories.kinds import Kind

if TYPE_CHECKING:
    from faker import Faker

_EPOCH = datetime(2030, 1, 1, 9, tzinfo=UTC)
"""Times lie about here: a day that no clock of a test has passed."""
_LATER = frozenset({"end", "ends", "until", "to", "due", "expire", "expires", "expiry", "deadline"})
_BORN = frozenset({"birth", "birthday", "birthdate", "dob", "born"})
_PAST = frozenset({"created", "updated", "registered", "joined", "seen", "last", "modified"})
_ON = frozenset({"active", "enabled", "verified", "confirmed", "visible", "available", "public"})
_MONEY = frozenset({"price", "amount", "total", "cost", "fee", "subtotal", "balance", "salary"})
_FEW = frozenset({"quantity", "qty", "count", "stock", "units", "seats", "score", "rank", "level"})
_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_INTEGERS = frozenset({*_BITS, "oid"})
_NUMBERS = _INTEGERS | {"numeric", "real", "double precision", "money"}
_TEXTS = frozenset({"text", "character varying", "character", "citext", "name", '"char"'})
_LAST_WORDS = 8
"""Digits of a text's end that make it another's."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands."""

    table: str
    column: str
    number: int
    """Of the row among those of its table that the test made, from 1."""
    attempt: int = 0
    unique: bool = False
    """Whether no two rows may have it."""

    @property
    def words(self) -> frozenset[str]:
        """The words of the column's name."""
        return frozenset(words(self.column))


class Unknown(LookupError):
    """A type of which no value is known."""


class Values:
    """The values of one test."""

    def __init__(self, test: str) -> None:
        self._test = test

    def of(self, place: Place, kind: Kind, asked: Asked = NOTHING) -> Any:
        """A value. Raises Unknown for a type that nothing is known of."""
        random = Random(self._seed(place))  # noqa: S311
        if kind.array:
            return []
        choices = kind.labels or asked.choices
        if choices and (kind.name in _TEXTS or kind.labels):
            return choices[place.attempt % len(choices)]
        if kind.name in _NUMBERS:
            return _number(place, kind, asked, random)
        if kind.name in _TEXTS:
            return self._text(place, kind, asked, random)
        if kind.name == "bit":
            return "0" * (kind.length or 1)
        maker = _MAKERS.get(kind.name)
        if maker is None:
            raise Unknown(kind.name)
        return maker(place, random)

    def _seed(self, place: Place) -> int:
        text = "\0".join(map(str, (self._test, *_parts(place))))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    @cached_property
    def _faker(self) -> Faker:
        faker: Faker = wording.load()
        return faker

    def _text(self, place: Place, kind: Kind, asked: Asked, random: Random) -> str:
        if asked.pattern is not None:
            fitting = list(strings(asked.pattern, random))
            if fitting:
                return fitting[place.attempt % len(fitting)]
        self._faker.seed_instance(self._seed(place))
        text = _other(wording.written(self._faker, place.table, place.column), place)
        longest = min((each for each in (kind.length, asked.longest) if each), default=None)
        if longest is not None and len(text) > longest:
            text = _shortened(text, longest, place)
        shortest = asked.shortest or 0
        if kind.name == "character":
            shortest = kind.length or 1
        while len(text) < shortest:
            text += random.choice("abcdefghijklmnopqrstuvwxyz")
        return text


def _parts(place: Place) -> tuple[str, str, int, int]:
    return place.table, place.column, place.number, place.attempt


def _other(text: str, place: Place) -> str:
    """The same with the number of the try, where one was refused: usual words come again."""
    if not place.attempt or not place.unique:
        return text
    local, at, host = text.partition("@")
    return f"{local}{place.number}{place.attempt}{at}{host}"


def _shortened(text: str, longest: int, place: Place) -> str:
    if not place.unique:
        return text[:longest].rstrip() or text[:longest]
    # What makes it another's stands at its end: `Prefilled-3` and not `Prefilled-t`.
    digits = hashlib.sha256(f"{text}/{place.number}/{place.attempt}".encode()).hexdigest()
    kept = max(0, longest - min(_LAST_WORDS, (longest + 1) // 2))
    return text[:kept] + digits[: longest - kept]


def _number(place: Place, kind: Kind, asked: Asked, random: Random) -> Any:
    low, high = _bounds(place, kind)
    if asked.low is not None:
        low, high = float(asked.low), max(high, float(asked.low) + (high - low))
    if asked.high is not None:
        high = float(asked.high)
        low = min(low, high) if asked.low is None else low
    if kind.name in _INTEGERS:
        return random.randint(int(-(-low // 1)), max(int(-(-low // 1)), int(high)))
    places = kind.sizes[1] if len(kind.sizes) > 1 else (0 if kind.sizes else 2)
    number = random.uniform(low, max(low, high))
    if kind.name in {"real", "double precision"}:
        return round(number, 2)
    return Decimal(f"{number:.{min(places, 2)}f}")


def _bounds(place: Place, kind: Kind) -> tuple[float, float]:
    """Between which numbers a column of this name usually lies."""
    found = place.words
    if "year" in found:
        return 2020, 2030
    if found & {"rating", "stars"}:
        return 1, 5
    if found & {"latitude", "lat", "longitude", "lng", "lon"}:
        return -80, 80
    if found & {"percent", "percentage", "discount", "tax"}:
        return 1, 50
    if found & _FEW:
        return 1, 20
    most = 100.0 if found & _MONEY else 1000.0
    if kind.name == "numeric" and kind.sizes:
        whole = kind.sizes[0] - (kind.sizes[1] if len(kind.sizes) > 1 else 0)
        most = min(most, 10.0**whole - 1)
    return (1.0, max(most, 1.0)) if most >= 1 else (0.0, 0.99)


def _moment(place: Place, random: Random) -> datetime:
    shift = timedelta(days=place.attempt, minutes=random.randrange(60 * 12))
    if place.words & _BORN:
        return _EPOCH - timedelta(days=365 * random.randint(20, 60))
    if place.words & _PAST:
        return _EPOCH.replace(year=2024) + shift
    return _EPOCH + shift + timedelta(days=30 if place.words & _LATER else 0)


def _day(place: Place, random: Random) -> date:
    return _moment(place, random).date() + timedelta(days=place.attempt)


def _span(low: object, high: object) -> str:
    return f"[{low},{high})"


def _days(place: Place, random: Random) -> str:
    begin = _EPOCH.date() + timedelta(days=10 * (place.number + place.attempt))
    return _span(begin, begin + timedelta(days=5))


def _moments(place: Place, random: Random) -> str:
    begin = _EPOCH + timedelta(hours=10 * (place.number + place.attempt))
    return _span(begin.isoformat(), (begin + timedelta(hours=2)).isoformat())


def _numbers(place: Place, random: Random) -> str:
    begin = 100 * (place.number + place.attempt)
    return _span(begin, begin + 10)


def _uuid(place: Place, random: Random) -> uuid.UUID:
    return uuid.UUID(int=random.getrandbits(128), version=4)


def _flag(place: Place, random: Random) -> bool:
    return bool(place.words & _ON) != bool(place.attempt % 2)


Maker = Callable[[Place, Random], Any]
_MAKERS: Mapping[str, Maker] = {
    "boolean": _flag,
    "uuid": _uuid,
    "json": lambda place, random: {},
    "jsonb": lambda place, random: {},
    "bytea": lambda place, random: random.randbytes(16),
    "date": _day,
    "timestamp with time zone": _moment,
    "timestamp without time zone": lambda place, random: _moment(place, random).replace(
        tzinfo=None
    ),
    "time without time zone": lambda place, random: time(9, random.randrange(60)),
    "time with time zone": lambda place, random: time(9, random.randrange(60), tzinfo=UTC),
    "interval": lambda place, random: timedelta(hours=random.randint(1, 12)),
    "inet": lambda place, random: f"192.0.2.{random.randint(1, 254)}",
    "cidr": lambda place, random: f"192.0.2.{random.randint(0, 254)}/32",
    "macaddr": lambda place, random: f"02:00:00:00:00:{random.randrange(256):02x}",
    "macaddr8": lambda place, random: f"02:00:00:00:00:00:00:{random.randrange(256):02x}",
    "xml": lambda place, random: "<sample/>",
    "tsvector": lambda place, random: "sample",
    "tsquery": lambda place, random: "sample",
    "ltree": lambda place, random: f"sample{place.number}",
    "hstore": lambda place, random: "",
    "point": lambda place, random: "(0,0)",
    "box": lambda place, random: "(1,1),(0,0)",
    "line": lambda place, random: "{1,-1,0}",
    "lseg": lambda place, random: "[(0,0),(1,1)]",
    "path": lambda place, random: "[(0,0),(1,1)]",
    "polygon": lambda place, random: "((0,0),(1,0),(1,1))",
    "circle": lambda place, random: "<(0,0),1>",
    "bit varying": lambda place, random: "0",
    "int4range": _numbers,
    "int8range": _numbers,
    "numrange": _numbers,
    "daterange": _days,
    "tsrange": lambda place, random: _moments(place, random).replace("+00:00", ""),
    "tstzrange": _moments,
}


def above(low: Any) -> Any:
    """A value that is more than this one."""
    if isinstance(low, date):
        return low + timedelta(days=7)
    return low + 10


def below(high: Any) -> Any:
    """A value that is less than this one."""
    if isinstance(high, date):
        return high - timedelta(days=7)
    return high - 1
