"""Whether the service speaks to another kind of database than it is given."""

from __future__ import annotations

import re

from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.project import Place, Project

_MANIFESTS = ("pyproject.toml", "requirements.txt", "Pipfile", "package.json")
_OURS = re.compile(r"\b(?:psycopg|asyncpg|pg8000|aiopg|postgres|postgresql|pg|pg-promise)", re.I)
_OTHERS = re.compile(
    r"\b(?P<name>mongoose|mongodb|pymongo|motor|mysql2?|mysqlclient|pymysql|aiomysql|mariadb|"
    r"better-sqlite3|sqlite3|aiosqlite|mssql|oracledb)\b",
    re.IGNORECASE,
)
_PRISMA = re.compile(r"""provider\s*=\s*["'](?P<name>mysql|sqlite|mongodb|sqlserver)["']""")
_DJANGO = re.compile(r"""["']django\.db\.backends\.(?P<name>sqlite3|mysql|oracle)["']""")


def guess(project: Project, draft: Draft) -> None:
    """Warn where another database is named, and no driver of PostgreSQL."""
    manifests = [path for name in _MANIFESTS if (path := project.first(name)) is not None]
    found = [
        (match["name"], place)
        for path in (*manifests, *project.sources(".py", ".prisma"))
        for match, place in project.search(path, _pattern(path.suffix, path in manifests))
    ]
    if found and not any(_OURS.search(project.text(path)) for path in manifests):
        _warn(draft, *found[0])


def _pattern(suffix: str, manifest: bool) -> re.Pattern[str]:
    if manifest:
        return _OTHERS
    return _PRISMA if suffix == ".prisma" else _DJANGO


def _warn(draft: Draft, name: str, place: Place) -> None:
    draft.warnings.append(
        f"{place} names {name}, and nothing names a driver of PostgreSQL, which is the database "
        "that the service is given"
    )
