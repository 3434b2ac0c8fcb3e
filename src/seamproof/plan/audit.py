"""Which tables are audit: a record of the requests themselves, no part of what they effect.
And which are logs of what was done, written with it.

The strict rule is that a table in the effect of any operation's 2xx is never audit, or else
"refused, but wrote" would hide behind it. A service that notes every request, refused or not, in a
transaction of its own would then be told that its notes outlive a rollback, which is what they are
for. So a table that successes write also is audit where it can be nothing else: all of this holds
of every request that was seen to write it.

- only inserts, and one row a request
- in a transaction in which nothing else was written
- no foreign key leads to it, and none leads from it to a table that at least half of the
  operations that write it change also (a movement of stock points at the product; who asked is
  changed by few)
- three operations or more write it, and requests that were refused do
- no success has it as its only effect

A log that is written in the transaction of what it tells, and by successes only, is a part of the
effect: a fault must not part the two. But that a request twice at once is in it twice is no second
effect. All of this holds of such a table:

- only inserts, and three operations or more write it, at least half of those that change something
- no foreign key leads to or from a table that is changed beside it, as above
- no column of an amount (numeric, real, money): a ledger is written by many operations also
- no success has it as its only effect; but where twenty operations or more write it, one in four
  may, as long as it does not say that it created something (201): a log also tells of acts that
  found nothing to change

A table that is written by triggers of such a table alone counts its rows, and goes with it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from seamproof.analysis.intervals import WRITES
from seamproof.analysis.statements import names
from seamproof.core.catalog import Catalog
from seamproof.core.history import History, RowChange, Section
from seamproof.core.profile import Profile

PLAIN = Profile()
UNRELATED = 3
"""Operations that must write a table before it counts as audit."""
MANY = 20
"""Operations that write a log for it to be one although some write nothing else."""
_IDLE = 4
"""One in so many may be such."""
_CREATED = 201
_REFUSED = range(400, 500)
_AMOUNTS = ("numeric", "decimal", "real", "double", "float", "money")


@dataclass(slots=True)
class _Writes:
    """What was seen of one table."""

    beside: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The operations that wrote it, and the tables that each changed also."""
    refused: bool = False
    succeeded: bool = False
    impossible: bool = False
    """Whether some request wrote it as no audit is written."""


def audit_tables(seen: Iterable[tuple[str, History]], catalog: Catalog) -> frozenset[str]:
    """The audit tables, of (operation, history of one equal run) pairs."""
    tables: dict[str, _Writes] = defaultdict(_Writes)
    for operation, history in seen:
        if history.sections:
            _note(tables, operation, history.section)
    return frozenset(table for table, writes in tables.items() if _is_audit(table, writes, catalog))


def _note(tables: dict[str, _Writes], operation: str, section: Section) -> None:
    status = section.exchange.status or 0
    written = section.changes.tables
    together: dict[str, set[str]] = defaultdict(set)
    for row in section.changes.rows:
        together[row.transaction].add(row.table)
    rows = Counter(row.table for row in section.changes.rows)
    for row in section.changes.rows:
        writes = tables[row.table]
        writes.beside[operation] |= written - {row.table}
        writes.refused = writes.refused or status in _REFUSED
        writes.succeeded = writes.succeeded or section.exchange.ok
        alone = together[row.transaction] == {row.table} and rows[row.table] == 1
        only_effect = section.exchange.ok and written == {row.table}
        if row.old is not None or (section.exchange.ok and (not alone or only_effect)):
            writes.impossible = True


def _is_audit(table: str, writes: _Writes, catalog: Catalog) -> bool:
    if writes.impossible or not writes.refused or len(writes.beside) < UNRELATED:
        return False
    return not writes.succeeded or not _tied(table, writes, catalog)


