"""SQL statements as crossings: their shape and their kind, by a lexer and without a grammar.

Nothing here raises: what cannot be read is taken as it stands, up to the end of the text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from functools import lru_cache
from itertools import pairwise

from seamproof.analysis.lexing import BLANK, LITERALS, lex
from seamproof.core.history import CrossingKind

_CACHED_LENGTH = 8192
"""Longer texts carry their values as literals and do not come twice."""

_VALUE = "?"

_BEFORE_SIGN = frozenset("(,=<>[") | frozenset(
    "AND BETWEEN BY ELSE IN LIMIT OFFSET OR RETURNING SELECT SET THEN VALUES WHEN".split()  # noqa: SIM905
)
"""After these a minus is a literal's sign, as drivers that bind on the client write it."""

Token = tuple[str, str, bool]
"""Its group as `lexing` has it, its text, and whether space or a comment came before it."""


def tokens(sql: str) -> Iterator[Token]:
    """The statement's tokens; space and comments are only told of."""
    spaced = False
    for group, start, end in lex(sql):
        if group in BLANK:
            spaced = True
        else:
            yield group, sql[start:end], spaced
            spaced = False


def shape(sql: str) -> str:
    """Return the statement with all that differs between its executions folded away.

    Comments go, whitespace becomes one space, every literal and parameter becomes `?`, an IN list
    and an array become one `?`, of several VALUES rows the first stays, and the names of
    savepoints, closed cursors and deallocated statements become `?`.
    """
    return _cached_shape(sql) if len(sql) <= _CACHED_LENGTH else _shape(sql)


def kind(sql: str) -> CrossingKind:
    """Return what a query string does to transactions and rows: the weightiest of its statements.

    A locking SELECT is a READ, ROLLBACK TO is a SAVEPOINT, PREPARE TRANSACTION a COMMIT (it ends
    the transaction), DDL a WRITE, and a block or procedure, whose text says nothing, is OTHER.
    """
    return _cached_kind(sql) if len(sql) <= _CACHED_LENGTH else _kind(sql)


def names(sql: str) -> frozenset[str]:
    """Return every name in a statement, folded as the server folds it, qualified ones whole too."""
    return _cached_names(sql) if len(sql) <= _CACHED_LENGTH else _names(sql)


def locks(sql: str) -> bool:
    """Return whether a query locks the rows that it reads."""
    return _LOCKING.search(shape(sql)) is not None


def source(sql: str, tables: Container[str]) -> str:
    """Return which of these tables a query reads, and does not only join: the first of its
    outermost FROM. Empty where there is none."""
    every = list(tokens(sql))
    depth, found = 0, ("", -1)
    for at, (group, text, _) in enumerate(every):
        depth += (text == "(") - (text == ")")
        if group == "word" and text.upper() == "FROM" and (not found[0] or depth < found[1]):
            whole, last = _named(every, at + 1)
            table = next((each for each in (whole, last) if each in tables), "")
            found = (table, depth) if table else found
    return found[0]


# ---------------------------------------------------------------------------- names

_NAMING = frozenset({"word", "name"})
_LOCKING = re.compile(r"\bFOR (?:NO KEY UPDATE|UPDATE|SHARE|KEY SHARE)\b", re.IGNORECASE)


def _names(sql: str) -> frozenset[str]:
    found: set[str] = set()
    qualified, dotted = "", False
    for group, text, _ in tokens(sql):
        if group in _NAMING:
            plain = _plain(group, text)
            found.add(plain)
            qualified = f"{qualified}.{plain}" if dotted else plain
            if dotted:
                found.add(qualified)
            dotted = False
        else:
            dotted = text == "." and bool(qualified)
            qualified = qualified if dotted else ""
    return frozenset(found)


def _plain(group: str, text: str) -> str:
    return text.lower() if group == "word" else text[1:-1].replace('""', '"')


def _named(every: list[Token], at: int) -> tuple[str, str]:
    """Return the name that begins at a place, behind brackets and ONLY, whole and its last part."""
    while at < len(every) and (every[at][1] == "(" or every[at][1].upper() == "ONLY"):
        at += 1
    parts: list[str] = []
    while at < len(every) and every[at][0] in _NAMING:
        parts.append(_plain(*every[at][:2]))
        at += 2 if at + 1 < len(every) and every[at + 1][1] == "." else len(every)
    return ".".join(parts), parts[-1] if parts else ""


# ---------------------------------------------------------------------------- shape


def _shape(sql: str) -> str:
    parts = [token for token in _signed(sql) if token[1]]
    while parts and parts[-1][1] == ";":
        parts.pop()
    folded = _fold_names(_fold_lists(parts))
    pieces: list[str] = []
    last = ""
    for _, text, spaced in folded:
        after_opening = last in ("", "(", "[")
        if last == "," or (spaced and not after_opening and text not in (")", "]", ",", ";")):
            pieces.append(" ")
        pieces.append(text)
        last = text
    return "".join(pieces)


def _signed(sql: str) -> list[Token]:
    """Return the tokens with literals as `?`, signs included."""
    parts: list[Token] = []
    for group, text, spaced in tokens(sql):
        if group not in LITERALS:
            parts.append((group, text, spaced))
            continue
        minus = group == "number" and bool(parts) and parts[-1][1] == "-"
        if minus and (len(parts) < 2 or parts[-2][1].upper() in _BEFORE_SIGN):
            spaced = parts.pop()[2]
        parts.append(("value", _VALUE, spaced))
    return parts


