"""A hash of everything that is stored, to prove that a reset did reset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from seamproof.database.postgres.batch import Batch
from seamproof.database.postgres.relations import Relation
from seamproof.database.postgres.sequences import states
from seamproof.database.postgres.session import Connection

LARGE_OBJECTS = """
    CASE WHEN pg_relation_size('pg_largeobject') + pg_relation_size('pg_largeobject_metadata') = 0
         THEN '' ELSE (
        SELECT concat_ws(',',
            (SELECT concat(count(*), ':', sum(hashtextextended(concat(ctid, xmin), 0)))
               FROM pg_largeobject),
            (SELECT concat(count(*), ':', sum(hashtextextended(concat(ctid, xmin), 0)))
               FROM pg_largeobject_metadata))) END
"""
"""An expression that differs once a large object was written: no trigger can record that."""

_STORED_OBJECTS = """
SELECT concat_ws(',', (SELECT count(*) FROM pg_largeobject_metadata),
                 (SELECT sum(hashtextextended(concat_ws(',', loid, pageno, data), 0))
                    FROM pg_largeobject))
"""

Fingerprint = dict[str, str]
"""By the name of a table or a sequence, what it holds: a count and two sums of 64-bit hashes of
its rows for a table (the order of rows means nothing), its state for a sequence."""


async def fingerprint(
    connection: Connection, relations: Iterable[Relation], sequences_query: str
) -> Fingerprint:
    """Read everything that is stored. Costs what is stored."""
    tables = [relation for relation in relations if relation.stores_rows]
    batch = Batch(connection)
    for relation in tables:
        batch.add(_hash(relation))
    batch.add(_STORED_OBJECTS)
    batch.add(sequences_query)
    *counts, objects, sequences = await batch.send()
    found = {
        relation.sql: ":".join(map(str, answer.row()))
        for relation, answer in zip(tables, counts, strict=True)
    }
    found["large objects"] = str(objects.row()[0])
    for oid, (value, called) in states(sequences.row()[0]).items():
        found[f"sequence {oid}"] = f"{value}:{called}"
    return found


def digest(found: Fingerprint) -> str:
    """One SHA-256 for all of it."""
    lines = "\n".join(f"{name}\t{value}" for name, value in sorted(found.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def differences(one: Fingerprint, other: Fingerprint) -> tuple[str, ...]:
    """What the two do not agree on, as lines for a person."""
    return tuple(
        f"{name}: {one.get(name, 'missing')} became {other.get(name, 'missing')}"
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    )


def _hash(relation: Relation) -> str:
    return f"""
        SELECT count(*), sum(hashtextextended({relation.row}, 0)),
               sum(hashtextextended({relation.row}, 1))
          FROM ONLY {relation.sql} t
    """
