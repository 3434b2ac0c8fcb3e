"""The matrix of who is let in to what, as TOML that a person reviews once and commits."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seamproof.config.quoting import quoted
from seamproof.core.access import Admission
from seamproof.core.errors import ConfigurationError

Matrix = Mapping[str, Mapping[str, Admission]]
PLACE = "access.toml"
"""Its name; it stands beside the profile."""
_HEADER = """\
# Who is let in to what, as seamproof saw it: read it, correct what is wrong, say so, and commit it.
# Where somebody is let in later who is refused here, that is a finding: proven once a person has
# read it, for what was seen once need not be right. What was tightened since is told, and written
# here, and is to be read again.
"""
_READ = "reviewed"
_AGAIN = "correct it, or delete the file: the next run learns it again"


@dataclass(frozen=True, slots=True)
class Stored:
    """The file as it was read."""

    matrix: dict[str, dict[str, Admission]]
    reviewed: bool = True
    """Whether a person has read all of it. What says nothing of that, a person wrote."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell that is not as it was reviewed."""

    operation: str
    standing: str
    now: Admission

    @property
    def looser(self) -> bool:
        """Whether somebody is let in who was refused."""
        return self.now is Admission.ALLOWED

    def __str__(self) -> str:
        return f"{self.operation}: {self.standing} is {self.now}"


def dump(matrix: Matrix) -> str:
    """The matrix as TOML, one table an operation, for a person to review."""
    lines = [_HEADER, f"\n{_READ} = false\n"]
    for operation in sorted(matrix):
        lines.append(f"\n[{quoted(operation)}]\n")
        cells = matrix[operation]
        lines += [f"{quoted(who)} = {quoted(str(cells[who]))}\n" for who in sorted(cells)]
    return "".join(lines)


def read(path: Path) -> Stored:
    """The stored matrix, empty where there is none yet. Raises ConfigurationError."""
    try:
        return load(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return Stored({})
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}", hint=_AGAIN) from None


def load(text: str, source: str) -> Stored:
    """Read what `dump` wrote and a person may have edited. Raises ConfigurationError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source} is no TOML: {error}", hint=_AGAIN) from None
    found: dict[str, dict[str, Admission]] = {}
    reviewed = data.pop(_READ, True)
    if not isinstance(reviewed, bool):
        problem = f"{source}: {_READ} is {reviewed!r}, and must be true or false"
        raise ConfigurationError(problem, hint=_AGAIN)
    for operation, cells in data.items():
        if not isinstance(cells, dict):
            raise ConfigurationError(f"{source}: {operation!r} is no table", hint=_AGAIN)
        for who, said in cells.items():
            if said not in tuple(Admission):
                known = " or ".join(f'"{each}"' for each in Admission)
                raise ConfigurationError(
                    f"{source}: {operation}: {who!r} is {said!r}, and must be {known}", hint=_AGAIN
                )
            found.setdefault(operation, {})[who] = Admission(said)
    return Stored(found, reviewed)


def differences(reviewed: Matrix, seen: Matrix) -> tuple[Difference, ...]:
    """The cells of both that differ, sorted."""
    return tuple(
        Difference(operation, who, now)
        for operation, cells in sorted(seen.items())
        for who, now in sorted(cells.items())
        if reviewed.get(operation, {}).get(who, now) is not now
    )


def joined(reviewed: Matrix, seen: Matrix) -> dict[str, dict[str, Admission]]:
    """What is to be kept: what is reviewed, what is new, and what was tightened since."""
    kept = {operation: dict(cells) for operation, cells in reviewed.items()}
    for operation, cells in seen.items():
        for who, now in cells.items():
            known = kept.setdefault(operation, {})
            if now is Admission.REFUSED or who not in known:
                known[who] = now
    return kept
