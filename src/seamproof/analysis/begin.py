"""How a check begins: the act without a fault, or why nothing can be said of it."""

from __future__ import annotations

from seamproof.analysis.confirm import as_expected, clean_run
from seamproof.analysis.trouble import trouble
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import History
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Outcome, Verdict

_NAMES = {BoundaryKind.SQL: "SQL", BoundaryKind.HTTP_IN: "inbound"}


def without_effect(subject: Subject) -> Skip | None:
    """Why no effect is to be expected of the act; None where one is."""
    if not subject.operation.mutates:
        return Skip("operation does not mutate")
    return None if subject.scenario.act.wants_success else Skip("the scenario's act is refused")


def begin(
    subject: Subject,
    check: str,
    boundary: BoundaryKind = BoundaryKind.SQL,
    *,
    expected: bool = False,
) -> Exploration[History | Verdict]:
    """The history of the act without a fault, or the verdict that nothing follows.

    That is *not run* where the boundary is blind, and *inconclusive* where the service was
    disturbed while its profile was learned, or is now; with `expected` also where the act is
    answered otherwise than its scenario says.
    """
    operation = subject.operation.id
    if boundary not in subject.boundaries:
        reason = f"the {_NAMES[boundary]} boundary is blind"
        return Verdict(Outcome.NOT_RUN, check, operation, reason)
    if reason := subject.profile.disturbed:
        return Verdict(Outcome.INCONCLUSIVE, check, operation, reason)
    clean: History = yield from clean_run(subject)
    if reason := trouble(clean):
        return Verdict(Outcome.INCONCLUSIVE, check, operation, reason)
    if expected and not as_expected(subject, clean):
        reason = f"the act as its scenario has it answers {clean.section.exchange.status}"
        return Verdict(Outcome.INCONCLUSIVE, check, operation, reason)
    return clean
