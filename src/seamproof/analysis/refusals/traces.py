"""Where a value that was sent arrives: the column that it is compared with or written to.

    SELECT ... FROM orders o WHERE o.id = $1        with our 42 as $1   ->   orders, id

So a 404 tells which row was looked for. Read from the statement's tokens, without a grammar: what
is not understood is not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from seamproof.analysis.refusals.sql import table_named
from seamproof.analysis.statements import Token, tokens
from seamproof.core.catalog import Catalog
from seamproof.core.history import Crossing, CrossingKind
from seamproof.core.model import Json

_MOST_SQL = 60_000
_MOST_TOKENS = 6_000
_COMPARING = frozenset({"=", "<", ">", "!", "LIKE", "ILIKE", "IN", "IS", "~", "@", "BETWEEN"})
_PASSED = frozenset({"(", "[", ",", "ANY", "SOME", "ALL", "ARRAY", "NOT", "LOWER", "UPPER", "CAST"})
"""What may stand between a comparison and its value."""
_BEFORE_TABLE = frozenset({"FROM", "JOIN", "INTO", "UPDATE", "USING", "ONLY"})
_NO_ALIAS = frozenset(
    "WHERE SET ON USING INNER LEFT RIGHT FULL CROSS NATURAL JOIN ORDER GROUP HAVING LIMIT"  # noqa: SIM905
    " OFFSET RETURNING VALUES SELECT FOR UNION EXCEPT INTERSECT DEFAULT OVERRIDING AS AND OR"
    " WINDOW FETCH LATERAL TABLESAMPLE".split()
)
_NO_COLUMN = _NO_ALIAS | frozenset({"LIKE", "ILIKE", "IN", "NOT", "NULL", "TRUE", "FALSE", "THEN"})
_VALUES = frozenset({"parameter", "string", "escape", "number"})


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as a statement names it."""

    qualifier: str
    name: str
    before: tuple[str, ...] = ()
    """The tables named before it, the nearest first."""


@dataclass(slots=True)
class _Read:
    """What a statement says of its values."""

    parameters: dict[int, _Column] = field(default_factory=dict)
    literals: list[tuple[str, _Column]] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)


def traces(
    value: Json, crossings: Sequence[Crossing], catalog: Catalog | None = None
) -> tuple[tuple[str, str], ...]:
    """The tables and columns that a value met, what was read before what was written, the last
    statement first: nearest to the refusal. None for a value that says nothing, as True.

    The catalog, where it is given, tells the table of a column that stands alone.
    """
    if value is None or isinstance(value, bool | dict | list) or value == "":
        return ()
    text = value if isinstance(value, str) else str(value)
    reads: dict[tuple[str, str], None] = {}
    writes: dict[tuple[str, str], None] = {}
    for crossing in reversed(crossings):
        into = writes if crossing.kind is CrossingKind.WRITE else reads
        if crossing.kind in (CrossingKind.READ, CrossingKind.WRITE, CrossingKind.OTHER):
            into |= dict.fromkeys(_met(text, crossing, catalog))
    return tuple((reads | writes).keys())


def _met(text: str, crossing: Crossing, catalog: Catalog | None) -> Iterator[tuple[str, str]]:
    if len(crossing.statement) > _MOST_SQL:
        return
    read = _read(crossing.statement)
    for number, column in read.parameters.items():
        bound = crossing.parameters[number - 1] if number <= len(crossing.parameters) else None
        if bound is not None and _same(text, bound):
            yield _named(column, read, catalog)
    for literal, column in read.literals:
        if _same(text, literal):
            yield _named(column, read, catalog)


def _same(text: str, bound: str) -> bool:
    if text == bound:
        return True
    if bound[:1] == "{" and bound[-1:] == "}" and len(bound) < 10_000:
        return text in (each.strip('"') for each in bound[1:-1].split(","))
    if bound.startswith("\\x"):
        return _same_bytes(text, bound[2:])
    return len(text) == 36 and text.lower() == bound.lower()


def _same_bytes(text: str, digits: str) -> bool:
    """Binary values as drivers send them: integers of 2, 4 and 8 bytes, UUIDs, texts."""
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        return False
    if raw == text.encode() or text.replace("-", "").lower() == digits.lower():
        return True
    number = len(raw) in (2, 4, 8) and len(text) <= 20 and text.lstrip("-").isdecimal()
    return number and int.from_bytes(raw, signed=True) == int(text)


def _named(column: _Column, read: _Read, catalog: Catalog | None) -> tuple[str, str]:
    """The table as the catalog has it, and the column."""
    if column.qualifier:
        table = read.aliases.get(column.qualifier, column.qualifier)
        found = table_named(catalog, table) if catalog else None
        return (found.name if found else _bare(table)), column.name
    for table in (*column.before, *read.tables):
        found = table_named(catalog, table) if catalog else None
        if found and any(each.name == column.name for each in found.columns):
            return found.name, column.name
    nearest = next(iter((*column.before, *read.tables)), "")
    return _bare(nearest), column.name


def _bare(table: str) -> str:
    return table.removeprefix("public.")


