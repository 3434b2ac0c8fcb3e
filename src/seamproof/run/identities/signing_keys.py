"""What a service may sign its tokens with: the texts of its environment, and the keys in files that
these name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_LONGEST = 16 << 10
"""Bytes of a file that may be a key."""
_SIGNS = ("-----BEGIN ", '"kty"')
"""What stands in a file of keys: PEM, JSON Web Keys."""


def signing_keys(environment: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """The texts of a service's environment, less those that are filled in, and the files of keys
    that they name: PEM, or JSON Web Keys. Paths are relative to `folder`, where the service runs.
    """
    given = [each for each in environment.values() if "{" not in each]
    files = (text for each in given if (text := _keys(folder, each)) is not None)
    return (*given, *files)


def _keys(folder: Path, name: str) -> str | None:
    """The keys in a file; None where it is no such file."""
    try:
        path = folder / Path(name).expanduser()
        if not path.is_file() or path.stat().st_size > _LONGEST:
            return None
        text = path.read_text()
    except (OSError, ValueError, RuntimeError):
        return None
    return text if any(each in text for each in _SIGNS) else None
