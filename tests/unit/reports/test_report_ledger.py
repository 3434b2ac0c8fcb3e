from __future__ import annotations

from dataclasses import replace

from report_samples import EVENTS

from seamproof.core.events import Baseline, JobFinished, RunFinished, RunStarted, VerdictReached
from seamproof.core.verdict import Outcome, Verdict
from seamproof.reports.ledger import ENDED_BEFORE, PARTLY, Ledger


def ledger(*events: object) -> Ledger:
    kept = Ledger()
    for event in events:
        kept.on_event(event)  # type: ignore[arg-type]
    return kept


def test_each_operation_has_an_outcome_of_each_check() -> None:
    kept = ledger(*EVENTS)
    assert {
        (name, check): str(kept.entry(name, check).outcome)
        for name in kept.operations
        for check in kept.checks
    } == {
        ("POST /orders", "rollback"): "violated",
        ("POST /orders", "trace"): "held",
        ("GET /orders", "rollback"): "skipped",
        ("GET /orders", "trace"): "inconclusive",
        ("POST /refunds", "rollback"): "not run",
        ("POST /refunds", "trace"): "not run",
    }
    assert kept.entry("POST /refunds", "trace").reason == "answered 404"
    assert kept.share() == (2, 3)


def test_the_worst_of_several_jobs_wins_with_its_own_reasons() -> None:
    kept = ledger(
        JobFinished("GET /a", "rollback", Outcome.HELD, "limits"),
        JobFinished("GET /a", "rollback", Outcome.INCONCLUSIVE, "busy"),
        JobFinished("GET /a", "rollback", Outcome.INCONCLUSIVE, "busy"),
        JobFinished("GET /a", "rollback", Outcome.INCONCLUSIVE, "slow"),
        JobFinished("GET /a", "rollback", Outcome.SKIPPED, "no"),
    )
    entry = kept.entry("GET /a", "rollback")
    assert (entry.outcome, entry.reason) == (Outcome.INCONCLUSIVE, "busy; slow")


def test_a_job_that_was_cut_off_is_no_pass() -> None:
    kept = ledger(
        RunStarted("t", "1", 0, ("rollback",), ("GET /a", "GET /b", "GET /c")),
        VerdictReached(Verdict(Outcome.HELD, "rollback", "GET /a")),
        VerdictReached(Verdict(Outcome.VIOLATED, "rollback", "GET /b")),
    )
    assert kept.entry("GET /a", "rollback").outcome is Outcome.INCONCLUSIVE
    assert kept.entry("GET /b", "rollback").outcome is Outcome.VIOLATED
    assert kept.entry("GET /c", "rollback").outcome is Outcome.NOT_RUN
    assert kept.entry("GET /c", "rollback").reason == ENDED_BEFORE


def test_an_operation_is_complete_once_every_check_is_done() -> None:
    start = RunStarted("t", "1", 0, ("rollback", "trace"), ("GET /a",))
    one = JobFinished("GET /a", "rollback", Outcome.HELD)
    other = JobFinished("GET /a", "trace", Outcome.HELD)
    assert not ledger(start, one).complete("GET /a")
    assert ledger(start, one, other).complete("GET /a")


def test_scenarios_of_one_operation_are_taken_together() -> None:
    start = RunStarted("t", "1", 0, ("rollback",), ("GET /a", "GET /a", "GET /a"))
    baselines = (
        Baseline("GET /a", False, "answered 404"),
        Baseline("GET /a", True, risk=1.0, tables=("b", "c")),
        Baseline("GET /a", True, risk=2.0, tables=("a", "b")),
    )
    job = JobFinished("GET /a", "rollback", Outcome.HELD)
    assert not ledger(start, *baselines, job).complete("GET /a")
    kept = ledger(start, *baselines, job, job)
    assert kept.complete("GET /a")
    baseline = kept.operations["GET /a"].baseline
    assert baseline == Baseline("GET /a", True, "", 2.0, ("a", "b", "c"))


def test_one_of_two_scenarios_that_held_is_no_pass_once_the_run_has_ended() -> None:
    start = RunStarted("t", "1", 0, ("rollback",), ("GET /a", "GET /a"))
    baselines = (Baseline("GET /a", True), Baseline("GET /a", True))
    held = JobFinished("GET /a", "rollback", Outcome.HELD)
    end = RunFinished(0, 0, 0, 0, 0, 1.0)
    entry = ledger(start, *baselines, held, end).entry("GET /a", "rollback")
    assert (entry.outcome, entry.reasons) == (Outcome.INCONCLUSIVE, [PARTLY])
    whole = ledger(start, *baselines, held, held, end).entry("GET /a", "rollback")
    assert whole.outcome is Outcome.HELD
    violated = JobFinished("GET /a", "rollback", Outcome.VIOLATED)
    kept = ledger(start, *baselines, violated, end)
    assert kept.entry("GET /a", "rollback").outcome is Outcome.VIOLATED


def test_confidence_is_the_share_of_the_risk_that_was_judged() -> None:
    start = RunStarted("t", "1", 0, ("rollback", "trace"), ("POST /a", "POST /b", "GET /c"))
    baselines = (
        Baseline("POST /a", True, risk=9.0),
        Baseline("POST /b", False, "answered 404"),
        Baseline("GET /c", True, risk=0.0),
    )
    jobs = (
        JobFinished("POST /a", "rollback", Outcome.VIOLATED),
        JobFinished("POST /a", "trace", Outcome.INCONCLUSIVE),
        JobFinished("GET /c", "rollback", Outcome.SKIPPED, "it reads"),
        JobFinished("GET /c", "trace", Outcome.HELD),
    )
    kept = ledger(start, *baselines, *jobs)
    # What was not reached weighs as its like: POST /a half, POST /b not at all, GET /c whole.
    assert kept.confidence() == (10 * 0.5 + 10 * 0 + 1) / 21
    assert kept.riskiest == ["POST /a", "POST /b", "GET /c"]
    assert ledger(start).confidence() == 0.0
    # What a check has found by the time that the budget is spent stands, and is not all of it.
    cut = replace(jobs[0], whole=False)
    assert ledger(start, *baselines, cut, *jobs[1:]).confidence() == 1 / 21
