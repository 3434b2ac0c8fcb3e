"""What is written where: a test in the project's folder of tests, or a script beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.run.findings import Shelf
from seamproof.run.promotion import curl, testing
from seamproof.run.promotion.origin import Origin, origin
from seamproof.run.promotion.style import style

if TYPE_CHECKING:
    from seamproof.config import Config


@dataclass(frozen=True, slots=True)
class Promoted:
    """What was written, and how it is run."""

    path: Path
    command: str
    why: str
    """Why it is there."""
    needs: tuple[str, ...] = ()
    """What the configuration must say first."""


def promote(
    name: str, config_path: Path | None, *, script: bool = False, output: Path | None = None
) -> Promoted:
    """Write a stored finding as a test, or as a script of curl.

    Raises ConfigurationError where there is no such finding, where it cannot be written so, and
    where the file is there; MachineError where it cannot be written.
    """
    from seamproof.config import load

    config = load(config_path)
    shelf = Shelf(config.path(".seamproof/runs"))
    found = origin(shelf.get(name), config)
    provenance = shelf.provenance(name)
    if provenance is not None and (provenance.state.edits or provenance.only_there):
        raise ConfigurationError(
            f"{found.finding.id} is of a test, whose rows no other test has",
            hint=f'mark that test: @pytest.mark.seamproof("{found.finding.check}"); it is run by '
            f"`{provenance.command}`",
        )
    if script:
        path = output or config.path(f"{found.finding.id}.sh")
        _write(path, curl.written(found, config), mode=0o755)
        return Promoted(path, f"BASE_URL=http://127.0.0.1:8000 {_shown(path)}", "a script of curl")
    own = style(config.root)
    path = (
        output or own.folder / f"test_{testing.name_of(found)}_{found.finding.fingerprint[:6]}.py"
    )
    _write(path, testing.written(found, own))
    return Promoted(path, f"pytest {_shown(path)}", own.why, tuple(_needs(found, config)))


def _needs(found: Origin, config: Config) -> list[str]:
    """What the section [testing] must have for the test."""
    if "testing" not in config.model_fields_set:
        line = f"[testing] with replicas = {found.copies}" if found.copies > 1 else "[testing]"
        return [f"a section {line} in {config.file or 'seamproof.toml'}: the plugin is off without"]
    if config.testing.replicas < found.copies:
        return [f"replicas = {found.copies} in the section [testing]: its requests overlap"]
    return []


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError(
            f"{path} is there already, and is left as it is",
            hint="remove it, or give another with --output",
        ) from None
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}") from None


def _shown(path: Path) -> str:
    """A path as a person types it: from here, where it is below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
