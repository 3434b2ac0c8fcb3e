"""The same findings, whatever order the results come in."""

from __future__ import annotations

from itertools import permutations

from seamproof.core import registry
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Job, Result
from seamproof.core.verdict import Evidence, Finding, Outcome, Tier, Verdict
from seamproof.run.findings import Docket
from seamproof.run.jobs import inconclusive, judged

PARTS = registry.discover(registry.CHECK)


def job(number: int, path: str) -> Job:
    scenario = Scenario(f"scenario {number}", Step(Operation("POST", path)))
    return Job(number, ("rollback", "trace"), scenario, "hash", frozenset())


JOBS = (job(0, "/orders"), job(1, "/notes"), job(2, "/orders"), job(3, "/orders"))


def violated(number: int, tier: Tier, table: str = "orders", cause: str = "") -> Result:
    """A result that shows a defect, and tells by its evidence which job showed it."""
    verdict = Verdict(
        Outcome.VIOLATED,
        "rollback",
        JOBS[number].operation,
        finding_class="partial-state",
        tier=tier,
        table=table,
        evidence=Evidence(facts={"job": number}),
        cause=cause,
    )
    return Result(number, (judged("rollback", (verdict,)),))


def reported(results: tuple[Result, ...], *, close: bool = True) -> list[Finding]:
    found: list[Finding] = []
    docket = Docket(JOBS, PARTS, found.append)
    for each in results:
        docket.add(each)
    if close:
        docket.close()
    return found


def shown(findings: list[Finding]) -> set[tuple[str, Tier, object]]:
    return {(each.fingerprint, each.tier, each.evidence.facts["job"]) for each in findings}


def test_the_surest_is_reported_once_and_of_equals_the_riskiest_jobs() -> None:
    results = (
        violated(0, Tier.SUSPECTED),
        violated(1, Tier.SUSPECTED),
        violated(2, Tier.PROVEN),
        violated(3, Tier.PROVEN),
    )
    orders = [reported(each) for each in permutations(results)]
    assert all(shown(each) == shown(orders[0]) for each in orders)
    assert all(len(each) == 2 for each in orders)
    assert {(tier, job) for _, tier, job in shown(orders[0])} == {
        (Tier.PROVEN, 2),
        (Tier.SUSPECTED, 1),
    }


def test_an_operation_is_reported_when_its_last_job_is_in() -> None:
    orders = (violated(0, Tier.PROVEN), violated(2, Tier.PROVEN, "stock"))
    assert reported(orders, close=False) == []
    last = inconclusive(JOBS[3], "nobody could do it")
    assert len(reported((*orders, last), close=False)) == 2
    assert len(reported((violated(1, Tier.PROVEN),), close=False)) == 1


def test_what_is_known_at_the_end_is_reported_although_jobs_are_missing() -> None:
    assert len(reported((violated(3, Tier.PROVEN),))) == 1


def test_a_job_that_nobody_did_is_inconclusive_in_each_of_its_checks() -> None:
    result = inconclusive(JOBS[0], "its worker was killed")
    assert [(each.check, each.outcome, each.reason) for each in result.judged] == [
        ("rollback", Outcome.INCONCLUSIVE, "its worker was killed"),
        ("trace", Outcome.INCONCLUSIVE, "its worker was killed"),
    ]


def test_operations_with_one_cause_are_one_finding_in_any_order() -> None:
    results = (
        violated(0, Tier.SUSPECTED, cause="no handler"),
        violated(1, Tier.PROVEN, "notes", cause="no handler"),
        violated(2, Tier.PROVEN, cause="no handler"),
        violated(3, Tier.PROVEN, cause="another"),
    )
    orders = [reported(each) for each in permutations(results)]
    assert all(each == orders[0] for each in orders)
    by_cause = {each.cause: each for each in orders[0]}
    shared = by_cause["no handler"]
    assert (shared.tier, shared.operation, shared.also) == (
        Tier.PROVEN,
        "POST /notes",
        ("POST /orders",),
    )
    assert shared.evidence.facts["job"] == 1, "the evidence is of the operation that is named"
    assert by_cause["another"].also == ()


def test_a_cause_names_the_finding_whichever_operations_show_it() -> None:
    (one,) = reported((violated(1, Tier.PROVEN, "notes", cause="no handler"),))
    (other,) = reported((violated(2, Tier.PROVEN, cause="no handler"),))
    (alone,) = reported((violated(2, Tier.PROVEN),))
    assert one.fingerprint == other.fingerprint != alone.fingerprint


def test_a_cause_waits_for_every_operation() -> None:
    every = (violated(1, Tier.PROVEN, cause="no handler"), violated(0, Tier.PROVEN))
    assert reported(every, close=False) == []
    assert len(reported(every)) == 2
