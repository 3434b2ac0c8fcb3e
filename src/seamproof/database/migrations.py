"""How a schema comes to be: detected from the project's files, and files of SQL applied.

Detected, the first that is there:

1. Alembic, by `alembic.ini` (or `[tool.alembic]` in pyproject.toml), in the root or a folder of it;
2. Django, by a `manage.py` that names a settings module;
3. a folder of numbered `*.sql` files: `V2__name.sql` as Flyway names them (its `R__` last),
   `002_name.sql`, `002_name.up.sql` (its `.down.sql` are left out).

An applied file is sent in one go, so it is one transaction where it has no BEGIN of its own. Of a
file that goes both ways (goose, dbmate, sql-migrate) only the way up is sent.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from seamproof.core.errors import DatabaseError
from seamproof.core.protocols import Address
from seamproof.database.postgres.admin import connect

FOLDERS = ("migrations", "db/migrations", "db/migration", "database/migrations", "sql")
"""Where numbered SQL files are looked for."""

_NUMBERED = re.compile(r"V?(?P<number>\d+(?:[._]\d+)*)(?:[._-]|$)", re.IGNORECASE)
_REPEATABLE = re.compile(r"R__", re.IGNORECASE)
_DOWN = re.compile(r"(\.down\.sql|^U\d+.*\.sql)$", re.IGNORECASE)
_SECTION = re.compile(
    r"^--\s*(?:\+goose|\+migrate|migrate:)\s*(?P<way>up|down)\b.*$"
    r"|^--\s*(?P<named>up|down) migration\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(
    r"--[^\n]*|/\*.*?\*/|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"",
    re.DOTALL,
)
_META = re.compile(r"^[ \t]*\\(?P<command>[a-z!?.]+)", re.IGNORECASE | re.MULTILINE)
_COPY = re.compile(r"^[ \t]*copy\b[^;]*\bfrom\s+stdin\b", re.IGNORECASE | re.MULTILINE)
_HARMLESS = re.compile(r"^\\(un)?restrict\b.*$", re.MULTILINE)
"""What pg_dump writes since 2025 (CVE-2025-8714) for psql alone."""

_HINTS = (
    (
        re.compile(r'extension "?(?P<name>[\w-]+)"? is not available', re.IGNORECASE),
        "name it in `extensions` under [database]: a server that has it is then used",
    ),
    (
        re.compile(r"permission denied to create extension", re.IGNORECASE),
        "name it in `extensions` under [database]: the superuser then creates it",
    ),
    (
        re.compile(
            r"permission denied to (create|alter|set) (role|parameter)|must be superuser",
            re.IGNORECASE,
        ),
        "put it into `setup_sql` under [database], which the superuser runs before the migrations",
    ),
    (
        re.compile(r"connection refused|could not translate host|no pg_hba", re.IGNORECASE),
        "it does not use the database that it is given: see `env` under [service]",
    ),
)


@dataclass(frozen=True, slots=True)
class Detection:
    """How a project migrates, and the file that says so."""

    tool: str
    """`Alembic`, `Django` or `SQL files`."""
    source: Path
    """What it was detected from."""
    folder: Path
    """Where the command is to run."""
    command: tuple[str, ...] = ()
    """The command's words; empty where the files are applied."""
    files: tuple[Path, ...] = ()
    """The files to apply, in order."""


def detect(root: Path) -> Detection | None:
    """Find out how the project at `root` migrates; None where nothing shows it."""
    return _alembic(root) or _django(root) or _ordered(root)


def _near(root: Path, name: str) -> list[Path]:
    """The file in the root, else in a folder of it, the ones of environments left out."""
    if (root / name).is_file():
        return [root / name]
    found = root.glob(f"*/{name}")
    return sorted(each for each in found if each.is_file() and not _ignored(each.parent.name))


def _ignored(folder: str) -> bool:
    return folder.startswith(".") or folder in {"venv", "env", "node_modules", "site-packages"}


def _program(root: Path, name: str) -> str:
    """The project's own program where it has an environment, else the one on PATH."""
    for environment in (".venv", "venv"):
        program = root / environment / "bin" / name
        if os.access(program, os.X_OK):
            return str(program.absolute())
    return name


