from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.core import references
from seamproof.core.model import Json

VALUES = {"order": "17", "a.b": "x"}
TEXT = st.text("{}a1.- ", max_size=12)


@pytest.mark.parametrize(
    ("text", "meant", "names"),
    [
        ("{order}", "17", ["order"]),
        ("no {order} of {a.b}", "no 17 of x", ["order", "a.b"]),
        ("{{order}}", "{order}", []),
        ("{{{order}}}", "{17}", ["order"]),
        ("{{{{order}}}}", "{{order}}", []),
        ("{{order}", "{17", ["order"]),
        ('{"a":{order}}', '{"a":17}', ["order"]),
        ("{unknown} {{{unknown}}}", "{unknown} {{unknown}}", ["unknown", "unknown"]),
        ("{} { order } {1}", "{} { order } {1}", []),
    ],
)
def test_what_a_text_means(text: str, meant: str, names: list[str]) -> None:
    assert references.filled(text, VALUES.get) == meant
    assert references.names(text) == names


@given(TEXT)
def test_a_literal_text_is_filled_to_itself(text: str) -> None:
    assert references.filled(references.literal(text), lambda name: "wrong") == text
    assert references.names(references.literal(text)) == []


@given(TEXT, TEXT)
def test_a_literal_text_keeps_single_references_to_chosen_names(before: str, after: str) -> None:
    text = references.literal(f"{before} {{order}} {after}", ["order"])
    said = {"order": "17"}.get
    assert references.filled(text, said) == f"{before} 17 {after}".replace("{order}", "17")
    assert set(references.names(text)) == {"order"}


def test_a_value_is_literal_in_all_its_texts() -> None:
    value = {"{a}": ["{b}", {"c": "{{d}} {unique}"}, 1, None]}
    said = {"{{a}}": ["{{b}}", {"c": "{{{{d}}}} {unique}"}, 1, None]}
    assert references.literally(value, ["unique"]) == said


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_references_between_texts(texts: list[str]) -> None:
    keys = [f"g{number}" for number in range(len(texts) - 1)]
    text = references.joined(texts, keys)
    assert references.names(text) == keys
    assert references.filled(text, dict.fromkeys(keys, "7").get) == "7".join(texts)


def test_a_reference_alone_has_one_pair_of_braces() -> None:
    assert references.alone("{order}") == "order"
    assert references.alone("{{order}}") is None
    assert references.alone("{order} ") is None


def test_other_names() -> None:
    assert references.renamed("{a} {{a}} {{{a}}}", lambda name: "b") == "{b} {{a}} {{{b}}}"


@pytest.mark.parametrize(
    "value",
    ["{order}", "x {order}", {"id": "{order}"}, {"{order}": 1}, [{"a": ["{order}"]}], ["{order}"]],
)
def test_what_refers_to_something_is_never_passed_over(value: Json) -> None:
    assert list(references.inside(value)) == ["order"]
    assert references.possible(value)


@pytest.mark.parametrize("value", [None, "", {}, [], 0, "order", {"a": "b"}, ["a", 1, None], 17])
def test_what_has_no_brace_of_its_own_need_not_be_looked_through(value: Json) -> None:
    assert not references.possible(value)
