"""Risk of an operation from what was seen of it: what comes first when the time is short."""

from __future__ import annotations

from seamproof.core.history import CrossingKind, History


def risk(clean: History) -> float:
    """A figure to order operations by: transactions, tables and rows that one clean act writes.

    Every write transaction beyond the first is a place where half of an effect can remain, so it
    weighs most; then tables, which must agree; then statements that write.
    """
    if not clean.sections:
        return 0.0
    section = clean.section
    transactions = {change.transaction for change in section.changes.rows}
    writes = [each for each in section.crossings if each.kind is CrossingKind.WRITE]
    return 3.0 * len(transactions) + 2.0 * len(section.changes.tables) + 1.0 * len(writes)
