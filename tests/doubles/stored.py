"""What a run keeps of a verdict, for checks that are to show it again."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import Finding, Verdict


def finding_of(verdict: Verdict, boundary: BoundaryKind = BoundaryKind.SQL) -> Finding:
    """The finding of one verdict. Its fingerprint is of no meaning to a check."""
    return Finding(
        "f" * 16,
        verdict.check,
        verdict.finding_class,
        verdict.tier,
        verdict.operation,
        boundary,
        verdict.replays,
        verdict.evidence,
        cause=verdict.cause,
    )
