"""What a person sees: set-up, progress, each finding as it is found, and the sum at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from seamproof.core.counting import counted
from seamproof.core.errors import MachineError
from seamproof.core.events import (
    Baseline,
    BoundaryStatus,
    Event,
    ExperimentRun,
    FindingReported,
    JobFinished,
    JobStarted,
    Notice,
    ProfileLearned,
    RunFinished,
    RunStarted,
    Stage,
)
from seamproof.core.registry import reporter
from seamproof.core.verdict import Acceptance, Finding, Outcome, Tier
from seamproof.reports import finding as explained
from seamproof.reports import verdicts
from seamproof.reports.ledger import Ledger
from seamproof.reports.screen import Screen
from seamproof.reports.text import bounded, cells, clip, harmless, pad, paragraph, squeeze

_TIERS = {Tier.PROVEN: "red", Tier.SUSPECTED: "yellow", Tier.NOTE: "cyan"}
_OUTCOMES = {
    Outcome.VIOLATED: "red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.HELD: "green",
    Outcome.SKIPPED: "dim",
    Outcome.NOT_RUN: "dim",
}
_LABEL = 22
_OPERATION = 48
_UNREMARKABLE = frozenset({Outcome.HELD, Outcome.VIOLATED})
"""Outcomes whose reasons the JSON report has and a person does not need."""
_NAMES = {"http-in": "HTTP", "sql": "SQL", "http-out": "outbound", "cache": "cache"}


@reporter("terminal", title="Lines for a person, as it runs and at the end")
class Terminal:
    """Writes lines for a person: to the terminal, or to a file where a path is given."""

    def __init__(self, path: Path | None, reports: Sequence[str] = ()) -> None:
        """Write to standard output, or to a file. `reports` are named at the end."""
        self._file = _open(path) if path else None
        self._screen = Screen(self._file or sys.stdout)
        self._reports = reports
        self._ledger = Ledger()
        self._experiments = 0
        self._began = time.monotonic()
        self._told: set[str] = set()
        self._sighted: list[str] = []

    def on_event(self, event: Event) -> None:
        """Write what the event says, if a person needs it."""
        self._ledger.on_event(event)
        if self._sighted and not isinstance(event, BoundaryStatus):
            self._screen.line(f"  {pad('boundaries', _LABEL)}{', '.join(self._sighted)}")
            self._sighted = []
        match event:
            case RunStarted():
                self._on_run_started(event)
            case Stage():
                self._on_stage(event)
            case Notice():
                self._on_notice(event)
            case BoundaryStatus():
                self._on_boundary(event)
            case ProfileLearned():
                self._on_profile(event)
            case Baseline():
                self._on_baseline(event)
            case JobStarted():
                self._progress(event.operation, event.check)
            case ExperimentRun():
                self._experiments += 1
                self._progress(event.operation, event.check, event.purpose)
            case JobFinished():
                self._on_job_finished(event)
            case FindingReported():
                self._on_finding(event.finding, event.accepted)
            case RunFinished():
                self._on_run_finished(event)
            case _:
                pass

    # While it runs

    def _on_run_started(self, event: RunStarted) -> None:
        count = len(set(event.operations))
        head = f"seamproof {event.version}"
        self._screen.line(
            f"{self._screen.paint(head, 'bold')}  {harmless(event.target)}  seed {event.seed}"
        )
        what = counted(count, "operation") if count else "what the service's document has"
        self._screen.line(f"  {pad('to do', _LABEL)}{what}: {', '.join(event.checks)}")

    def _on_stage(self, event: Stage) -> None:
        name = harmless(event.name)
        if event.seconds is None:
            self._screen.progress(f"  {name} {harmless(event.detail)}")
            return
        room = self._screen.width - _LABEL - 12
        detail = pad(clip(harmless(event.detail), room), room)
        self._screen.line(f"  {pad(name, _LABEL)}{detail} {event.seconds:6.1f} s")

    def _on_notice(self, event: Notice) -> None:
        label = "warning" if event.warning else "note"
        style = "yellow" if event.warning else "cyan"
        room = self._screen.width - 12
        lines = paragraph(harmless(event.text), room, 4)
        if event.hint:
            lines += paragraph(f"-> {harmless(event.hint)}", room, 3)
        for place, text in enumerate(lines):
            head = self._screen.paint(pad(label, 9), style) if place == 0 else " " * 9
            self._screen.line(f"  {head} {text}")

    def _on_boundary(self, event: BoundaryStatus) -> None:
        name = _NAMES.get(event.name, harmless(event.name))
        state = "ok" if event.sighted else "not observed"
        detail = f" ({harmless(event.detail)})" if event.detail not in ("", state) else ""
        self._sighted.append(f"{name} {state}{detail}")

    def _on_profile(self, event: ProfileLearned) -> None:
        profile, width = event.profile, self._screen.width
        parts = [
            f"{label} {', '.join(sorted(names))}"
            for label, names in (
                ("masks", profile.volatile),
                ("ignores", profile.ignored),
            )
            if names
        ]
        if profile.background:
            parts.append(f"{len(profile.background)} statements of background work")
        where = f" ({event.path})" if event.path else ""
        text = harmless(("; ".join(parts) or "nothing to mask") + where)
        self._screen.line(f"  {pad('profile', _LABEL)}{clip(text, width - _LABEL - 2)}")
        for change in bounded((harmless(each) for each in event.changed), 5, "changes"):
            self._screen.line(f"  {' ' * _LABEL}{clip(f'changed: {change}', width - _LABEL - 2)}")
        if profile.disturbed:
            self._on_notice(Notice(f"every verdict is inconclusive: {profile.disturbed}", "", True))

    def _on_baseline(self, event: Baseline) -> None:
        if event.reached:
            self._screen.progress(f"  {harmless(event.operation)}: baseline reached")
            return
        if not event.tried:
            return
        text = f"{harmless(event.operation)}: {harmless(event.reason)}"
        for place, line in enumerate(paragraph(text, self._screen.width - 14, 3)):
            head = self._screen.paint("no baseline", "yellow") if place == 0 else " " * 11
            self._screen.line(f"  {head} {line}")

    def _progress(self, operation: str, check: str, purpose: str = "") -> None:
        seconds = time.monotonic() - self._began
        done = f"{self._experiments} experiments, {seconds:.0f} s"
        now = " · ".join(harmless(each) for each in (operation, check, purpose) if each)
        self._screen.progress(f"  {done} · {now}")

    def _on_job_finished(self, event: JobFinished) -> None:
        """On a plain stream say a line for each operation, once all checks are done with it."""
        self._progress(event.operation, event.check)
        name = event.operation
        if self._screen.live or name in self._told or not self._ledger.complete(name):
            return
        self._told.add(name)
        record = self._ledger.operations[name]
        outcomes = " · ".join(text for _, text in self._verdicts(name))
        self._screen.line(
            f"  {squeeze(harmless(name), _OPERATION)}  {outcomes}  "
            f"({counted(record.experiments, 'experiment')}, {record.seconds:.1f} s)"
        )

    def _verdicts(self, name: str) -> list[tuple[Outcome, str]]:
        """What the checks say of an operation, in parts."""
        ledger = self._ledger
        return verdicts.parts({each: ledger.entry(name, each).outcome for each in ledger.checks})

    # Findings

    def _on_finding(self, finding: Finding, accepted: Acceptance | None) -> None:
        screen, known = self._screen, self._ledger.classes.get(finding.finding_class)
        if accepted is not None:
            until = f", until {accepted.expires}" if accepted.expires else ""
            why = f"{harmless(accepted.reason)} ({harmless(accepted.owner)}{until})"
            self._in_short("accepted", "dim", finding, why)
            return
        if finding.tier is Tier.NOTE:
            self._in_short("note", "cyan", finding, explained.title(finding, known))
            return
        tier = finding.tier.upper()
        left, right = explained.heading(finding, known, screen.width - len(tier) - 2)
        screen.line()
        head = screen.paint(tier, _TIERS[finding.tier])
        screen.line(f"{head}  {screen.paint(left, 'bold')}{right}")
        for line in explained.lines(finding, known, screen.width):
            self._labelled(line)
        screen.line()

    def _in_short(self, label: str, style: str, finding: Finding, text: str) -> None:
        """Say a finding that is nobody's to repair now in one line, and who shares its cause."""
        screen, indent = self._screen, 2 + len(label) + 2
        name = squeeze(harmless(finding.operation), _OPERATION)
        said = clip(f"{finding.finding_class}  {name}: {text}", screen.width - indent)
        screen.line(f"  {screen.paint(label, style)}  {said}")
        if more := explained.also(finding, screen.width - indent):
            screen.line(f"{' ' * indent}{more}")

    def _labelled(self, line: explained.Line) -> None:
        screen = self._screen
        label = screen.paint(pad(line.label, explained.LABEL), "bold" if line.label else "")
        if not line.mark:
            screen.line(f"{label}{line.text}".rstrip())
            return
        room = screen.width - explained.LABEL - len(line.mark) - 2
        screen.line(f"{label}{pad(line.text, room)}  {screen.paint(line.mark, 'red')}")

    # The end

    def _on_run_finished(self, event: RunFinished) -> None:
        self._screen.clear()
        if self._ledger.exercised:
            self._table()
            self._reasons()
        if self._ledger.started is not None:
            self._counts(event)
        for written in self._reports:
            self._screen.line(f"  {pad('report', _LABEL)}{harmless(written)}")
        if self._file is not None:
            self._file.close()

    def _table(self) -> None:
        ledger, screen = self._ledger, self._screen
        names = {name: squeeze(harmless(name), _OPERATION) for name in ledger.riskiest}
        width = max(cells(each) for each in ("operation", *names.values()))
        screen.line()
        head = ((pad("operation", width), "bold"), ("risk", "bold"), ("verdicts", "bold"))
        screen.line(f"  {'  '.join(screen.paint(*each) for each in head)}")
        for name, shown in names.items():
            risk = screen.paint(f"{ledger.risk(name):4.0f}", "dim")
            said = " · ".join(
                screen.paint(text, _OUTCOMES[outcome]) for outcome, text in self._verdicts(name)
            )
            screen.line(f"  {pad(shown, width)}  {risk}  {said}")

    def _reasons(self) -> None:
        """Say why, for every outcome that needs it, equal reasons together."""
        ledger = self._ledger
        reasons = verdicts.Reasons(len(ledger.checks), len(ledger.operations))
        for name in ledger.operations:
            for check in ledger.checks:
                entry = ledger.entry(name, check)
                if entry.reason and entry.outcome not in _UNREMARKABLE:
                    reasons.add(entry.outcome, entry.reason, check, name)
        lines = reasons.lines()
        if lines:
            self._screen.line()
        for text in lines:
            for place, line in enumerate(paragraph(harmless(text), self._screen.width - 4, 4)):
                self._screen.line(f"  {'  ' if place else ''}{line}")

    def _counts(self, event: RunFinished) -> None:
        reached, known = self._ledger.share()
        screen = self._screen
        parts = [
            f"{event.proven} proven",
            f"{event.suspected} suspected",
            counted(event.notes, "note"),
            f"{event.inconclusive} inconclusive",
        ]
        if event.accepted:
            parts.append(f"{event.accepted} accepted")
        style = "red" if event.proven else "yellow" if event.suspected else "green"
        ended = " · interrupted" if event.interrupted else ""
        if event.crashed:
            ended += f" · ended by an error: {clip(harmless(event.crashed), 60)}"
        confidence = self._ledger.confidence()
        judged = f" · {confidence:.0%} of the risk judged" if reached else ""
        screen.line()
        screen.line(
            f"  {screen.paint(', '.join(parts), style)} · {event.experiments} experiments "
            f"in {event.seconds:.1f} s · {reached} of {known} operations exercised"
            f"{judged}{ended}"
        )


def _open(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}") from error
