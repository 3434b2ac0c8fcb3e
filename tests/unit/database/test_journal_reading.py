"""Of the journal what is new is read, and what it gave before is not taken apart again."""

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


def read(
    reading: Reading, known: dict[int, Relation], total: int, *fresh: Values
) -> Changes | None:
    """What comes of a look at a journal of so many entries, of which these are new."""
    head = (f"{total}:{total}:", str(total))
    return reading.changes(known, [(*head, *each) for each in fresh or [(None,) * 6]])


def test_what_was_there_before_is_the_same_object() -> None:
    reading, known = Reading(), relations("notes")
    before = read(reading, known, 2, entry(1), entry(2))
    after = read(reading, known, 3, entry(3))
    assert before == Changes((change(1), change(2)))
    assert after == Changes((change(1), change(2), change(3)))
    assert all(old is new for old, new in zip(before.rows, after.rows, strict=False))


def test_what_is_asked_for_is_what_the_last_snapshot_did_not_show() -> None:
    reading, known = Reading(), relations("notes")
    assert reading.snapshot is None
    read(reading, known, 1, entry(1))
    assert reading.snapshot == "1:1:"
    assert read(reading, known, 1) == Changes((change(1),))


def test_nothing_was_written() -> None:
    reading = Reading()
    assert read(reading, relations("notes"), 0) == Changes()
    assert reading.snapshot == "0:0:"


def test_what_is_forgotten_is_read_anew() -> None:
    reading, known = Reading(), relations("notes")
    read(reading, known, 2, entry(1), entry(2))
    reading.forget()
    assert reading.snapshot is None
    assert read(reading, known, 1, entry(1, "200")) == Changes((change(1, "200"),))


def test_where_entries_have_gone_all_is_asked_for_once_more() -> None:
    """As by who empties the journal on a connection of its own."""
    reading, known = Reading(), relations("notes")
    read(reading, known, 2, entry(1), entry(2))
    assert read(reading, known, 1, entry(1, "200")) is None
    assert reading.snapshot is None
    assert read(reading, known, 1, entry(1, "200")) == Changes((change(1, "200"),))


def test_tables_that_are_known_anew_are_read_anew() -> None:
    reading = Reading()
    read(reading, relations("notes"), 1, entry(1))
    letters = relations("letters")
    assert read(reading, letters, 1) is None
    assert read(reading, letters, 1, entry(1)) == Changes((change(1, table="letters"),))
