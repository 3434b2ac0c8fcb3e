"""What crossings read and write, and where it matters that an act stands."""

from __future__ import annotations

import pytest

from seamproof.analysis.footprint import Footprint, Tables, points, touches, whole
from seamproof.analysis.statements import kind, shape
from seamproof.core.catalog import Catalog, ForeignKey, Table
from seamproof.core.experiment import Act, CrossingKey
from seamproof.core.history import Changes, Crossing, Exchange, Request, RowChange, Section
from seamproof.core.model import Operation, Step
from seamproof.core.profile import Profile

CATALOG = Catalog(
    {
        "products": Table("products", ()),
        "orders": Table(
            "orders", (), foreign_keys=(ForeignKey(("product_id",), "products", ("id",)),)
        ),
        "logs": Table("logs", ()),
        "shop.carts": Table("shop.carts", ()),
    }
)
EXCHANGE = Exchange(Act(Step(Operation("POST", "/"))), Request("POST", "/"), 0.0, 1.0)


def crossing(sql: str, at: float = 0.0, *, replica: int = 0, connection: int = 1) -> Crossing:
    key = CrossingKey(shape(sql))
    return Crossing(key, kind(sql), sql, replica, connection, at, at, backend=connection)


def section(*statements: str, wrote: tuple[str, ...] = ()) -> Section:
    crossings = tuple(crossing(sql, float(at)) for at, sql in enumerate(statements))
    rows = tuple(RowChange(table, None, {"id": "1"}, backend=1) for table in wrote)
    return Section((EXCHANGE,), crossings, Changes(rows))


def prints(*tables: str) -> frozenset[str]:
    return frozenset(tables)


@pytest.mark.parametrize(
    ("sql", "reads", "writes"),
    [
        ("SELECT stock FROM products WHERE id = $1", prints("products"), prints()),
        ("SELECT * FROM products FOR UPDATE", prints("products"), prints("products")),
        ("UPDATE products SET stock = 1", prints("products"), prints("products")),
        ("DELETE FROM orders WHERE id = $1", prints("orders", "products"), prints("orders")),
        (
            "INSERT INTO orders (product_id) VALUES (1)",
            prints("orders", "products"),
            prints("orders"),
        ),
        (
            "UPDATE products SET stock = (SELECT count(*) FROM orders)",
            prints("products", "orders"),
            prints("products"),
        ),
        ('SELECT * FROM "shop"."carts"', prints("shop.carts"), prints()),
        ("SELECT 1", prints(), prints()),
        ("INSERT INTO logs (line) VALUES ('x')", prints(), prints()),
        ("COMMIT", prints(), prints()),
    ],
)
def test_a_statement_says_what_it_touches(
    sql: str, reads: frozenset[str], writes: frozenset[str]
) -> None:
    tables = Tables(CATALOG, Profile(audit=frozenset({"logs"})))
    assert tables.of(crossing(sql)) == Footprint(reads, writes)


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        (Footprint(prints("a")), Footprint(prints("a")), False),
        (Footprint(prints("a")), Footprint(writes=prints("a")), True),
        (Footprint(writes=prints("a")), Footprint(prints("a")), True),
        (Footprint(writes=prints("a")), Footprint(writes=prints("a")), True),
        (Footprint(writes=prints("a")), Footprint(writes=prints("b")), False),
        (Footprint(), Footprint(prints("a"), prints("a")), False),
    ],
)
def test_two_conflict_where_they_share_a_table_that_one_writes(
    one: Footprint, other: Footprint, conflict: bool
) -> None:
    assert one.conflicts(other) is conflict


def test_what_a_trigger_writes_belongs_to_the_writes_and_the_commit() -> None:
    seen = section(
        "BEGIN",
        "SELECT 1 FROM products",
        "INSERT INTO orders (product_id) VALUES (1)",
        "COMMIT",
        wrote=("orders", "shop.carts"),
    )
    found = touches(seen, 0, CATALOG, Profile())
    assert [sorted(each.footprint.writes) for each in found] == [
        [],
        [],
        ["orders", "shop.carts"],
        ["shop.carts"],
    ]
    assert whole(found).writes == {"orders", "shop.carts"}


def test_only_the_crossings_of_one_replica_are_its_own() -> None:
    first, second = crossing("UPDATE products SET stock = 1"), crossing("SELECT 1", replica=1)
    both = Section((EXCHANGE,), (first, second))
    assert [each.crossing for each in touches(both, 1, CATALOG, Profile())] == [second]


def stops(*statements: str, other: Footprint) -> list[str]:
    found = touches(section(*statements), 0, CATALOG, Profile())
    return [each.statement for each in points(found, other)]


def test_an_act_stands_before_what_conflicts_but_not_before_the_first() -> None:
    found = stops(
        "BEGIN",
        "SELECT stock FROM products",
        "SELECT 1",
        "UPDATE products SET stock = 1",
        "COMMIT",
        other=Footprint(prints("products"), prints("products")),
    )
    assert found == ["UPDATE products SET stock = 1", "COMMIT"]


def test_a_commit_of_what_does_not_conflict_is_no_place_to_stand() -> None:
    found = stops(
        "BEGIN",
        "INSERT INTO logs (line) VALUES ('x')",
        "COMMIT",
        "BEGIN",
        "SELECT stock FROM products",
        "UPDATE products SET stock = 1",
        "COMMIT",
        other=Footprint(prints("products"), prints("products")),
    )
    assert found == ["UPDATE products SET stock = 1", "COMMIT"]


def test_only_the_commit_right_behind_a_conflict_is_one() -> None:
    found = stops(
        "SELECT stock FROM products",
        "UPDATE products SET stock = 1",
        "COMMIT",
        "SELECT 1",
        "COMMIT",
        other=Footprint(prints("products"), prints("products")),
    )
    assert found == ["UPDATE products SET stock = 1", "COMMIT"]


def test_acts_that_share_nothing_stand_nowhere() -> None:
    only = Footprint(prints("logs"), prints("logs"))
    assert stops("SELECT 1 FROM products", "UPDATE products SET stock = 1", other=only) == []
