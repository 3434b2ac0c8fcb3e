"""Values in binary format that no server would send, and those of types that nobody knows."""

from __future__ import annotations

from struct import pack

import pytest

from seamproof.wire.postgres.values import as_text


@pytest.mark.parametrize(
    ("value", "oid", "shown"),
    [
        pytest.param(b"open", 99_001, "open", id="an enum"),
        pytest.param(b"two\nlines", 99_001, "two\nlines", id="a text of an extension"),
        pytest.param(b"\0\0\0\x07", 99_001, "\\x00000007", id="a number of an extension"),
        pytest.param(b"\xff\xfe", 0, "\\xfffe", id="no text"),
        pytest.param(b"\x02{}", 3802, "\\x027b7d", id="jsonb of a later version"),
        pytest.param(b"\0", 2950, "\\x00", id="a UUID that is too short"),
        pytest.param(b"\0\0\0\1", 1700, "\\x00000001", id="a numeric that ends early"),
        pytest.param(pack("!i", 2**31 - 2), 1082, "\\x7ffffffe", id="a date beyond all calendars"),
        pytest.param(
            pack("!iiI", 1, 0, 23),
            1007,
            "\\x" + "00000001" + "00000000" + "00000017",
            id="an array that ends early",
        ),
        pytest.param(
            pack("!iiI", 2, 0, 23),
            1007,
            "\\x" + "00000002" + "00000000" + "00000017",
            id="an array of two dimensions",
        ),
    ],
)
def test_what_cannot_be_read_is_shown_as_bytes(value: bytes, oid: int, shown: str) -> None:
    assert as_text(value, oid) == shown


def test_an_array_may_be_of_a_type_that_nobody_knows() -> None:
    items = pack("!i", 4) + b"open" + pack("!i", -1)
    assert as_text(pack("!iiIii", 1, 1, 99_001, 2, 1) + items, 1009) == "{open,NULL}"
