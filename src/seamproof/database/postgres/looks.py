"""A look at a database: what the journal has, where the sequences are, whether it is ours."""

from __future__ import annotations

from seamproof.core.errors import SafetyError
from seamproof.database.postgres import audit, journal, marker, sequences
from seamproof.database.postgres.batch import Batch
from seamproof.database.postgres.levels import Seen
from seamproof.database.postgres.session import Connection

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ"
"""With one snapshot for all, an entry that is written between reading the journal and emptying it
stays in it."""
_STATE = f"""
{journal.TAINT}, ({marker.MARKED % {"name": "NULL::name"}}),
       {audit.LARGE_OBJECTS}
"""


async def begin(connection: Connection, name: str, reading: str, limit: int | None) -> Seen:
    """Begin a transaction, and look in it. At most `limit` entries are read, all where it is None.

    `name` is the database's, for messages; `reading` is the query for its sequences. Raises
    SafetyError where the database does not carry our marker any more.
    """
    batch = Batch(connection)
    batch.add(_BEGIN)
    return await _look(batch, name, reading, limit)


async def glance(connection: Connection, name: str, reading: str) -> Seen:
    """Look, one entry at most, and leave nothing begun: a single round trip."""
    return await _look(Batch(connection), name, reading, 1)


async def _look(batch: Batch, name: str, reading: str, limit: int | None) -> Seen:
    batch.add(f"{_STATE}, ({reading})")
    batch.add(journal.ENTRIES, None if limit is None else str(limit))
    *_, state, recorded = await batch.send()
    taint, marked, large_objects, read = state.row()
    if marked != "t":
        raise SafetyError(
            f"the database {name!r} does not carry seamproof's marker any more",
            hint="somebody else has renamed or replaced it; nothing was written",
        )
    entries, states = journal.entries(recorded), sequences.states(read)
    return Seen(taint, large_objects or "", entries, states)
