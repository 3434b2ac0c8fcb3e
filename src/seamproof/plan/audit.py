"""Which tables are audit: a record of the requests themselves, no part of what they effect.

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
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from seamproof.core.catalog import Catalog
from seamproof.core.history import History, Section

UNRELATED = 3
"""Operations that must write a table before it counts as audit."""
_REFUSED = range(400, 500)


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
    changed = Counter(other for tables in writes.beside.values() for other in tables)
    often = {other for other, operations in changed.items() if 2 * operations >= len(writes.beside)}
    described = catalog.tables.get(table)
    leads = {key.references for key in described.foreign_keys} if described else set()
    led_to = any(
        key.references == table for other in catalog.tables.values() for key in other.foreign_keys
    )
    return led_to or bool(leads & often)
