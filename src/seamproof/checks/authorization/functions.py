"""Who may do a thing at all, whoever owns what it is done to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seamproof.analysis.confirm import replay
from seamproof.analysis.trouble import trouble
from seamproof.checks.authorization import roles
from seamproof.checks.authorization.classes import ACCESS_WIDENED, UNLIKE_ITS_FAMILY
from seamproof.checks.authorization.inquiry import Inquiry, succeeds
from seamproof.checks.authorization.report import Case, Fact, violated
from seamproof.core.access import Admission, Attempt
from seamproof.core.history import History
from seamproof.core.protocols import Exploration
from seamproof.core.verdict import Outcome, Tier, Verdict


def functions(inquiry: Inquiry, known: Sequence[Verdict]) -> Exploration[list[Verdict]]:
    """Who is let in further than was reviewed, or than all beside it."""
    if any(each.outcome is Outcome.VIOLATED for each in known):
        return []
    subject = inquiry.subject
    for attempt in roles.reviewed_refusals(subject):
        return (yield from _widened(inquiry, attempt))
    return list(_unlike(inquiry)) if subject.operation.mutates else []


def _widened(inquiry: Inquiry, attempt: Attempt) -> Exploration[list[Verdict]]:
    subject, court = inquiry.subject, inquiry.court
    experiment = inquiry.experiment([attempt.identity], "looser than reviewed")
    history: History = yield experiment
    if trouble(history):
        return []
    wrote = bool(court.changes(history.section))

    def shows(again: History) -> bool:
        answered = again.sections[-1].exchange.ok
        return answered and bool(court.changes(again.sections[-1])) == wrote

    confirmed = yield from replay(subject, experiment, shows, succeeds(subject))
    # What changed nothing may be an answer that has nothing in it. What nobody has read may say
    # what was wrong then: that somebody was refused who is meant to be let in.
    known = subject.access.confirmed
    tier = Tier.PROVEN if wrote and known else Tier.SUSPECTED if wrote or known else Tier.NOTE
    facts: dict[str, Fact] = {"review": "reviewed" if known else "not reviewed yet"}
    case = Case(ACCESS_WIDENED, tier, attempt.identity, attempt.standing, history, facts=facts)
    return [violated(court, case, confirmed, inquiry.clean)]


def _unlike(inquiry: Inquiry) -> Iterator[Verdict]:
    """A note: what lets in a lower role that all operations beside it refuse."""
    by_name = {each.name: each for each in inquiry.subject.identities}
    for attempt in inquiry.others:
        other = by_name.get(attempt.identity)
        if other is None or not attempt.wrote or attempt.admission is not Admission.ALLOWED:
            continue
        refused, suspicious = roles.family(inquiry.subject, other)
        if suspicious and roles.below(inquiry.subject, other, inquiry.court.owner):
            case = Case(
                UNLIKE_ITS_FAMILY,
                Tier.NOTE,
                attempt.identity,
                attempt.standing,
                inquiry.clean,
                facts={"refused": refused, "answer": str(attempt.status)},
            )
            yield violated(inquiry.court, case, None, inquiry.clean)
            return
