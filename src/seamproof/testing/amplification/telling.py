"""What checks have found, as pytest shows it below an item that fails."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from seamproof.core import registry
from seamproof.core.verdict import Finding, FindingClass
from seamproof.reports import finding as drawing
from seamproof.reports.text import harmless
from seamproof.run.catalogue import classes_of

if TYPE_CHECKING:
    from seamproof.testing.amplification.judging import Judgement

_WIDTH = 110


class Teller:
    """Tells the findings of one process. What several tests show is told in full by the first."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        """By the name of a finding, the item that has told it."""

    def failed(self, judgement: Judgement, item: str) -> str:
        """All that an item has found, below one line that names what it fails for."""
        named = ", ".join(f"{each.finding_class} ({each.id})" for each in judgement.proven)
        return "\n\n".join([f"proven: {named}", *self.told(judgement, item)])

    def told(self, judgement: Judgement, item: str) -> Iterator[str]:
        """Each finding of an item; in one line where it is lived with."""
        for each in judgement.findings:
            acceptance = judgement.accepted.get(each.id)
            if acceptance is None:
                yield self._told(each, item)
                continue
            until = f", until {acceptance.expires}" if acceptance.expires else ""
            word = harmless(f"{acceptance.reason} ({acceptance.owner}{until})")
            yield f"ACCEPTED  {each.finding_class} ({each.id}): {word}"

    def _told(self, finding: Finding, item: str) -> str:
        """One finding as lines for a person, at most thirty; in one line where another item has
        told it."""
        first = self._first.setdefault(finding.fingerprint, item)
        if first != item:
            tier = finding.tier.upper()
            return f"{tier}  {finding.finding_class} ({finding.id}) is what {first} has shown"
        return drawn(finding, f"pytest {item}", f"seamproof replay {finding.id} · {more(finding)}")


def more(finding: Finding) -> str:
    """The command that explains what it is."""
    return f"seamproof explain {finding.finding_class}"


def drawn(finding: Finding, *following: str) -> str:
    """A finding as lines for a person, the last of which are commands that follow from it."""
    known = _classes().get(finding.finding_class)
    left, right = drawing.heading(finding, known, _WIDTH - len(finding.tier) - 2)
    lines = [f"{finding.tier.upper()}  {left}{right}"]
    for line in drawing.lines(finding, known, _WIDTH):
        if line.label == "Next:":
            continue
        mark = f"  {line.mark}" if line.mark else ""
        lines.append(f"{line.label:<{drawing.LABEL}}{line.text}{mark}".rstrip())
    for label, command in zip_longest(("Next:",), following, fillvalue=""):
        lines.append(f"{label:<{drawing.LABEL}}{command}")
    return "\n".join(lines)


def _classes() -> dict[str, FindingClass]:
    parts = registry.discover(registry.CHECK).values()
    return {each.name: each for part in parts for each in classes_of(part)}
