"""Which statements a violation is named by."""

from __future__ import annotations

import pytest

from seamproof.analysis.statements import kind, shape
from seamproof.checks.concurrency.culprits import culprits
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import CrossingKey
from seamproof.core.history import Crossing, Section, TransactionStatus
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject

CATALOG = Catalog({"objects": Table("objects", (Column("id", "text"), Column("parent", "text")))})
SUBJECT = Subject(Scenario("", Step(Operation("PATCH", "/objects/7"))), catalog=CATALOG)


def section(*statements: tuple[int, str, tuple[str | None, ...]]) -> Section:
    """Statements of two acts, one after the other, each in a transaction of its own."""
    crossings = tuple(
        Crossing(
            CrossingKey(shape(text)),
            kind(text),
            text,
            act,
            act,
            float(place),
            place + 0.5,
            parameters,
            before=TransactionStatus.IDLE,
            after=TransactionStatus.IDLE,
        )
        for place, (act, text, parameters) in enumerate(statements)
    )
    return Section((), crossings)


@pytest.mark.parametrize("bound", [True, False])
def test_the_read_of_the_row_that_is_written_is_named_and_not_a_count_behind_it(
    bound: bool,
) -> None:
    def of(text: str, *values: str) -> tuple[str, tuple[str, ...]]:
        if bound:
            return text, values
        for number, value in enumerate(values, start=1):
            text = text.replace(f"${number}", f"'{value}'")
        return text, ()

    found = culprits(
        SUBJECT,
        section(
            (0, *of("SELECT * FROM objects WHERE id = $1 AND parent = $2", "7", "p")),
            (0, *of("SELECT count(*) FROM objects WHERE parent = $1", "p")),
            (1, *of("UPDATE objects SET at = now() WHERE id = $1 AND parent = $2", "7", "p")),
            (0, *of("INSERT INTO objects (id, parent) VALUES ($1, $2)", "7", "p")),
        ),
        ["objects"],
    )
    assert found is not None
    assert (found.read, found.meanwhile, found.written) == (1, 3, 4)


def test_of_reads_that_are_as_near_the_later_is_named() -> None:
    read = "SELECT * FROM objects WHERE id = $1"
    found = culprits(
        SUBJECT,
        section(
            (0, read, ("7",)),
            (0, read, ("7",)),
            (1, "UPDATE objects SET at = now() WHERE id = $1", ("7",)),
            (0, "UPDATE objects SET parent = $1 WHERE id = $2", ("p", "7")),
        ),
        ["objects"],
    )
    assert found is not None
    assert found.read == 2
