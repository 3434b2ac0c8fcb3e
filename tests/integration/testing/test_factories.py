"""Rows from the live catalog, on a schema with keys, types and conditions of every kind."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from seamproof.testing.factories import CannotMake, Made


@pytest.fixture
def make(one):
    return one.make


def test_every_table_that_can_have_a_row_is_given_one(one):
    for name in one.make._source.catalog.tables:
        if name in {"impossible", "eggs", "hens"}:
            continue
        made = one.maker(f"of {name}")(name)
        assert isinstance(made, Made), name
        assert dict(made), name


def test_a_row_is_realistic_and_fits(make):
    user, product = make.user(), make.product(stock=10)
    assert "@example." in user.email
    assert user.role == "member"
    assert user.is_active is True
    assert 18 <= user.age < 100
    assert len(user.nickname) <= 8
    assert user.country == "DE"
    assert user.born < date(2012, 1, 1)
    assert product.stock == 10
    assert product.label == f"{product.name}!"
    assert 0 < product.price <= 100
    assert product.price == round(product.price, 2)
    assert 0 <= product.discount <= 100
    assert (product["size"], product.size) == ("small", "small")


def test_rows_of_one_test_belong_together(one):
    item = one.make.order_item(quantity=2)
    assert (item.order.id, item.line) == (item.order_id, 1)
    assert item.product.tenant_id == item.order.user.tenant_id
    assert len(one.rows("tenants")) == 1
    assert one.make("OrderItems").order_id == item.order_id
    shipment = one.make.shipment()
    assert (shipment.order_id, shipment.line) == (item.order_id, item.line)


def test_what_refers_is_given_in_any_way(make):
    alice, bob = make.user(), make.user()
    assert alice != bob
    assert alice.email != bob.email
    assert make.order(user=bob).user_id == bob.id
    assert make.order(user_id=bob).user_id == bob.id
    assert make.order(user=bob.id).user_id == bob.id
    assert make.order(user_id=bob.id).user_id == bob.id
    admin = make.order(user__role="admin", user__tenant__name="Umbrella").user
    assert (admin.role, admin.tenant.name) == ("admin", "Umbrella")
    assert make.order().user_id == alice.id
    assert make("CamelThings", userId=bob)["userId"] == bob.id


def test_a_row_that_may_be_referred_to_once_is_made_again(make):
    first, second = make.invoice(), make.invoice()
    assert first.order_id != second.order_id


def test_cycles(one):
    player = one.make.player()
    assert one.rows("teams")[0]["captain_id"] == player.id == player.team.captain_id
    husband = one.make.husband()
    assert one.rows("wives")[0]["husband_id"] == husband.id
    boss = one.make.employee()
    assert boss.boss_id == boss.id
    assert one.make.employee().boss_id == boss.id
    with pytest.raises(CannotMake, match="need each other"):
        one.make.egg()
    assert not one.rows("hens")


def test_conditions_are_tried(make):
    for _ in range(3):
        odd = make.odd()
        assert odd.seven % 7 == 3
        assert 3 <= len(odd.shout) <= 5
        assert odd.either or odd.other
    with pytest.raises(CannotMake) as refused:
        make("impossible")
    assert str(refused.value).splitlines()[0] == "a row of impossible is refused by no_way"
    assert "CHECK ((never <> never))" in str(refused.value)
    assert "give what fits: never=…" in str(refused.value)


def test_what_is_given_is_not_changed(make):
    with pytest.raises(CannotMake, match="with quantity=0"):
        make.order_item(quantity=0)
    with pytest.raises(CannotMake, match=r"orders_user_id_fkey(.|\n)*user_id=99"):
        make.order(user=99)
    with pytest.raises(CannotMake, match="give what fits: nickname"):
        make.user(nickname="much too long a nickname")
    with pytest.raises(CannotMake, match="users_email_key"):
        make.user.batch(2, email="a@example.com")
    with pytest.raises(CannotMake, match="age"):
        make.user(age="forty")


def test_nothing_is_left_of_a_row_that_cannot_be_made(one):
    with pytest.raises(CannotMake):
        one.make.order_item(quantity=-1)
    assert not one.rows("orders")
    assert one.make.order_item().order.user.tenant.id


def test_names(make):
    assert Made.table_of(make.person()) == "people"
    assert Made.table_of(make.group()) == "auth_group"
    assert Made.table_of(make.box()) == "attic.boxes"
    with pytest.raises(AttributeError, match="did you mean orders"):
        make.ordrs()
    with pytest.raises(LookupError, match="no column 'stok'; did you mean stock"):
        make.product(stok=1)
    with pytest.raises(TypeError, match="refers to users, and was given a row of tenants"):
        make.order(user=make.tenant())


def test_equal_tests_are_given_equal_values(one):
    def values(test):
        with one.connection.transaction(force_rollback=True):
            user, product = one.maker(test).user(), one.maker(test).product()
            return user.email, product.name, product.price

    assert values("one") == values("one") != values("other")


def test_defaults_traits_and_stored_rows(make):
    make.defaults("users", age=lambda number: 20 + number)
    make.defaults("orders", user=lambda number: make.user())
    make.trait("users", "admin", role="admin")
    assert [each.age for each in make.user.batch(2)] == [21, 22]
    assert make.user("admin", age=30).role == "admin"
    assert make.order().user.age == 24
    with pytest.raises(LookupError, match="did you mean admin"):
        make.user("admim")
    with pytest.raises(LookupError, match="no column 'ago'"):
        make.defaults("user", ago=1)
    france = make.existing("country", code="FR")
    assert make.user(country=france).country == "FR"
    with pytest.raises(LookupError, match="no row of countries"):
        make.existing("country", code="XX")


def test_a_made_row_compares_and_prints(make):
    product = make.product(name="Anvil", price=Decimal("49.90"))
    assert re.match(r"<products id=\d+ tenant_id=\d+ name='Anvil' ", repr(product))
    assert product == dict(product)
    assert product in [product]
    assert {product: 1}[product] == 1
    with pytest.raises(AttributeError, match="a row of products has no 'nme'; it has: id"):
        _ = product.nme
