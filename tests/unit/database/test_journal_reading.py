"""What the journal gave before is not taken apart again."""

from __future__ import annotations

from seamproof.core.catalog import Column, Table
from seamproof.core.history import Changes, RowChange
from seamproof.database.postgres.batch import Values
from seamproof.database.postgres.journal import Reading
from seamproof.database.postgres.relations import Relation


def relations(name: str) -> dict[int, Relation]:
    columns = (Column("id", "integer"), Column("text", "text"))
    return {7: Relation(7, name, Table(name, columns, ("id",)), stores_rows=True)}


def entry(number: int, transaction: str = "100") -> Values:
    return "7", None, f"({number},hi)", f"(0,{number})", transaction, "5"


def change(number: int, transaction: str = "100", table: str = "notes") -> RowChange:
    return RowChange(table, None, {"id": str(number), "text": "hi"}, transaction, 5)


def test_what_was_there_before_is_the_same_object() -> None:
    reading, known = Reading(), relations("notes")
    before = reading.changes(known, [entry(1), entry(2)])
    after = reading.changes(known, [entry(1), entry(2), entry(3)])
    assert before == Changes((change(1), change(2)))
    assert after == Changes((change(1), change(2), change(3)))
    assert all(old is new for old, new in zip(before.rows, after.rows, strict=False))


def test_after_an_undo_equal_rows_are_those_of_their_own_transaction() -> None:
    reading, known = Reading(), relations("notes")
    reading.changes(known, [entry(1), entry(2)])
    assert reading.changes(known, []) == Changes()
    assert reading.changes(known, [entry(1, "200")]) == Changes((change(1, "200"),))


def test_an_entry_that_shows_late_may_stand_before_those_that_were_seen() -> None:
    """As of a transaction that ended later than it wrote."""
    reading, known = Reading(), relations("notes")
    reading.changes(known, [entry(2)])
    assert reading.changes(known, [entry(1), entry(2)]) == Changes((change(1), change(2)))


def test_tables_that_are_known_anew_are_read_anew() -> None:
    reading = Reading()
    reading.changes(relations("notes"), [entry(1)])
    renamed = reading.changes(relations("letters"), [entry(1)])
    assert renamed == Changes((change(1, table="letters"),))
