"""The column that each value of a statement is compared with or written to.

Read from the statement's tokens, without a grammar: what is not understood is not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from seamproof.analysis.statements import Token, tokens

_MOST_TOKENS = 6_000
_MOST_BACK = 600
_MOST_LISTED = 200
"""Tokens of a list before a value, beyond which its column is not looked for."""
_MOST_NEAR = 8
"""Tables that are named before a value, the nearest."""
_LONGEST_PARAMETER = 6
_QUERIES = frozenset({"SELECT", "WITH", "DELETE", "INSERT", "UPDATE"})
_COMPARING = frozenset({"=", "<", ">", "!", "LIKE", "ILIKE", "IN", "IS", "~", "@", "BETWEEN"})
_PASSED = frozenset({"(", "[", ",", "ANY", "SOME", "ALL", "ARRAY", "NOT", "LOWER", "UPPER", "CAST"})
"""What may stand between a comparison and its value."""
_BEFORE_TABLE = frozenset({"FROM", "JOIN", "INTO", "UPDATE", "USING", "ONLY"})
_NO_ALIAS = frozenset(
    "WHERE SET ON USING INNER LEFT RIGHT FULL CROSS NATURAL JOIN ORDER GROUP HAVING LIMIT"  # noqa: SIM905
    " OFFSET RETURNING VALUES SELECT FOR UNION EXCEPT INTERSECT DEFAULT OVERRIDING AS AND OR"
    " WINDOW FETCH LATERAL TABLESAMPLE FROM DELETE INSERT UPDATE".split()
)
_NO_COLUMN = _NO_ALIAS | frozenset({"LIKE", "ILIKE", "IN", "NOT", "NULL", "TRUE", "FALSE", "THEN"})
_DISTINCT_FROM = ["DISTINCT", "FROM"]
_VALUES = frozenset({"parameter", "string", "escape", "number"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a statement names it."""

    qualifier: str
    name: str
    before: tuple[str, ...] = ()
    """The tables named before it, the nearest first."""


@dataclass(slots=True)
class Read:
    """What a statement says of its values."""

    parameters: dict[int, Column] = field(default_factory=dict)
    literals: list[tuple[str, Column]] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)


@lru_cache(maxsize=1024)
def read(sql: str) -> Read:
    """The columns of a statement's parameters and literals, and the tables that it names."""
    parts = list(islice(tokens(sql), _MOST_TOKENS))
    found = Read()
    seen: list[tuple[int, str]] = []
    for at in range(len(parts)):
        if not _precedes_table(parts, at):
            continue
        for table, alias in _tables(parts, at + 1):
            found.aliases[alias] = found.aliases[table.rpartition(".")[2]] = table
            found.tables.append(table)
            seen.append((at, table))
    inserted = _inserted(parts)
    passed: list[str] = []
    for at, (group, text, _) in enumerate(parts):
        column = inserted.get(at) or _compared(parts, at) if group in _VALUES else None
        if column is None:
            continue
        while len(passed) < len(seen) and seen[len(passed)][0] < at:
            passed.append(seen[len(passed)][1])
        before = tuple(reversed(passed[-_MOST_NEAR:]))
        column = Column(column.qualifier, column.name, before)
        if group != "parameter":
            found.literals.append((_literal(group, text), column))
        elif len(text) <= _LONGEST_PARAMETER:
            found.parameters[int(text[1:])] = column
    return found


def _precedes_table(parts: list[Token], at: int) -> bool:
    """Whether the word here has a table behind it: not the FROM of `extract(epoch FROM x)` or of
    IS DISTINCT FROM, nor the UPDATE of a lock."""
    group, text, _ = parts[at]
    word = text.upper()
    if group != "word" or word not in _BEFORE_TABLE:
        return False
    before = parts[at - 1][1].upper() if at else ""
    if word == "UPDATE":
        return before not in ("FOR", "KEY", "DO")
    if word != "FROM" or before == "DISTINCT":
        return word != "FROM"
    depth = 0
    for place in range(at - 1, max(at - _MOST_BACK, -1), -1):
        depth += (parts[place][1] == ")") - (parts[place][1] == "(")
        if depth < 0:
            return parts[place + 1][1].upper() in _QUERIES
    return True


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


def _inserted(parts: list[Token]) -> dict[int, Column]:
    """The column of each value of `INSERT INTO t (a, b) VALUES (1, 2), (3, 4)`, by its place."""
    found: dict[int, Column] = {}
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
            found[place] = Column(table.rpartition(".")[2], columns[index])
    return found


def _compared(parts: list[Token], at: int) -> Column | None:
    """The column that the value here is compared with, or set to."""
    left, end = at - 1, max(at - _MOST_LISTED, 0)
    while left >= end and (
        parts[left][1].upper() in _PASSED or parts[left][0] in _VALUES or _is_cast(parts, left)
    ):
        left -= 1
    if left > 0 and [each[1].upper() for each in parts[left - 1 : left + 1]] == _DISTINCT_FROM:
        left -= 2
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


def _column_before(parts: list[Token], at: int) -> Column | None:
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


def _column_behind(parts: list[Token], at: int) -> Column | None:
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


def _as_column(names: list[str]) -> Column | None:
    if not names:
        return None
    return Column(names[-2] if len(names) > 1 else "", names[-1])


_DOUBLED = re.compile(r"''|\\'")


def _literal(group: str, text: str) -> str:
    if group == "number":
        return text
    quote = text.find("'")
    return _DOUBLED.sub("'", text[quote + 1 : -1])
