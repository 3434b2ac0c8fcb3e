"""What came out otherwise of one value: in the row, in the answer, or in a later read. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from seamproof.analysis.landing import same_value
from seamproof.analysis.values import MISSING
from seamproof.checks.roundtrip.agreeing import Agreement, compared, shifted
from seamproof.checks.roundtrip.classes import ALTERED_VALUE, NORMALISED_VALUE, READS_OTHERWISE
from seamproof.checks.roundtrip.reading import Later, body_of, one_of, value_in
from seamproof.checks.roundtrip.report import Sight
from seamproof.checks.roundtrip.trying import Try
from seamproof.core.history import Exchange, RowChange, Section
from seamproof.core.model import Json
from seamproof.core.secrecy import REDACTED
from seamproof.core.verdict import Tier

_SUMMER = timedelta(hours=1)
_HIDDEN = re.compile(r"[*\u2022\u25cf]{3}")
"""What stands for a secret that is shown to nobody: no telling value has that."""


@dataclass(frozen=True, slots=True)
class Trip:
    """What became of one value."""

    write: Exchange
    rows: tuple[RowChange, ...]
    """What the write left."""
    section: Section
    """Whose statements are shown."""
    read: Exchange | None = None
    """The later read; None where there is none."""


def sights(tried: Try, trip: Trip, later: Later | None) -> Iterator[Sight]:
    """Where it is another value than was sent, if anywhere."""
    if not trip.write.ok:
        return
    rows = [each.new for each in trip.rows if each.table == tried.table and each.new is not None]
    if any(REDACTED in (row.get(tried.column.name) or "") for row in rows):
        return
    texts = [text for row in rows if (text := tried.kept(row)) is not MISSING]
    texts = [each for each in texts if each not in tried.usually] or texts
    if not texts:
        return
    kind, sent = tried.telling.kind, tried.telling.value
    seen = [(compared(sent, text, kind, tried.column.type), text) for text in texts]
    # The row that is nearest is the one that it was stored in.
    (agreement, difference), stored = min(seen, key=lambda each: list(Agreement).index(each[0][0]))
    sight = Sight(
        ALTERED_VALUE, Tier.PROVEN, tried.field, tried.telling, tried.table, tried.column.name,
        stored, difference, trip.section, trip.rows, written=trip.write,
    )  # fmt: skip
    if agreement is Agreement.FORM:
        yield replace(sight, finding_class=NORMALISED_VALUE, tier=Tier.NOTE)
    elif agreement is Agreement.LOST and same_value(tried.usual, stored):
        # As if nothing else had been sent: it is another field that is stored there.
        return
    elif agreement is Agreement.LOST and not _is_right(tried, trip, later, stored):
        yield sight
    if agreement is Agreement.SAME:
        yield from _read_otherwise(tried, trip, later, sight)


def _said(tried: Try, trip: Trip, later: Later | None) -> Iterator[tuple[Exchange, Json]]:
    """What the answers say of the value: that of the write, that of the read."""
    yield trip.write, value_in(body_of(trip.write), tried.path, alone=tried.alone)
    if trip.read is None or later is None:
        return
    body = body_of(trip.read)
    if later.listed:
        body = one_of(body, later.key, later.name(trip.write))
    yield trip.read, value_in(body, tried.path, alone=tried.alone)


def _is_right(tried: Try, trip: Trip, later: Later | None, stored: Json) -> bool:
    """Whether a time that is stored without its offset is read as what was sent; where nothing
    reads it, whether it is stored in a zone of the service's own, as the act's own time is."""
    if tried.telling.kind != "time" or tried.column.type.endswith("with time zone"):
        return False
    sent, told = tried.telling.value, [said for _, said in _said(tried, trip, later)]
    if any(said is not MISSING for said in told):
        return any(compared(sent, said, "time")[0] is Agreement.SAME for said in told)
    return any(_alike(shifted(tried.usual, own), shifted(sent, stored)) for own in tried.usually)


def _off_alike(tried: Try, said: Json) -> bool:
    """Whether an answer that is off to the act's own time is off as much to this one."""
    return tried.shift is None or _alike(tried.shift, shifted(tried.telling.value, said))


def _alike(one: timedelta | None, other: timedelta | None) -> bool:
    """Whether two times are off as much, but for an hour in summer."""
    return one is not None and other is not None and abs(one - other) <= _SUMMER


def _read_otherwise(tried: Try, trip: Trip, later: Later | None, sight: Sight) -> Iterator[Sight]:
    for exchange, said in _said(tried, trip, later) if tried.answered else ():
        if said is MISSING or said is None or isinstance(said, bool):
            continue
        if isinstance(said, str) and (REDACTED in said or _HIDDEN.search(said)):
            continue
        agreement, difference = compared(tried.telling.value, said, tried.telling.kind)
        if agreement is Agreement.LOST and _off_alike(tried, said):
            reading = exchange if exchange is not trip.write else None
            where = reading.act.step.operation.id if reading is not None else "the answer"
            yield replace(
                sight,
                finding_class=READS_OTHERWISE,
                difference=difference,
                read=said,
                where=where,
                reading=reading,
            )
            return
