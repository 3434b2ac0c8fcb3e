"""Adds a stored finding to the baseline file. What a person wrote there stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from seamproof.config import load
from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.core.verdict import Acceptance, Finding
from seamproof.discovery import filing
from seamproof.run.acceptance.file import PLACE, Entry, parse, read, written
from seamproof.run.findings import Shelf

_HEAD = (
    "# Findings that we live with: reported, and no reason to fail. `seamproof accept` adds some.\n"
    "# An entry that is past its date, or whose finding is gone, is told of by `seamproof run`.\n"
)


@dataclass(frozen=True, slots=True)
class Added:
    """An entry, and the file that it is in."""

    entry: Entry
    path: Path


def accept(
    name: str, *, reason: str, owner: str, expires: str | None = None, config: Path | None = None
) -> Added:
    """Accept the newest stored finding of this name. `expires` is a day, as 2027-01-01.

    Raises ConfigurationError where there is none, where it is accepted already, and where the file
    or the request has a mistake; MachineError where the file cannot be written.
    """
    acceptance = Acceptance(_said("--reason", reason), _said("--owner", owner), _day(expires))
    settings = load(config)
    finding = Shelf(settings.path(".seamproof/runs")).get(name)
    path = settings.path(PLACE)
    _refuse_known(finding, read(path), path)
    entry = Entry(finding.id, acceptance, finding.finding_class, finding.operation, finding.also)
    return Added(_append(path, entry), path)


def _said(option: str, text: str) -> str:
    if not text.strip():
        raise ConfigurationError(f"{option} is empty", hint="say it for who reads it next year")
    return text.strip()


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no date", hint="--expires 2027-01-01") from None
    if day < datetime.now(UTC).date():
        raise ConfigurationError(
            f"{text} is past", hint="--expires takes the last day that it holds"
        )
    return day


def _refuse_known(finding: Finding, entries: tuple[Entry, ...], path: Path) -> None:
    for each in entries:
        if each.names(finding):
            raise ConfigurationError(
                f"{finding.id} is in {path} already, line {each.line}",
                hint="change its reason, owner or date there",
            )


def _append(path: Path, entry: Entry) -> Entry:
    """Add an entry at the end of the file. Returns it as it is read from there."""
    added = written(entry)
    try:
        # As bytes: the ends of its lines stay as they are.
        before = path.read_bytes().decode() if path.exists() else _HEAD
        text = before + ("" if before.endswith("\n") else "\n") + "\n" + added
        try:
            *_, last = parse(text, path)
        except ConfigurationError:
            # It was in order: but a list in brackets takes no table more.
            raise ConfigurationError(
                f"{path} is written in a way that nothing can be added to",
                hint="add this by hand, in the file's own way",
                details=tuple(added.splitlines()),
            ) from None
        path.parent.mkdir(parents=True, exist_ok=True)
        filing.replace(path, text)
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}") from error
    return last
