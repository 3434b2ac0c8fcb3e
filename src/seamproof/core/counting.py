"""Numbers of things, in words."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """`1 row`, `2 rows`; `many` is the plural where it has more than an s."""
    return f"{count} {one if count == 1 else many or one + 's'}"