def _fold_lists(parts: list[Token]) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(parts):
        group, text, _ = parts[at]
        out.append(parts[at])
        at += 1
        word = text.upper() if group == "word" else ""
        if word in ("IN", "ARRAY"):
            end = _value_list_end(parts, at)
            if end:
                out += [parts[at], ("value", _VALUE, False), parts[end - 1]]
                at = end
        elif word == "VALUES" and at < len(parts) and parts[at][1] == "(":
            end = _closing(parts, at)
            out += parts[at:end]
            at = end
            while at + 1 < len(parts) and parts[at][1] == "," and parts[at + 1][1] == "(":
                at = _closing(parts, at + 1)
    return out


def _closing(parts: list[Token], opening: int) -> int:
    """Return the place after the bracket that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(parts)):
        depth += (parts[at][1] in "([") - (parts[at][1] in ")]")
        if depth == 0:
            return at + 1
    return len(parts)


def _value_list_end(parts: list[Token], opening: int) -> int:
    """Return the place after a list of values, which may be cast, or 0 where it is none."""
    if opening >= len(parts) or parts[opening][1] not in ("(", "["):
        return 0
    close = ")" if parts[opening][1] == "(" else "]"
    wants_value = True
    for at in range(opening + 1, len(parts)):
        group, text, _ = parts[at]
        if wants_value:
            if group != "value" and text.upper() not in ("NULL", "TRUE", "FALSE"):
                return 0
            wants_value = False
        elif text == ",":
            wants_value = True
        elif text == close and parts[at - 1][1] != "[":  # else the type is an array: `::int[]`
            return at + 1
        elif group not in ("cast", "word", "name") and text not in (".", "[", "]"):
            return 0
    return 0


def _fold_names(parts: list[Token]) -> list[Token]:
    words = [text.upper() for _, text, _ in parts[:5]]
    named = words[:1] in (["SAVEPOINT"], ["RELEASE"], ["DEALLOCATE"], ["CLOSE"])
    if named or (words[:1] == ["ROLLBACK"] and "TO" in words and len(parts) <= 5):
        group, text, spaced = parts[-1]
        if len(parts) > 1 and group in ("word", "name") and text.upper() != "ALL":
            return [*parts[:-1], ("value", _VALUE, spaced)]
    return parts


# ---------------------------------------------------------------------------- kind

_VERBS = {
    verb: kind
    for kind, verbs in {
        CrossingKind.WRITE: (
            "INSERT UPDATE DELETE MERGE TRUNCATE CREATE ALTER DROP GRANT REVOKE COMMENT REFRESH"
            " REINDEX CLUSTER IMPORT REASSIGN SECURITY"
        ),
        CrossingKind.READ: "SELECT TABLE VALUES WITH FETCH MOVE DECLARE EXPLAIN",
        CrossingKind.SESSION: (
            "SET RESET SHOW DISCARD LISTEN UNLISTEN NOTIFY PREPARE DEALLOCATE CLOSE LOAD"
        ),
        CrossingKind.BEGIN: "BEGIN START",
        CrossingKind.COMMIT: "COMMIT END",
        CrossingKind.ROLLBACK: "ROLLBACK ABORT",
        CrossingKind.SAVEPOINT: "SAVEPOINT RELEASE",
        CrossingKind.COPY: "COPY",
    }.items()
    for verb in verbs.split()
}
_RESET_LOCKS = ["SELECT", "PG_ADVISORY_UNLOCK_ALL"]
"""How a pool resets a session that comes back to it."""
_WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})

_WEIGHT = (
    CrossingKind.WRITE,
    CrossingKind.COPY,
    CrossingKind.COMMIT,
    CrossingKind.ROLLBACK,
    CrossingKind.READ,
    CrossingKind.OTHER,
    CrossingKind.SAVEPOINT,
    CrossingKind.BEGIN,
    CrossingKind.SESSION,
)


def _kind(sql: str) -> CrossingKind:
    found: set[CrossingKind] = set()
    statement: list[str] = []
    for group, text, _ in tokens(sql):
        if text == ";":
            found.add(_statement_kind(statement))
            statement = []
        else:
            # A quoted name is no keyword: "update" may be a column.
            statement.append(text.upper() if group in ("word", "other") else _VALUE)
    found.add(_statement_kind(statement))
    return next(each for each in _WEIGHT if each in found)


def _statement_kind(words: list[str]) -> CrossingKind:
    words = words[next((i for i, word in enumerate(words) if word != "("), len(words)) :]
    if not words:
        return CrossingKind.SESSION
    verb = _VERBS.get(words[0], CrossingKind.OTHER)
    if words[:2] == _RESET_LOCKS:
        return CrossingKind.SESSION
    if verb is CrossingKind.READ:
        return CrossingKind.WRITE if _reads_and_writes(words) else verb
    if words[0] == "PREPARE" and words[1:2] == ["TRANSACTION"]:
        return CrossingKind.COMMIT
    if words[0] == "ROLLBACK" and "TO" in words[1:3]:
        return CrossingKind.SAVEPOINT
    return verb


def _reads_and_writes(words: list[str]) -> bool:
    """Whether a query also writes: in a WITH, by SELECT INTO, or as what EXPLAIN ANALYZE runs."""
    first = words[0]
    if first == "WITH":
        # A statement within WITH, or the one after it, follows a bracket.
        return any(word in _WRITING and before in "()" for before, word in pairwise(words))
    if first == "SELECT":
        depth = 0
        for word in words:
            depth += (word == "(") - (word == ")")
            if depth == 0 and word == "INTO":
                return True
            if depth == 0 and word == "FROM":
                return False
        return False
    return first == "EXPLAIN" and "ANALYZE" in words[:4] and bool(_WRITING & set(words))


_cached_names = lru_cache(maxsize=4096)(_names)
_cached_shape = lru_cache(maxsize=4096)(_shape)
_cached_kind = lru_cache(maxsize=4096)(_kind)
