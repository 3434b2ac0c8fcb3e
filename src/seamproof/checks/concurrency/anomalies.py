"""What a violation is called, in the terms of Berenson et al. ("A critique of ANSI SQL isolation
levels", SIGMOD 1995) and Adya et al. ("Generalized isolation level definitions", ICDE 2000)."""

from __future__ import annotations

from collections import Counter

from seamproof.analysis.changes import paired
from seamproof.analysis.outcomes import Outcome
from seamproof.checks.concurrency.classes import (
    DUPLICATE_ROWS,
    DUPLICATED_CALL,
    FULL_ROW_OVERWRITE,
    GUARD_BYPASS,
    LOST_UPDATE,
    NON_SERIALIZABLE,
    WRITE_SKEW,
)
from seamproof.checks.concurrency.oracle import Oracle
from seamproof.core.catalog import Catalog
from seamproof.core.history import RowChange
from seamproof.core.verdict import FindingClass

_Rows = dict[tuple[str, tuple[str | None, ...]], frozenset[str]]
"""By table and key, the columns that are another value now."""


def classify(oracle: Oracle, seen: Outcome, *, seeded: bool = False) -> FindingClass:
    """The class of a violation. `seeded` says that the state was brought to a limit first: that
    the act is refused there is no rule that it may be done only once.
    """
    catalog = oracle.mask.catalog
    first, second = (_updated(each, catalog) for each in oracle.alone)
    shared = first.keys() & second.keys()
    if oracle.refuses_one:
        return _past_a_limit(oracle, seen, bool(shared), seeded)
    if seen.state.exact in [each.state.exact for each in oracle.serial]:
        return DUPLICATED_CALL if seen.calls != oracle.serial[0].calls else NON_SERIALIZABLE
    if _more_rows(seen, oracle):
        return DUPLICATE_ROWS
    if shared:
        apart = all(not first[each] & second[each] for each in shared)
        return FULL_ROW_OVERWRITE if apart else LOST_UPDATE
    return NON_SERIALIZABLE


def _past_a_limit(oracle: Oracle, seen: Outcome, same_row: bool, seeded: bool) -> FindingClass:
    """Both succeeded, where in every order one of the two is refused."""
    if same_row or seen.state.exact in [each.state.exact for each in oracle.serial]:
        return GUARD_BYPASS
    if _unique_by_look(oracle):
        return GUARD_BYPASS if seeded else DUPLICATE_ROWS
    return WRITE_SKEW


def _unique_by_look(oracle: Oracle) -> bool:
    """Whether both acts insert the same row, as where a second one is to be refused."""
    inserted = [
        Counter(entry for entry, row in each.state.rows if row.old is None) for each in oracle.alone
    ]
    return (
        bool(inserted[0])
        and inserted[0] == inserted[1]
        and not any(row.old is not None for each in oracle.alone for _, row in each.state.rows)
    )


def _more_rows(seen: Outcome, oracle: Oracle) -> bool:
    """Whether more rows came than in any serial order."""
    most = max(_inserted(each) for each in oracle.serial)
    return _inserted(seen) > most


def _inserted(seen: Outcome) -> int:
    rows = [row for _, row in seen.state.rows]
    return sum(row.old is None for row in rows) - sum(row.new is None for row in rows)


def _updated(seen: Outcome, catalog: Catalog) -> _Rows:
    """The rows that were there before, and what an act changes in them."""
    found: _Rows = {}
    for row in paired((row for _, row in seen.state.rows), catalog):
        key = catalog.key_of(row.table)
        if row.old is not None and row.new is not None and key:
            found[row.table, tuple(row.old.get(name) for name in key)] = _changed(row)
    return found


def _changed(row: RowChange) -> frozenset[str]:
    assert row.old is not None
    assert row.new is not None
    return frozenset(name for name, text in row.old.items() if row.new.get(name) != text)
