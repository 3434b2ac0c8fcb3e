"""What `explain` says of a class of findings."""

from __future__ import annotations

import pytest

from seamproof.checks.concurrency import Concurrency
from seamproof.checks.idempotency import Idempotency
from seamproof.core.verdict import FindingClass
from seamproof.run.catalogue import explained

CLASSES = (*Concurrency.classes, *Idempotency.classes)
WIDEST = 96


@pytest.mark.parametrize("known", CLASSES, ids=lambda known: known.name)
def test_every_class_of_overlaps_and_retries_has_an_example_and_a_cure(known: FindingClass) -> None:
    lines = explained(known.name)
    example = lines[lines.index("For example") + 1 : lines.index("What cures it") - 1]
    assert len(example) >= 4
    assert max(map(len, example)) <= WIDEST


@pytest.mark.parametrize("known", Concurrency.classes, ids=lambda known: known.name)
def test_an_interleaving_keeps_its_two_columns(known: FindingClass) -> None:
    columns = {line.index("|") for line in explained(known.name) if "|" in line}
    assert len(columns) == 1


@pytest.mark.parametrize("known", CLASSES, ids=lambda known: known.name)
def test_a_class_is_told_with_the_names_that_lists_of_weaknesses_give_it(
    known: FindingClass,
) -> None:
    (line,) = (each for each in explained(known.name) if each.startswith("Known as: "))
    names = line.removeprefix("Known as: ").split(", ")
    assert names == [*(f"CWE-{each}" for each in known.cwe), *known.owasp]
