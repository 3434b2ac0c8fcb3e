from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.analysis.statements import kind, shape, source
from seamproof.core.history import CrossingKind as K


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT  1;", "SELECT ?"),
        ("SELECT 'it''s', 1.5e-3, .5", "SELECT ?, ?, ?"),
        (r"SELECT E'a\'b' , x", "SELECT ?, x"),
        ("SELECT 'a\\', b", "SELECT ?, b"),
        ("SELECT $tag$ a $$ b; $tag$, $$x$$", "SELECT ?, ?"),
        ("SELECT $1, $2::int", "SELECT ?, ?::int"),
        ("/* a /* nested */ b */ SELECT -- end\n x", "SELECT x"),
        ('SELECT "a 1" FROM "T2"', 'SELECT "a 1" FROM "T2"'),
        ("SELECT t1.c2 FROM t1", "SELECT t1.c2 FROM t1"),
        ("SELECT a->1, a ->> 'b'", "SELECT a->?, a ->> ?"),
        ("SELECT * FROM t WHERE a IN (1, 2,3)", "SELECT * FROM t WHERE a IN (?)"),
        ("SELECT * FROM t WHERE a IN ($1::INTEGER, $2::INTEGER)", "SELECT * FROM t WHERE a IN (?)"),
        ("SELECT * FROM t WHERE a IN (1)", "SELECT * FROM t WHERE a IN (?)"),
        ("SELECT * FROM t WHERE a IN (b, 1)", "SELECT * FROM t WHERE a IN (b, ?)"),
        ("SELECT a IN (SELECT 1)", "SELECT a IN (SELECT ?)"),
        ("SELECT a = ANY(ARRAY['x','y'])", "SELECT a = ANY(ARRAY[?])"),
        (
            "INSERT INTO t (a,b) VALUES (1,now()), (2,now())",
            "INSERT INTO t (a, b) VALUES (?, now())",
        ),
        (
            "INSERT INTO t VALUES (1,(2)),(3,(4)) RETURNING id",
            "INSERT INTO t VALUES (?, (?)) RETURNING id",
        ),
        ("UPDATE t SET a = -5, b = c - 5", "UPDATE t SET a = ?, b = c - ?"),
        ("SAVEPOINT sa_savepoint_17", "SAVEPOINT ?"),
        ('RELEASE SAVEPOINT "s1"', "RELEASE SAVEPOINT ?"),
        ("ROLLBACK TO SAVEPOINT s9;", "ROLLBACK TO SAVEPOINT ?"),
        ("ROLLBACK", "ROLLBACK"),
        ('DEALLOCATE "_pg3_12"', "DEALLOCATE ?"),
        ("DEALLOCATE ALL", "DEALLOCATE ALL"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE;", "BEGIN ISOLATION LEVEL SERIALIZABLE"),
        ("SELECT ( 1 )", "SELECT (?)"),
        ("SELECT 'unterminated", "SELECT ?"),
        ("SELECT /* unterminated", "SELECT"),
        ("SELECT U&'d\\0061t' , X'1F'", "SELECT ?, ?"),
        ("", ""),
    ],
)
def test_shape(sql: str, expected: str) -> None:
    assert shape(sql) == expected


def test_rows_of_a_batch_do_not_change_the_shape() -> None:
    row = "(%d, 'name', NULL)"
    few = "INSERT INTO t VALUES " + ", ".join(row % n for n in range(2))
    many = "INSERT INTO t VALUES " + ",".join(row % n for n in range(2000))
    assert shape(few) == shape(many)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("", K.SESSION),
        ("-- ping", K.SESSION),
        ("begin", K.BEGIN),
        ("START TRANSACTION READ ONLY", K.BEGIN),
        ("BEGIN; SELECT 1", K.READ),
        ("BEGIN; INSERT INTO t VALUES (1); COMMIT", K.WRITE),
        ("/* app */ COMMIT", K.COMMIT),
        ("END", K.COMMIT),
        ("COMMIT PREPARED 'x'", K.COMMIT),
        ("PREPARE TRANSACTION 'x'", K.COMMIT),
        ("PREPARE p AS INSERT INTO t VALUES (1)", K.SESSION),
        ("SELECT 1; COMMIT", K.COMMIT),
        ("ABORT", K.ROLLBACK),
        ("ROLLBACK", K.ROLLBACK),
        ("ROLLBACK TO SAVEPOINT a", K.SAVEPOINT),
        ("ROLLBACK WORK TO a", K.SAVEPOINT),
        ("SAVEPOINT a", K.SAVEPOINT),
        ("RELEASE a", K.SAVEPOINT),
        ("SELECT 1", K.READ),
        ("(SELECT 1) UNION (SELECT 2)", K.READ),
        ("SELECT * FROM t FOR UPDATE", K.READ),
        ("SELECT 'INSERT INTO t'", K.READ),
        ("SELECT a INTO b FROM c", K.WRITE),
        ("SELECT (SELECT x FROM y), z FROM t", K.READ),
        ("WITH a AS (SELECT 1) SELECT * FROM a FOR UPDATE", K.READ),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", K.WRITE),
        ("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", K.WRITE),
        ('WITH a AS (SELECT ("update") FROM t) SELECT 1', K.READ),
        ("INSERT INTO t VALUES ('; COMMIT')", K.WRITE),
        ("CREATE TABLE t (a int)", K.WRITE),
        ("EXPLAIN DELETE FROM t", K.READ),
        ("EXPLAIN ANALYZE DELETE FROM t", K.WRITE),
        ("COPY t FROM STDIN", K.COPY),
        ("SET search_path TO x", K.SESSION),
        ("SHOW server_version", K.SESSION),
        ("LISTEN x", K.SESSION),
        ("DO $$BEGIN COMMIT; END$$", K.OTHER),
        ("CALL p()", K.OTHER),
        ("LOCK TABLE t", K.OTHER),
    ],
)
def test_kind(sql: str, expected: K) -> None:
    assert kind(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM lines JOIN carts ON lines.cart = carts.id WHERE carts.id = ?", "lines"),
        ('SELECT "lines"."id" FROM "lines" INNER JOIN "carts" ON (?)', "lines"),
        ("SELECT (SELECT count(*) FROM carts) FROM lines", "lines"),
        ("WITH few AS (SELECT * FROM carts) SELECT * FROM few", "carts"),
        ("SELECT EXTRACT(year FROM made) FROM ONLY lines", "lines"),
        ("SELECT * FROM ((lines CROSS JOIN carts))", "lines"),
        ("SELECT * FROM public.lines, carts", "lines"),
        ("SELECT * FROM shop.items JOIN lines ON true", "shop.items"),
        ("SELECT * FROM elsewhere JOIN lines ON true", ""),
        ("SELECT 1 FROM", ""),
        ("SELECT lines", ""),
    ],
)
def test_source(sql: str, expected: str) -> None:
    assert source(sql, {"lines", "carts", "shop.items"}) == expected


@given(st.text(alphabet="aE'\"$1()[],;/*- \n\\=U&.x"))
def test_any_text_has_a_shape_and_a_kind(sql: str) -> None:
    assert "  " not in shape(sql.replace('"', ""))
    assert kind(sql) in K


def test_hostile_text_costs_linear_time() -> None:
    for text in (
        "$a$" * 50_000,
        "'" * 50_001,
        "/*" * 50_000,
        "(" * 50_000,
        "FROM(" * 50_000,
        "IN (1," * 2_000,
    ):
        shape(text)
        kind(text)
        source(text, ())
