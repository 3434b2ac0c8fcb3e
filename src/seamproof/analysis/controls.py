"""The control of a finding as evidence: the act by itself, beside what was shown."""

from __future__ import annotations

from seamproof.analysis.changes import effect
from seamproof.analysis.confirm import Confirmation
from seamproof.analysis.masks import Mask
from seamproof.core.subject import Subject
from seamproof.core.verdict import Control


def control(
    subject: Subject, confirmation: Confirmation | None, description: str
) -> Control | None:
    """What the act by itself answered and changed; None where it was not run."""
    if confirmation is None or not confirmation.control.sections:
        return None
    section = confirmation.control.section
    changed = effect(section.changes, Mask.for_subject(subject)).rows
    rows = tuple(row for _, row in changed)
    return Control(description, section.exchange, rows, passed=confirmation.passed)
