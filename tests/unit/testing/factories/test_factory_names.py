"""What a name means: a table, a column, the row that a foreign key refers to."""

from __future__ import annotations

import pytest

from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.testing.factories import Made
from seamproof.testing.factories.giving import take
from seamproof.testing.factories.named import Tables, relations

USERS = Table("users", (Column("id", "integer"), Column("email", "text")), ("id",))
ITEMS = Table(
    "order_items",
    tuple(
        Column(name, "integer") for name in ("order_id", "line", "buyer", "parent__x", "shop_id")
    ),
    ("order_id", "line"),
    foreign_keys=(
        ForeignKey(("order_id",), "orders", ("id",)),
        ForeignKey(("buyer",), "users", ("id",)),
    ),
)
BOXES = Table(
    "boxes",
    (Column("order_id", "integer"), Column("line", "integer")),
    foreign_keys=(ForeignKey(("order_id", "line"), "order_items", ("order_id", "line")),),
)


def tables(*names):
    return Tables(Catalog({name: Table(name, ()) for name in names}))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("user", "auth_user"),
        ("order_item", "shop_orderitem"),
        ("OrderItem", "shop_orderitem"),
        ("category", "categories"),
        ("people", "people"),
        ("person", "people"),
        ("address", "addresses"),
        ("box", "attic.boxes"),
        ("group", "auth_group"),
        ("auth_user_groups", "auth_user_groups"),
    ],
)
def test_tables(name, meant):
    known = tables(
        *("auth_user", "shop_orderitem", "categories", "people", "addresses", "attic.boxes"),
        *("auth_group", "auth_user_groups"),
    )
    assert known.find(name).name == meant


def test_names_that_mean_no_table_or_several():
    with pytest.raises(LookupError, match="did you mean orders"):
        tables("orders").find("ordes")
    with pytest.raises(LookupError, match=r"a\.users or b\.users"):
        tables("a.users", "b.users").find("user")


def test_relations():
    found = relations(ITEMS)
    assert {name: key.references for name, key in found.items()} == {
        "order": "orders",
        "buyer": "users",
        "user": "users",
    }
    assert list(relations(BOXES)) == ["orderitem", "order_item"]


def test_what_is_given_is_told_by_column():
    alice = Made("users", {"id": 7, "email": "a"}, ("id",))
    assert take(ITEMS, ({"buyer": alice},), 1).values == {"buyer": 7}
    assert take(ITEMS, ({"user": alice},), 1).parents == {"buyer": alice}
    assert take(ITEMS, ({"user": 8},), 1).values == {"buyer": 8}
    assert take(ITEMS, ({"user": None},), 1).values == {"buyer": None}
    assert take(ITEMS, ({"shop": 3},), 1).values == {"shop_id": 3}
    assert take(ITEMS, ({"line": lambda number: 10 * number},), 4).values == {"line": 40}
    assert take(ITEMS, ({"user__email": "x"},), 1).nested == {"buyer": {"email": "x"}}
    assert take(ITEMS, ({"parent__x": 1},), 1).values == {"parent__x": 1}
    row = {"order_id": 1, "line": 2}
    assert take(BOXES, ({"order_item": row},), 1).values == row


def test_a_later_layer_has_the_last_word():
    alice = Made("users", {"id": 7, "email": "a"}, ("id",))
    given = take(ITEMS, ({"buyer": 1, "user__email": "x"}, {"user": alice}), 1)
    assert (given.values, given.nested) == ({"buyer": 7}, {})


def test_what_cannot_be_given():
    with pytest.raises(LookupError, match="no column 'lines'; did you mean line"):
        take(ITEMS, ({"lines": 1},), 1)
    with pytest.raises(LookupError, match="no column 'seller__name'"):
        take(ITEMS, ({"seller__name": 1},), 1)
    with pytest.raises(TypeError, match="several columns"):
        take(BOXES, ({"order_item": 5},), 1)
