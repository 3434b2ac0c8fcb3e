"""Printed rows and arrays, as section 8.16.6 and 8.15.6 of PostgreSQL's manual have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.database.postgres import rowtext


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("(1,a,)", ["1", "a", None]),
        ("()", [None]),
        ('("")', [""]),
        ('("",)', ["", None]),
        (',"'.join(["(1", 'a ""b"" \\\\ ,)(",x)']), ["1", 'a "b" \\ ,)(', "x"]),
        ('("(1,""x y"")",{})', ['(1,"x y")', "{}"]),
        ('(,,"\n")', [None, None, "\n"]),
    ],
)
def test_fields(text: str, fields: list[str | None]) -> None:
    assert rowtext.fields(text) == fields


def printed(field: str | None) -> str:
    """What the server's record_out makes of a field."""
    if field is None:
        return ""
    if field and not any(c in field for c in '"\\(),') and not any(c.isspace() for c in field):
        return field
    return '"' + field.replace("\\", "\\\\").replace('"', '""') + '"'


@given(st.lists(st.none() | st.text(alphabet='a",\\() \n{}é'), min_size=1))
def test_any_row_is_read_back(row: list[str | None]) -> None:
    assert rowtext.fields("(" + ",".join(map(printed, row)) + ")") == row


def test_arrays() -> None:
    assert rowtext.array(["a", None, 'q"\\', ""]) == '{"a",NULL,"q\\"\\\\",""}'
    assert rowtext.array([]) == "{}"
    assert rowtext.elements('{"(0,1)","(12,3)"}') == ["(0,1)", "(12,3)"]
    assert rowtext.elements("{}") == []
