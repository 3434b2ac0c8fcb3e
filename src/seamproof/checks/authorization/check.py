"""The owner's act as everybody else: whose rows were changed, whose were read?

owner, with canaries in their rows      the control: it must succeed
everybody else who was let in           judged by the rows, and by canaries in the answer that
                                        were on the wire
lists, as who saw it                    an object in one's own list is shared
one's own parent, the owner's child     where several ids stand in the request
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from seamproof.analysis.begin import begin
from seamproof.checks.authorization.children import children
from seamproof.checks.authorization.classes import CLASSES
from seamproof.checks.authorization.functions import functions
from seamproof.checks.authorization.inquiry import Inquiry, opened, owner_of
from seamproof.checks.authorization.objects import objects
from seamproof.checks.authorization.report import CHECK, plain
from seamproof.core.access import Admission
from seamproof.core.experiment import NOBODY, BoundaryKind
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Verdict


@check(
    "authorization",
    title="What is somebody's is theirs alone",
    boundary=BoundaryKind.SQL,
    needs={Need.ACCESS, Need.DOCUMENT},
)
class Authorization:
    """Sends each act as peers, as other tenants, as lower roles and as nobody.

    A trespass is a row of the owner that was changed, or that was fetched and is in the answer.
    Fetched, and refused then, is right.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Somebody must own what the scenario is about."""
        if owner_of(subject) is None:
            return Skip("the scenario is sent by nobody: there is no owner to be protected")
        if subject.authorization.shares(subject.operation.id):
            return Skip("its objects are declared as shared")
        declared = subject.declaration
        public = declared is not None and declared.public
        if public or subject.authorization.opens(subject.operation):
            return Skip("it is declared as public")
        return None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """The owner first, then everybody who was let in."""
        clean = yield from begin(subject, CHECK)
        if isinstance(clean, Verdict):
            return (clean,)
        if (skip := self.applies(subject)) is not None:
            return (plain(subject, Outcome.SKIPPED, skip.reason),)
        if not clean.section.exchange.ok:
            return (plain(subject, Outcome.SKIPPED, "the owner is refused as well"),)
        inquiry = yield from opened(subject, clean)
        verdicts = yield from objects(inquiry)
        verdicts += yield from children(inquiry, verdicts)
        verdicts += yield from functions(inquiry, verdicts)
        if not any(each.outcome in (Outcome.VIOLATED, Outcome.INCONCLUSIVE) for each in verdicts):
            verdicts.append(_held(inquiry))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """The same again: ids are others in each run, and so are the rows to look at."""
        verdicts = yield from self.explore(subject)
        return [each for each in verdicts if each.finding_class in ("", finding.finding_class)]


def _held(inquiry: Inquiry) -> Verdict:
    subject, others, owner = inquiry.subject, inquiry.others, inquiry.court.owner.name
    refused = sum(each.admission is Admission.REFUSED for each in others)
    let_in = [each.identity for each in others if each.admission is Admission.ALLOWED]
    people = {NOBODY, *inquiry.court.ownership.people}
    if not others:
        return plain(subject, Outcome.INCONCLUSIVE, "nobody else could be asked")
    reason = f"of {len(others)} others {refused} were refused"
    if let_in and people.issuperset((owner, *let_in)):
        reason += f", {len(let_in)} were let in and touched nothing of {owner}'s"
    elif let_in:
        reason += f", {len(let_in)} were let in, and whose rows they touched is not known"
    if subject.alone:
        reason += f"; peers were not tried: {subject.alone}"
    unknown = [each.name for each in subject.identities if each.name not in people]
    if unknown:
        reason += f"; no row is known to stand for {', '.join(unknown)}"
    return plain(subject, Outcome.HELD, reason)
