"""What values look like, and the leaves of JSON texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.analysis.values import (
    is_identifier,
    is_number,
    is_time,
    is_uuid,
    json_leaves,
    leaves,
)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04",
        "2026-03-04 05:06:07",
        "2026-03-04 05:06:07.123456+00",
        "2026-03-04T05:06:07Z",
        "2026-03-04T05:06:07.1+02:00",
        "1772600000",
        "1772600000.25",
        "1772600000123",
        "1772600000123456",
    ],
)
def test_times(text: str) -> None:
    assert is_time(text)


@pytest.mark.parametrize(
    "text", ["", "12", "1234567890", "9772600000", "2026", "2026-03-04 and more", "17726000001"]
)
def test_no_times(text: str) -> None:
    assert not is_time(text)


def test_numbers() -> None:
    assert all(map(is_number, ("0", "-1", "10.50", ".5", "1e-7", "+3.")))
    assert not any(map(is_number, ("", "1a", "NaN", "1,5", "0x1f", "--1")))


def test_identifiers() -> None:
    assert is_uuid("0e984725-c51c-4bf4-9960-e1c80e27aba0")
    assert is_uuid("0e984725c51c4bf49960e1c80e27aba0")
    assert is_identifier("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert is_identifier("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM")
    assert not is_identifier("1234567890123456789"), "a number is an amount or a key"
    assert not is_identifier("short")
    assert not is_identifier("words with spaces in between")


def test_a_document_has_a_leaf_for_each_value() -> None:
    assert leaves("data", '{"b": [{"id": 1}, {"id": 2}], "a": null, "c": {}}') == (
        ("data.$.a", None),
        ("data.$.b[].id", "1"),
        ("data.$.b[].id", "2"),
        ("data.$.c", "{}"),
    )


@pytest.mark.parametrize("text", [None, "", "plain", "{a,b}", "{1,2}", "[broken", "17"])
def test_what_is_no_document_is_one_leaf(text: str | None) -> None:
    assert leaves("column", text) == (("column", text),)


def test_digits_of_a_number_are_kept() -> None:
    assert json_leaves('{"total": 10.10}') == (("$.total", "10.10"),)


def test_depth_is_bounded() -> None:
    deep = "[" * 30_000 + "]" * 30_000
    assert len(leaves("column", deep)) == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_the_order_of_keys_is_no_difference(value: object) -> None:
    text, turned = json.dumps(value), json.dumps(_turned(value))
    assert json_leaves(text) == json_leaves(turned)


def _turned(value: object) -> object:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(each) for each in value] if isinstance(value, list) else value
