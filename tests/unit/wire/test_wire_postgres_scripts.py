from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.wire.postgres.messages import query
from seamproof.wire.postgres.scripts import Script, split


def statements(sql: str, *, backslashes: bool = False) -> list[str]:
    script = Script(sql.encode(), split(sql.encode(), backslashes=backslashes))
    return [script.text(index) for index in range(len(script.parts))]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("a;b", ["a", "b"]),
        (" a ;; \n;b; ", ["a", "b"]),
        ("';';b", ["';'", "b"]),
        ("'it''s;';b", ["'it''s;'", "b"]),
        (r"'\';b", [r"'\'", "b"]),
        (r"E'\';';b", [r"E'\';'", "b"]),
        (r"e'\\';b", [r"e'\\'", "b"]),
        ("E'a'\n  'b\\';c';d", ["E'a'\n  'b\\';c'", "d"]),
        ("E'a'-- x\n'b\\';c';d", ["E'a'-- x\n'b\\';c'", "d"]),
        ("be'\\';c", ["be'\\'", "c"]),
        ("N'a;' ;U&'b;';X'c;'; d", ["N'a;'", "U&'b;'", "X'c;'", "d"]),
        ('";"";";b', ['";"";"', "b"]),
        ('U&";";b', ['U&";"', "b"]),
        ("$$;$$;b", ["$$;$$", "b"]),
        ("$a$ $b$;$b$ $$;$$ $a$;b", ["$a$ $b$;$b$ $$;$$ $a$", "b"]),
        ("$é$;$é$;b", ["$é$;$é$", "b"]),
        ("a$b$;c$b$", ["a$b$", "c$b$"]),
        ("$1;$2", ["$1", "$2"]),
        ("a -- ;\n;b", ["a", "b"]),
        ("a -- ;\rb;c", ["a -- ;\rb", "c"]),
        ("/* ; /* ; */ ; */ a;b", ["/* ; /* ; */ ; */ a", "b"]),
        ("a;/* only a comment */;-- and this", ["a;/* only a comment */;-- and this"]),
        ("a;/* x */b", ["a", "/* x */b"]),
        ("CREATE RULE r AS ON INSERT TO t DO (a; b);c", None),
        ("CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN b END; SELECT 2; END;c", None),
        ("create or replace procedure p() begin atomic a; b; end;c", None),
        ("BEGIN;a;END;c", ["BEGIN", "a", "END", "c"]),
        ("SELECT CASE WHEN a THEN b END;c", None),
        ("CREATE TABLE begin_log (a int);c", None),
        ("'open;b", ["'open;b"]),
        ("$$open;b", ["$$open;b"]),
        ("a;/* open;b", ["a;/* open;b"]),
        ("a);b", ["a)", "b"]),
        ("", [""]),
        (";", [";"]),
        ("a;", ["a;"]),
    ],
)
def test_where_statements_end(sql: str, expected: list[str] | None) -> None:
    assert statements(sql) == (expected or [sql[:-2], "c"])


def test_backslashes_escape_in_plain_literals_where_they_do() -> None:
    assert statements(r"'\';';n'\';';c", backslashes=True) == [r"'\';'", r"n'\';'", "c"]
    assert statements(r"x'\';c", backslashes=True) == [r"x'\'", "c"]


def test_bytes_that_are_no_utf_8_are_kept() -> None:
    script = Script(b"a\xff;b\xe9", split(b"a\xff;b\xe9"))
    assert script.replace(0, b"c") == query(b"c;b\xe9")


def test_alterations_leave_the_rest_as_it_is() -> None:
    sql = b" a -- 1\n; b /* 2 */; c; "
    script = Script(sql, split(sql))
    assert script.replace(1, b"X") == query(b" a -- 1\n; X /* 2 */; c; ")
    assert script.insert_after(0, b"X") == query(b" a;X -- 1\n; b /* 2 */; c; ")


def test_what_begins_and_ends_transactions_is_known() -> None:
    sql = b"begin; START TRANSACTION; x; commit; END; ABORT; /* y */ Rollback to a"
    tags = [part.tag for part in split(sql)]
    assert tags == [
        "BEGIN",
        "START TRANSACTION",
        "",
        "COMMIT",
        "COMMIT",
        "ROLLBACK",
        "ROLLBACK",
    ]


@given(st.text(alphabet="a;'\"$/*-\\\n Ee()", max_size=40), st.booleans())
def test_whatever_it_is_the_statements_are_pieces_in_order(sql: str, backslashes: bool) -> None:
    parts = split(sql.encode(), backslashes=backslashes)
    assert parts
    edges = [edge for part in parts for edge in part[:2]]
    assert edges == sorted(edges)
    assert edges[-1] <= len(sql)
