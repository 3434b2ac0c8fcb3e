"""Outcomes and reasons of many checks, in few words."""

from __future__ import annotations

from seamproof.core.verdict import Outcome
from seamproof.reports.verdicts import Reasons, parts

HELD, SKIPPED, VIOLATED = Outcome.HELD, Outcome.SKIPPED, Outcome.VIOLATED


def said(**outcomes: Outcome) -> str:
    return " · ".join(text for _, text in parts(outcomes))


def test_what_must_be_known_comes_first_and_what_does_not_concern_it_is_left_out() -> None:
    assert said(a=HELD, b=VIOLATED, c=SKIPPED, d=VIOLATED) == "violated b, d · held a"
    assert said(a=HELD, b=Outcome.INCONCLUSIVE, c=Outcome.NOT_RUN) == (
        "inconclusive b · not run c · held a"
    )


def test_many_that_hold_are_counted_and_all_alike_are_not_named() -> None:
    assert said(a=VIOLATED, b=HELD, c=HELD, d=HELD, e=HELD, f=HELD) == "violated a · held 5"
    assert said(a=HELD, b=HELD, c=SKIPPED) == "held"
    assert said(a=HELD, b=SKIPPED) == "held a"
    assert said(a=SKIPPED, b=SKIPPED) == "skipped"
    assert said(a=VIOLATED) == "violated a"


def test_a_reason_that_checks_share_is_told_once() -> None:
    reasons = Reasons(checks=6, operations=9)
    for check in "abcdef":
        reasons.add(Outcome.NOT_RUN, "answered 404", check, "GET /x")
    for check in "abcde":
        for operation in range(3 if check == "a" else 7):
            reasons.add(SKIPPED, "named others", check, f"GET /{operation}")
    reasons.add(Outcome.INCONCLUSIVE, "busy", "a", "GET /1")
    reasons.add(Outcome.INCONCLUSIVE, "busy", "b", "GET /2")
    assert reasons.lines() == [
        "every check not run: answered 404: GET /x",
        "5 checks skipped: named others: 3 to 7 operations each",
        "a inconclusive: busy: GET /1",
        "b inconclusive: busy: GET /2",
    ]
