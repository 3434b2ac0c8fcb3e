"""What a violation is called, in the terms of Berenson et al. ("A critique of ANSI SQL isolation
levels", SIGMOD 1995) and Adya et al. ("Generalized isolation level definitions", ICDE 2000)."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

from seamproof.analysis.changes import Entry, paired
from seamproof.analysis.outcomes import Outcome
from seamproof.checks.concurrency.classes import (
    DUPLICATE_ROWS,
    DUPLICATED_CALL,
    FULL_ROW_OVERWRITE,
    GUARD_BYPASS,
    LOST_UPDATE,
    NON_SERIALIZABLE,
    RESURRECTED_ROW,
    WRITE_SKEW,
)
from seamproof.checks.concurrency.oracle import Oracle, is_success
from seamproof.core.catalog import Catalog
from seamproof.core.history import Row, RowChange
from seamproof.core.verdict import FindingClass

_Key: TypeAlias = tuple[str, tuple[str | None, ...]]
"""A table, and the primary key of a row in it."""

_Rows: TypeAlias = dict[_Key, frozenset[str]]
"""By row, the columns that are another value now."""


def classify(oracle: Oracle, seen: Outcome, *, seeded: bool = False) -> FindingClass:
    """The class of a violation. `seeded` says that the state was brought to a limit first: that
    the act is refused there is no rule that it may be done only once.
    """
    catalog = oracle.mask.catalog
    first, second = (_updated(each, catalog) for each in oracle.alone)
    shared = first.keys() & second.keys()
    if oracle.refuses_one and all(map(is_success, seen.statuses)):
        taken = [_taken(each, catalog) for each in oracle.alone]
        return _past_a_limit(oracle, seen, bool(shared or taken[0] & taken[1]), seeded)
    if oracle.refuses_one and not all(map(is_success, seen.statuses)):
        # The one that was refused left something, or the other did not do all of it.
        return NON_SERIALIZABLE
    if seen.state.exact in [each.state.exact for each in oracle.serial]:
        return DUPLICATED_CALL if seen.calls != oracle.serial[0].calls else NON_SERIALIZABLE
    if _resurrected(seen, oracle):
        return RESURRECTED_ROW
    if _more_rows(seen, oracle):
        return DUPLICATE_ROWS
    lost = {each for each in shared if _is_of_no_order(each, seen, oracle)}
    if seen.state.exact in [each.state.exact for each in oracle.alone]:
        # Of one of the two nothing is left, as where both claim the same entry of a queue.
        lost = set(shared)
    if lost:
        apart = all(not first[each] & second[each] for each in lost)
        return FULL_ROW_OVERWRITE if apart else LOST_UPDATE
    return NON_SERIALIZABLE


def _resurrected(seen: Outcome, oracle: Oracle) -> bool:
    """Whether a row that one act deletes, or marks as deleted, is left as by the other alone.

    Of the two one is a DELETE (RFC 9110, section 9.3.5); what is made anew behind it is as in one
    of the serial orders.
    """
    catalog = oracle.mask.catalog
    acts = oracle.histories[0].experiment.phases[0].acts
    deleting = [act.step.operation.method == "DELETE" for act in acts]
    if deleting.count(True) != 1:
        return False
    deletion, change = oracle.alone[deleting.index(True)], oracle.alone[deleting.index(False)]
    gone = _taken(deletion, catalog) | _updated(deletion, catalog).keys()
    return any(
        _version(row, seen, catalog) == _version(row, change, catalog)
        and _is_of_no_order(row, seen, oracle)
        for row in gone & _updated(change, catalog).keys()
    )


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
    """Whether more rows came than in any serial order, into a table that each act inserts into.

    A row that only one of them makes is not there twice: it lost what it belongs to.
    """
    catalog = oracle.mask.catalog
    made, *serial = (_inserted(each, catalog) for each in (seen, *oracle.serial))
    first, second = (_inserted(each, catalog) for each in oracle.alone)
    return any(made[table] > max(each[table] for each in serial) for table in first & second)


def _inserted(seen: Outcome, catalog: Catalog) -> Counter[str]:
    """How many rows came, by table: neither those that are another now nor those that stayed."""
    changes = paired((row for _, row in seen.state.rows), catalog)
    return Counter(row.table for row in changes if row.old is None)


def _is_of_no_order(row: _Key, seen: Outcome, oracle: Oracle) -> bool:
    """Whether a row is left as neither serial order leaves it."""
    catalog = oracle.mask.catalog
    left = _version(row, seen, catalog)
    return all(left != _version(row, each, catalog) for each in oracle.serial)


def _version(row: _Key, seen: Outcome, catalog: Catalog) -> frozenset[Entry]:
    """What an outcome makes of a row; nothing where it leaves the row as it was."""
    return frozenset(
        entry
        for entry, change in seen.state.rows
        if row in (_key(change.table, each, catalog) for each in (change.old, change.new) if each)
    )


def _updated(seen: Outcome, catalog: Catalog) -> _Rows:
    """The rows that were there before, and what an act changes in them."""
    found: _Rows = {}
    for row in paired((row for _, row in seen.state.rows), catalog):
        if row.old is not None and row.new is not None and catalog.key_of(row.table):
            found[_key(row.table, row.old, catalog)] = _changed(row)
    return found


def _taken(seen: Outcome, catalog: Catalog) -> set[_Key]:
    """The rows that were there before, and that an act deletes."""
    changes = paired((row for _, row in seen.state.rows), catalog)
    return {
        _key(row.table, row.old, catalog)
        for row in changes
        if row.old is not None and row.new is None and catalog.key_of(row.table)
    }


def _key(table: str, row: Row, catalog: Catalog) -> _Key:
    return table, tuple(row.get(name) for name in catalog.key_of(table))


def _changed(row: RowChange) -> frozenset[str]:
    assert row.old is not None
    assert row.new is not None
    return frozenset(name for name, text in row.old.items() if row.new.get(name) != text)
