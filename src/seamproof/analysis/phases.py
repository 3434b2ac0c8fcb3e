"""What one of several phases did, where the next begins without a reset."""

from __future__ import annotations

from seamproof.analysis.changes import effect, paired
from seamproof.analysis.masks import Mask
from seamproof.core.history import Changes, RowChange, Section


def own_changes(section: Section, before: Changes) -> Changes:
    """The changes of a phase, without those that were there before, each of which counts once."""
    seen = len(before.rows)
    if section.changes.rows[:seen] == before.rows:
        # As what is read phase by phase: what was there before is the same, in its place.
        return Changes(section.changes.rows[seen:])
    waiting = list(before.rows)
    own: list[RowChange] = []
    for row in section.changes.rows:
        if row in waiting:
            waiting.remove(row)
        else:
            own.append(row)
    return Changes(tuple(own))


def own_rows(section: Section, before: Changes, mask: Mask) -> tuple[RowChange, ...]:
    """The rows that a phase changed, net, as far as verdicts look at them."""
    net = effect(own_changes(section, before), mask)
    return tuple(paired((row for _, row in net.rows), mask.catalog))
