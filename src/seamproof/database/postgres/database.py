"""One database of a service: watched, described, put back."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure

from seamproof.core.catalog import Catalog, Stored
from seamproof.core.errors import Bug
from seamproof.core.experiment import RowEdit
from seamproof.core.history import Changes
from seamproof.core.protocols import Address
from seamproof.database.postgres import (
    activity,
    audit,
    clone,
    edits,
    journal,
    looks,
    marker,
    outage,
    relations,
    sequences,
    stored,
    undo,
)
from seamproof.database.postgres.activity import Session
from seamproof.database.postgres.batch import Answer, Batch
from seamproof.database.postgres.delta import Delta, Places
from seamproof.database.postgres.levels import Level, Seen, Undo
from seamproof.database.postgres.marks import Marks
from seamproof.database.postgres.relations import Relation
from seamproof.database.postgres.session import (
    Connection,
    connect,
    conninfo,
    run,
    run_script,
    undone_on_failure,
)
from seamproof.database.postgres.undo import Unrestorable
from seamproof.database.postgres.vacuum import DeadRows

ROWS_LIMIT = 5000
"""Changed rows beyond which a clone is the faster way back."""
_ATTEMPTS = 3
"""Further tries of an undo that a writer in the background disturbed."""


class PostgresDatabase:
    """A database that we created for one run of a service.

    Use: `install_journal`, let the service start and sign in, `mark("base")`; then for each
    experiment arrange, `mark("arranged")`, act, `changes()`, and `undo()` to either.
    """

    def __init__(self, admin: Address, service: Address, template: str) -> None:
        self.address = service
        """What the service uses."""
        self._admin = admin
        self._template = template
        self._connection: Connection | None = None
        self._first_schema = "public"
        self._relations: dict[int, Relation] = {}
        self._journal = journal.Reading()
        self._sequences: list[sequences.Sequence] = []
        self._reading = ""
        self._marks = Marks()
        self._fingerprint: audit.Fingerprint = {}
        self._epoch = 0
        self._dead = DeadRows()
        self._copies: list[str] = []

    @classmethod
    async def open(cls, admin: Address, service: Address, template: str = "") -> PostgresDatabase:
        """Connect to a database of ours: `admin` is the superuser, `service` the service's role.

        `template` is the database that it was cloned from; without one, a copy is made when the
        journal is installed. Raises SafetyError where the database is not ours.
        """
        database = cls(admin, service, template)
        async with await psycopg.AsyncConnection.connect(conninfo(service)) as connection:
            cursor = await connection.execute("SELECT current_schemas(false)")
            (path,) = await cursor.fetchone() or ([],)
        database._first_schema = path[0] if path else "public"
        await database._connect()
        return database

    @property
    def _session(self) -> Connection:
        if self._connection is None:
            raise Bug("a database was used after it was dropped")
        return self._connection

    async def _connect(self) -> None:
        self._connection = await connect(self._admin)
        await marker.require_marked(self._connection)
        await self._refresh()

    async def _refresh(self) -> None:
        """Read anew which tables and sequences there are."""
        self._relations = await relations.load(self._session, self._first_schema)
        self._sequences = await sequences.load(self._session)
        self._reading = sequences.reading(self._sequences)

    async def close(self) -> None:
        """Close our own connection; the database stays."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def drop(self) -> None:
        """Drop the database and what was copied from it."""
        await self.close()
        async with await clone.maintain(self._admin) as maintenance:
            for name in (self._admin.name, clone.successor(self._admin.name), *self._copies):
                await clone.drop(maintenance, name)

    async def connected(self) -> bool:
        """Whether our session has lived until now: no server can restart without ending it. It has
        not where the server went away while a copy was made."""
        return self._connection is not None and await outage.lives(self._connection)

    async def revive(self, limit: float) -> None:
        """Bring base back on a server that went away, as far as it comes back within `limit`
        seconds. Raises DatabaseError where it does not.
        """
        await self.close()
        await outage.wait_for(self._admin, limit)
        await self._clone(Level.BASE)

    # What it looks like

    @property
    def admin(self) -> Address:
        """How its superuser reaches it, past every boundary."""
        return self._admin

    async def catalog(self) -> Catalog:
        """Every table that the service can write."""
        await self._refresh()
        return relations.catalog(self._relations)

    async def stored(self) -> Stored:
        """Some rows of each table, as they are now."""
        return await stored.read(self._session, self._relations.values())

    async def sessions(self) -> tuple[Session, ...]:
        """Every session on this database but our own."""
        return await activity.sessions(self._session)

    async def fingerprint(self) -> str:
        """A hash of every table and every sequence. Costs what is stored."""
        return audit.digest(await self._hash())

    async def _hash(self) -> audit.Fingerprint:
        return await audit.fingerprint(self._session, self._relations.values(), self._reading)

    async def audit(self) -> None:
        """Compare everything that is stored with base. Raises Bug where it differs."""
        differing = audit.differences(self._fingerprint, await self._hash())
        if differing:
            raise Bug(
                "a reset did not restore the database",
                hint="this is a bug of seamproof: please report it with these lines",
                details=differing,
            )

    # The journal

    async def install_journal(self) -> None:
        """Record from now on what is written. Call after migrations and seed."""
        if not self._template:
            self._template = await self._copy()
        await marker.require_marked(self._session)
        await self._install()
        await self.mark(Level.BASE)

    async def _install(self) -> None:
        await journal.install(self._session, self._definitions())
        await self._refresh()

    def _definitions(self) -> list[str]:
        return [undo.definition(each) for each in self._relations.values() if each.stores_rows]

    async def barrier(self, limit: float) -> tuple[int, ...]:
        """Wait until no session but ours is in a transaction, at most `limit` seconds.

        Returns the backends that were ended because they were in one still.
        """
        return await activity.barrier(self._session, limit)

    async def blockers(self, backends: Collection[int]) -> dict[int, frozenset[int]]:
        """By backend, whom it waits for; those that wait for a lock only."""
        return await activity.blockers(self._session, backends)

    async def changes(self, view: Connection | None = None) -> Changes:
        """The rows written since the last mark, each change as it was made; as `view` sees them."""
        if view is not None:
            return await self._recorded(view, journal.ENTRIES, None)
        changes = None
        while changes is None:
            (answer,) = await self._asked(self._session, journal.FRESH, self._journal.snapshot)
            recorded = answer.rows()
            await self._know(each[2] for each in recorded if each[2] is not None)
            changes = self._journal.changes(self._relations, recorded)
        return changes

    async def take_changes(self) -> Changes:
        """The rows written since this was last asked. They are forgotten, so that to ask costs what
        is new; no undo knows of them any more.
        """
        return await self._recorded(self._session, journal.TAKE)

    async def _recorded(self, connection: Connection, query: str, *values: None) -> Changes:
        (answer,) = await self._asked(connection, query, *values)
        recorded = answer.rows()
        await self._know(relation for relation, *_ in recorded)
        return Changes(tuple(journal.changes(self._relations, recorded)))

    @staticmethod
    async def _asked(connection: Connection, query: str, *values: str | None) -> list[Answer]:
        batch = Batch(connection)
        batch.add(query, *values)
        return await batch.send()

    async def _know(self, written: Iterable[str | None]) -> None:
        """Read anew which tables there are, where one was written that is not known."""
        if any(int(relation or 0) not in self._relations for relation in written):
            await self._refresh()

    async def _look(self) -> Seen:
        """Begin a transaction, and read the journal and the sequences in it."""
        return await looks.begin(self._session, self._admin.name, self._reading)

    async def edit(self, changes: Sequence[RowEdit]) -> None:
        """Write rows directly, above the arrangement: `changes()` does not show them, and an undo
        to base takes them back. What an earlier edit wrote above the same arrangement is taken back
        first. Raises ConfigurationError where an edit meets no row.
        """
        await self._take_back()
        connection = self._session
        tables = {relation.table.name: relation for relation in self._relations.values()}
        async with connection.transaction():
            await marker.require_marked(connection)
            await run(connection, "SET LOCAL seamproof.bypass = 'off'")
            await edits.write(connection, tables, changes)
            written = Delta.of(await journal.take_own(connection))
        self._marks.edit(written)

    async def _take_back(self) -> None:
        """Undo what was edited above the arrangement, and leave that as it is."""
        back = self._marks.edits.reversed()
        if not len(back):
            return
        async with undone_on_failure(self._session):
            await self._look()
            places = await self._apply(self._forgetting(), back, {}, placed=False)
        self._marks.take_back(back, places)

    async def fresh_sequences(self) -> None:
        """Move each sequence to a base of its own, far apart and never used before.

        An undo to an earlier mark moves it back.
        """
        self._epoch += 1
        await sequences.advance(self._session, self._sequences, self._epoch)

    # Marks and undo

    async def mark(self, level: Level | str) -> str:
        """Take the state that is there now as what an undo to `level` restores.

        Returns why that needed a copy of the database, which ended the service's sessions; empty
        where it did not, as is usual.
        """
        level = Level(level)
        async with undone_on_failure(self._session):
            seen = await self._look()
            batch = Batch(self._session)
            batch.add(journal.FORGET)
            batch.add(journal.CLEANSE)
            batch.add("COMMIT")
            await batch.send()
        latest, lost = self._marks.latest, ""
        if latest is None:
            self._marks.begin(self._template, seen)
        else:
            delta, lost = Delta.of(seen.entries), seen.lost(latest)
            if not lost and len(delta) > ROWS_LIMIT:
                lost = f"{len(delta)} rows were changed"
            self._marks.make(level, seen, delta, lost, await self._copy() if lost else "")
        self._journal.forget()
        if latest is None or level is Level.BASE:
            self._fingerprint = await self._hash()
        return lost

    async def look(self) -> Seen:
        """What is there to undo. An `undo` that is given it need not look, if nobody has written
        since; entries that came it sees itself, but not sequences that moved for nothing."""
        return await looks.glance(
            self._session, self._admin.name, self._reading, limit=ROWS_LIMIT + 1
        )

    async def undo(
        self, to: Level | str, *, sparing: bool = False, seen: Seen | None = None
    ) -> Undo:
        """Bring back the state of a mark. Costs what changed since, not what is stored.

        Where the rows alone do not lead back, the database is replaced by a copy of the template.
        The service must not write meanwhile: call `barrier` before, and hold its connections.
        `sparing` leaves everything as it is while all that was written is in transactions that are
        open.
        """
        started = time.perf_counter()
        self._journal.forget()
        level = self._marks.within(Level(to))
        try:
            rows, reason = await self._undo_rows(level, sparing, seen), ""
        except Unrestorable as error:
            rows, reason = 0, str(error)
            await self._clone(level)
        except psycopg.Error as error:
            if outage.explained(error):
                raise
            rows, reason = 0, await journal.hindrance(self._session, error)
            await self._clone(level)
        return Undo(rows, time.perf_counter() - started, reason)

    async def _undo_rows(self, level: Level, sparing: bool, seen: Seen | None) -> int:
        retried = SerializationFailure, DeadlockDetected
        with suppress(*retried):
            seen = seen or await self.look()
            return await self._try_undo(level, sparing, seen, self._beginning(len(seen.entries)))
        # Somebody writes on. What is seen in the transaction of the undo is all that it forgets.
        for _ in range(_ATTEMPTS):
            with suppress(*retried):
                async with undone_on_failure(self._session):
                    seen = await self._look()
                    rows = await self._try_undo(level, sparing, seen, self._forgetting())
                await self._session.rollback()
                return rows
        raise Unrestorable("a session of the service goes on writing")

    async def _try_undo(self, level: Level, sparing: bool, seen: Seen, batch: Batch) -> int:
        """Take back what was seen, in one round trip; none where nothing changed."""
        since, target = Delta.of(seen.entries), self._marks.of(level)
        lost, delta = self._marks.lost(level, seen), self._marks.up_from(level, since)
        moved = sequences.moved(seen.sequences, target.sequences)
        untouched = not (seen.entries or len(delta) or moved or lost)
        if untouched:
            self._marks.reach(level, Delta().places)
        if untouched or (sparing and not seen.entries and await self._written_to()):
            return 0
        if not lost and len(seen.entries) > ROWS_LIMIT:
            lost = f"more than {ROWS_LIMIT} rows were changed"
        if lost:
            raise Unrestorable(lost)
        placed = self._marks.places_known(level)
        async with undone_on_failure(self._session):
            places = await self._apply(batch, delta.reversed(), moved, placed=placed)
        if level is Level.ARRANGED:
            # A row of the arrangement that was written and is the same again lies elsewhere now.
            self._marks.remember(since.places)
        self._marks.reach(level, places)
        await self._tidy(delta, len(seen.entries))
        return len(delta)

    async def _written_to(self) -> bool:
        """Whether a transaction is open that has written something."""
        return any(each.writes for each in await self.sessions())

    async def _tidy(self, undone: Delta, forgotten: int) -> None:
        self._dead.add(journal.TABLE, forgotten)
        for relation, rows in undone.counts.items():
            self._dead.add(self._relations[relation].sql, 2 * len(rows))
        await self._dead.clear(self._session)

    def _beginning(self, seen: int) -> Batch:
        """Begins a transaction, in which the journal has what was seen of it and no more."""
        batch = Batch(self._session)
        batch.add(looks.BEGIN)
        batch.add(journal.FORGET_SEEN, str(seen))
        return batch

    def _forgetting(self) -> Batch:
        """Goes on with the transaction of a look."""
        batch = Batch(self._session)
        batch.add(journal.FORGET)
        return batch

    async def _apply(
        self, batch: Batch, delta: Delta, moved: sequences.States, *, placed: bool
    ) -> Places:
        """Apply a delta, set sequences, and commit what the batch has begun."""
        planned = undo.plan(self._relations, delta, placed=placed)
        applied = batch.add(planned.query, *planned.parameters)
        # Behind everything that can fail: no rollback would take it back.
        if moved:
            batch.add(sequences.PUT, *sequences.parameters(moved))
        batch.add("COMMIT")
        return undo.places(planned, (await batch.send())[applied])

    # Clones

    async def _copy(self) -> str:
        """Copy the database as it is; ends the sessions on it.

        The copy's name begins with the database's, by which leftovers of a run are found.
        """
        name = f"{self._admin.name}_{len(self._copies) + 1}"
        await self.close()
        async with await clone.maintain(self._admin) as maintenance:
            await clone.copy(maintenance, self._admin.name, name)
        self._copies.append(name)
        await self._connect()
        if self._marks.latest is not None:
            # The tables that came since the journal was installed have no function yet.
            await run_script(self._session, "".join(self._definitions()))
        return name

    async def _clone(self, level: Level) -> None:
        """Replace the database by a copy of a mark's snapshot, and bring that to the mark."""
        mark, delta = self._marks.of(level), self._marks.up_from_snapshot(level)
        await self.close()
        async with (
            await clone.maintain(self._admin) as maintenance,
            clone.replaced(maintenance, self._admin.name, mark.snapshot),
        ):
            await self._connect()
            await self._install()
            async with undone_on_failure(self._session):
                seen = await self._look()
                begun = self._forgetting()
                places = await self._apply(begun, delta, mark.sequences, placed=False)
        self._marks.replaced(level, seen.large_objects, places)
