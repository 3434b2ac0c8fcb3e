"""The smallest valid check, to start a new one from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from seamproof.analysis.begin import begin
from seamproof.core.experiment import BoundaryKind
from seamproof.core.protocols import Exploration
from seamproof.core.registry import check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import FindingClass, Outcome, Verdict


@check("noop", title="The act can be run", boundary=BoundaryKind.HTTP_IN)
class NoopCheck:
    """The smallest valid check: it runs the act once and finds nothing wrong with it."""

    classes: ClassVar[tuple[FindingClass, ...]] = ()

    def applies(self, subject: Subject) -> Skip | None:
        """It has something to do everywhere."""
        return None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Run the act once."""
        clean = yield from begin(subject, "noop", BoundaryKind.HTTP_IN)
        if isinstance(clean, Verdict):
            return (clean,)
        reason = f"it answered {clean.section.exchange.status}"
        return (Verdict(Outcome.HELD, "noop", subject.operation.id, reason),)
