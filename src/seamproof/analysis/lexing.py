"""Which characters of an SQL text are which token, by the lexical rules of PostgreSQL.

The rules are those of the manual, section 4.1 (SQL syntax, lexical structure). Every character
belongs to one lexeme. Nothing here raises: what does not end goes to the end of the text, as the
server would read it before it complains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Lexeme = tuple[str, int, int]
"""Its group, where it begins, and where it ends."""

SPACE = "space"
LINE_COMMENT = "line"
BLOCK_COMMENT = "comment"
ESCAPE_STRING = "escape"
"""`E'…'`, in which a backslash escapes (4.1.2.2)."""
STRING = "string"
"""`'…'`, `B'…'`, `X'…'`, `N'…'` and `U&'…'`, in which only a doubled quote stands for one."""
NAME = "name"
"""A quoted identifier, `"…"`."""
DOLLAR_STRING = "dollar"
PARAMETER = "parameter"
NUMBER = "number"
WORD = "word"
"""A keyword, or an identifier without quotes."""

BLANK = frozenset({SPACE, LINE_COMMENT, BLOCK_COMMENT})
"""What stands between tokens."""
LITERALS = frozenset({ESCAPE_STRING, STRING, DOLLAR_STRING, PARAMETER, NUMBER})
"""What holds a value."""

_RULES = r"""
      (?P<space>\s+)
    | (?P<line>--[^\n]*+)
    | (?P<comment>/\*)
    | (?P<escape>{escape}'(?:[^'\\]|''|\\.)*+'?)
    | (?P<string>{plain}'(?:[^']|'')*+'?)
    | (?P<name>(?:[uU]&)?"(?:[^"]|"")*+"?)
    | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
    | (?P<parameter>\$\d+)
    | (?P<number>(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?|0[xXoObB][\da-fA-F_]+)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<cast>::)
    | (?P<other>.)
"""
_FLAGS = re.VERBOSE | re.DOTALL
_CONFORMING = re.compile(_RULES.format(escape="[eE]", plain="(?:[bBxXnN]|[uU]&)?"), _FLAGS)
_ESCAPING = re.compile(_RULES.format(escape="[eEnN]?", plain="[bBxX]"), _FLAGS)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def lex(sql: str, *, conforming: bool = True) -> Iterator[Lexeme]:
    """The lexemes of a text, without a gap between them.

    `conforming` is the session's `standard_conforming_strings`: where it is off, a backslash
    escapes in a plain string as well.
    """
    match = (_CONFORMING if conforming else _ESCAPING).match
    position = 0
    while found := match(sql, position):
        group = found.lastgroup or "other"
        start, position = position, found.end()
        if group == BLOCK_COMMENT:
            position = _comment_end(sql, position)
        elif group == DOLLAR_STRING:
            close = sql.find(found[0], position)
            position = len(sql) if close < 0 else close + len(found[0])
        yield group, start, position


def _comment_end(sql: str, position: int) -> int:
    """Where the comment that opened before `position` ends. They nest (4.1.5)."""
    depth = 1
    while depth:
        edge = _COMMENT_EDGE.search(sql, position)
        if edge is None:
            return len(sql)
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return position
