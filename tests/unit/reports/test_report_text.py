from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.reports.text import bounded, cells, clip, fill, harmless, paragraph, squeeze


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("a\u2028b", "a\\u2028b"),
        ("a\x9b31mb", "a\\x9b31mb"),
        ("two\r\nlines\tof it", "two  lines of it"),
        ("zero\u200bwidth\U000e0041", "zero\\u200bwidth\\U000e0041"),
        ("Grüße 世界", "Grüße 世界"),
    ],
)
def test_what_a_terminal_obeys_is_written_out(hostile: str, shown: str) -> None:
    assert harmless(hostile) == shown


@given(st.text())
def test_no_character_that_a_terminal_obeys_is_left(text: str) -> None:
    left = {unicodedata.category(character) for character in harmless(text)}
    assert not left & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(), st.integers(0, 40))
def test_a_clipped_text_fits(text: str, width: int) -> None:
    assert cells(clip(text, width)) <= width or cells(text) <= width


def test_wide_characters_take_two_cells() -> None:
    assert cells("世界") == 4
    assert clip("世界世界", 5) == "世界…"


def test_prose_is_cut_where_its_lines_end() -> None:
    assert paragraph("one two three four five six", 12, 2) == ["one two", "three four…"]


def test_what_is_left_out_is_counted() -> None:
    assert bounded(["a", "b", "c", "d"], 2, "rows") == ["a", "… and 3 more rows"]
    assert bounded(["a", "b"], 2, "rows") == ["a", "b"]


def test_a_missing_fact_does_not_cost_the_finding() -> None:
    assert fill("{a} and {b}", {"a": "\x1b"}) == "\\x1b and {b}"
    assert fill("{a", {"a": "1"}) == "{a"
    assert fill("{a}", {"a": None}) == "nothing"


@given(st.text(), st.integers(1, 40))
def test_a_squeezed_text_fits(text: str, width: int) -> None:
    assert cells(squeeze(text, width)) <= width or cells(text) <= width


def test_a_squeezed_text_keeps_its_end() -> None:
    path = "POST /organizers/{organizer}/events/{event}/orders/"
    assert squeeze(path, 31) == "POST /org…vents/{event}/orders/"
    assert squeeze(path, len(path)) == path
