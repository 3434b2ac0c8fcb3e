"""What is guessed, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seamproof.discovery.guessing.project import Place


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess."""

    what: str
    """What is guessed, in a word or two: `command`, `database`."""
    value: str
    place: Place | None = None
    """None where it is the framework's habit, and no file says it."""
    sure: bool = True
    """Whether it needs no look of a person."""


@dataclass(slots=True)
class Draft:
    """The configuration as far as it is guessed, in the file's order."""

    service: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    database: dict[str, Any] = field(default_factory=dict)
    processes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Written as comments: what they are for is not known."""
    identities: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    guesses: list[Guess] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    """Environment variables that a person has to set before a run."""

    def guess(
        self, what: str, value: str, place: Place | None = None, *, sure: bool = True
    ) -> None:
        """Note a guess."""
        self.guesses.append(Guess(what, value, place, sure))

    @property
    def unsure(self) -> dict[str, str]:
        """By what is guessed, the place of guesses that need a look."""
        return {each.what: str(each.place or "") for each in self.guesses if not each.sure}
