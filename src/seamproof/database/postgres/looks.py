"""A look at a database: what the journal has, where the sequences are, whether it is ours."""

from __future__ import annotations

from seamproof.core.errors import SafetyError
from seamproof.database.postgres import audit, journal, marker, sequences
from seamproof.database.postgres.batch import Batch
from seamproof.database.postgres.levels import Seen
from seamproof.database.postgres.session import Connection

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ"
"""With one snapshot for all, an entry that is written between reading the journal and emptying it
stays in it."""
_STATE = f"""
{journal.TAINT}, ({marker.MARKED % {"name": "NULL::name"}}),
       {audit.LARGE_OBJECTS}
"""


async def begin(connection: Connection, name: str, reading: str) -> Seen:
    """Begin a transaction, and look in it.

    `name` is the database's, for messages; `reading` is the query for its sequences. Raises
    SafetyError where the database does not carry our marker any more.
    """
    batch = Batch(connection)
    batch.add(BEGIN)
    return await _look(batch, name, reading, None)


async def glance(connection: Connection, name: str, reading: str, limit: int) -> Seen:
    """Look, `limit` entries at most, and leave nothing begun: a single round trip."""
    return await _look(Batch(connection), name, reading, limit)


async def _look(batch: Batch, name: str, reading: str, limit: int | None) -> Seen:
    # Outside of a transaction each has its own snapshot. What taints is then seen with its rows.
    batch.add(journal.ENTRIES, None if limit is None else str(limit))
    batch.add(f"{_STATE}, ({reading})")
    *_, recorded, state = await batch.send()
    taint, marked, large_objects, read = state.row()
    if marked != "t":
        raise SafetyError(
            f"the database {name!r} does not carry seamproof's marker any more",
            hint="somebody else has renamed or replaced it; nothing was written",
        )
    entries, states = journal.entries(recorded), sequences.states(read)
    return Seen(taint, large_objects or "", entries, states)
