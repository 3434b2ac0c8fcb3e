"""Canaries in rows, in the forms that drivers ask for them."""

from __future__ import annotations

import struct
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from playbook import row

from seamproof.core import canaries
from seamproof.core.canaries import Form
from seamproof.wire.postgres.canaries import LONGEST, among

PLACES = [("users", str(key)) for key in range(30)]


def since_2000(text: str) -> bytes:
    """As timestamp_send writes it."""
    at = datetime.fromisoformat(text) - datetime(2000, 1, 1)
    return struct.pack(">q", at // timedelta(microseconds=1) + 271)


def digits(text: str, scale: int = 0) -> bytes:
    """As numeric_send writes a number of 15 digits."""
    padded = text.zfill(16)
    groups = [int(padded[at : at + 4]) for at in range(0, 16, 4)]
    return struct.pack(">hhHh4h", 4, 3, 0, scale, *groups)


FORMS = {
    Form.WORD: str.encode,
    Form.UUID: lambda text: uuid.UUID(text).bytes,
    Form.NUMBER: lambda text: struct.pack(">q", int(text)),
    Form.MOMENT: since_2000,
}


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("place", PLACES)
def test_each_is_found_as_text_and_in_binary(form: Form, place: tuple[str, ...]) -> None:
    one = canaries.made(form, *place)
    text = canaries.stored(form, one).encode()
    assert among(row(b"1", text)) == (one,)
    assert among(row(b"1", FORMS[form](one), b"2")) == (one,)
    assert max(len(text), len(FORMS[form](one))) <= LONGEST


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("scale", [0, 2])
def test_a_numeric_is_found_in_binary(place: tuple[str, ...], scale: int) -> None:
    one = canaries.made(Form.NUMBER, *place)
    assert Decimal(one) % 10, "zeros at the end are not sent"
    assert among(row(digits(one, scale))) == (one,)


def test_other_values_are_none() -> None:
    values = [
        struct.pack(">q", 1_760_000_000_000_000),
        struct.pack(">q", -1),
        struct.pack(">q", -1_000_000_000_000_000),
        digits("123456789012345"),
        uuid.UUID("6fa459ea-ee8a-4ca4-894e-db77e160355e").bytes,
        b"1953-06-07",
        b"7443 orders",
        b"qzsmp",
    ]
    assert among(row(*values)) == ()
