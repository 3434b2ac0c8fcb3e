"""Why a comparison failed, in the lines that stand below pytest's own."""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.testing.changed import Changed
from seamproof.testing.expectations.matching import Pattern, differences
from seamproof.testing.reply import Reply

_MOST = 20


def explained(operator: str, left: object, right: object) -> list[str] | None:
    """The lines for `left == right`; None where it is not ours to explain."""
    if operator != "==":
        return None
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Changed) and isinstance(other, Mapping):
            return _lines(f"{one!r} == {other!r}", one.differences(other))
        if isinstance(one, Pattern):
            return _lines(f"{other!r} == {one!r}", list(differences(one, other)))
        if isinstance(one, Reply):
            return _lines(f"{one!r} == {other!r}", list(differences(other, one.json)))
    return None


def _lines(heading: str, found: list[str]) -> list[str]:
    shown = found[:_MOST]
    more = [f"… and {len(found) - _MOST} more"] if len(found) > _MOST else []
    return [heading, *shown, *more]
