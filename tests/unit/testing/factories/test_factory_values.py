"""Values by type and name, and what conditions ask of them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from seamproof.core.catalog import Column, Table
from seamproof.testing.factories.conditions import NOTHING, Asked, asked, disordered
from seamproof.testing.factories.kinds import KNOWN, Kind, plain
from seamproof.testing.factories.values import Place, Unknown, Values

VALUES = Values("tests/test_it.py::test_it")


def value(column, kind, question=NOTHING, *, table="users", **place):
    return VALUES.of(Place(table, column, 1, **place), plain(kind), question)


@pytest.mark.parametrize(
    ("condition", "column", "expected"),
    [
        ("(price > 0)", "price", Asked(low=1)),
        ("(price >= (0)::numeric)", "price", Asked(low=0)),
        ("((stars >= 1) AND (stars <= 5))", "stars", Asked(low=1, high=5)),
        ("(role = ANY (ARRAY['a'::text, 'it''s'::text]))", "role", Asked(choices=("a", "it's"))),
        ("(length(code) = 5)", "code", Asked(shortest=5, longest=5)),
        ("(char_length((name)::text) >= 3)", "name", Asked(shortest=3)),
        ("(code ~ '^[A-Z]{3}$'::text)", "code", Asked(pattern="^[A-Z]{3}$")),
        ("(stars > 1)", "star", NOTHING),
        ("((VALUE >= 0) AND (VALUE <= 100))", "VALUE", Asked(low=0, high=100)),
    ],
)
def test_conditions(condition, column, expected):
    assert asked((condition,), column) == expected


def test_pairs_of_columns():
    table = Table(
        "stays",
        (Column("begins", "date"), Column("ends", "date")),
        conditions=("(begins < ends)", "(ends >= begins)"),
    )
    day, later = date(2030, 1, 1), date(2030, 1, 2)
    assert list(disordered(table, {"begins": day, "ends": later})) == []
    assert list(disordered(table, {"begins": later, "ends": day})) == [("begins", "ends")] * 2
    assert list(disordered(table, {"begins": day, "ends": None})) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("integer", Kind("integer")),
        ("numeric(14,4)", Kind("numeric", (14, 4))),
        ("character varying(20)", Kind("character varying", (20,))),
        ("timestamp(3) without time zone", Kind("timestamp without time zone", (3,))),
        ("text[]", Kind("text", array=True)),
        ("character varying(5)[]", Kind("character varying", (5,), array=True)),
        ('shop."Odd Type"', Kind('shop."Odd Type"')),
    ],
)
def test_kinds(text, kind):
    assert plain(text) == kind


@pytest.mark.parametrize("kind", sorted(KNOWN))
def test_every_known_type_has_a_value(kind):
    assert value("thing", kind) is not None
    assert value("thing", f"{kind}[]") == []


def test_an_unknown_type_is_told():
    with pytest.raises(Unknown, match="geometry"):
        value("place", "geometry")


@pytest.mark.parametrize(
    ("column", "kind", "pattern"),
    [
        ("email", "text", r"[^@ ]+@example\.(com|net|org)"),
        ("billingEmail", "text", r"[^@ ]+@example\.(com|net|org)"),
        ("phone", "text", r"\+1415555\d{4}"),
        ("country_code", "character(2)", r"[A-Z]{2}"),
        ("website", "text", r"https://example\.com/.+"),
        ("remote_addr", "inet", r"192\.0\.2\.\d+"),
        ("display_name", "text", r"\S+ \S+"),
        ("api_key", "text", r"[0-9a-f]{32}"),
    ],
)
def test_texts_by_name(column, kind, pattern):
    assert re.fullmatch(pattern, value(column, kind))


def test_numbers_by_name_and_condition():
    assert 1 <= value("stars", "integer") <= 5
    assert 2020 <= value("year", "smallint") <= 2030
    price = value("price", "numeric(6,2)")
    assert isinstance(price, Decimal)
    assert 1 <= price <= 100
    assert 0 < value("rate", "numeric(3,3)") < 1
    assert value("age", "integer", Asked(low=18, high=18)) == 18
    assert value("depth", "integer", Asked(high=-5)) <= -5
    assert value("is_active", "boolean") is True
    assert value("is_banned", "boolean") is False


def test_what_ends_does_so_after_what_begins():
    assert value("starts_at", "date") < value("ends_at", "date")
    assert value("birth_date", "date") < value("created_at", "date") < date(2025, 1, 1)


def test_sizes_and_patterns():
    assert len(value("description", "character varying(10)")) <= 10
    assert len(value("code", "character(12)")) == 12
    assert len(value("code", "text", Asked(shortest=30))) >= 30
    assert re.fullmatch(
        "[A-Z]{3}-[0-9]{2}", value("x", "text", Asked(pattern="^[A-Z]{3}-[0-9]{2}$"))
    )


def test_values_are_made_of_their_place_alone():
    first = [value("email", "text") for _ in range(2)]
    assert first[0] == first[1]
    other = Values("another").of(Place("users", "email", 1), plain("text"))
    assert other != first[0]
    unique = {value("slug", "character varying(4)", attempt=n, unique=True) for n in range(20)}
    assert len(unique) > 15
