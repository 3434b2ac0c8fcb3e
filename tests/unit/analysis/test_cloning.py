"""Rows under other keys."""

from __future__ import annotations

from seamproof.analysis.cloning import as_row, clones
from seamproof.core.catalog import Column, ForeignKey, Table

ORDERS = Table(
    "orders",
    (
        Column("id", "integer"),
        Column("user_id", "integer"),
        Column("code", "character varying(20)"),
        Column("cart_id", "integer"),
        Column("tags", "text[]"),
        Column("paid", "boolean"),
    ),
    ("id",),
    uniques=(("code",), ("cart_id",)),
    foreign_keys=(ForeignKey(("cart_id",), "carts", ("id",)),),
)
ROW = {"id": "7", "user_id": "1", "code": "A", "cart_id": None, "tags": "{}", "paid": "t"}


def test_every_key_is_another_and_the_rest_is_the_same() -> None:
    one, other = clones(ORDERS, ROW, 2)
    assert one.new is not None
    assert other.new is not None
    assert one.new["id"] != other.new["id"] != "7"
    assert one.new["code"] != other.new["code"]
    assert {name: one.new[name] for name in ("user_id", "cart_id", "tags")} == {
        "user_id": "1",
        "cart_id": None,
        "tags": "{}",
    }
    assert clones(ORDERS, ROW, 2) == (one, other)


def test_a_key_of_references_alone_cannot_be_another() -> None:
    assert clones(ORDERS, {**ROW, "cart_id": "3"}, 1) == ()
    items = Table(
        "items",
        (Column("order_id", "integer"), Column("line", "integer")),
        ("order_id", "line"),
        foreign_keys=(ForeignKey(("order_id",), "orders", ("id",)),),
    )
    (line,) = clones(items, {"order_id": "7", "line": "1"}, 1)
    assert line.new is not None
    assert line.new["order_id"] == "7"
    assert line.new["line"] != "1"


def test_names_and_uuids_are_keys_and_short_codes_are_none() -> None:
    by_uuid = Table("a", (Column("id", "uuid"),), ("id",))
    assert len({str(each.new) for each in clones(by_uuid, {"id": "x"}, 3)}) == 3
    by_code = Table("b", (Column("code", "character varying(3)"),), ("code",))
    assert clones(by_code, {"code": "abc"}, 1) == ()


def test_a_secret_that_is_no_text_is_not_written_back() -> None:
    table = Table("c", (Column("id", "integer"), Column("token", "uuid")), ("id",))
    assert clones(table, {"id": "1", "token": "<redacted:12345678>"}, 1) == ()


def test_a_stored_row_is_written_as_the_server_does() -> None:
    stored = {"id": 7, "paid": True, "tags": ["a", 'b"c', None], "code": "x", "cart_id": None}
    assert as_row(ORDERS, stored) == {
        "id": "7",
        "paid": "true",
        "tags": '{"a","b\\"c",NULL}',
        "code": "x",
        "cart_id": None,
    }
