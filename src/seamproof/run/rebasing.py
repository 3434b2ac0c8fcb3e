"""The state that every experiment starts from, moved to another one, and back.

To the database it is a base like any other: undo, clone and audit know of nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seamproof.analysis.changes import net, paired
from seamproof.core.experiment import RowEdit
from seamproof.core.history import Changes, RowChange
from seamproof.database.postgres.session import connect

if TYPE_CHECKING:
    from seamproof.core.catalog import Catalog
    from seamproof.run.premises import Premises
    from seamproof.run.redaction import Redactor

Sequences = tuple[tuple[str, int, bool], ...]
"""Each sequence by its quoted name, its last value, and whether that was given."""

SEQUENCES = """
SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value),
       last_value IS NOT NULL
  FROM pg_sequences ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class State:
    """A state, as what it has other than the base."""

    edits: tuple[RowEdit, ...] = ()
    sequences: Sequences = ()
    """Where they stand; those that are not named stay where they are."""

    @classmethod
    def of(cls, rows: Iterable[RowChange], sequences: Sequences, catalog: Catalog) -> State:
        """The state that these changes have led to."""
        halves = [
            RowChange(table, None, row) if sign == "+" else RowChange(table, row, None)
            for table, sign, row in net(Changes(tuple(rows)))
        ]
        edits = (RowEdit(each.table, each.old, each.new) for each in paired(halves, catalog))
        return cls(tuple(edits), sequences)

    def reversed(self, sequences: Sequences) -> State:
        """What leads back, to where the sequences stood."""
        edits = (RowEdit(each.table, each.new, each.old) for each in reversed(self.edits))
        return State(tuple(edits), sequences)

    def redacted(self, redactor: Redactor) -> State:
        """The same with something else in the place of each secret."""
        changes = Changes(tuple(RowChange(e.table, e.old, e.new) for e in self.edits))
        rows = redactor.changes(changes).rows
        return replace(self, edits=tuple(RowEdit(each.table, each.old, each.new) for each in rows))


@asynccontextmanager
async def rebased(premises: Premises, state: State) -> AsyncIterator[None]:
    """In the block, experiments start from a state. Raises ConfigurationError where the base has
    not the rows that it is told by."""
    await premises.conductor.to_base()
    before = await _sequences(premises)
    await move(premises, state)
    try:
        yield
    finally:
        await premises.conductor.to_base()
        await move(premises, state.reversed(before))


async def move(premises: Premises, state: State) -> None:
    """Have experiments start from a state from now on. Raises ConfigurationError as above."""
    world = premises.world
    async with world.still():
        if state.edits:
            await world.database.edit([_least(each) for each in state.edits])
        async with await connect(world.database.admin) as connection:
            for name, last, called in state.sequences:
                await connection.execute("SELECT setval(%s, %s, %s)", (name, last, called))
        await world.database.mark("base")
    await premises.conductor.look()


def _least(edit: RowEdit) -> RowEdit:
    """Of an update what it changes: some columns may not be written at all."""
    if edit.old is None or edit.new is None:
        return edit
    changed = {name: text for name, text in edit.new.items() if edit.old.get(name) != text}
    return RowEdit(edit.table, edit.old, changed)


async def _sequences(premises: Premises) -> Sequences:
    async with await connect(premises.world.database.admin) as connection:
        rows = await (await connection.execute(SEQUENCES)).fetchall()
    return tuple((name, last, called) for name, last, called in rows)
