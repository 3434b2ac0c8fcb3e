from __future__ import annotations

import json

import pytest
from report_samples import ORDER, STOCK

from seamproof.core.history import RowChange
from seamproof.reports.rows import lines, without


def test_an_inserted_row_shows_its_keys_first() -> None:
    assert lines((ORDER,), (), 90, 5) == ["+ orders  id 10001  user_id 3  total 40.00  note NULL"]


def test_an_updated_row_shows_its_key_and_what_changed() -> None:
    assert lines((STOCK,), (), 90, 5) == ["~ products  id 7  stock 10 -> 8"]


def test_a_deleted_row_and_an_empty_text() -> None:
    gone = RowChange("carts", {"id": "4", "label": ""}, None)
    assert lines((gone,), (), 90, 5) == ["- carts  id 4  label ''"]


def test_tables_are_aligned_and_rows_bounded() -> None:
    drawn = lines((ORDER, STOCK, ORDER, ORDER), (), 40, 3)
    assert drawn[0].startswith("+ orders    id 10001")
    assert drawn[2] == "… and 2 more rows"
    assert all(len(line) <= 40 for line in drawn)


def test_many_columns_and_long_or_hostile_values_are_bounded() -> None:
    wide = RowChange("t", None, {f"c{place}": "x" * 100 for place in range(40)})
    assert len(lines((wide,), (), 1000, 1)[0]) < 250
    hostile = RowChange("t\x1b", None, {"a\x07": "\x1b[31m"})
    assert lines((hostile,), (), 90, 1) == ["+ t\\x1b  a\\x07 \\x1b[31m"]


def test_masked_columns_are_left_out() -> None:
    assert lines((ORDER,), ("orders.total", "other.note"), 90, 5) == [
        "+ orders  id 10001  user_id 3  note NULL"
    ]


def test_rows_are_missing_by_what_they_say_and_each_counts_once() -> None:
    again = RowChange("orders", None, {"id": "10002", "total": "40.00", "note": None})
    other = RowChange("orders", None, {"id": "10003", "total": "41.00", "note": None})
    assert without((ORDER, again, STOCK), (again,), ()) == [again, STOCK]
    assert without((ORDER,), (other,), ()) == [ORDER]
    assert without((ORDER,), (other,), ("orders.total",)) == []
    gone = RowChange("orders", ORDER.new, None)
    assert without((ORDER,), (gone,), ()) == [ORDER]


def test_a_masked_column_shows_where_it_is_not_set() -> None:
    paid = RowChange("orders", {"id": "1", "paid_at": None}, {"id": "1", "paid_at": "today"})
    unpaid = RowChange("orders", None, {"id": "2", "paid_at": None})
    again = RowChange("orders", {"id": "3", "paid_at": "then"}, {"id": "3", "paid_at": "now"})
    drawn = lines([paid, unpaid, again], {"orders.paid_at"}, 80, 9)
    assert "paid_at NULL -> today" in drawn[0]
    assert "paid_at NULL" in drawn[1]
    assert "paid_at" not in drawn[2]


def test_rows_do_not_differ_in_when_a_masked_column_was_set_but_in_whether() -> None:
    early, late = (
        RowChange("orders", {"id": "1", "paid_at": None}, {"id": "1", "paid_at": when})
        for when in ("then", "now")
    )
    assert without((early,), (late,), {"orders.paid_at"}) == []
    unset = RowChange("orders", {"id": "1", "paid_at": "then"}, {"id": "1", "paid_at": None})
    assert without((early,), (unset,), {"orders.paid_at"}) == [early]


def noted(**document: object) -> RowChange:
    new = {"id": "3", "kind": "paid", "data": json.dumps(document), "note": None}
    return RowChange("log", None, new)


def test_rows_do_not_differ_in_what_is_masked_within_a_document() -> None:
    masked = {"log.data.$.date", "log.data.$.lines[].id"}
    early = noted(date="today", total="4.00", lines=[{"id": 1}, {"id": 2}])
    late = noted(lines=[{"id": 8}, {"id": 9}], date="tomorrow", total="4.00")
    assert without((early,), (late,), masked) == []
    assert without((early,), (late,), {"log.data.$.date"}) == [early]
    assert without((early,), (late,), {"log.data"}) == []
    assert without((early, early), (late,), masked) == [early], "each counts once"


@pytest.mark.parametrize(
    "other",
    [
        noted(date="today", total="5.00"),
        noted(date="", total="4.00"),
        noted(date=None, total="4.00"),
        noted(total="4.00"),
        RowChange("notes", None, noted(date="today", total="4.00").new),
    ],
    ids=["another value", "empty", "null", "not there", "another table"],
)
def test_rows_differ_in_what_else_a_document_says_and_in_whether_it_says_it(
    other: RowChange,
) -> None:
    one = noted(date="today", total="4.00")
    assert without((one,), (other,), {"log.data.$.date"}) == [one]


def test_the_order_of_columns_and_of_keys_is_no_difference_and_that_of_a_list_is() -> None:
    one = RowChange("log", None, {"kind": "paid", "data": '{"a": [1, 2], "b": 3}'})
    turned = RowChange("log", None, {"data": '{"b":3,"a":[1,2]}', "kind": "paid"})
    other = RowChange("log", None, {"kind": "paid", "data": '{"a": [2, 1], "b": 3}'})
    assert without((one,), (turned,), ()) == []
    assert without((one,), (other,), ()) == [one]
