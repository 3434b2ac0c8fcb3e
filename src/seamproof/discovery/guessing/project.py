"""The files of a project that tell something, read once and bounded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

_MAX_FILES = 4_000
_MAX_DEPTH = 8
_MAX_BYTES = 512 << 10
"""A larger file is generated, and tells nothing."""
_SKIPPED = frozenset(
    {
        *("node_modules", "venv", "env", "site-packages", "__pycache__", "dist", "build"),
        *("target", "vendor", "coverage", "htmlcov", "static", "public"),
    }
)
_NO_SERVICE = frozenset({"tests", "test", "__tests__", "spec", "e2e", "examples", "benchmarks"})
"""Folders whose source is not the service's."""
_SERVICES = frozenset({"backend", "api", "server", "app", "service"})
_MANIFESTS = ("pyproject.toml", "requirements.txt", "manage.py", "Pipfile", "package.json")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file of the project, and a line."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Project:
    """A folder of source, below the root or the root itself."""

    root: Path
    """Where the configuration goes."""
    base: Path
    """Where the service's own manifest is."""
    _texts: dict[Path, str] = field(default_factory=dict)

    @classmethod
    def within(cls, root: Path) -> list[Project]:
        """Where the service may be: the folder itself, or one in it that has a manifest, as
        `backend/`. A frontend has one too, so those that are called like a service come first."""
        inner = [
            folder
            for folder in sorted(root.iterdir())
            if folder.is_dir()
            and not _is_skipped(folder.name)
            and any((folder / name).is_file() for name in _MANIFESTS)
        ]
        inner.sort(key=lambda each: each.name not in _SERVICES)
        return [cls(root, base) for base in (root, *inner)]

    @property
    def cwd(self) -> str:
        """The service's folder, as the configuration has it."""
        return self.base.relative_to(self.root).as_posix()

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Every file of the service, nearest first, bounded in number."""
        found: list[Path] = []
        for folder, folders, names in os.walk(self.base):
            here = Path(folder)
            depth = len(here.relative_to(self.base).parts)
            folders[:] = sorted(
                name for name in folders if depth < _MAX_DEPTH and not _is_skipped(name)
            )
            found += [here / name for name in sorted(names)]
            if len(found) >= _MAX_FILES:
                break
        found.sort(key=lambda path: (len(path.parts), path))
        return tuple(found[:_MAX_FILES])

    def sources(self, *suffixes: str) -> Iterator[Path]:
        """The service's own source of these kinds, without its tests."""
        for path in self.files:
            inside = path.relative_to(self.base).parts[:-1]
            if path.suffix in suffixes and not _NO_SERVICE.intersection(inside):
                yield path

    def text(self, path: Path) -> str:
        """A file's text; empty where there is none, it is too large, or no text."""
        if path not in self._texts:
            try:
                fits = path.is_file() and path.stat().st_size <= _MAX_BYTES
                self._texts[path] = path.read_text(encoding="utf-8-sig") if fits else ""
            except (OSError, UnicodeDecodeError):
                self._texts[path] = ""
        return self._texts[path]

    def first(self, *names: str) -> Path | None:
        """The first of these files that is there, in the service's folder or the root."""
        folders = dict.fromkeys((self.base, self.root))
        paths = (folder / name for name in names for folder in folders)
        return next((path for path in paths if path.is_file()), None)

    def place(self, path: Path, line: int = 0) -> Place:
        """A place, by the path from the root."""
        return Place(path.relative_to(self.root).as_posix(), line)

    def search(self, path: Path, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], Place]]:
        """Every match in a file, and its place."""
        text = self.text(path)
        for match in pattern.finditer(text):
            yield match, self.place(path, text.count("\n", 0, match.start()) + 1)


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED
