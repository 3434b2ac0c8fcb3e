"""`authorization` on handlers that ask whose it is, and on those that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from permitted import (
    IDENTITIES,
    LINE,
    ORDER,
    PEOPLE,
    about,
    found,
    judged,
    mine,
    one,
    place,
    signed_in,
)

from doubles.fake_store import Answer, Ask, Handler
from seamproof.core.access import AuthorizationPolicy
from seamproof.core.document import Declaration, Document
from seamproof.core.experiment import BoundaryKind
from seamproof.core.model import Extract, Identity, Operation, Step
from seamproof.core.profile import Profile
from seamproof.core.verdict import Outcome, Tier

# Reads


def test_an_order_that_is_looked_up_by_its_owner_is_held() -> None:
    handler = signed_in(lambda ask: found(ask.one("orders", id=ask.path["order"], **mine(ask))))
    verdict = one(judged(about("GET /orders/{order}"), handler))
    assert (verdict.outcome, verdict.reason) == (Outcome.HELD, "of 4 others 4 were refused")


def test_an_order_that_is_looked_up_by_its_id_alone_crosses_tenants() -> None:
    handler = signed_in(lambda ask: found(ask.one("orders", id=ask.path["order"])))
    verdict = one(judged(about("GET /orders/{order}"), handler))
    assert (verdict.finding_class, verdict.tier) == ("tenant-crossed", Tier.PROVEN)
    assert (verdict.replays, verdict.table) == ((3, 3), "orders")
    assert verdict.evidence.facts["who"] == "carol"
    assert verdict.evidence.facts["also"] == "dora"  # bob is an administrator
    assert verdict.shape == "SELECT * FROM orders"


def test_an_order_that_is_looked_up_by_its_tenant_is_a_peers() -> None:
    def handler(ask: Ask) -> Answer:
        return found(ask.one("orders", id=ask.path["order"], tenant_id=PEOPLE[ask.sender][1]))

    verdict = one(judged(about("GET /orders/{order}"), signed_in(handler)))
    assert (verdict.finding_class, verdict.tier) == ("foreign-object", Tier.PROVEN)
    assert verdict.evidence.facts["who"] == "dora"


def test_an_administrator_of_the_tenant_may() -> None:
    def handler(ask: Ask) -> Answer:
        order = ask.one("orders", id=ask.path["order"], tenant_id=PEOPLE[ask.sender][1])
        allowed = order and (ask.sender == "bob" or order["user_id"] == PEOPLE[ask.sender][0])
        return found(order if allowed else None)

    verdict = one(judged(about("GET /orders/{order}"), signed_in(handler)))
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason.endswith("1 were let in and touched nothing of alice's")


def test_whose_rows_are_touched_is_not_said_where_no_row_stands_for_anybody() -> None:
    handler = signed_in(lambda ask: found(ask.one("orders", id=ask.path["order"])))
    verdict = one(judged(about("GET /orders/{order}"), handler, stored={}))
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason == (
        "of 4 others 1 were refused, 3 were let in, and whose rows they touched is not known; "
        "no row is known to stand for alice, dora, bob, carol"
    )


def test_a_role_that_is_configured_as_an_administrators_may() -> None:
    handler = signed_in(
        lambda ask: found(
            ask.one("orders", id=ask.path["order"], tenant_id=PEOPLE[ask.sender][1])
            if ask.sender in ("alice", "dora")
            else None
        )
    )
    identities = (IDENTITIES[0], Identity("dora", "clerk"))
    loud = one(judged(about("GET /orders/{order}"), handler, identities=identities))
    assert loud.finding_class == "foreign-object"
    policy = AuthorizationPolicy(admins=("clerk",))
    what = {"identities": identities, "authorization": policy}
    assert one(judged(about("GET /orders/{order}"), handler, **what)).outcome is Outcome.HELD


def test_fetched_and_refused_then_is_right() -> None:
    def handler(ask: Ask) -> Answer:
        order = ask.one("orders", id=ask.path["order"])
        return found(order if order and order["user_id"] == PEOPLE[ask.sender][0] else None)

    verdict = one(judged(about("GET /orders/{order}"), signed_in(handler)))
    assert verdict.outcome is Outcome.HELD


def test_what_stands_in_ones_own_list_is_shared() -> None:
    handler = signed_in(lambda ask: found(ask.one("orders", id=ask.path["order"])))
    lists = {"GET /orders": signed_in(lambda ask: (200, ask.some("orders")))}
    verdict = one(judged(about("GET /orders/{order}"), handler, lists=lists))
    assert verdict.outcome is Outcome.HELD


def test_a_list_of_ones_own_is_held() -> None:
    handler = signed_in(lambda ask: (200, ask.some("orders", **mine(ask))))
    verdict = one(judged(about("GET /orders"), handler))
    assert verdict.outcome is Outcome.HELD


def test_a_list_that_shows_another_tenants_is_the_defect_itself() -> None:
    scenario = about("GET /products", arrangement=())
    handler = signed_in(lambda ask: (200, ask.some("products")))
    verdict = one(judged(scenario, handler, reads=(scenario,)))
    assert (verdict.finding_class, verdict.table) == ("tenant-crossed", "products")
    shared = AuthorizationPolicy(shared=("products",))
    quiet = one(judged(scenario, handler, reads=(scenario,), authorization=shared))
    assert quiet.outcome is Outcome.HELD


def test_a_list_that_shows_a_colleagues_may_be_meant() -> None:
    def listed(ask: Ask) -> Answer:
        return 200, ask.some("orders", tenant_id=PEOPLE[ask.sender][1])

    scenario = about("GET /orders")
    reads = (replace(scenario, arrangement=()),)
    verdict = judged(scenario, signed_in(listed), reads=reads)[0]
    assert (verdict.finding_class, verdict.tier) == ("foreign-object", Tier.NOTE)
    verdict = one(judged(scenario, signed_in(lambda ask: (200, ask.some("orders"))), reads=reads))
    assert (verdict.finding_class, verdict.tier) == ("tenant-crossed", Tier.PROVEN)


def test_what_is_open_to_nobody_is_told_as_such() -> None:
    handler: Handler = lambda ask: found(ask.one("orders", id=ask.path["order"]))  # noqa: E731
    verdict = one(judged(about("GET /orders/{order}"), handler))
    assert (verdict.finding_class, verdict.tier) == ("open-to-nobody", Tier.PROVEN)
    assert verdict.evidence.facts["who"] == "nobody"


@pytest.mark.parametrize("by", ["configuration", "document"])
def test_what_is_public_may_be_read_by_nobody(by: str) -> None:
    def handler(ask: Ask) -> Answer:
        return found(ask.one("orders", id=ask.path["order"]))

    operation = Operation("GET", "/orders/{order}")
    declared = Document((Declaration(operation, security=(frozenset(),)),))
    what = (
        {"document": declared}
        if by == "document"
        else {"authorization": AuthorizationPolicy(public=("GET /orders/*",))}
    )
    verdict = one(judged(about(operation.id), handler, **what))
    assert (verdict.outcome, verdict.reason) == (Outcome.SKIPPED, "it is declared as public")


# Writes


def test_a_row_of_the_owner_that_somebody_changes_is_proven() -> None:
    handler = signed_in(
        lambda ask: (
            200 if ask.update("orders", {"id": ask.path["order"]}, address="x") else 404,
            {},
        )
    )
    verdict = one(judged(about("PUT /orders/{order}"), handler))
    assert (verdict.finding_class, verdict.tier) == ("tenant-crossed", Tier.PROVEN)
    (change,) = verdict.evidence.left
    assert change.new is not None
    assert change.new["address"] == "x"


def test_refused_and_changed_all_the_same_is_proven() -> None:
    def handler(ask: Ask) -> Answer:
        ask.delete("orders", id=ask.path["order"])
        return (204, None) if ask.sender == "alice" else (403, {})

    verdict = one(judged(about("DELETE /orders/{order}"), signed_in(handler)))
    assert verdict.finding_class == "tenant-crossed"
    assert verdict.evidence.facts["answer"] == "403"


def test_a_row_of_ones_own_is_right() -> None:
    verdict = one(judged(about("POST /orders", arrangement=()), place))
    assert verdict.outcome is Outcome.HELD


def test_what_a_team_works_on_is_a_note_although_it_is_known_who_made_it() -> None:
    def make(ask: Ask) -> Answer:
        return 201, ask.insert("flags", name="new", created_by=PEOPLE[ask.sender][0])

    def change(ask: Ask) -> Answer:
        return (200 if ask.update("flags", {"id": ask.path["flag"]}, name="x") else 404), {}

    made = Step(Operation("POST", "/flags"), "alice", extracts=(Extract("flag", "$.id"),))
    scenario = about("PUT /flags/{flag}", arrangement=(made,))
    verdicts = judged(scenario, signed_in(change), making={"POST /flags": make})
    assert [each.tier for each in verdicts if each.finding_class] == [Tier.NOTE]


def test_a_like_of_somebody_elses_is_at_most_a_note() -> None:
    def like(ask: Ask) -> Answer:
        ask.insert("likes", user_id=PEOPLE[ask.sender][0], order_id=ask.path["order"])
        return 201, {"ok": ask.update("orders", {"id": ask.path["order"]}, address="liked")}

    verdicts = judged(about("POST /orders/{order}/likes"), signed_in(like))
    assert {each.tier for each in verdicts if each.finding_class} == {Tier.NOTE}
    assert not [each for each in verdicts if each.outcome is Outcome.VIOLATED]


def test_a_lower_role_that_changes_a_third_person_bypasses_its_role() -> None:
    def give(ask: Ask) -> Answer:
        where = {"id": 2, "tenant_id": PEOPLE[ask.sender][1]}
        return (200 if ask.update("users", where, role="admin") else 404), {}

    identities = (IDENTITIES[0], *IDENTITIES[2:])
    scenario = about("PUT /users/2/role", "bob", ())
    verdict = one(judged(scenario, signed_in(give), identities=identities))
    assert (verdict.finding_class, verdict.tier) == ("role-bypassed", Tier.PROVEN)
    assert verdict.evidence.facts["who"] == "alice"


def test_money_that_anybody_sends_to_a_third_person_is_theirs() -> None:
    def send(ask: Ask) -> Answer:
        ask.update("users", {"id": 2}, role="richer")
        ask.update("users", {"id": PEOPLE[ask.sender][0]}, role="poorer")
        return 201, {}

    scenario = about("POST /transfers", "bob", ())
    identities = (IDENTITIES[0], IDENTITIES[2])
    assert one(judged(scenario, signed_in(send), identities=identities)).outcome is Outcome.HELD


# A child under another's parent


def test_a_child_that_is_not_looked_up_through_its_parent_is_proven() -> None:
    def read(ask: Ask) -> Answer:
        own = ask.one("orders", id=ask.path["order"], **mine(ask))
        return found(ask.one("lines", id=ask.path["line"]) if own else None)

    scenario = about("GET /orders/{order}/lines/{line}", arrangement=(ORDER, LINE))
    verdict = one(judged(scenario, signed_in(read)))
    assert (verdict.finding_class, verdict.tier) == ("foreign-parent", Tier.PROVEN)
    assert verdict.evidence.facts["reference"] == "line"

    def through(ask: Ask) -> Answer:
        own = ask.one("orders", id=ask.path["order"], **mine(ask))
        where = {"id": ask.path["line"], "order_id": ask.path["order"]}
        return found(ask.one("lines", **where) if own else None)

    assert one(judged(scenario, signed_in(through))).outcome is Outcome.HELD


# What cannot be judged


def test_nobody_owns_what_a_stranger_sends() -> None:
    scenario = about("GET /products", None, ())
    (verdict,) = judged(scenario, lambda ask: (200, []))
    assert verdict.outcome is Outcome.SKIPPED


def test_one_identity_alone_says_so() -> None:
    handler = signed_in(lambda ask: found(ask.one("orders", id=ask.path["order"])))
    what = {"identities": IDENTITIES[:1], "alone": "no operation makes accounts"}
    verdict = one(judged(about("GET /orders/{order}"), handler, **what))
    assert verdict.outcome is Outcome.HELD
    assert "peers were not tried: no operation makes accounts" in verdict.reason


def test_a_blind_boundary_is_not_run() -> None:
    handler = signed_in(lambda ask: (200, {}))
    boundaries = frozenset({BoundaryKind.HTTP_IN})
    verdict = one(judged(about("GET /orders", arrangement=()), handler, boundaries=boundaries))
    assert verdict.outcome is Outcome.NOT_RUN


def test_a_disturbed_service_is_inconclusive() -> None:
    handler = signed_in(lambda ask: (200, {}))
    profile = Profile(disturbed="it remembers")
    verdict = one(judged(about("GET /orders", arrangement=()), handler, profile=profile))
    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, "it remembers")
