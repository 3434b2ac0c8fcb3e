"""What a baseline means for one run: which findings count, and which entries are out of date."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from seamproof.core import registry
from seamproof.core.events import (
    Baseline,
    Event,
    FindingReported,
    JobFinished,
    Notice,
    VerdictReached,
)
from seamproof.core.verdict import Acceptance, Finding, Outcome
from seamproof.run.acceptance.file import PLACE, Entry, read
from seamproof.run.catalogue import classes_of
from seamproof.run.misnamed import nearest

_SHOWN = 12
"""Entries that a notice names."""
_JUDGED = frozenset({Outcome.HELD, Outcome.VIOLATED})
_SAID = _JUDGED | {Outcome.SKIPPED}


class Standing:
    """The entries beside what a run says: it is told the run's events as they come."""

    def __init__(
        self, entries: Sequence[Entry], checks: Mapping[str, str], today: date | None = None
    ) -> None:
        """`checks` says which check finds a class."""
        self._entries = tuple(entries)
        self._checks = checks
        # Days are those of UTC, so that every machine that runs it agrees.
        self._today = today or datetime.now(UTC).date()
        self._shown: set[Entry] = set()
        self._outcomes: dict[tuple[str, str], set[Outcome]] = {}
        """By operation and check."""
        self._missed: set[str] = set()
        """Operations that were not exercised by all of their scenarios."""

    def acceptance(self, finding: Finding) -> Acceptance | None:
        """Why a finding is accepted; None where it counts."""
        for each in self._entries:
            if each.names(finding) and not self._expired(each):
                return each.acceptance
        return None

    def on_event(self, event: Event) -> None:
        """Take note of what was judged and what was found."""
        match event:
            case Baseline(reached=False):
                self._missed.add(event.operation)
            case VerdictReached():
                verdict = event.verdict
                self._note(verdict.operation, verdict.check, verdict.outcome)
            case JobFinished(whole=False):
                self._missed.add(event.operation)
            case JobFinished():
                self._note(event.operation, event.check, event.outcome)
            case FindingReported():
                self._shown |= {each for each in self._entries if each.names(event.finding)}
            case _:
                pass

    def _note(self, operation: str, check: str, outcome: Outcome) -> None:
        self._outcomes.setdefault((operation, check), set()).add(outcome)

    def expired(self) -> Iterator[Notice]:
        """Tell of entries whose date has passed."""
        late = [each for each in self._entries if self._expired(each)]
        if late:
            ends = (
                f"{each.words} on {each.acceptance.expires}, {each.acceptance.owner}"
                for each in late
            )
            yield Notice(
                f"{PLACE}: {_counted(late)} expired, and accept{_s(late)} nothing any more",
                f"repair what it is about, or give it a later date: {_listed(ends, len(late))}",
                warning=True,
            )

    def stale(self, left_out: Collection[str] = ()) -> Iterator[Notice]:
        """Tell of entries whose finding did not show, though what would show it was judged.

        `left_out` are the operations of jobs that were not done.
        """
        gone = [
            each
            for each in self._entries
            if each not in self._shown and self._judged(each, left_out)
        ]
        if gone:
            yield Notice(
                f"{PLACE}: {_counted(gone)} stale: what {_it(gone)} accept{_s(gone)} did not show",
                f"remove what is repaired: {_listed((each.words for each in gone), len(gone))}",
                warning=True,
            )

    def misnamed(self, operations: Collection[str]) -> Iterator[Notice]:
        """Tell of entries that can be of no finding: of a class, or of an operation, that is not.

        What a check of all operations found, as an undeclared route, did show, or its check was not
        run. `operations` are those that there are.
        """
        run = {check for (_, check), outcomes in self._outcomes.items() if outcomes & _JUDGED}
        for each in self._entries:
            if each in self._shown:
                continue
            name, operation = each.finding_class, each.operation
            if name and name not in self._checks:
                yield _misnamed(each, f"class {name!r}", nearest(name, self._checks))
            elif operation and operation not in operations and self._checks.get(name) in run:
                near = nearest(operation, operations)
                yield _misnamed(each, f"operation {operation!r}", near)

    def _expired(self, entry: Entry) -> bool:
        expires = entry.acceptance.expires
        return expires is not None and expires < self._today

    def _judged(self, entry: Entry, left_out: Collection[str]) -> bool:
        """Whether the entry's check came to a verdict on all of each of its operations."""
        check = self._checks.get(entry.finding_class)
        if check is None or not entry.operation:
            return False
        operations = {entry.operation, *entry.also}
        if operations & (self._missed | set(left_out)):
            return False
        outcomes = [self._outcomes.get((each, check), set()) for each in operations]
        return all(each <= _SAID and each & _JUDGED for each in outcomes)


def standing(path: Path) -> Standing:
    """That of a baseline file, for all checks that there are. Raises ConfigurationError."""
    parts = registry.discover(registry.CHECK).values()
    checks = {each.name: part.name for part in parts for each in classes_of(part)}
    return Standing(read(path), checks)


def _misnamed(entry: Entry, what: str, near: str | None) -> Notice:
    hint = f"did you mean {near}?" if near else "remove what is repaired, or is gone"
    return Notice(f"{PLACE}: {entry.words}: there is no {what}", hint, warning=True)


def _counted(entries: Sequence[Entry]) -> str:
    return "an entry is" if len(entries) == 1 else f"{len(entries)} entries are"


def _it(entries: Sequence[Entry]) -> str:
    return "it" if len(entries) == 1 else "they"


def _s(entries: Sequence[Entry]) -> str:
    return "s" if len(entries) == 1 else ""


def _listed(words: Iterator[str], count: int) -> str:
    shown = [each for each, _ in zip(words, range(_SHOWN), strict=False)]
    return "; ".join(shown) + ("; …" if count > _SHOWN else "")
