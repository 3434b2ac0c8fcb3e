"""`roundtrip`: whether two values mean the same."""

from __future__ import annotations

from seamproof.checks.roundtrip.agreeing import Agreement, compared


def test_another_offset_of_the_same_instant_and_more_zeros_are_the_same() -> None:
    one, same = "2035-01-15T23:30:00+05:30", Agreement.SAME
    assert compared(one, "2035-01-15 18:00:00+00", "time")[0] is same
    assert compared(one, "2035-01-15 18:00:00", "time")[0] is same
    assert compared(one, "2035-01-15 23:30:00", "time")[0] is Agreement.LOST
    assert compared("1.50", "1.5000", "decimal")[0] is same
    assert compared("é", "e\u0301", "text")[0] is Agreement.FORM
    assert compared("A@b.c", "a@b.c", "text")[0] is Agreement.FORM
    several = (Agreement.FORM, "its spaces are trimmed, its case is another")
    assert compared("  two  spaces  ", "TWO  SPACES", "text") == several
    assert compared("two spaces", "THREE SPACES", "text")[0] is Agreement.LOST
    assert compared(19.999, "20.00", "decimal", "numeric(12,2)")[0] is Agreement.FORM
    assert compared(19.99, "20.00", "decimal", "numeric(12,2)")[0] is Agreement.LOST
