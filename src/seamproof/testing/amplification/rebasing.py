"""The state that every experiment starts from, moved to that of a recording, and back.

To the database it is a base like any other: undo, clone and audit know of nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from seamproof.core.experiment import RowEdit
from seamproof.database.postgres.session import connect
from seamproof.testing.amplification.recording import SEQUENCES, Sequences, reversed_edits

if TYPE_CHECKING:
    from seamproof.run.premises import Premises
    from seamproof.testing.amplification.recording import Recording


@asynccontextmanager
async def rebased(premises: Premises, recording: Recording) -> AsyncIterator[None]:
    """In the block, experiments start where the recording's act did."""
    await premises.conductor.to_base()
    before = await _sequences(premises)
    await _move(premises, recording.edits, recording.sequences)
    try:
        yield
    finally:
        await premises.conductor.to_base()
        await _move(premises, reversed_edits(recording.edits), before)


async def _move(premises: Premises, edits: Sequence[RowEdit], sequences: Sequences) -> None:
    world = premises.world
    async with world.still():
        if edits:
            await world.database.edit([_least(each) for each in edits])
        async with await connect(world.database.admin) as connection:
            for name, last, called in sequences:
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
