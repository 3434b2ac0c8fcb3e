"""The journal: every row that the service writes, as triggers in the database record it.

    service's row write -> trigger, in its transaction -> entry(relation, old, new, at, ...)
    service's DDL       -> event trigger               -> taint(reason)

Entries are rows' texts: the triggers then hold on to no row type, so the service may alter its
tables. A text depends on the session's settings, which the trigger therefore compares with the
pinned ones; only where they differ does it pay for setting them. An entry keeps where its new row
was stored, so that an undo finds the row with no key and no index.

Nothing here is seen by the service: there is no sequence (`lastval()` would change), no index (a
serializable transaction would conflict on it), and no right is needed (SECURITY DEFINER).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import psycopg

from seamproof.core.history import Changes, RowChange
from seamproof.database.postgres import relations
from seamproof.database.postgres.batch import Answer, Batch, Values
from seamproof.database.postgres.relations import OURS, Relation
from seamproof.database.postgres.session import PINNED, Connection, run, run_script

TABLE = f"{OURS}.entry"
"""Where the entries are."""

TAINT = f"SELECT (SELECT reason FROM {OURS}.taint LIMIT 1)"
"""Why rows alone do not lead back any more, NULL where they do."""

TRUNCATE_LIMIT = 5000
"""Rows that the journal saves from one TRUNCATE; with more, the database is tainted."""


class Entry(NamedTuple):
    """One row written: inserted (`old` is None), deleted (`new` is None) or updated."""

    relation: int
    old: str | None
    new: str | None
    at: str | None
    """Where the new row is stored: its ctid."""
    transaction: str
    backend: int


ENTRIES = f"""
SELECT relation, old, new, at, transaction, backend FROM {OURS}.entry LIMIT $1::int8
"""
"""What was recorded; its parameter is how much of it at most, NULL for all."""
FRESH = f"""
SELECT now.snapshot, now.total, e.relation, e.old, e.new, e.at, e.transaction, e.backend
  FROM (SELECT pg_current_snapshot(), (SELECT count(*) FROM {OURS}.entry)) now(snapshot, total)
  LEFT JOIN {OURS}.entry e ON $1::pg_snapshot IS NULL
         OR NOT pg_visible_in_snapshot(e.transaction, $1::pg_snapshot)
"""
"""What was recorded that a snapshot did not show, all where it is NULL. Beside each entry, and once
where there is none: the snapshot that this is of, and how many entries there are in all."""
_TAKE_OWN = f"""
DELETE FROM {OURS}.entry WHERE backend = pg_backend_pid()
RETURNING relation, old, new, at, transaction, backend
"""
FORGET = f"DELETE FROM {OURS}.entry"
"""Delete what this transaction sees of the journal."""
FORGET_SEEN = f"SELECT {OURS}.forget($1)"
"""The same where it has as many entries as the parameter says, and a serialization failure where it
has not: it only grows, so that as many are the same ones."""
TAKE = f"{FORGET} RETURNING relation, old, new, at, transaction, backend"
"""Delete it, and return what that was."""

CLEANSE = f"DELETE FROM {OURS}.taint"
"""Forget what could not be recorded."""

_UNPINNED = " OR ".join(
    f"pg_catalog.current_setting('{name}') OPERATOR(pg_catalog.<>) '{value}'"
    for name, value in PINNED.items()
)
_SET = " ".join(f"SET {name} = '{value}'" for name, value in PINNED.items())
_BYPASSED = "pg_catalog.current_setting('seamproof.bypass', true) OPERATOR(pg_catalog.=) 'on'"
_TRANSACTION = "pg_catalog.pg_current_xact_id(), pg_catalog.pg_backend_pid()"

_INSTALL = f"""
DROP SCHEMA IF EXISTS {OURS} CASCADE;
CREATE SCHEMA {OURS};
CREATE UNLOGGED TABLE {OURS}.entry (
    relation oid NOT NULL, old text, new text, at tid, transaction xid8 NOT NULL,
    backend int NOT NULL
) WITH (autovacuum_enabled = off);
CREATE UNLOGGED TABLE {OURS}.taint (reason text NOT NULL);

