"""Which findings an entry accepts, and when it is out of date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from seamproof.core.errors import ExitCode
from seamproof.core.events import (
    Baseline,
    Event,
    FindingReported,
    JobFinished,
    JobStarted,
    VerdictReached,
)
from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import Acceptance, Evidence, Finding, Outcome, Tier, Verdict
from seamproof.run.acceptance.file import Entry
from seamproof.run.acceptance.standing import Standing
from seamproof.run.tally import Tally

TODAY = date(2026, 6, 1)
ORDERS, NOTES = "POST /orders", "POST /notes"
FINDING = Finding(
    "3a9c01aaaaaaaaaa",
    "concurrency",
    "lost-update",
    Tier.PROVEN,
    ORDERS,
    BoundaryKind.SQL,
    (3, 3),
    Evidence(),
)
ENTRY = Entry("F-3a9c01", Acceptance("known", "ann", TODAY), "lost-update", ORDERS, line=3)


def standing(*entries: Entry) -> Standing:
    return Standing(entries or (ENTRY,), {"lost-update": "concurrency"}, TODAY)


def until(day: date) -> Entry:
    return replace(ENTRY, acceptance=replace(ENTRY.acceptance, expires=day))


def judged(outcome: Outcome, operation: str = ORDERS, check: str = "concurrency") -> Event:
    return JobFinished(operation, check, outcome)


def test_it_accepts_what_it_names_until_the_end_of_its_last_day() -> None:
    assert standing().acceptance(FINDING) == ENTRY.acceptance
    assert standing().acceptance(replace(FINDING, fingerprint="b" * 16)) is None
    late = standing(until(date(2026, 5, 31)))
    assert late.acceptance(FINDING) is None
    (notice,) = late.expired()
    assert notice.warning
    assert "F-3a9c01 (line 3) on 2026-05-31, ann" in notice.hint
    assert not list(standing().expired())


def stale(*events: Event, entry: Entry = ENTRY, left_out: tuple[str, ...] = ()) -> bool:
    told = standing(entry)
    for each in events:
        told.on_event(each)
    notices = list(told.stale(left_out))
    assert all(each.warning and "F-3a9c01 (line 3)" in each.hint for each in notices)
    return bool(notices)


@pytest.mark.parametrize("outcome", [Outcome.HELD, Outcome.VIOLATED])
def test_it_is_stale_where_its_check_was_judged_and_the_finding_did_not_show(
    outcome: Outcome,
) -> None:
    assert stale(judged(outcome))
    assert not stale(judged(outcome), FindingReported(FINDING))
    assert stale(judged(outcome), entry=until(date(2020, 1, 1))), "also where it is expired"


@pytest.mark.parametrize(
    "events",
    [
        (),
        (judged(Outcome.HELD, check="rollback"),),
        (judged(Outcome.HELD, operation=NOTES),),
        (judged(Outcome.SKIPPED),),
        (judged(Outcome.INCONCLUSIVE),),
        (judged(Outcome.NOT_RUN),),
        # One of its scenarios is not judged.
        (judged(Outcome.HELD), judged(Outcome.INCONCLUSIVE)),
        (judged(Outcome.HELD), Baseline(ORDERS, False, "404")),
        # There was no time for all of it.
        (JobFinished(ORDERS, "concurrency", Outcome.VIOLATED, whole=False),),
        # The worst was told, and hides that a part of it is not known.
        (
            VerdictReached(Verdict(Outcome.INCONCLUSIVE, "concurrency", ORDERS)),
            judged(Outcome.VIOLATED),
        ),
    ],
)
def test_it_is_not_stale_where_nobody_can_say_so(events: tuple[Event, ...]) -> None:
    assert not stale(*events)


def test_it_is_not_stale_where_a_job_was_left_out_or_it_does_not_say_of_what_it_is() -> None:
    assert not stale(judged(Outcome.HELD), left_out=(ORDERS,))
    assert not stale(judged(Outcome.HELD), entry=replace(ENTRY, operation=""))
    assert not stale(judged(Outcome.HELD), entry=replace(ENTRY, finding_class="of-a-plugin"))


def test_a_scenario_that_is_for_other_checks_does_not_keep_it() -> None:
    assert stale(judged(Outcome.HELD), judged(Outcome.SKIPPED))


def test_a_shared_cause_is_stale_once_each_of_its_operations_was_judged() -> None:
    shared = replace(ENTRY, also=(NOTES,))
    assert not stale(judged(Outcome.HELD), entry=shared)
    assert stale(judged(Outcome.HELD), judged(Outcome.HELD, NOTES), entry=shared)


def test_an_accepted_finding_is_counted_apart_and_fails_no_run() -> None:
    tally = Tally()
    for event in (
        JobStarted(ORDERS, "concurrency"),
        FindingReported(FINDING, ENTRY.acceptance),
    ):
        tally.on_event(event)
    assert (tally.of(Tier.PROVEN), tally.accepted) == (0, 1)
    assert tally.exit_code(strict=True) == ExitCode.NOTHING_PROVEN
    tally.on_event(FindingReported(FINDING))
    assert tally.exit_code(strict=False) == ExitCode.PROVEN


def test_an_entry_of_what_is_not_there_is_told_once_its_check_was_run() -> None:
    typo = replace(ENTRY, operation="POST /order")
    unclassed = replace(ENTRY, finding_class="lost-updat")
    here = standing(typo, unclassed)
    early = [each.text for each in here.misnamed({ORDERS, NOTES})]
    assert early == [".seamproof/baseline.toml: F-3a9c01 (line 3): there is no class 'lost-updat'"]
    here.on_event(judged(Outcome.HELD))
    notices = list(here.misnamed({ORDERS, NOTES}))
    assert [each.hint for each in notices] == [
        "did you mean POST /orders?",
        "did you mean lost-update?",
    ]
    assert all(each.warning for each in notices)
    assert not list(standing().misnamed({ORDERS, NOTES}))


def test_an_entry_that_showed_is_of_something() -> None:
    here = standing(replace(ENTRY, operation="GET /internal/orders"))
    here.on_event(FindingReported(FINDING))
    here.on_event(judged(Outcome.VIOLATED))
    assert not list(here.misnamed({ORDERS}))
