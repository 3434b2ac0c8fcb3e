from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refused import crossing

from seamproof.analysis.refusals import traces
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.history import CrossingKind

CATALOG = Catalog(
    {
        "orders": Table("orders", (Column("id", "integer"), Column("state", "text"))),
        "app.users": Table("app.users", (Column("id", "integer"), Column("email", "text"))),
    }
)


@pytest.mark.parametrize(
    ("sql", "parameters", "expected"),
    [
        ("SELECT * FROM orders WHERE orders.id = $1", ("42",), ("orders", "id")),
        ("SELECT * FROM orders AS o WHERE o.id = $1::INTEGER", ("42",), ("orders", "id")),
        ('SELECT 1 FROM "public"."orders" "o" WHERE ("o"."id" = $1)', ("42",), ("orders", "id")),
        ("SELECT * FROM orders WHERE id = 42", (), ("orders", "id")),
        ("SELECT * FROM orders WHERE note = '42'::text", (), ("orders", "note")),
        ("SELECT * FROM orders WHERE id IN ($1, $2)", ("7", "42"), ("orders", "id")),
        ("SELECT * FROM orders WHERE id = ANY($1::int[])", ("{7,42}",), ("orders", "id")),
        ("SELECT * FROM orders WHERE lower(code) = lower($1)", ("42",), ("orders", "code")),
        ("SELECT * FROM orders WHERE $1 = id", ("42",), ("orders", "id")),
        (
            "SELECT * FROM orders o JOIN users u ON u.id = o.user_id WHERE u.id = $1",
            ("42",),
            ("users", "id"),
        ),
        ("SELECT 1 WHERE EXISTS (SELECT 1 FROM tags WHERE name = $1)", ("42",), ("tags", "name")),
        ("UPDATE orders SET state = $2 WHERE id = $1", ("42", "x"), ("orders", "id")),
        ("UPDATE orders SET state = $2 WHERE id = $1", ("7", "42"), ("orders", "state")),
        ("DELETE FROM orders WHERE id = $1", ("42",), ("orders", "id")),
        (
            'INSERT INTO "orders" ("note", "user_id") VALUES (now(), $1), (coalesce($2, 3), $3)',
            ("1", "2", "42"),
            ("orders", "user_id"),
        ),
        ("INSERT INTO t (a, b) VALUES ('it''s', 42)", (), ("t", "b")),
        ("SELECT * FROM orders, users u WHERE u.id = $1", ("42",), ("users", "id")),
        (
            "SELECT extract(epoch FROM o.at) FROM orders o WHERE id = $1 FOR UPDATE OF o",
            ("42",),
            ("orders", "id"),
        ),
        ("SELECT * FROM orders WHERE id IS DISTINCT FROM $1", ("42",), ("orders", "id")),
        (
            'select "features".* from "features" where "features"."name" = $1'
            ' and "archived_at" is null limit $2',
            ("42", "1"),
            ("features", "name"),
        ),
        (
            "WITH gone AS (DELETE FROM objects WHERE id = '42' AND parent_id = '/b')"
            " SELECT 1 FROM gone",
            (),
            ("objects", "id"),
        ),
        (
            "INSERT INTO a (id) SELECT id FROM b WHERE name = $1 ON CONFLICT DO UPDATE SET id = 1",
            ("42",),
            ("b", "name"),
        ),
        (
            "SELECT * FROM orders WHERE (id)::text = ($1)::text AND note ->> 'x' = '1'",
            ("42",),
            ("orders", "id"),
        ),
    ],
)
def test_where_a_value_arrives(
    sql: str, parameters: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert traces(42, [crossing(sql, *parameters)]) == (expected,)
    assert traces("42", [crossing(sql, *parameters)]) == (expected,)
    assert traces("43", [crossing(sql, *parameters)]) == ()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM orders LIMIT 42",
        "SELECT * FROM orders ORDER BY id OFFSET $1",
        "SELECT 42",
        "SELECT set_config($1, 'x', true)",
        "SELECT pg_sleep(42)",
        "",
    ],
)
def test_a_value_that_meets_no_column(sql: str) -> None:
    assert traces("42", [crossing(sql, "42")]) == ()


def test_a_uuid_in_capitals() -> None:
    value = "0B5C3B0A-7D53-4B7E-9A55-0B7A6C1D0E5F"
    sql = "SELECT * FROM orders WHERE id = $1"
    assert traces(value, [crossing(sql, value.lower())]) == (("orders", "id"),)


def test_reads_come_first_and_the_last_of_them_before_the_others() -> None:
    seen = [
        crossing("SELECT * FROM users WHERE id = $1", "42"),
        crossing("SELECT * FROM orders WHERE id = $1", "42"),
        crossing("INSERT INTO log (path) VALUES ($1)", "42", kind=CrossingKind.WRITE),
    ]
    assert traces(42, seen) == (("orders", "id"), ("users", "id"), ("log", "path"))


def test_the_catalog_tells_the_table_of_a_bare_column() -> None:
    sql = "SELECT * FROM app.users JOIN orders ON true WHERE email = $1 AND state = $2"
    seen = [crossing(sql, "a", "b")]
    assert traces("a", seen, CATALOG) == (("app.users", "email"),)
    assert traces("b", seen, CATALOG) == (("orders", "state"),)


@pytest.mark.parametrize("value", [None, True, "", [], {}])
def test_what_says_nothing_is_not_looked_for(value: object) -> None:
    assert traces(value, [crossing("SELECT * FROM t WHERE a = $1", "True")]) == ()


@given(st.text(alphabet="SELECT FROMWHERE()=,'\"$1.:ab42[]", max_size=80), st.text(max_size=5))
def test_no_statement_is_an_error(sql: str, value: str) -> None:
    traces(value, [crossing(sql, value)])
