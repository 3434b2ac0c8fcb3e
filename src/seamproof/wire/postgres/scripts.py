"""The statements of one Query message, and how the message is altered at one of them.

Rules:
- A statement ends at a semicolon outside literals, quoted names, comments and brackets, and outside
  the body of a function in SQL's own syntax, `BEGIN ATOMIC ... END` (manual, "Lexical Structure"
  and CREATE FUNCTION; the latter as psql's scanner does it). What holds no token is none.
- Without an open transaction all of them are one (manual, "Multiple Statements in a Simple Query").
  So an alteration leaves their number at two or more, and all of them in one message.
- A hold cannot part what is one transaction by being one message: there it waits for nothing.
- The server reads the whole text before it executes any of it: what is not to be executed stays in
  the text, behind an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from seamproof.wire.postgres.events import IDLE, OPEN
from seamproof.wire.postgres.messages import query, text
from seamproof.wire.postgres.replies import follow

_SPACE: Final = b" \t\r\n\f\v"
_CONTINUED: Final = rb"(?:[ \t\f\v]|--[^\r\n]*)*[\r\n](?:\s|--[^\r\n]*[\r\n])*"
_ESCAPED: Final = rb"'(?:[^'\\]++|''|\\.)*+'?"
_TOKENS: Final = rb"""
      (?P<space>\s+|--[^\r\n]*+)
    | (?P<comment>/\*)
    | (?P<quoted>[eE]%(escaped)s(?:%(continued)s%(escaped)s)*
        | (?:[nN])?%(plain)s
        | (?:[bBxX]|[uU]&)?'(?:[^']++|'')*+'?
        | (?:[uU]&)?"(?:[^"]++|"")*+"?)
    | (?P<dollar>\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$)
    | (?P<word>[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*)
    | (?P<edge>[();])
    | (?P<other>\$\d+|\d+|.)
"""


def _lexer(plain: bytes) -> re.Pattern[bytes]:
    parts = {b"escaped": _ESCAPED, b"continued": _CONTINUED, b"plain": plain}
    return re.compile(_TOKENS % parts, re.VERBOSE | re.DOTALL)


_STANDARD: Final = _lexer(rb"'(?:[^']++|'')*+'?")
_BACKSLASHES: Final = _lexer(_ESCAPED)
"""Where standard_conforming_strings is off."""

_COMMENT_EDGE: Final = re.compile(rb"/\*|\*/")
_CREATES_ROUTINE: Final = re.compile(rb"CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)\b")


_TAGS: Final = {
    b"BEGIN": "BEGIN",
    b"START": "START TRANSACTION",
    b"COMMIT": "COMMIT",
    b"END": "COMMIT",
    b"ROLLBACK": "ROLLBACK",
    b"ABORT": "ROLLBACK",
}


class Part(NamedTuple):
    """Where a statement is in its text, without the semicolon."""

    start: int
    end: int
    tag: str = ""
    """The command tag that it will have, of one of several that begins or ends a transaction."""


def split(sql: bytes, *, backslashes: bool = False) -> list[Part]:
    """Return the statements of a text, at least one, which is the whole of it.

    `backslashes`: whether they escape in plain literals.
    """
    if b";" not in sql.rstrip(b";" + _SPACE):
        return [Part(0, len(sql))]
    lexer = _BACKSLASHES if backslashes else _STANDARD
    parts: list[Part] = []
    position = end = depth = blocks = 0
    start: int | None = None
    words: list[bytes] = []
    empty = True
    while found := lexer.match(sql, position):
        group, position = found.lastgroup, found.end()
        if group == "space":
            continue
        if start is None:
            start = found.start()
        if group == "comment":
            position = _comment_end(sql, position)
            continue
        token = found[0]
        if token == b";" and depth <= 0 and not blocks:
            if not empty:
                parts.append(Part(start, end, _tag(words)))
            start, words, empty, depth = None, [], True, 0
            continue
        empty = False
        if group == "dollar":
            close = sql.find(token, position)
            position = len(sql) if close < 0 else close + len(token)
        elif group == "edge":
            depth += (token == b"(") - (token == b")")
        elif group == "word" and depth <= 0:
            blocks = _blocks(blocks, token.upper(), words)
        end = position
    if start is not None and not empty:
        parts.append(Part(start, end, _tag(words)))
    return parts if len(parts) > 1 else [Part(0, len(sql))]


def _tag(words: Sequence[bytes]) -> str:
    return _TAGS.get(words[0], "") if words else ""


def _comment_end(sql: bytes, position: int) -> int:
    """Return where the comment that opened before `position` ends. They nest."""
    depth = 1
    while depth:
        edge = _COMMENT_EDGE.search(sql, position)
        if edge is None:
            return len(sql)
        depth += 1 if edge[0] == b"/*" else -1
        position = edge.end()
    return position


def _blocks(open_: int, word: bytes, words: list[bytes]) -> int:
    """Return how many blocks of a routine's body are open after a word."""
    if len(words) < 4:
        words.append(word)
    if word not in (b"BEGIN", b"CASE", b"END"):
        return open_
    if not _CREATES_ROUTINE.match(b" ".join(words)):
        return 0
    if word == b"END":
        return max(0, open_ - 1)
    return open_ + 1 if open_ or word == b"BEGIN" else 0


@dataclass(frozen=True, slots=True)
class Script:
    """The text of a Query message with several statements."""

    sql: bytes
    parts: Sequence[Part]

    def text(self, index: int) -> str:
        """Return a statement."""
        return self._text(self.parts[index])

    def divisible(self, *, in_transaction: bool) -> set[int]:
        """Return the statements from which on the rest may be sent as a message of its own.

        `in_transaction`: whether a transaction is open before the message.
        """
        found: set[int] = set()
        implicit = False
        for index, part in enumerate(self.parts):
            if index > 0 and not implicit:
                found.add(index)
            if part.tag:
                in_transaction = follow(IDLE, part.tag, self._text(part)) == OPEN
                implicit = False
            else:
                implicit = not in_transaction
        return found

    def divide(self, index: int) -> tuple[bytes, bytes]:
        """Build two messages of it, the second from this statement on."""
        start = self.parts[index].start
        return query(self.sql[:start]), query(self.sql[start:])

    def replace(self, index: int, instead: bytes) -> bytes:
        """Build the message with other statements in the place of one."""
        part = self.parts[index]
        return query(self.sql[: part.start] + instead + self.sql[part.end :])

    def insert_after(self, index: int, more: bytes) -> bytes:
        """Build the message with more statements behind one."""
        end = self.parts[index].end
        return query(self.sql[:end] + b";" + more + self.sql[end:])

    def _text(self, part: Part) -> str:
        return text(self.sql[part.start : part.end])
