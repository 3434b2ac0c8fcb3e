"""Bringing the database from one state to another: one DELETE and one INSERT a table.

The rows to delete are found where the journal saw them stored, by a TID scan: that costs the same
for ten rows as for ten million, and needs neither a key nor an index nor statistics. Each is then
compared as a whole, so that a row that somebody else has changed meanwhile is not taken for it.

Both are in a function of the table, so that one statement undoes all tables and every plan is made
once a session. In a clone the places mean nothing: there rows are found by key, or by reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seamproof.database.postgres import rowtext
from seamproof.database.postgres.batch import Answer
from seamproof.database.postgres.delta import Delta, Places
from seamproof.database.postgres.relations import OURS, Relation, quoted

MISMATCH = "SP001"
"""The SQLSTATE of a function that found other rows than it should."""


class Unrestorable(Exception):
    """The rows alone do not lead back: the database must be cloned anew. Says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement that applies a delta, and the rows that it inserts, a tuple a table."""

    query: str
    parameters: tuple[str | None, ...]
    inserted: tuple[tuple[int, tuple[str, ...]], ...]


def plan(relations: Mapping[int, Relation], delta: Delta, *, placed: bool) -> Plan:
    """Plan how to apply a delta. Raises Unrestorable for a table that is not known.

    `placed` says that the rows to delete are where the delta remembers them, which is so in the
    database that it was recorded in, and not in a clone.
    """
    calls: list[str] = []
    parameters: list[str | None] = []
    inserted: list[tuple[int, tuple[str, ...]]] = []
    for oid in delta.relations():
        if oid not in relations:
            raise Unrestorable(f"a table that is not known was written (oid {oid})")
        gone, back = tuple(delta.removed(oid)), tuple(delta.added(oid))
        at = [place for text in dict.fromkeys(gone) for place in delta.places.get((oid, text), ())]
        parameters += (
            rowtext.array(gone),
            rowtext.array(at) if placed else None,
            rowtext.array(back),
        )
        number = len(parameters)
        calls.append(f"{OURS}.undo_{oid}(${number - 2}, ${number - 1}, ${number})")
        inserted.append((oid, back))
    return Plan(f"SELECT {', '.join(calls)}", tuple(parameters), tuple(inserted))


def places(planned: Plan, answer: Answer) -> Places:
    """Where the rows were inserted."""
    found = Delta().places
    for (oid, rows), at in zip(planned.inserted, answer.row(), strict=True):
        for text, place in zip(rows, rowtext.elements(at or "{}"), strict=True):
            found[oid, text].append(place)
    return found


def definition(relation: Relation) -> str:
    """The function that undoes one table, of the rows to delete, where they are stored (NULL where
    that is not known), and the rows to insert. It returns where it inserted them.

    Parameters are numbered, for a table may have a column of any name.
    """
    table = relation.sql
    columns = relation.insertable
    located = _by_key(relation) if relation.table.primary_key else _equal(relation, "true")
    placed = "t.ctid = ANY($2)"
    # With a key no two rows are equal, so that all that match are meant.
    exact = f"{placed} AND {relation.row} = ANY($1)"
    by_place = exact if relation.table.primary_key else _equal(relation, placed)
    return f"""
CREATE OR REPLACE FUNCTION {OURS}.undo_{relation.oid}(text[], tid[], text[]) RETURNS tid[]
LANGUAGE plpgsql AS $undo$
#variable_conflict use_column
DECLARE
    done int8 := 0;
    places tid[];
BEGIN
    {_switch(relation, "DISABLE")}
    IF cardinality($1) > 0 THEN
        IF $2 IS NULL THEN
            DELETE FROM ONLY {table} t WHERE {located};
        ELSE
            DELETE FROM ONLY {table} t WHERE {by_place};
        END IF;
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality($1) THEN
            RAISE SQLSTATE '{MISMATCH}' USING MESSAGE = format('%s of %s rows of %s were there',
                done, cardinality($1), {_literal(relation.table.name)});
        END IF;
    END IF;
    IF cardinality($3) > 0 THEN
        WITH inserted AS (
            INSERT INTO {table} {f"({', '.join(columns)})" if columns else ""}
            OVERRIDING SYSTEM VALUE
            SELECT {", ".join(f"(w.row).{column}" for column in columns)}
              FROM (SELECT x::{table} AS row FROM unnest($3) x OFFSET 0) w
            RETURNING ctid)
        SELECT array_agg(ctid) INTO places FROM inserted;
        IF cardinality(places) <> cardinality($3) THEN
            RAISE SQLSTATE '{MISMATCH}' USING MESSAGE = format('%s of %s rows of %s went in',
                cardinality(places), cardinality($3), {_literal(relation.table.name)});
        END IF;
    END IF;
    {_switch(relation, "ENABLE ALWAYS")}
    RETURN places;
END $undo$;
"""


def _equal(relation: Relation, where: str) -> str:
    """Of equal rows, as many as asked for, and whichever: they are equal."""
    return f"""t.ctid = ANY(ARRAY(
                SELECT found.place FROM (
                    SELECT t.ctid AS place, {relation.row} AS row,
                           row_number() OVER (PARTITION BY {relation.row}) AS nth
                      FROM ONLY {relation.sql} t WHERE {where} AND {relation.row} = ANY($1)) found
                 WHERE found.nth <= (
                    SELECT count(*) FROM unnest($1) w(row) WHERE w.row = found.row)))"""


def _by_key(relation: Relation) -> str:
    """By the primary key's index, where the place is not known."""
    key = [quoted(column) for column in relation.table.primary_key]
    return f"""({", ".join(f"t.{column}" for column in key)}) IN (
                SELECT {", ".join(f"(w.row).{column}" for column in key)}
                  FROM (SELECT x::{relation.sql} AS row FROM unnest($1) x OFFSET 0) w)
               AND {relation.row} = ANY($1)"""


def _switch(relation: Relation, verb: str) -> str:
    """Triggers that the service has set to fire always would fire in replica role also."""
    if not relation.stubborn:
        return ""
    actions = ", ".join(f"{verb} TRIGGER {name}" for name in relation.stubborn)
    return f"ALTER TABLE {relation.sql} {actions};"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