def _alembic(root: Path) -> Detection | None:
    # `heads`, for a project may have several; with one it is the same as `head`.
    command = (_program(root, "alembic"), "upgrade", "heads")
    for source in _near(root, "alembic.ini"):
        return Detection("Alembic", source, source.parent, command)
    project = root / "pyproject.toml"
    if project.is_file() and re.search(r"^\[tool\.alembic\]", _read(project), re.MULTILINE):
        return Detection("Alembic", project, root, command)
    return None


def _django(root: Path) -> Detection | None:
    for source in _near(root, "manage.py"):
        if "DJANGO_SETTINGS_MODULE" in _read(source):
            command = (_program(root, "python"), "manage.py", "migrate", "--noinput")
            return Detection("Django", source, source.parent, command)
    return None


def _ordered(root: Path) -> Detection | None:
    for name in FOLDERS:
        folder = root / name
        files = [each for each in folder.glob("*.sql") if not _DOWN.search(each.name)]
        if files and all(_place(each) is not None for each in files):
            ordered = tuple(sorted(files, key=lambda each: _place(each) or ()))
            return Detection("SQL files", folder, root, files=ordered)
    return None


def _place(file: Path) -> tuple[object, ...] | None:
    """Where a file comes in the order; None where its name has no number."""
    if _REPEATABLE.match(file.name):
        return (1, file.name)
    numbered = _NUMBERED.match(file.stem)
    if numbered is None:
        return None
    number = tuple(int(part) for part in re.split(r"[._]", numbered["number"]))
    return (0, number, file.name)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatabaseError(
            f"{file} cannot be read: {error}", hint="SQL files are text in UTF-8"
        ) from None


def way_up(text: str) -> str:
    """A file without its ways down, which become empty lines, so that lines keep their numbers."""
    sections = list(_SECTION.finditer(text))
    ends = [each.start() for each in sections[1:]] + [len(text)]
    for section, end in zip(sections, ends, strict=False):
        if (section["way"] or section["named"]).lower() == "down":
            way_down = text[section.start() : end]
            blank = re.sub(r"[^\n]", " ", way_down)
            text = text[: section.start()] + blank + text[end:]
    return text


def sendable(text: str, name: str) -> str:
    """What of a file can be sent to a server. Raises DatabaseError for what only psql can do."""
    text = _HARMLESS.sub("", way_up(text))
    bare = _QUOTED.sub(lambda found: "\n" * found[0].count("\n"), text)
    for pattern, what in ((_META, "the psql command \\{command}"), (_COPY, "COPY … FROM stdin")):
        found = pattern.search(bare)
        if found:
            line = bare.count("\n", 0, found.start()) + 1
            cannot = what.format(**found.groupdict())
            raise DatabaseError(
                f"{name}:{line}: {cannot} is not SQL: only psql can run it",
                hint='set `migrate` under [database], as "psql {database.url} -f FILE"',
            )
    return text


async def apply(files: Iterable[Path], address: Address) -> None:
    """Send files to a database, each in one go. Raises DatabaseError with the file and the line."""
    texts = [(file, sendable(_read(file), str(file))) for file in files]
    async with await connect(address) as connection:
        for file, text in texts:
            try:
                await connection.execute(text.encode())
            except psycopg.Error as error:
                raise _failed(file, text, error) from error


def _failed(file: Path, text: str, error: psycopg.Error) -> DatabaseError:
    message = error.diag.message_primary or str(error).strip()
    position = int(error.diag.statement_position or 0)
    line = text.count("\n", 0, max(position - 1, 0)) + 1
    where = f"{file}:{line}" if position else str(file)
    alone = error.sqlstate == "25001"  # active_sql_transaction: CREATE INDEX CONCURRENTLY, VACUUM
    hint = "this statement must be alone in its file" if alone else hint_for(message)
    shown = tuple(text.splitlines()[line - 1 : line + 2]) if position else ()
    return DatabaseError(f"{where}: {message}", hint=hint or "mend the file", details=shown)


def hint_for(output: str) -> str:
    """What to do about a failure that its output names; empty where it is not a known one."""
    return next((hint for pattern, hint in _HINTS if pattern.search(output)), "")
