from __future__ import annotations

from seamproof.core.counting import counted


def test_one_thing_is_no_plural() -> None:
    assert [counted(count, "row") for count in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert counted(1, "call to it", "calls to it") == "1 call to it"
    assert counted(3, "call to it", "calls to it") == "3 calls to it"
