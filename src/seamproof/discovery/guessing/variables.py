"""The environment that a service needs: where its database is, its secrets, and the rest.

Names come from the source that reads them, from an example of a dotenv file, and from a compose
file. Values come from the last two, for a value in the source is what a missing one becomes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seamproof.core.errors import ConfigurationError
from seamproof.discovery.guessing.compose import services
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
    r"^[ \t]+(?P<name>[A-Za-z]\w*)\s*:\s*(?P<kind>[^=\n]+?)\s*(?P<default>=.*)?$", re.M
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
_SUFFIXES = (".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".prisma", ".yml", ".yaml", ".toml")
_SOURCES = (".py", ".js", ".mjs", ".cjs", ".ts", ".mts")
_PRISMA = re.compile(r"""env\(\s*["'](?P<name>\w+)["']\s*\)""")
_MOST = 8
"""Variables that the configuration is given; more are rather put into an env_file."""


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    place: Place
    required: bool
    """Whether the source has nothing to put in its place."""


def guess(project: Project, draft: Draft) -> None:
    """Guess the variables, and warn of files that could lead to a real database."""
    read = list(_read(project))
    values = _examples(project)
    _database(project, draft, read, values)
    for each in read:
        if each.name in draft.env or not each.required or len(draft.env) >= _MOST:
            continue
        example = values.get(each.name, ("", each.place))[0]
        if _SECRET.search(each.name) and not _SPAN.search(each.name):
            draft.env[each.name] = _MADE_UP
            draft.guess("secret", each.name, each.place)
        elif not dangerous(each.name, example):
            draft.env[each.name] = example
            draft.guess("variable", each.name, each.place, sure=bool(example))
    _warn(project, draft)


def _read(project: Project) -> Iterator[_Variable]:
    """The variables that the source reads, each once, those without a default first."""
    found: dict[str, _Variable] = {}
    for path in project.sources(*_SOURCES, ".prisma"):
        patterns = (_PRISMA,) if path.suffix == ".prisma" else _READ
        for pattern in patterns:
            for match, place in project.search(path, pattern):
                required = not match.groupdict().get("default")
                _add(found, _Variable(match["name"], place, required))
        for _, place in project.search(path, _URL_CONFIG):
            _add(found, _Variable("DATABASE_URL", place, required=True))
        for settings, place in project.search(path, _SETTINGS):
            for match in _SETTING.finditer(settings["body"]):
                line = place.line + settings["body"].count("\n", 0, match.start())
                optional = match["default"] is not None or "None" in match["kind"]
                where = Place(place.file, line)
                _add(found, _Variable(match["name"].upper(), where, not optional))
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
        path = project.first(name)
        if path is None:
            continue
        try:
            variables = read_env_file(path, key=name)
        except ConfigurationError:
            continue
        for variable, value in variables.items():
            pattern = re.compile(rf"^\s*(?:export\s+)?{re.escape(variable)}\s*=", re.M)
            place = next((at for _, at in project.search(path, pattern)), project.place(path))
            found[variable] = (value, place)
    return found


def _database(
    project: Project,
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
        scheme = _scheme(project, values.get(name, ("", None))[0])
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


def _scheme(project: Project, example: str) -> str:
    """The scheme that the URL must have; empty where it is the usual one."""
    found = _SCHEME.match(example)
    if found is None:
        for path in project.sources(*_SOURCES):
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


def _warn(project: Project, draft: Draft) -> None:
    """A service that reads its own dotenv file may take another database than it is given."""
    for name in _OWN:
        path = project.first(name)
        if path is None:
            continue
        try:
            variables = read_env_file(path, key=name)
        except ConfigurationError:
            continue
        for variable, value in variables.items():
            if not dangerous(variable, value):
                continue
            pattern = re.compile(rf"^\s*(?:export\s+)?{re.escape(variable)}\s*=", re.M)
            place = next((at for _, at in project.search(path, pattern)), project.place(path))
            told = (
                "seamproof.toml gives it another value"
                if variable in draft.env
                else ("give it in service.env, or take it out")
            )
            draft.warnings.append(
                f"{place} sets {variable}: a service whose own file wins over its environment "
                f"would use that database; {told}"
            )
