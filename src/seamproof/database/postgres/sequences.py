"""Sequences: read all at once, put back where they moved, or moved to bases far apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from seamproof.database.postgres.batch import Batch
from seamproof.database.postgres.relations import quoted
from seamproof.database.postgres.session import Connection, run

States: TypeAlias = dict[int, tuple[int, bool]]
"""By a sequence's oid: its last value, and whether that was handed out already."""

_LOAD = """
SELECT s.seqrelid::int8, n.nspname, c.relname, s.seqincrement, s.seqmin,
       least(s.seqmax, fed.limit), s.seqcycle
  FROM pg_sequence s
  JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
    SELECT min(CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
               END) AS limit
      FROM (SELECT d.refobjid, d.refobjsubid FROM pg_depend d
             WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid
               AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
            UNION ALL
            SELECT f.adrelid, f.adnum FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
             WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
               AND d.refobjid = s.seqrelid) used(relation, number)
      JOIN pg_attribute a ON a.attrelid = used.relation AND a.attnum = used.number) fed
 WHERE c.relpersistence <> 't' ORDER BY n.nspname, c.relname
"""
PUT = """
SELECT setval(moved.id::regclass, moved.value, moved.called)
  FROM unnest($1::oid[], $2::int8[], $3::bool[]) AS moved(id, value, called)
"""
"""Set sequences; `parameters` makes its parameters."""
_SPACING = 10_000_000
_STRIDE = 10_000
_ENOUGH_ROOM = 1_000


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence and the values that it may take."""

    oid: int
    sql: str
    """Its name, qualified and quoted."""
    increment: int
    lowest: int
    highest: int
    """Its own maximum, or that of the narrowest column which it feeds."""
    cycles: bool


async def load(connection: Connection) -> list[Sequence]:
    """Every sequence of the database, in the order of their names."""
    cursor = await run(connection, _LOAD)
    return [
        Sequence(oid, f"{quoted(schema)}.{quoted(name)}", *rest)
        for oid, schema, name, *rest in await cursor.fetchall()
    ]


def reading(sequences: list[Sequence]) -> str:
    """A query for the states of all of them, as one text.

    Each is read itself: `pg_sequences` would hide a `setval(…, false)`.
    """
    if not sequences:
        return "SELECT ''"
    each = (f"SELECT {each.oid}, last_value, is_called FROM {each.sql}" for each in sequences)
    return f"""
        SELECT string_agg(concat_ws(' ', id, value, called), ',')
          FROM ({" UNION ALL ".join(each)}) state(id, value, called)
    """


def states(text: str | None) -> States:
    """What the query of `reading` gave."""
    each = (state.split(" ") for state in (text or "").split(",") if state)
    return {int(oid): (int(value), called == "t") for oid, value, called in each}


def moved(now: States, wanted: States) -> States:
    """The wanted states of those that are elsewhere."""
    return {oid: state for oid, state in wanted.items() if now.get(oid) != state}


def parameters(wanted: States) -> tuple[str, ...]:
    """The parameters of `PUT`: three arrays of equal length."""
    values = (str(value) for value, _ in wanted.values())
    called = (str(flag).lower() for _, flag in wanted.values())
    arrays = (map(str, wanted), values, called)
    return tuple("{" + ",".join(each) + "}" for each in arrays)


def bases(sequences: list[Sequence], now: States, epoch: int) -> States:
    """A base for each sequence that no other has, nor itself had in an earlier epoch.

    An integer that turns up later is then known to be a generated id, and of which table. The
    bases are 10,000,000 apart, closer where there are very many; those of one sequence move by
    10,000 an epoch. A sequence that cycles, or that has little room, stays where it is.
    """
    found: States = {}
    spacing = min(_SPACING, (2**31 - 1) // (len(sequences) + 2))
    for index, each in enumerate(sequences, 1):
        value, _ = now[each.oid]
        if each.cycles:
            continue
        room = each.highest - value if each.increment > 0 else value - each.lowest
        offset = index * spacing + epoch * _STRIDE % spacing
        if room <= offset:
            # A small integer: as far as it may go without using the room up.
            offset = room // 4 + epoch * 100 % max(room // 4, 1)
        if room < _ENOUGH_ROOM:
            continue
        found[each.oid] = (value + offset if each.increment > 0 else value - offset, True)
    return found


async def advance(connection: Connection, known: list[Sequence], epoch: int) -> None:
    """Move each to the base of an epoch that none had before."""
    batch = Batch(connection)
    batch.add(reading(known))
    (answer,) = await batch.send()
    (read,) = answer.row()
    batch.add(PUT, *parameters(bases(known, states(read), epoch)))
    await batch.send()
