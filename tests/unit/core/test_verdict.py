"""How verdicts merge, and what a fingerprint is made of."""

from __future__ import annotations

from itertools import permutations

import pytest

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import Evidence, Finding, Outcome, Tier, fingerprint, merge


def test_inconclusive_outranks_held_and_violated_all() -> None:
    assert merge([Outcome.HELD, Outcome.INCONCLUSIVE]) is Outcome.INCONCLUSIVE
    assert merge([Outcome.HELD, Outcome.SKIPPED]) is Outcome.HELD
    assert merge([Outcome.SKIPPED, Outcome.NOT_RUN]) is Outcome.SKIPPED
    assert merge(list(Outcome)) is Outcome.VIOLATED


def test_nothing_merges_to_not_run() -> None:
    assert merge([]) is Outcome.NOT_RUN


@pytest.mark.parametrize("outcomes", list(permutations(Outcome, 3)))
def test_merging_needs_no_order(outcomes: tuple[Outcome, ...]) -> None:
    assert merge(list(outcomes)) is merge(sorted(outcomes, key=lambda each: each.rank))


def test_a_fingerprint_changes_with_each_of_its_parts_alone() -> None:
    parts = ["rollback", "partial-state", "POST /orders", "orders", "INSERT INTO orders"]
    names = {fingerprint(*parts)}
    for index in range(len(parts)):
        changed = list(parts)
        changed[index] += "x"
        names.add(fingerprint(*changed))
    assert len(names) == 6
    assert all(len(name) == 16 for name in names)


def test_parts_do_not_run_into_each_other() -> None:
    assert fingerprint("a", "bc", "", "", "") != fingerprint("ab", "c", "", "", "")


def test_a_finding_is_called_by_the_beginning_of_its_fingerprint() -> None:
    finding = Finding(
        "3a9c01ffeeddccbb",
        "rollback",
        "partial-state",
        Tier.PROVEN,
        "POST /orders",
        BoundaryKind.SQL,
        (3, 3),
        Evidence(),
    )
    assert finding.id == "F-3a9c01"