-- The beginning of an undo: what was written since the look at the journal would be lost.
CREATE FUNCTION {OURS}.forget(seen int8) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    found int8;
BEGIN
    DELETE FROM {OURS}.entry;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> seen THEN
        RAISE serialization_failure USING MESSAGE = format('%s of %s entries', seen, found);
    END IF;
END $body$;

CREATE FUNCTION {OURS}.pinned(anyelement) RETURNS text LANGUAGE plpgsql {_SET}
AS $body$ BEGIN RETURN $1::pg_catalog.text; END $body$;

CREATE FUNCTION {OURS}.on_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
    IF {_BYPASSED} THEN
        RETURN NULL;
    END IF;
    IF {_UNPINNED} THEN
        INSERT INTO {OURS}.entry VALUES (
            TG_RELID, {OURS}.pinned(OLD), {OURS}.pinned(NEW), NEW.ctid, {_TRANSACTION});
    ELSE
        INSERT INTO {OURS}.entry VALUES (
            TG_RELID, OLD::pg_catalog.text, NEW::pg_catalog.text, NEW.ctid, {_TRANSACTION});
    END IF;
    RETURN NULL;
END $body$;

-- Its argument is the expression for a row's text.
CREATE FUNCTION {OURS}.on_truncate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog {_SET} AS $body$
DECLARE
    saved int8;
BEGIN
    IF {_BYPASSED} THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'INSERT INTO {OURS}.entry SELECT $1, %s, NULL, NULL, {_TRANSACTION} FROM ONLY %I.%I t '
        'LIMIT {TRUNCATE_LIMIT + 1}', TG_ARGV[0], TG_TABLE_SCHEMA, TG_TABLE_NAME) USING TG_RELID;
    GET DIAGNOSTICS saved = ROW_COUNT;
    IF saved > {TRUNCATE_LIMIT} THEN
        INSERT INTO {OURS}.taint VALUES (format(
            'TRUNCATE of more than {TRUNCATE_LIMIT} rows of %s', TG_RELID::regclass));
    END IF;
    RETURN NULL;
END $body$;

CREATE FUNCTION {OURS}.watch(relation oid) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog SET seamproof.bypass = 'on' AS $body$
DECLARE
    name text := relation::regclass;
    columns text;
    virtual bool;
BEGIN
    SELECT string_agg(CASE WHEN attgenerated = 'v' THEN 'NULL' ELSE format('t.%I', attname) END,
                      ', ' ORDER BY attnum), bool_or(attgenerated = 'v')
      INTO columns, virtual
      FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('CREATE TRIGGER {OURS} AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW '
                   'EXECUTE FUNCTION {OURS}.on_row()', name);
    EXECUTE format('CREATE TRIGGER {OURS}_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
                   'EXECUTE FUNCTION {OURS}.on_truncate(%L)', name,
                   CASE WHEN virtual THEN format('ROW(%s)::text', columns) ELSE '(t.*)::text' END);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER {OURS}, '
                   'ENABLE ALWAYS TRIGGER {OURS}_truncate', name);
END $body$;

-- Temporary objects end with their session, and are nobody else's.
CREATE FUNCTION {OURS}.on_command() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $body$
DECLARE
    command record;
BEGIN
    IF {_BYPASSED} THEN
        RETURN;
    END IF;
    FOR command IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
        CONTINUE WHEN command.schema_name ~ '^pg_temp' OR command.command_tag = 'COMMENT';
        INSERT INTO {OURS}.taint VALUES (
            concat_ws(' ', command.command_tag, command.object_identity));
        IF command.command_tag ~ '^(CREATE TABLE|SELECT INTO)' AND command.object_type = 'table'
           AND EXISTS (SELECT FROM pg_class WHERE oid = command.objid AND relkind = 'r') THEN
            BEGIN
                PERFORM {OURS}.watch(command.objid);
            EXCEPTION WHEN OTHERS THEN
                NULL; -- The service's own command goes through whatever becomes of our trigger.
            END;
        END IF;
    END LOOP;
END $body$;

CREATE FUNCTION {OURS}.on_drop() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $body$
BEGIN
    IF {_BYPASSED} THEN
        RETURN;
    END IF;
    INSERT INTO {OURS}.taint SELECT concat_ws(' ', tg_tag, object_identity)
      FROM pg_event_trigger_dropped_objects() WHERE original AND NOT is_temporary;
