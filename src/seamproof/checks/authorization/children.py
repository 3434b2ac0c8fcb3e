"""The owner's child under a parent of one's own, where nobody gets at it directly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seamproof.analysis.confirm import replay
from seamproof.analysis.ownership import Ownership
from seamproof.analysis.trouble import trouble
from seamproof.checks.authorization.classes import FOREIGN_PARENT
from seamproof.checks.authorization.inquiry import Inquiry, showing, succeeds
from seamproof.checks.authorization.judgement import Breach
from seamproof.checks.authorization.parents import Mixture, mixtures
from seamproof.checks.authorization.report import Case, violated
from seamproof.core.history import History
from seamproof.core.protocols import Exploration
from seamproof.core.verdict import Outcome, Tier, Verdict


def children(inquiry: Inquiry, known: Sequence[Verdict]) -> Exploration[list[Verdict]]:
    """Each mixture of ids, until one is taken."""
    if any(each.outcome is Outcome.VIOLATED for each in known):
        return []
    for mixture in mixtures(inquiry.subject, inquiry.others):
        verdict = yield from _child(replace(inquiry, edits=()), mixture)
        if verdict is not None:
            return [verdict]
    return []


def _child(inquiry: Inquiry, mixture: Mixture) -> Exploration[Verdict | None]:
    """First without canaries: what is arranged here has other ids than what was arranged before."""
    subject, attempt = inquiry.subject, mixture.attempt
    purpose = "under a parent of their own"
    history: History = yield inquiry.acts([mixture.act], purpose, mixture.arrangement)
    if trouble(history):
        return None
    section = history.section
    if not section.exchange.ok and not inquiry.court.changes(section):
        return None
    ownership = Ownership.of(subject.catalog, subject.stored, subject.identities)
    court = replace(inquiry.court, ownership=ownership).knowing(history.prepared)
    canaried = replace(inquiry, court=court).canaried(history)
    experiment = canaried.acts([mixture.act], purpose, mixture.arrangement)
    history = yield experiment
    if trouble(history):
        return None
    court = canaried.court
    found = [
        each
        for each in court.trespasses(history.section, attempt.identity)
        if each.sure and each.breach in (Breach.PEER, Breach.TENANT)
    ]
    if not found:
        return None
    shows = showing(court, attempt.identity, found[0])
    confirmed = yield from replay(subject, experiment, shows, succeeds(subject))
    case = Case(
        FOREIGN_PARENT,
        Tier.PROVEN,
        attempt.identity,
        attempt.standing,
        history,
        found[0],
        {"reference": mixture.name},
    )
    return violated(court, case, confirmed, inquiry.clean)
