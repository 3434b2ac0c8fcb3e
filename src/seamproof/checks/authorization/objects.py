"""Everybody else who was let in: which rows of the owner did they touch?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seamproof.analysis.confirm import replay
from seamproof.analysis.trouble import trouble
from seamproof.checks.authorization.classes import OF_BREACH
from seamproof.checks.authorization.inquiry import Inquiry, let_in, showing, succeeds
from seamproof.checks.authorization.judgement import Trespass
from seamproof.checks.authorization.lists import unlisted
from seamproof.checks.authorization.report import Case, violated
from seamproof.core.access import Attempt
from seamproof.core.history import History
from seamproof.core.protocols import Exploration
from seamproof.core.verdict import Tier, Verdict


def objects(inquiry: Inquiry) -> Exploration[list[Verdict]]:
    """The gravest trespass of all who were let in; who else could is told with it."""
    subject = inquiry.subject
    asked = [each for each in inquiry.others if let_in(each)]
    seen: list[tuple[Attempt, History, Trespass]] = []
    for attempt, history in (yield from _sent(inquiry, asked)):
        trespasses = inquiry.court.trespasses(history.sections[-1], attempt.identity)
        if trespasses:
            one = yield from unlisted(inquiry, attempt, trespasses[0])
            if one is not None:
                seen.append((attempt, history, one))
    if not seen:
        return []
    seen.sort(key=lambda each: (not each[2].sure, -each[2].breach.rank))
    attempt, history, trespass = seen[0]
    also = ", ".join(each.identity or "nobody" for each, _, one in seen[1:] if one.sure)
    case = Case(
        OF_BREACH[trespass.breach],
        Tier.PROVEN if trespass.sure else Tier.NOTE,
        attempt.identity,
        attempt.standing,
        history,
        trespass,
        {"also": also or None},
    )
    if not trespass.sure:
        return [violated(inquiry.court, case, None, inquiry.clean)]
    shows = showing(inquiry.court, attempt.identity, trespass)
    confirmed = yield from replay(subject, history.experiment, shows, succeeds(subject))
    return [violated(inquiry.court, case, confirmed, inquiry.clean)]


def _sent(inquiry: Inquiry, asked: Sequence[Attempt]) -> Exploration[list[tuple[Attempt, History]]]:
    """The act as each of these: who changed nothing before shares one experiment."""
    histories: list[tuple[Attempt, History]] = []
    reading = [each for each in asked if not each.wrote]
    groups = [reading] if reading else []
    groups += [[each] for each in asked if each.wrote]
    for group in groups:
        senders = [each.identity for each in group]
        history: History = yield inquiry.experiment(senders, "as somebody else")
        if trouble(history):
            continue
        for attempt, section in zip(group, history.sections, strict=True):
            alone = inquiry.experiment([attempt.identity], "as somebody else")
            histories.append((attempt, replace(history, experiment=alone, sections=(section,))))
    return histories
