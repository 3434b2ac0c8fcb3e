"""The environment that a service needs: where its database is, its secrets, and the rest.

Names come from the source that reads them, from an example of a dotenv file, and from a compose
file. Values come from the last two, for a value in the source is what a missing one becomes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seamproof.core.errors import ConfigurationError
from seamproof.discovery.guessing.compose import services
from seamproof.discovery.guessing.frameworks import Framework
from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.project import Place, Project
from seamproof.world.environment import dangerous, read_env_file

_READ = (
    re.compile(r"""os\.environ\[\s*["'](?P<name>\w+)["']\s*\]"""),
    re.compile(
        r"""(?:os\.environ\.get|os\.getenv|getenv|config|env(?:\.\w+)?|Env)\(\s*"""
        r"""["'](?P<name>[A-Z][A-Z0-9_]+)["'](?P<default>\s*,\s*(?:default\s*=)?[^)\s])?"""
    ),
    re.compile(r"process\.env\.(?P<name>[A-Z]\w+)(?P<default>\s*(?:\|\||\?\?))?"),
    re.compile(r"""process\.env\[\s*["'](?P<name>\w+)["']\s*\](?P<default>\s*(?:\|\||\?\?))?"""),
    re.compile(r"""configService\.get(?:OrThrow)?(?:<\w+>)?\(\s*["'](?P<name>[A-Z]\w+)["']"""),
)
_URL_CONFIG = re.compile(r"dj_database_url\.config\(|env\.db\(\s*\)")
_SETTINGS = re.compile(
    r"^class\s+\w+\(\s*(?:\w+\.)?BaseSettings\s*\):(?P<body>(?:\n(?:[ \t].*)?)*)", re.M
)
_SETTING = re.compile(
    r"^(?: {4}|\t)(?P<name>[A-Za-z]\w*)\s*:\s*(?P<kind>[^=\n]+?)\s*(?P<default>=.*)?$", re.M
)
_EXAMPLES = (
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    "env.example",
    ".env.test",
)
_OWN = (".env", ".env.local", ".env.development")
_DATABASE_URL = re.compile(
    r"(?:\w+_)?(?:DATABASE|DB|POSTGRES|POSTGRESQL|PG|SQLALCHEMY_DATABASE)_?(?:URL|URI|DSN)|DSN|"
    r"DATABASE_CONNECTION(?:_STRING)?",
    re.IGNORECASE,
)
_PART = re.compile(
    r"(?:\w+_)?(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|SQL)_?"
    r"(?P<part>HOST(?:NAME)?|SERVER|PORT|USER(?:NAME)?|PASS(?:WORD)?|NAME|DATABASE|DB)",
    re.IGNORECASE,
)
_PARTS = {
    "host": "host",
    "hostname": "host",
    "server": "host",
    "port": "port",
    "user": "user",
    "username": "user",
    "pass": "password",
    "password": "password",
    "name": "name",
    "database": "name",
    "db": "name",
}
_SECRET = re.compile(r"SECRET|_KEY\b|(?:^|_)KEY$|SALT|JWT|TOKEN|PEPPER|PASSPHRASE", re.IGNORECASE)
_SPAN = re.compile(
    r"EXPIR|TTL|MINUTES|SECONDS|HOURS|DAYS|ALGORITHM|ISSUER|AUDIENCE|URL|PATH|FILE", re.I
)
_SCHEME = re.compile(
    r"""(?P<scheme>postgres(?:ql)?(?:\+\w+)?|mysql(?:\+\w+)?|mariadb(?:\+\w+)?|sqlite(?:\+\w+)?|mongodb(?:\+srv)?)://"""
)
_OTHER = re.compile(r"mysql|mariadb|sqlite|mongodb")
_MADE_UP = "made-up-for-tests-and-shared-by-the-replicas"
"""A secret: long enough for what signs with it, and the same for each replica."""
_SOURCES = {"python": (".py",), "node": (".js", ".mjs", ".cjs", ".ts", ".mts", ".prisma")}
_PRISMA = re.compile(r"""env\(\s*["'](?P<name>\w+)["']\s*\)""")
_MOST = 8
"""Variables that the configuration is given; more are rather put into an env_file."""


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    place: Place
    required: bool
    """Whether the source has nothing to put in its place."""
    strict: bool = False
    """Whether the service does not start without it."""


def guess(project: Project, framework: Framework | None, draft: Draft) -> None:
    """Guess the variables, and warn of files that could lead to a real database."""
    suffixes = _SOURCES[framework.language] if framework else ()
    read = list(_read(project, suffixes))
    values, own = _examples(project), _own(project)
    _database(project, suffixes, draft, read, values)
    for each in read:
        # What the service's own file sets it reads there.
        if each.required and each.name not in {*draft.env, *own} and len(draft.env) < _MOST:
            _variable(draft, each, values.get(each.name, ("", each.place))[0])
    for name, (value, place) in own.items():
        if dangerous(name, value):
            _warn(draft, name, place)


def _variable(draft: Draft, each: _Variable, example: str) -> None:
    if _SECRET.search(each.name) and not _SPAN.search(each.name):
        draft.env[each.name] = _MADE_UP
        draft.guess("secret", each.name, each.place)
    elif dangerous(each.name, example):
        return
    elif example and "$" not in example:
        draft.env[each.name] = example
        draft.guess("variable", each.name, each.place)
    elif each.strict:
        draft.env[each.name] = f"{{env.{each.name}}}"
        draft.variables.append(each.name)
        draft.guess("variable", each.name, each.place, sure=False)


def _read(project: Project, suffixes: tuple[str, ...]) -> Iterator[_Variable]:
    """The variables that the source reads, each once, those without a default first."""
    found: dict[str, _Variable] = {}
    for path in project.sources(*suffixes):
        patterns = (_PRISMA,) if path.suffix == ".prisma" else _READ
        for pattern in patterns:
            for match, place in project.search(path, pattern):
                required = not match.groupdict().get("default")
                strict = required and match[0].startswith("os.environ[")
                _add(found, _Variable(match["name"], place, required, strict))
        for _, place in project.search(path, _URL_CONFIG):
            _add(found, _Variable("DATABASE_URL", place, required=True))
        for settings, place in project.search(path, _SETTINGS):
            for match in _SETTING.finditer(settings["body"]):
                line = place.line + settings["body"].count("\n", 0, match.start())
                optional = match["default"] is not None or "None" in match["kind"]
                where = Place(place.file, line)
                name = match["name"].upper()
                _add(found, _Variable(name, where, not optional, strict=not optional))
    yield from sorted(found.values(), key=lambda each: not each.required)


def _add(found: dict[str, _Variable], each: _Variable) -> None:
    known = found.get(each.name)
    if known is None or (each.required and not known.required):
        found[each.name] = each


def _examples(project: Project) -> dict[str, tuple[str, Place]]:
    """The values that examples and compose files give."""
    found: dict[str, tuple[str, Place]] = {}
    for each in services(project):
        if each.builds:
            for name, value in each.environment.items():
                found[name] = (value, Place(each.place.file, each.lines.get(name, 0)))
    for name in reversed(_EXAMPLES):
        if (path := project.first(name)) is not None:
            found |= _dotenv(project, path)
    return found


def _database(
    project: Project,
    suffixes: tuple[str, ...],
    draft: Draft,
    read: list[_Variable],
    values: dict[str, tuple[str, Place]],
) -> None:
    """Guess the variables that tell the service its database."""
    places = {name: place for name, (_, place) in values.items()}
    places |= {each.name: each.place for each in read}
    urls = [name for name in places if _DATABASE_URL.fullmatch(name)]
    if urls:
        # What the source reads comes before what an example has and nobody reads.
        known = {each.name for each in read}
        name = min(urls, key=lambda each: (each not in known, each != "DATABASE_URL"))
        scheme = _scheme(project, suffixes, values.get(name, ("", None))[0])
        draft.env[name] = f"{{database.url:{scheme}}}" if scheme else "{database.url}"
        draft.guess("database", f"{name} = {draft.env[name]}", places[name])
        return
    parts = {
        name: _PARTS[match["part"].lower()]
        for name in places
        if (match := _PART.fullmatch(name)) and (name in {each.name for each in read})
    }
    for name, part in parts.items():
        draft.env[name] = f"{{database.{part}}}"
        draft.guess("database", f"{name} = {draft.env[name]}", places[name])
    if not parts:
        draft.env["DATABASE_URL"] = "{database.url}"
        draft.guess("database", "DATABASE_URL = {database.url}", sure=False)


def _scheme(project: Project, suffixes: tuple[str, ...], example: str) -> str:
    """The scheme that the URL must have; empty where it is the usual one."""
    found = _SCHEME.match(example)
    if found is None:
        for path in project.sources(*suffixes):
            for match, _ in project.search(path, _SCHEME):
                found = found or match
    if found is not None:
        scheme = found["scheme"]
        return "" if scheme in {"postgresql", "postgres"} or _OTHER.match(scheme) else scheme
    names = " ".join(
        project.text(manifest)
        for name in ("pyproject.toml", "requirements.txt")
        if (manifest := project.first(name)) is not None
    ).lower()
    if "sqlalchemy" in names or "sqlmodel" in names:
        for driver in ("asyncpg", "psycopg2", "psycopg", "pg8000"):
            if re.search(rf"{driver}(?!\w)", names):
                return "" if driver == "psycopg2" else f"postgresql+{driver}"
    return ""


def _own(project: Project) -> dict[str, tuple[str, Place]]:
    """What the service's own dotenv files set, and where."""
    found: dict[str, tuple[str, Place]] = {}
    for name in reversed(_OWN):
        if (path := project.first(name)) is not None:
            found |= _dotenv(project, path)
    return found


def _dotenv(project: Project, path: Path) -> dict[str, tuple[str, Place]]:
    """The variables of a dotenv file, and where each is set; none of one that is malformed."""
    try:
        variables = read_env_file(path, key=path.name)
    except ConfigurationError:
        return {}
    found: dict[str, tuple[str, Place]] = {}
    for name, value in variables.items():
        pattern = re.compile(rf"^\s*(?:export\s+)?{re.escape(name)}\s*=", re.M)
        place = next((at for _, at in project.search(path, pattern)), project.place(path))
        found[name] = (value, place)
    return found


def _warn(draft: Draft, name: str, place: Place) -> None:
    """A service that reads its own dotenv file may take another database than it is given."""
    what = "seamproof.toml gives it another value"
    if name not in draft.env:
        what = "give it in service.env, or take it out"
    draft.warnings.append(
        f"{place} sets {name}: a service whose own file wins over its environment would use that "
        f"database; {what}"
    )
