"""What a finding says that was seen, as a report has it."""

from __future__ import annotations

from typing import Final

from seamproof.reports import finding as drawing
from seamproof.run.promotion.origin import Origin

_LINES: Final = ("What:", "Let:", "Then:", "Left:", "Missing:")
_MOST: Final = 12
_LABEL: Final = 9


def seen(origin: Origin, width: int) -> list[str]:
    """Lines of what was done and what came of it, at most a dozen."""
    told: list[str] = []
    for line in drawing.lines(origin.finding, origin.known, width - _LABEL):
        if line.label and line.label not in _LINES:
            if told:
                break
            continue
        if line.label or told:
            text = "".join(each if each.isprintable() else " " for each in line.text)
            told.append(f"{line.label:<{_LABEL}}{text}".rstrip())
    return told[:_MOST]
