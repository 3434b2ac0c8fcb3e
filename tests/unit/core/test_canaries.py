"""Canaries that are no words: made, stored, and found in whatever an answer makes of them."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest

from seamproof.core import canaries, canary
from seamproof.core.canaries import Form

PLACES = [("users", str(key), column) for key in range(40) for column in ("a", "b")]


@pytest.mark.parametrize("form", list(Form))
def test_one_is_the_same_for_the_same_place_and_another_elsewhere(form: Form) -> None:
    made = [canaries.made(form, *place) for place in PLACES]
    assert made == [canaries.made(form, *place) for place in PLACES]
    assert len(set(made)) == len(PLACES)
    assert all(canaries.ours(canaries.stored(form, each)) for each in made)
    for each in made:
        assert canaries.sighted(f'{{"x": {canaries.stored(form, each)}}}') == (each,)
        assert canaries.sighted(canaries.stored(form, each).encode()) == (each,)


def test_a_uuid_is_one_and_is_found_in_any_spelling() -> None:
    one = canaries.made(Form.UUID, "a")
    value = uuid.UUID(one)
    assert (value.version, value.variant) == (4, uuid.RFC_4122)
    for text in (value.hex, value.urn, one.upper(), f"{{{one}}}"):
        assert canaries.sighted(text) == (one,)
    assert canaries.sighted(one[:-1]) == ()


def test_a_number_is_one_that_no_library_rounds_and_is_found_as_a_whole_only() -> None:
    one = canaries.made(Form.NUMBER, "a")
    assert len(one) == canaries.DIGITS
    assert int(float(one)) == int(one) < 2**53
    for text in (one, f"{one}.00", f'"{one}"', f"[{one},1]"):
        assert canaries.sighted(text) == (one,)
    for text in (f"1{one}", f"{one}1", f"0.{one}"):
        assert canaries.sighted(text) == (), "it is a part of another number"


@pytest.mark.parametrize(
    "written",
    [
        "{day}T{time}.{ms}Z",
        "{day} {time}.{ms}271+00",
        "{day}T{time}.{ms}271+00:00",
        "{day}T{time}.{ms}2",
        "{day} {time},{ms}",
    ],
)
def test_a_moment_is_found_as_libraries_print_it(written: str) -> None:
    one = canaries.made(Form.MOMENT, "a")
    day, _, rest = one.partition("T")
    time, _, thousandths = rest.partition(".")
    assert canaries.sighted(written.format(day=day, time=time, ms=thousandths)) == (one,)


@pytest.mark.parametrize(("offset", "hours"), [("+05:30", 5.5), ("-0800", -8), ("+01", 1)])
def test_a_moment_is_found_in_another_time_zone(offset: str, hours: float) -> None:
    local = datetime(1953, 6, 7, 8, 9, 10, 123_000).timestamp() + hours * 3600
    text = datetime.fromtimestamp(local).isoformat(sep=" ", timespec="milliseconds")
    assert "1953-06-07T08:09:10.123" in canaries.sighted(f'"{text}{offset}"')


def test_moments_of_one_place_are_never_round_and_stay_in_their_year() -> None:
    for place in PLACES:
        at = datetime.fromisoformat(canaries.made(Form.MOMENT, *place))
        assert at.year == canaries.YEAR
        assert (at.microsecond // 1000) % 100, "no round tenth of a second"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1953-06-07",
        "1953-06-07T08:09:10Z",
        "1953-99-07T08:09:10.123Z",
        "1953-06-07T08:09:10.123+99:99",
        "6fa459ea-ee8a-4ca4-894e-db77e160355e",
        "744373666971648123456",
        "1760000000000",
        "ours",
    ],
)
def test_what_others_write_is_none(text: str) -> None:
    assert canaries.sighted(text) == ()
    assert not canaries.ours(text)


def test_words_are_found_beside_the_others() -> None:
    word, number = canary.canary("a"), canaries.made(Form.NUMBER, "a")
    assert canaries.sighted(f"{number} {word} {word}") == (word, number)
    assert canaries.ours(f"{word}@example.com")
    assert not canaries.ours(f"secret {number}")