@lru_cache(maxsize=1024)
def _read(sql: str) -> _Read:
    parts = [token for token, _ in zip(tokens(sql), range(_MOST_TOKENS), strict=False)]
    read = _Read()
    seen: list[tuple[int, str]] = []
    for at, (group, text, _) in enumerate(parts):
        if group == "word" and text.upper() in _BEFORE_TABLE:
            for table, alias in _tables(parts, at + 1):
                read.aliases[alias] = read.aliases[table.rpartition(".")[2]] = table
                read.tables.append(table)
                seen.append((at, table))
    inserted = _inserted(parts)
    for at, (group, text, _) in enumerate(parts):
        if group not in _VALUES:
            continue
        column = inserted.get(at) or _compared(parts, at)
        if column is None:
            continue
        before = tuple(table for place, table in reversed(seen) if place < at)
        column = _Column(column.qualifier, column.name, before)
        if group == "parameter":
            read.parameters[int(text[1:])] = column
        else:
            read.literals.append((_literal(group, text), column))
    return read


def _name(token: Token) -> str | None:
    group, text, _ = token
    if group == "word":
        return text.lower()
    return text[1:-1].replace('""', '"') if group == "name" and text[:1] == '"' else None


def _qualified(parts: list[Token], at: int) -> tuple[str, int]:
    """The name that begins here, with its qualifiers, and the place behind it."""
    names: list[str] = []
    while at < len(parts):
        name = _name(parts[at])
        if name is None or (not names and parts[at][0] == "word" and name.upper() in _NO_ALIAS):
            break
        names.append(name)
        at += 1
        if at >= len(parts) or parts[at][1] != ".":
            break
        at += 1
    return ".".join(names), at


def _tables(parts: list[Token], at: int) -> Iterator[tuple[str, str]]:
    """The tables named from here on, with what the statement calls them."""
    while True:
        if at < len(parts) and parts[at][1].upper() in ("ONLY", "LATERAL"):
            at += 1
        table, at = _qualified(parts, at)
        if not table:
            return
        if at < len(parts) and parts[at][1].upper() == "AS":
            at += 1
        alias = _name(parts[at]) if at < len(parts) else None
        if alias and not (parts[at][0] == "word" and alias.upper() in _NO_ALIAS):
            at += 1
        else:
            alias = table.rpartition(".")[2]
        yield table, alias
        if at >= len(parts) or parts[at][1] != ",":
            return
        at += 1


def _inserted(parts: list[Token]) -> dict[int, _Column]:
    """The column of each value of `INSERT INTO t (a, b) VALUES (1, 2), (3, 4)`, by its place."""
    found: dict[int, _Column] = {}
    at = next((i for i, part in enumerate(parts) if part[1].upper() == "INTO"), None)
    if at is None:
        return found
    table, at = _qualified(parts, at + 1)
    while at < len(parts) and parts[at][1] != "(":
        if parts[at][1].upper() in ("VALUES", "SELECT", "DEFAULT"):
            return found
        at += 1
    columns: list[str] = []
    at += 1
    while at < len(parts) and parts[at][1] != ")":
        name = _name(parts[at])
        columns += [name] if name else []
        at += 1
    while at < len(parts) and parts[at][1].upper() != "VALUES":
        at += 1
    depth, index = 0, 0
    for place in range(at + 1, len(parts)):
        group, text, _ = parts[place]
        if depth == 0 and text not in ("(", ","):
            break
        if text in "([":
            index = 0 if depth == 0 else index
            depth += 1
        elif text in ")]":
            depth -= 1
        elif text == "," and depth == 1:
            index += 1
        elif group in _VALUES and index < len(columns):
            found[place] = _Column(table.rpartition(".")[2], columns[index])
    return found


def _compared(parts: list[Token], at: int) -> _Column | None:
    """The column that the value here is compared with, or set to."""
    left = at - 1
    while left >= 0 and (
        parts[left][1].upper() in _PASSED or parts[left][0] in _VALUES or _is_cast(parts, left)
    ):
        left -= 1
    if left >= 0 and parts[left][1].upper() in _COMPARING:
        while left >= 0 and parts[left][1].upper() in _COMPARING | {"NOT", "*"}:
            left -= 1
        column = _column_before(parts, left)
        if column is not None:
            return column
    return _column_behind(parts, at + 1)


def _is_cast(parts: list[Token], at: int) -> bool:
    """Whether this is `::`, or a type's name behind it."""
    group, _, _ = parts[at]
    if group == "cast":
        return True
    return group in ("word", "name") and at > 0 and parts[at - 1][0] == "cast"


def _column_before(parts: list[Token], at: int) -> _Column | None:
    """The column whose last token is here, inside brackets and before casts too."""
    while at >= 0 and (parts[at][1] in (")", "]") or _is_cast(parts, at)):
        at -= 1
    names: list[str] = []
    while at >= 0:
        name = _name(parts[at])
        if name is None or (parts[at][0] == "word" and name.upper() in _NO_COLUMN):
            break
        names.insert(0, name)
        if at == 0 or parts[at - 1][1] != ".":
            break
        at -= 2
    return _as_column(names)


def _column_behind(parts: list[Token], at: int) -> _Column | None:
    """The column of `$1 = column`."""
    while at < len(parts) and (_is_cast(parts, at) or parts[at][1] == ")"):
        at += 1
    if at >= len(parts) or parts[at][1] not in ("=", "<", ">", "!"):
        return None
    while at < len(parts) and parts[at][1] in ("=", "<", ">", "!", "ANY", "any", "("):
        at += 1
    name, end = _qualified(parts, at)
    if end < len(parts) and parts[end][1] == "(":
        return None
    return _as_column(name.split(".")) if name else None


def _as_column(names: list[str]) -> _Column | None:
    if not names:
        return None
    return _Column(names[-2] if len(names) > 1 else "", names[-1])


_DOUBLED = re.compile(r"''|\\'")


def _literal(group: str, text: str) -> str:
    if group == "number":
        return text
    quote = text.find("'")
    return _DOUBLED.sub("'", text[quote + 1 : -1])
