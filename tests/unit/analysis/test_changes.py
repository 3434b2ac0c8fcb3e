"""Net effects: what cancels, what is masked, what is renamed, and how two compare."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.analysis.changes import (
    Effect,
    State,
    compare,
    effect,
    lacks_only_volatile,
    net,
    paired,
)
from seamproof.analysis.masks import NOW, VOLATILE, Mask, key_scopes, narrowed
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.history import Changes, Row, RowChange
from seamproof.core.profile import Profile

CATALOG = Catalog(
    {
        "orders": Table("orders", (Column("id", "bigint", identity=True),), ("id",)),
        "items": Table(
            "items",
            (
                Column("id", "integer", default="nextval('items_id_seq')"),
                Column("order_id", "bigint"),
            ),
            ("id",),
            foreign_keys=(ForeignKey(("order_id",), "orders", ("id",)),),
        ),
        "products": Table("products", (Column("id", "integer"),), ("id",)),
    }
)


def came(table: str, **row: object) -> RowChange:
    return RowChange(table, None, _row(row))


def went(table: str, **row: object) -> RowChange:
    return RowChange(table, _row(row), None)


def became(table: str, old: dict[str, object], **new: object) -> RowChange:
    return RowChange(table, _row(old), _row({**old, **new}))


def _row(values: dict[str, object]) -> Row:
    return {name: None if value is None else str(value) for name, value in values.items()}


def of(*rows: RowChange, volatile: Sequence[str] = (), **profile: frozenset[str]) -> Effect:
    mask = Mask.of(Profile(volatile=frozenset(volatile), **profile), CATALOG)  # type: ignore[arg-type]
    return effect(Changes(rows), mask)


# What cancels


def test_a_row_that_came_and_went_is_no_effect() -> None:
    assert not of(came("orders", id=1), went("orders", id=1))


def test_a_row_that_changed_twice_is_one_change() -> None:
    first, second = {"id": 1, "n": 1}, {"id": 1, "n": 2}
    rows = net(Changes((became("t", first, n=2), became("t", second, n=3))))
    assert sorted((sign, row["n"]) for _, sign, row in rows) == [("+", "3"), ("-", "1")]


def test_equal_rows_are_counted() -> None:
    assert of(came("log", text="x"), came("log", text="x")).loose.total() == 2


def test_an_update_of_a_volatile_column_alone_still_shows() -> None:
    changed = became("orders", {"id": 7, "at": "2026-01-01 00:00:00"}, at="2026-01-02 00:00:00")
    assert of(changed, volatile=["orders.at"])


def test_an_update_of_an_ambient_column_alone_is_no_effect() -> None:
    changed = became("users", {"id": 7, "seen": None}, seen="2026-01-02 00:00:00")
    assert not of(changed, ambient=frozenset({"users.seen"}))
    assert of(changed)


@pytest.mark.parametrize("kind", ["optional", "ambient", "audit"])
def test_ignored_tables_are_left_out(kind: str) -> None:
    assert not of(came("log", text="x"), **{kind: frozenset({"log"})})


# What is masked


def test_a_time_is_now_and_null_stays_null() -> None:
    found = of(
        came("orders", paid="2026-03-04 05:06:07+00"),
        came("orders", paid=None),
        volatile=["orders.paid"],
    )
    values = {cells[0][1] for _, _, cells in found.loose}
    assert values == {NOW, None}


def test_what_has_no_known_look_is_volatile() -> None:
    found = of(came("orders", word="tulip"), volatile=["orders.word"])
    assert next(iter(found.loose))[2] == (("word", VOLATILE),)


def test_only_the_volatile_place_of_a_document_is_masked() -> None:
    found = of(
        came("orders", data='{"title": "x", "at": "2026-03-04T05:06:07Z"}'),
        volatile=["orders.data.$.at"],
    )
    assert next(iter(found.loose))[2] == (("data.$.at", NOW), ("data.$.title", "x"))


def test_a_number_that_is_no_key_is_kept() -> None:
    assert of(came("orders", total="10.00")) != of(came("orders", total="11.00"))


# What is renamed


def order(number: int, items: Sequence[tuple[int, str]]) -> list[RowChange]:
    rows = [came("items", id=each, order_id=number, name=name) for each, name in items]
    return [came("orders", id=number), *rows]


def test_counted_keys_match_by_bijection() -> None:
    one = of(*order(1, [(1, "a"), (2, "b")]))
    other = of(*order(5, [(9, "a"), (8, "b")]))
    assert one.exact == other.exact


def test_a_reference_to_another_row_is_a_difference() -> None:
    right = of(came("orders", id=1, n="x"), came("orders", id=2, n="y"), came("items", order_id=1))
    wrong = of(came("orders", id=1, n="x"), came("orders", id=2, n="y"), came("items", order_id=2))
    assert right.loose == wrong.loose
    assert right.exact != wrong.exact
    assert compare(wrong, right, CATALOG).state is State.OTHER


def test_a_reference_to_a_row_that_was_there_is_data() -> None:
    assert of(came("items", order_id=7)).exact != of(came("items", order_id=8)).exact


def test_random_names_keep_their_structure() -> None:
    def run(shared: bool) -> Effect:
        one, two = str(uuid.uuid4()), str(uuid.uuid4())
        rows = [came("a", key=one), came("b", of=one if shared else two)]
        return of(*rows, volatile=["a.key", "b.of"])

    assert run(shared=True).exact == run(shared=True).exact
    assert run(shared=True).exact != run(shared=False).exact


def test_a_random_name_inside_a_text_is_renamed_too() -> None:
    def run() -> Effect:
        key = str(uuid.uuid4())
        rows = [came("a", key=key), came("mail", body=f"your order {key} is here")]
        return of(*rows, volatile=["a.key"])

    one, other = run(), run()
    assert one.exact == other.exact
    assert any("<uuid-1> is here" in str(entry) for entry in one.exact)


def test_a_far_apart_key_inside_a_text_is_renamed_too() -> None:
    one = of(came("orders", id=1_000_017), came("mail", body="order 1000017"))
    other = of(came("orders", id=1_000_018), came("mail", body="order 1000018"))
    assert one.exact == other.exact


@given(st.randoms(use_true_random=False), st.integers(1, 6), st.integers(0, 3))
def test_names_depend_neither_on_values_nor_on_the_order_of_rows(
    chance: random.Random, orders: int, items: int
) -> None:
    def run(base: int) -> Effect:
        rows: list[RowChange] = []
        for number in range(orders):
            content = [(base + 100 * number + i, f"item {i % 2}") for i in range(items)]
            rows += order(base + number, content)
        chance.shuffle(rows)
        return of(*rows)

    assert run(1).exact == run(chance.randrange(1000, 9000)).exact


def test_many_values_cost_no_numbers() -> None:
    many = [came("orders", id=number) for number in range(500)]
    assert of(*many).exact == of(*many[::-1]).exact


def test_keys_are_followed_through_foreign_keys() -> None:
    assert key_scopes(CATALOG) == {
        ("orders", "id"): "orders",
        ("items", "id"): "items",
        ("items", "order_id"): "orders",
        ("products", "id"): "products",
    }


# How effects compare

CLEAN = of(
    came("orders", id=1, status="new"),
    became("products", {"id": 3, "stock": 10}, stock=9),
)


def state(*rows: RowChange) -> State:
    return compare(of(*rows), CLEAN, CATALOG).state


def test_states() -> None:
    ordered = came("orders", id=4, status="new")
    sold = became("products", {"id": 3, "stock": 10}, stock=9)
    assert state() is State.BEFORE
    assert state(sold, ordered) is State.AFTER
    assert state(ordered) is State.PARTIAL
    assert state(sold) is State.PARTIAL
    assert state(ordered, sold, came("orders", id=5, status="new")) is State.OTHER
    assert state(ordered, became("products", {"id": 3, "stock": 10}, stock=8)) is State.OTHER


def test_a_comparison_names_the_rows() -> None:
    found = compare(of(came("orders", id=4, status="new")), CLEAN, CATALOG)
    assert found.left == (came("orders", id=4, status="new"),)
    assert found.missing == (became("products", {"id": 3, "stock": 10}, stock=9),)
    assert found.table == "orders"
    assert not found.legal


def test_a_second_copy_is_doubled_and_another_row_is_not() -> None:
    one, two = came("orders", id=1, status="new"), came("orders", id=2, status="new")
    clean = of(one)
    assert compare(of(one, two), clean, CATALOG).doubled
    assert not compare(of(one, came("log", text="again")), clean, CATALOG).doubled
    assert not compare(of(one), clean, CATALOG).doubled


BILL = {"id": 1, "total": 7}
PATH, DAY = "bills/2026/a41d09c2.pdf", "2026-03-04"


@pytest.mark.parametrize(
    ("rows", "lacks"),
    [
        ([came("bills", **BILL, file="")], True),
        ([came("bills", **BILL, file=None)], True),
        ([came("bills", **BILL, file=PATH)], False),
        ([came("bills", **BILL, file=DAY)], False),
        ([came("bills", id=1, total="", file=PATH)], False),
        ([came("bills", **BILL, file=""), came("bills", id=2, total=7, file=PATH)], False),
        ([became("bills", {**BILL, "file": "x"}, file="")], False),
        ([], False),
    ],
    ids=["empty", "NULL", "the same", "another", "no volatile one", "more", "changed", "nothing"],
)
def test_a_row_without_its_volatile_value_lacks_that_alone(
    rows: list[RowChange], lacks: bool
) -> None:
    mask = Mask.of(Profile(volatile=frozenset({"bills.file"})), CATALOG)
    whole = effect(Changes((came("bills", **BILL, file=PATH),)), mask)
    assert lacks_only_volatile(effect(Changes(tuple(rows)), mask), whole, mask) is lacks


def test_rows_of_one_key_are_an_update() -> None:
    rows = (went("products", id=3, stock=10), came("products", id=3, stock=9), came("log", x=1))
    assert paired(rows, CATALOG) == (
        became("products", {"id": 3, "stock": 10}, stock=9),
        came("log", x=1),
    )


def test_the_signature_is_the_same_for_equal_states_only() -> None:
    one = of(came("orders", id=1, status="new"))
    assert one.signature == of(came("orders", id=2, status="new")).signature
    assert one.signature != of(came("orders", id=1, status="old")).signature


def test_a_reference_without_a_foreign_key_follows_the_row_that_it_names() -> None:
    def logged(order: int, names: int, references: frozenset[str]) -> Effect:
        entry = came("entries", object_id=names, kind=1)
        return of(came("orders", id=order), entry, references=references)

    known = frozenset({"entries.object_id -> orders"})
    assert logged(1, 1, known).exact == logged(2, 2, known).exact
    assert logged(1, 1, known).exact != logged(2, 1, known).exact, "another row than the new one"
    assert logged(1, 1, frozenset()).exact != logged(2, 2, frozenset()).exact
    anything = frozenset({"entries.object_id"})
    assert logged(1, 1, anything).exact == logged(2, 2, anything).exact


def test_an_older_row_with_the_number_of_a_new_one_of_another_table_stays_itself() -> None:
    def logged(item: int) -> Effect:
        """An item of order 1, and a line of the log on that order."""
        rows = came("items", id=item, order_id=1), came("entries", object_id=1)
        return of(*rows, references=frozenset({"entries.object_id -> orders"}))

    assert logged(1).exact == logged(2).exact, "the first number went to a transaction rolled back"


def test_of_what_a_reference_leads_to_the_known_tables_win() -> None:
    assert narrowed({"a.b", "a.b -> c", "a.b -> d", "e.f"}) == {"a.b -> c", "a.b -> d", "e.f"}
