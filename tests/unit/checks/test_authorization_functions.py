"""`authorization` of functions: who is let in to what, as a person has reviewed it."""

from __future__ import annotations

import pytest
from permitted import (
    IDENTITIES,
    PEOPLE,
    about,
    judged,
    one,
    signed_in,
)

from doubles.fake_store import Answer, Ask
from seamproof.core.access import Access, Admission, Attempt
from seamproof.core.verdict import Outcome, Tier


def test_who_is_let_in_beyond_the_reviewed_matrix_is_proven_by_what_they_wrote() -> None:
    scenario = about("POST /products", "bob", ())

    def add(ask: Ask) -> Answer:
        return 201, ask.insert("products", tenant_id=PEOPLE[ask.sender][1], name="a rope")

    identities = (IDENTITIES[0], IDENTITIES[2])
    assert one(judged(scenario, signed_in(add), identities=identities)).outcome is Outcome.HELD
    reviewed = {"POST /products": {"member": Admission.REFUSED}}
    what = {"identities": identities, "access": Access(reviewed=reviewed)}
    verdict = one(judged(scenario, signed_in(add), **what))
    assert (verdict.finding_class, verdict.tier) == ("access-widened", Tier.PROVEN)


def test_what_nobody_has_reviewed_is_not_proof() -> None:
    def add(ask: Ask) -> Answer:
        return 201, ask.insert("products", tenant_id=PEOPLE[ask.sender][1], name="a rope")

    def look(ask: Ask) -> Answer:
        return 200, []

    identities = (IDENTITIES[0], IDENTITIES[2])
    for operation, handler, tier in (
        ("POST /products", add, Tier.SUSPECTED),
        ("GET /products", look, Tier.NOTE),
    ):
        seen = Access(reviewed={operation: {"member": Admission.REFUSED}}, confirmed=False)
        scenario = about(operation, "bob", ())
        verdicts = judged(scenario, signed_in(handler), identities=identities, access=seen)
        (verdict,) = (each for each in verdicts if each.finding_class)
        assert (verdict.finding_class, verdict.tier) == ("access-widened", tier)
        assert verdict.evidence.facts["review"] == "not reviewed yet"


@pytest.mark.parametrize(
    ("beside", "found"),
    [((403, 403, 403), ["unlike-its-family"]), ((403, 403, 201), []), ((403, 403), [])],
    ids=["all refuse", "one lets in as well", "too few to say"],
)
def test_who_is_let_in_where_all_beside_it_refuse_is_a_note(
    beside: tuple[int, ...], found: list[str]
) -> None:
    def add(ask: Ask) -> Answer:
        return 201, ask.insert("products", tenant_id=PEOPLE[ask.sender][1], name="a rope")

    siblings = tuple(
        Attempt("other", f"POST /products/{number}", "alice", "member", status)
        for number, status in enumerate(beside)
    )
    identities = (IDENTITIES[0], IDENTITIES[2])
    what = {"identities": identities, "access": Access(siblings)}
    verdicts = judged(about("POST /products", "bob", ()), signed_in(add), **what)
    notes = [each for each in verdicts if each.finding_class]
    assert [each.finding_class for each in notes] == found
    assert all(each.tier is Tier.NOTE for each in notes)
    assert not any(each.outcome is Outcome.VIOLATED for each in verdicts)
