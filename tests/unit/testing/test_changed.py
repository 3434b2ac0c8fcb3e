"""Rows that changed, as values that compare."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.history import Changes, RowChange
from seamproof.testing import deleted, inserted, instance, updated
from seamproof.testing.changed import Changed
from seamproof.testing.values import Values

CATALOG = Catalog(
    {
        "products": Table(
            "products",
            (Column("id", "bigint"), Column("stock", "integer"), Column("price", "numeric(10,2)")),
            ("id",),
        ),
        "orders": Table("orders", (Column("id", "bigint"), Column("note", "text")), ("id",)),
    }
)


def product(stock: int, number: int = 1) -> dict[str, str | None]:
    return {"id": str(number), "stock": str(stock), "price": "19.99"}


def changed(*rows: RowChange) -> Changed:
    found = Changed()
    found.settle(Changes(rows), CATALOG, Values(CATALOG))
    return found


SOLD = RowChange("products", product(10), product(7))
ORDER = RowChange("orders", None, {"id": "1", "note": None})


def test_what_is_named_and_nothing_else_is_equal() -> None:
    found = changed(SOLD, ORDER)
    assert found == {"products": updated(stock=(10, 7)), "orders": inserted(1)}
    assert found == {"products": updated(1), "orders": inserted(note=None)}
    assert found != {"products": updated(stock=(10, 7))}
    assert found != {"products": updated(2), "orders": inserted(1)}
    assert found != {"products": updated(stock=(10, 8)), "orders": inserted(1)}
    assert found != {"products": updated(1), "orders": inserted(1), "mails": inserted(1)}


def test_values_are_as_python_or_the_server_has_them() -> None:
    found = changed(RowChange("products", None, product(3)))
    for price in (Decimal("19.99"), "19.99", instance(Decimal)):
        assert found == {"products": inserted(price=price)}
    assert found["products"][0].new == {"id": 1, "stock": 3, "price": Decimal("19.99")}


def test_null_is_no_text() -> None:
    assert changed(ORDER) != {"orders": inserted(note="None")}


def test_several_kinds_of_one_table() -> None:
    gone = RowChange("orders", {"id": "7", "note": "x"}, None)
    found = changed(ORDER, gone)
    assert found == {"orders": inserted(1) & deleted(note="x")}
    assert found != {"orders": inserted(1)}


def test_what_was_put_back_is_no_change_and_what_was_made_in_two_steps_is_one() -> None:
    back = RowChange("products", product(7), product(10))
    assert changed(SOLD, back) == {}
    finished = RowChange("orders", {"id": "1", "note": None}, {"id": "1", "note": "done"})
    assert changed(finished, ORDER) == {"orders": inserted(note="done")}


def test_differences_name_the_table_and_the_row() -> None:
    lines = changed(SOLD).differences({"products": updated(stock=(10, 8))})
    assert lines == [
        "products: expected updated(stock=(10, 8)), and there are 0 such",
        "products: not expected: updated stock=(10, 7)",
    ]
    assert changed(ORDER).differences({}) == [
        "orders: nothing expected, and inserted id=1 note=None"
    ]


def test_they_print_as_they_are_written() -> None:
    assert repr(updated(stock=(10, 7))) == "updated(stock=(10, 7))"
    assert repr(inserted(2) & deleted(note="x")) == "inserted(2) & deleted(note='x')"
    assert repr(changed(SOLD, ORDER)) == "{'orders': inserted(1), 'products': updated(1)}"


def test_what_changed_is_not_known_before_the_end() -> None:
    with pytest.raises(RuntimeError, match="when the block"):
        len(Changed())