END $body$;

DO $body$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND c.relpersistence <> 't'
           AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '{OURS}')
    LOOP
        PERFORM {OURS}.watch(found.oid);
    END LOOP;
    -- A session keeps the values of a sequence that it took ahead; after an undo it would hand out
    -- ids that another session hands out also.
    FOR found IN SELECT seqrelid FROM pg_sequence WHERE seqcache > 1 LOOP
        EXECUTE format('ALTER SEQUENCE %s CACHE 1', found.seqrelid::regclass);
    END LOOP;
END $body$;

DROP EVENT TRIGGER IF EXISTS {OURS}_command;
CREATE EVENT TRIGGER {OURS}_command ON ddl_command_end EXECUTE FUNCTION {OURS}.on_command();
ALTER EVENT TRIGGER {OURS}_command ENABLE ALWAYS;
DROP EVENT TRIGGER IF EXISTS {OURS}_drop;
CREATE EVENT TRIGGER {OURS}_drop ON sql_drop EXECUTE FUNCTION {OURS}.on_drop();
ALTER EVENT TRIGGER {OURS}_drop ENABLE ALWAYS;
"""


async def install(connection: Connection, functions: Iterable[str]) -> None:
    """Create the journal, in place of the one that may be there, and watch every table.

    `functions` are definitions of what else is to be in its schema.
    """
    await run_script(connection, _INSTALL + "".join(functions))


async def hindrance(connection: Connection, error: psycopg.Error) -> str:
    """Why a statement of an undo failed: DDL that was recorded is the likely cause."""
    row = None
    with suppress(psycopg.Error):
        row = await (await run(connection, TAINT)).fetchone()
    taint = "".join((row or ("",))[0] or "")
    return taint or f"the rows could not be put back: {error}"


def entries(answer: Answer) -> list[Entry]:
    """The entries that `ENTRIES` gave."""
    return [_entry(values) for values in answer.rows()]


def _entry(values: Values) -> Entry:
    relation, old, new, at, transaction, backend = values
    return Entry(int(relation or 0), old, new, at, transaction or "", int(backend or 0))


def change(known: Mapping[int, Relation], entry: Entry) -> RowChange:
    """An entry as the rest of seamproof knows it."""
    relation = known.get(entry.relation)
    return RowChange(
        table=relation.table.name if relation else f"dropped table {entry.relation}",
        old=relations.row(relation, entry.old),
        new=relations.row(relation, entry.new),
        transaction=entry.transaction,
        backend=entry.backend,
    )


def changes(known: Mapping[int, Relation], found: Iterable[Values]) -> list[RowChange]:
    """The rows that `ENTRIES` gave as the rest of seamproof knows them."""
    return [change(known, _entry(values)) for values in found]


class Reading:
    """What the journal gave since it was last forgotten. Behind each phase of an experiment what is
    new in it is read and taken apart, and what was there before stays the same object.
    """

    def __init__(self) -> None:
        self.snapshot: str | None = None
        """What was seen last: the parameter of `FRESH`."""
        self._relations: Mapping[int, Relation] = {}
        self._changes: tuple[RowChange, ...] = ()

    def forget(self) -> None:
        """Read everything with the next `FRESH`."""
        self.snapshot, self._changes = None, ()

    def changes(self, known: Mapping[int, Relation], found: Sequence[Values]) -> Changes | None:
        """All changes, by the rows that `FRESH` gave. None where it must be asked once more, since
        entries have gone, or tables have changed, meanwhile."""
        if known is not self._relations and self.snapshot is not None:
            self.forget()
            return None
        snapshot, total, *_ = found[0]
        fresh = changes(known, [each[2:] for each in found if each[2] is not None])
        if len(self._changes) + len(fresh) != int(total or 0):
            self.forget()
            return None
        self.snapshot, self._relations = snapshot, known
        if fresh:
            self._changes = (*self._changes, *fresh)
        return Changes(self._changes)


async def take_own(connection: Connection) -> list[Entry]:
    """Take out of the journal what this very session has written."""
    batch = Batch(connection)
    batch.add(_TAKE_OWN)
    (answer,) = await batch.send()
    return entries(answer)
