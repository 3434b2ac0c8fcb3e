"""What values look like."""

from __future__ import annotations

import pytest

from seamproof.analysis.values import is_identifier, is_number, is_time, is_uuid


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
