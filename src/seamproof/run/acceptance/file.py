"""The baseline file: findings that are accepted, each with a reason and an owner.

[[accepted]]
finding = "F-3a9c01"            # or the whole fingerprint
class = "lost-update"           # with operation and also: what a person reads, and
operation = "POST /orders"      # by what an entry is known to be stale
also = ["PUT /orders/{id}"]
reason = "the stock is counted anew each night"
owner = "team-orders"
expires = 2027-01-01            # the last day that it holds; may be left out
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path

from seamproof.config.quoting import quoted
from seamproof.core.errors import ConfigurationError
from seamproof.core.verdict import Acceptance, Finding

PLACE = ".seamproof/baseline.toml"
"""Where it is, below the folder of the configuration. It is committed."""
_TABLE = "accepted"
_NAME = re.compile(r"F-[0-9a-f]{6}|[0-9a-f]{16}")
_HEADER = re.compile(rf"\s*\[\[\s*{_TABLE}\s*\]\]")
_KEYS = ("finding", "class", "operation", "also", "reason", "owner", "expires")
_NEEDED = ("finding", "reason", "owner")
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding that is accepted."""

    finding: str
    """Its short name, or its whole fingerprint."""
    acceptance: Acceptance
    finding_class: str = ""
    operation: str = ""
    also: tuple[str, ...] = ()
    line: int = 0
    """Where it begins; 0 where the file does not show it."""

    @property
    def digits(self) -> str:
        """The fingerprint that it names, or how it begins."""
        return self.finding.removeprefix("F-")

    def names(self, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return finding.fingerprint.startswith(self.digits)

    @property
    def words(self) -> str:
        """What it is about, for a person: `F-3a9c01 (line 12)`."""
        return f"{self.finding} (line {self.line})" if self.line else self.finding


def read(path: Path) -> tuple[Entry, ...]:
    """The entries of a file; none where there is no file. Raises ConfigurationError."""
    try:
        data = path.read_bytes()
        if len(data) > _LIMIT:
            raise ConfigurationError(f"{path} has {len(data)} bytes; a baseline is smaller")
        return parse(data.decode(), path)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8: {error.reason}") from None


def parse(text: str, path: Path) -> tuple[Entry, ...]:
    """The entries of a text. Raises ConfigurationError with the line of a mistake."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}", hint=_EXAMPLE) from None
    for key in data:
        if key != _TABLE:
            hint = f"did you mean [[{_TABLE}]]?" if _near(key, (_TABLE,)) else _EXAMPLE
            raise ConfigurationError(f"{path}: the baseline has no key {key!r}", hint=hint)
    tables = data.get(_TABLE, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise ConfigurationError(f"{path}: {_TABLE} is no list of tables", hint=_EXAMPLE)
    places = _places(text, len(tables))
    entries = [_Reader(path, *each).entry() for each in zip(tables, places, strict=True)]
    _refuse_doubles(entries, path)
    return tuple(entries)


def written(entry: Entry) -> str:
    """An entry as its file has it."""
    acceptance = entry.acceptance
    lines = [f"[[{_TABLE}]]", f"finding = {quoted(entry.finding)}"]
    if entry.finding_class:
        lines.append(f"class = {quoted(entry.finding_class)}")
    if entry.operation:
        lines.append(f"operation = {quoted(entry.operation)}")
    if entry.also:
        lines.append(f"also = [{', '.join(map(quoted, entry.also))}]")
    lines += [f"reason = {quoted(acceptance.reason)}", f"owner = {quoted(acceptance.owner)}"]
    if acceptance.expires:
        lines.append(f"expires = {acceptance.expires.isoformat()}")
    return "\n".join(lines) + "\n"


_EXAMPLE = f"an entry is [[{_TABLE}]] with {', '.join(_NEEDED)}; `seamproof accept` writes one"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a table stands, and the lines of its keys."""

    line: int = 0
    keys: Mapping[str, int] | None = None


def _places(text: str, count: int) -> list[_Place]:
    """The lines of the tables, as far as the text shows them: a parser of TOML says none."""
    lines = text.split("\n")
    heads = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    if len(heads) != count:
        return [_Place()] * count
    ends = [*heads[1:], len(lines)]
    return [
        _Place(head + 1, dict(_keys(lines, head, end)))
        for head, end in zip(heads, ends, strict=False)
    ]


def _keys(lines: list[str], head: int, end: int) -> Iterator[tuple[str, int]]:
    for number in range(head + 1, end):
        key, equals, _ = lines[number].partition("=")
        if equals:
            yield key.strip().strip("\"'"), number + 1


class _Reader:
    """Reads one table, and says where a mistake is."""

    def __init__(self, path: Path, table: dict[str, object], place: _Place) -> None:
        self._path = path
        self._table = table
        self._place = place

    def entry(self) -> Entry:
        for key in self._table:
            if key not in _KEYS:
                near = _near(key, _KEYS)
                hint = f"did you mean {near}?" if near else f"it has: {', '.join(_KEYS)}"
                raise self._mistake(key, f"[[{_TABLE}]] has no key {key!r}", hint)
        for key in _NEEDED:
            if key not in self._table:
                raise self._mistake("", f"{key} is missing", _EXAMPLE)
        finding = self._text("finding")
        if not _NAME.fullmatch(finding):
            raise self._mistake(
                "finding",
                f"finding is {finding!r}",
                'a finding is named as "F-3a9c01", or by its fingerprint of 16 digits',
            )
        return Entry(
            finding,
            Acceptance(self._text("reason"), self._text("owner"), self._expires()),
            self._text("class"),
            self._text("operation"),
            self._also(),
            self._place.line,
        )

    def _text(self, key: str) -> str:
        value = self._table.get(key, "")
        if not isinstance(value, str):
            raise self._mistake(key, f"{key} must be text in quotes, and is {value!r}")
        if key in self._table and not value.strip():
            raise self._mistake(key, f"{key} is empty")
        return value

    def _also(self) -> tuple[str, ...]:
        value = self._table.get("also", [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._mistake("also", "also must be a list of operations")
        return tuple(value)

    def _expires(self) -> date | None:
        value = self._table.get("expires")
        # A time of a day is a date too, in Python.
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        raise self._mistake(
            "expires", f"expires is {value!s}, and no date", "as 2027-01-01, without quotes"
        )

    def _mistake(self, key: str, problem: str, hint: str = "") -> ConfigurationError:
        line = (self._place.keys or {}).get(key, self._place.line)
        where = f"{self._path}:{line}" if line else str(self._path)
        return ConfigurationError(f"{where}: {problem}", hint=hint)


def _refuse_doubles(entries: list[Entry], path: Path) -> None:
    for first, later in combinations(entries, 2):
        one, other = first.digits, later.digits
        if one.startswith(other) or other.startswith(one):
            where = f"{path}:{later.line}" if later.line else str(path)
            raise ConfigurationError(
                f"{where}: {later.finding} is accepted twice",
                hint=f"keep one of them; the other is {first.words}",
            )


def _near(key: str, known: Collection[str]) -> str:
    return next(iter(get_close_matches(key, known, n=1, cutoff=0.5)), "")
