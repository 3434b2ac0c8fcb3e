"""What a refusal leaves behind, judged by the act's own effect alone: nothing else is known of what
the operation is for.

- a row that says nothing else than one of the act's own rows, and that other rows of the act are
  made for, as an order without its lines; or that is the act's only row
- a column of a row that the act changes also, and in the way that it does; no counter of attempts
- a row that is gone, which the act deletes also

Anything else may be kept on purpose: a log of what was refused, a payment that is marked as failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from seamproof.analysis.changes import paired
from seamproof.analysis.refusals.sent import Sent
from seamproof.analysis.trouble import RATE_LIMITED
from seamproof.analysis.values import is_number, is_time, is_uuid
from seamproof.checks.rollback.clean import Clean
from seamproof.core.history import DisturbanceKind, RowChange, Section

_ABOUT_WHO_ASKS = frozenset({401, 403, 407, 408, RATE_LIMITED})
"""Refusals of who asks, or of how often: what stays behind of them is about that."""
_DISTURBING = (
    DisturbanceKind.OURS,
    DisturbanceKind.ARRANGEMENT_FAILED,
    DisturbanceKind.NOT_QUIET,
)


def remains(clean: Clean, section: Section, rows: Sequence[RowChange]) -> tuple[RowChange, ...]:
    """The rows that are left of the act although it was refused; none where they may be meant."""
    status = section.exchange.status or 0
    if status < 400 or status in _ABOUT_WHO_ASKS or section.disturbed(*_DISTURBING):
        return ()
    catalog = clean.mask.catalog
    own = paired((row for _, row in clean.effect.rows), catalog)
    sent = {str(value) for _, _, value in Sent.of(section.exchange).fields}
    parts = [each for each in rows if any(_is_part(each, one, own, clean, sent) for one in own)]
    of_act = {each.table for each in own}
    return tuple(each for each in rows if each.table in of_act) if parts else ()


def _is_part(
    left: RowChange, own: RowChange, every: Sequence[RowChange], clean: Clean, sent: set[str]
) -> bool:
    """Whether a change is a part of the act's own, and can be nothing else."""
    if left.table != own.table:
        return False
    if left.old is None and own.old is None:
        return _says_no_more(left, own, clean, sent) and _is_made_for(own, every, clean)
    if left.old is None or own.old is None:
        return False
    key = clean.mask.catalog.key_of(left.table)
    if not key or any(left.old.get(name) != own.old.get(name) for name in key):
        return False
    if left.new is None or own.new is None:
        return left.new is own.new
    return _goes_the_same_way(left, own)


def _says_no_more(left: RowChange, own: RowChange, clean: Clean, sent: set[str]) -> bool:
    """Whether a new row has no text that the act's row has not: no reason, no other state."""
    profile = clean.mask.profile
    for name, text in (left.new or {}).items():
        usual = (own.new or {}).get(name)
        if text is None or text in sent or f"{left.table}.{name}" in profile.volatile:
            continue
        if usual is None or (text != usual and not (is_number(text) or is_uuid(text))):
            return False
    return True


def _is_made_for(own: RowChange, every: Sequence[RowChange], clean: Clean) -> bool:
    """Whether other rows of the act refer to its table, or it is all that the act changes."""
    others = {each.table for each in every if each.old is None} - {own.table}
    tables = clean.mask.catalog.tables
    referring = (
        key.references == own.table
        for name in others
        if name in tables
        for key in tables[name].foreign_keys
    )
    return clean.effect.tables == (own.table,) or any(referring)


def _goes_the_same_way(left: RowChange, own: RowChange) -> bool:
    """Whether an update is of columns that the act updates, and each as the act does."""
    old, new = left.old or {}, left.new or {}
    usual, after = own.old or {}, own.new or {}
    changed = [name for name, text in new.items() if old.get(name) != text]
    for name in changed:
        before, now, then = old.get(name), new.get(name), after.get(name)
        if usual.get(name) == then:
            return False
        if now is None or before is None or then is None or not (_counts(now) and _counts(before)):
            if now != then:
                return False
        elif float(now) > float(before):
            # Attempts are counted upwards, whether they succeed or not.
            return False
    return bool(changed)


def _counts(text: str) -> bool:
    return is_number(text) and not is_time(text)
