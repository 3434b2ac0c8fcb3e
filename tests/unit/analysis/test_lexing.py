"""Which characters are which token (PostgreSQL's manual, section 4.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.analysis.lexing import lex


def lexed(sql: str, *, conforming: bool = True) -> list[tuple[str, str]]:
    return [
        (group, sql[a:b]) for group, a, b in lex(sql, conforming=conforming) if group != "space"
    ]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("'it''s'", [("string", "'it''s'")]),
        (r"'a\' b", [("string", "'a\\'"), ("word", "b")]),
        (r"E'a\' b'", [("escape", r"E'a\' b'")]),
        (r"e'\\' x", [("escape", r"e'\\'"), ("word", "x")]),
        (r"U&'d\0061t'", [("string", r"U&'d\0061t'")]),
        ('U&"a""b"', [("name", 'U&"a""b"')]),
        ("$t$ ' $$ $t$", [("dollar", "$t$ ' $$ $t$")]),
        ("$1::int", [("parameter", "$1"), ("cast", "::"), ("word", "int")]),
        ("1.5e-3", [("number", "1.5e-3")]),
        ("a--b\nc", [("word", "a"), ("line", "--b"), ("word", "c")]),
        ("/* a /* ' */ b */x", [("comment", "/* a /* ' */ b */"), ("word", "x")]),
        ("'open", [("string", "'open")]),
        ("/* open", [("comment", "/* open")]),
        ("$$open", [("dollar", "$$open")]),
    ],
)
def test_tokens(sql: str, expected: list[tuple[str, str]]) -> None:
    assert lexed(sql) == expected


def test_a_backslash_escapes_in_every_string_where_the_session_does_not_conform() -> None:
    sql = r"'a\' b' c"
    assert lexed(sql)[0] == ("string", "'a\\'")
    assert lexed(sql, conforming=False) == [("escape", r"'a\' b'"), ("word", "c")]


@given(st.text(alphabet="'\"\\$/*-eEuU&n1a \n", max_size=60), st.booleans())
def test_every_character_is_in_one_lexeme(sql: str, conforming: bool) -> None:
    assert "".join(sql[a:b] for _, a, b in lex(sql, conforming=conforming)) == sql
