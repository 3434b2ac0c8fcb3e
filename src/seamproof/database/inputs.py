"""What a template depends on, as a key: when it changes, the template is built anew.

1. Migrations by a command or by files: the migration files, by where they lie or how they are
   named, and the lock files.
2. A seed, or a service that migrates at its start: any file of the project may have a part in it,
   so all of them count but tests, which are what changes most and nothing is made of. A key that
   changes too often costs one more build; one that changes too seldom would have experiments run on
   a schema that is gone.

Migrations and seed have a key each, so that a change of the code costs the seed alone.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

_MIGRATIONS = frozenset(
    {"migrations", "migration", "migrate", "alembic", "versions", "prisma", "sql", "schema"}
)
_LOCKS = frozenset(
    {
        "uv.lock",
        "poetry.lock",
        "pdm.lock",
        "Pipfile.lock",
        "pyproject.toml",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "go.sum",
        "Cargo.lock",
        "Gemfile.lock",
        "composer.lock",
        "mix.lock",
        "alembic.ini",
        "knexfile.js",
        "knexfile.ts",
    }
)
_SKIPPED = frozenset(
    {"node_modules", "__pycache__", "venv", "env", "site-packages", "target", "dist", "build"}
)
_TEST = re.compile(r"(test_.*|.*_test|conftest)\.py")
"""What pytest collects."""
_LARGE = 4 * 1024 * 1024
"""Bytes from which on a file is known by its size and time instead of its content."""
_MOST = 50_000
"""Files of a project that are looked at; beyond, a folder of data was taken for a project."""


def template_key(root: Path, migrate: str, seed: str = "") -> str:
    """The key of all that the migrations and the seed depend on, 32 hexadecimal digits.

    `migrate` is the command, or the tool that was detected; empty where the service migrates at
    its start. `seed` is the command or the file. The server's version and the settings are added
    by the server.
    """
    everything = bool(seed) or not migrate
    digest = hashlib.sha256(repr((migrate, seed, everything)).encode())
    for number, path in enumerate(_files(root)):
        if number >= _MOST:
            break
        place = path.relative_to(root)
        if everything or _concerns(place):
            digest.update(repr((str(place), _content(path))).encode())
    return digest.hexdigest()[:32]


def _concerns(place: Path) -> bool:
    named = place.name in _LOCKS or place.suffix == ".sql" or place.name.startswith("requirements")
    return named or not _MIGRATIONS.isdisjoint(place.parts[:-1])


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            each for each in folders if each not in _SKIPPED and not each.startswith(".")
        )
        for name in sorted(names):
            if not name.endswith((".pyc", ".log")) and not _TEST.fullmatch(name):
                yield Path(folder) / name


def _content(path: Path) -> str:
    try:
        found = path.stat()
        if found.st_size >= _LARGE:
            return f"{found.st_size} {found.st_mtime_ns}"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:  # a socket, a dangling link, a file that is just being replaced
        return ""
