"""The leaves of JSON texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.core.leaves import json_leaves, leaves


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
