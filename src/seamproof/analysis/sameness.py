"""Whether a request did what another did: the same statements crossed, the same rows changed."""

from __future__ import annotations

import re

from seamproof.analysis.changes import effect
from seamproof.analysis.intervals import sql
from seamproof.analysis.masks import Mask
from seamproof.core.history import CrossingKind, Section

_TELLING = frozenset({CrossingKind.READ, CrossingKind.WRITE, CrossingKind.COPY})


def same_work(one: Section, other: Section, mask: Mask) -> bool:
    """Whether both answered the same success, and the rows of one were read and changed by the
    other as well: by its statements, and by what it left."""
    if not other.exchange.ok or other.exchange.status != one.exchange.status:
        return False
    if effect(one.changes, mask).tables != effect(other.changes, mask).tables:
        return False
    return statements(one, mask) <= statements(other, mask)


def statements(section: Section, mask: Mask) -> frozenset[str]:
    """The shapes of the statements that read or write rows that verdicts look at."""
    ambient = {each.partition(".")[0] for each in mask.profile.ambient}
    upkeep = re.compile("|".join(rf"\b{re.escape(each)}\b" for each in sorted(ambient)) or "(?!)")
    return frozenset(
        each.key.shape
        for each in sql(section, mask.profile)
        if each.kind in _TELLING and not upkeep.search(each.key.shape)
    )