def _tied(table: str, writes: _Writes, catalog: Catalog) -> bool:
    """Whether a foreign key ties a table to what is changed beside it, or a table to it."""
    described = catalog.tables.get(table)
    leads = {key.references for key in described.foreign_keys} if described else set()
    led_to = any(
        key.references == table for other in catalog.tables.values() for key in other.foreign_keys
    )
    return led_to or bool(leads & _often(writes.beside))


def _often(beside: dict[str, set[str]]) -> set[str]:
    """The tables that at least half of these operations change also."""
    changed = Counter(other for tables in beside.values() for other in tables)
    return {other for other, operations in changed.items() if 2 * operations >= len(beside)}


def record_tables(
    seen: Iterable[tuple[str, History]], catalog: Catalog, profile: Profile = PLAIN
) -> frozenset[str]:
    """The logs of what was done, of (operation, history of one run that succeeded) pairs.

    A mark that a job puts on an entry, as that it was sent on, is in a column of no verdict.
    """
    unjudged = profile.volatile | profile.ambient
    beside: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    operations: set[str] = set()
    alone: dict[str, set[str]] = defaultdict(set)
    impossible: set[str] = set()
    written: set[str] = set()
    for operation, history in seen:
        rows = history.section.changes.rows
        rewritten = {row.table for row in rows if _rewrites(row, unjudged)}
        added = {row.table for row in rows if row.old is None}
        changed = rewritten | added
        if changed:
            operations.add(operation)
        for table in added:
            beside[table][operation] |= changed - {table}
        impossible |= rewritten
        if len(changed) == 1:
            alone[min(changed)].add(operation)
            if history.section.exchange.status == _CREATED:
                impossible |= changed
        for crossing in history.section.crossings:
            if crossing.kind in WRITES:
                written |= names(crossing.statement)
    logs = {
        table
        for table, writers in beside.items()
        if table not in impossible
        and _seldom(alone[table], writers)
        and len(writers) >= max(UNRELATED, len(operations) / 2)
        and not _counts(table, catalog)
        and not _bound(table, writers, catalog)
    }
    derived = _derived(logs, catalog)
    return frozenset(logs | {each for each in derived if _last(each) not in written})


def _seldom(alone: set[str], writers: dict[str, set[str]]) -> bool:
    """Whether so few of the operations that write a table write nothing else."""
    return not alone or (len(writers) >= MANY and len(alone) * _IDLE <= len(writers))


def _rewrites(row: RowChange, unjudged: frozenset[str]) -> bool:
    """Whether a change is more than a new row, or a mark in columns that no verdict looks at."""
    if row.old is None:
        return False
    new = row.new or {}
    changed = {f"{row.table}.{name}" for name, text in row.old.items() if new.get(name) != text}
    return row.new is None or not changed <= unjudged


def _counts(table: str, catalog: Catalog) -> bool:
    described = catalog.tables.get(table)
    return described is None or any(each.type.startswith(_AMOUNTS) for each in described.columns)


def _bound(table: str, beside: dict[str, set[str]], catalog: Catalog) -> bool:
    """Whether a foreign key ties a table to what is changed beside it, in either direction."""
    led_to = {
        name
        for name, other in catalog.tables.items()
        if any(key.references == table for key in other.foreign_keys)
    }
    leads = {key.references for key in catalog.tables[table].foreign_keys}
    return bool(led_to & set().union(*beside.values()) or leads & _often(beside))


def _derived(logs: set[str], catalog: Catalog) -> set[str]:
    """The tables that triggers of these logs name, and triggers of no other table."""
    others = (_triggered(each, catalog) for each in catalog.tables if each not in logs)
    return set().union(*(_triggered(each, catalog) for each in logs)).difference(*others)


def _triggered(table: str, catalog: Catalog) -> set[str]:
    said = frozenset[str]().union(*map(names, catalog.tables[table].triggers))
    return {each for each in catalog.tables if said and _last(each) in said} - {table}


def _last(table: str) -> str:
    return table.rpartition(".")[2]
