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


def violated(number: int, tier: Tier, table: str = "orders") -> Result:
    """A result that shows a defect, and tells by its evidence which job showed it."""
    verdict = Verdict(
        Outcome.VIOLATED,
        "rollback",
        JOBS[number].operation,
        finding_class="partial-state",
        tier=tier,
        table=table,
        evidence=Evidence(facts={"job": number}),
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
