"""Rows that undos leave dead: a server of ours has no autovacuum."""

from __future__ import annotations

from collections import Counter

from seamproof.database.postgres.session import Connection, run_script

_AFTER = 1000
"""Dead rows of a table, the journal's included, after which it is vacuumed."""


class DeadRows:
    """Counts them by table."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()

    def add(self, table: str, rows: int) -> None:
        """Note that so many rows of a table, named as in SQL, are dead."""
        self._count[table] += rows

    async def clear(self, connection: Connection) -> None:
        """Vacuum where there are many."""
        due = [name for name, dead in self._count.items() if dead > _AFTER]
        if due:
            await run_script(connection, f"VACUUM {', '.join(due)}")
            for name in due:
                del self._count[name]
