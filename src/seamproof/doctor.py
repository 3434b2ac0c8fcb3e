"""The preconditions of a run, examined one by one: what is there, and how to mend what is not.

Nothing of the service is started: a first start may itself write to a database.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof.core.errors import ExitCode, SeamproofError

if TYPE_CHECKING:
    from seamproof.config import Config

_OLDEST = (3, 11)
_SPACE = 512 << 20
"""Bytes: a server's data directory, its copies and the logs of a run."""


class State(StrEnum):
    """What was found of a precondition."""

    OK = "ok"
    WARNING = "warn"
    MISSING = "FAIL"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One precondition as it was found."""

    name: str
    state: State
    detail: str
    fix: str = ""


async def examine(path: Path | None, say: Callable[[str], None]) -> int:
    """Examine everything, say a line each, and return the exit code: 0, or 4 where one is missing.

    `path` is the configuration file, None for the nearest.
    """
    found = [_python(), _platform(), _loopback(), _space()]
    for each in found:
        _tell(each, say)
    config, loaded = _configuration(path)
    _tell(loaded, say)
    found.append(loaded)
    if config is not None:
        examinations = (
            *(_command, _database_variable, _other_database),
            *(_document, _identities, _scenarios),
        )
        for examined in examinations:
            found.append(_guarded(examined, config))
            _tell(found[-1], say)
    found.append(await _server(config))
    _tell(found[-1], say)
    missing = any(each.state is State.MISSING for each in found)
    return ExitCode.USAGE if missing else ExitCode.NOTHING_PROVEN


def _tell(diagnosis: Diagnosis, say: Callable[[str], None]) -> None:
    from seamproof.reports.text import harmless

    say(f"{diagnosis.state:<5} {diagnosis.name:<14} {harmless(diagnosis.detail)}")
    if diagnosis.fix:
        say(f"{'':<5} {'':<14} fix: {harmless(diagnosis.fix)}")


def _python() -> Diagnosis:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] >= _OLDEST:
        return Diagnosis("python", State.OK, version)
    return Diagnosis("python", State.MISSING, version, "use Python 3.11 or newer")


def _platform() -> Diagnosis:
    if sys.platform in {"linux", "darwin"}:
        return Diagnosis("platform", State.OK, sys.platform)
    return Diagnosis("platform", State.MISSING, sys.platform, "use Linux, macOS, or WSL on Windows")


def _loopback() -> Diagnosis:
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            probe.listen()
    except OSError as error:
        fix = "allow this user to listen on 127.0.0.1"
        return Diagnosis("ports", State.MISSING, f"none can be opened: {error.strerror}", fix)
    return Diagnosis("ports", State.OK, "free ones on 127.0.0.1")


def _space() -> Diagnosis:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    detail = f"{free >> 20} MB free in {folder}"
    if free >= _SPACE:
        return Diagnosis("disk", State.OK, detail)
    return Diagnosis("disk", State.MISSING, detail, f"make {_SPACE >> 20} MB free, or set TMPDIR")


def _configuration(path: Path | None) -> tuple[Config | None, Diagnosis]:
    from seamproof.config import load

    try:
        config = load(path)
    except SeamproofError as error:
        return None, _failed("configuration", error)
    return config, Diagnosis("configuration", State.OK, str(config.file))


def _failed(name: str, error: SeamproofError) -> Diagnosis:
    detail = "; ".join((error.problem, *error.details))
    return Diagnosis(name, State.MISSING, detail, error.hint)


def _guarded(examined: Callable[[Config], Diagnosis], config: Config) -> Diagnosis:
    try:
        return examined(config)
    except SeamproofError as error:
        return _failed(examined.__name__.strip("_").replace("_", " "), error)


def _command(config: Config) -> Diagnosis:
    """Whether each program that the configuration names can be found."""
    folder = config.path(config.service.cwd)
    named = {"service.command": config.service.command, "service.build": config.service.build}
    named |= {"database.migrate": config.database.migrate, "database.seed": config.database.seed}
    named |= {f"processes.{name}": each.command for name, each in config.processes.items()}
    for key, text in named.items():
        program = _program(text)
        if program is None or (key == "database.migrate" and text == "service"):
            continue
        if shutil.which(program) is None and shutil.which(str(folder / program)) is None:
            fix = f"install it, give its full path in {key}, or activate its environment"
            return Diagnosis("command", State.MISSING, f"{key}: no program {program!r}", fix)
    return Diagnosis("command", State.OK, config.service.command)


def _program(text: str | None) -> str | None:
    """The program of a command line, None where it is rendered later or is a file of SQL."""
    if not text or text.endswith(".sql"):
        return None
    program = shlex.split(text)[0]
    return None if "{" in program else program


def _database_variable(config: Config) -> Diagnosis:
    """Whether the service is told where its database is."""
    from seamproof.config.placeholders import names

    texts = {f"service.env.{name}": text for name, text in config.service.env.items()}
    texts["service.command"] = config.service.command
    for name, file in config.service.files.items():
        texts[f"service.files.{name}"] = _read(config.path(file))
    for key, text in texts.items():
        if any(name.startswith("database.") for name in names(text)):
            return Diagnosis("database", State.OK, f"the service gets it by {key}")
    fix = 'give it, for example: env = { DATABASE_URL = "{database.url}" }'
    return Diagnosis("database", State.MISSING, "the service is not told its database", fix)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _other_database(config: Config) -> Diagnosis:
    """Whether a file beside the service could lead it to a database that is not ours."""
    from seamproof.world.cautions import cautions_of

    for caution in cautions_of(config):
        return Diagnosis("other database", State.WARNING, caution.text, caution.hint)
    return Diagnosis("other database", State.OK, "no .env beside the service names one")


def _document(config: Config) -> Diagnosis:
    """Whether the service's document can be read, where that can be told without the service."""
    from seamproof.discovery.openapi import Unreadable, read

    place = config.service.openapi
    if place is None:
        return Diagnosis("openapi", State.OK, "the usual paths are tried, then the routes")
    if place.startswith("/") or "://" in place:
        return Diagnosis("openapi", State.OK, f"{place}, asked for when the service runs")
    file = config.path(place)
    try:
        found = read(file.read_bytes())
    except (OSError, Unreadable) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        fix = "correct service.openapi: a file, or a path on the service as /openapi.json"
        return Diagnosis("openapi", State.MISSING, f"{place} cannot be read: {reason}", fix)
    return Diagnosis("openapi", State.OK, f"{place}, {len(found.declarations)} operations")


def _identities(config: Config) -> Diagnosis:
    """Whether somebody signs in, and what that takes is set."""
    for name, identity in config.identities.items():
        identity.filled(name, os.environ)
        wanted = [each.operation for each in (identity.register_, identity.login) if each]
        wanted += [identity.oauth2.token] if identity.oauth2 else []
        for unknown in filter(None, (_undeclared(config, each) for each in wanted)):
            return Diagnosis("identities", State.WARNING, f"{name}: {unknown}", "see its login")
    if not config.identities:
        fix = "see [identities], or: seamproof init --dry-run"
        return Diagnosis("identities", State.WARNING, "nobody signs in", fix)
    return Diagnosis("identities", State.OK, ", ".join(config.identities))


def _undeclared(config: Config, operation: str) -> str:
    """That a document in a file has no such operation, and which is near; else nothing."""
    from seamproof.core.model import Operation
    from seamproof.discovery.openapi import Unreadable, matching, read

    place = config.service.openapi or "/"
    if place.startswith("/") or "://" in place:
        return ""
    try:
        found = read(config.path(place).read_bytes())
    except (OSError, Unreadable):
        return ""
    wanted = Operation.parse(operation)
    if matching.has(found, wanted):
        return ""
    near = matching.nearest(found, wanted)
    return f"{place} has no {wanted.id}" + (f", did you mean {near.id}?" if near else "")


def _scenarios(config: Config) -> Diagnosis:
    """Whether there are scenario files, and all of them can be read."""
    from seamproof.discovery.scenarios import load_scenarios

    paths = [path for glob in config.scenarios for path in sorted(config.root.glob(glob))]
    if not paths:
        detail = "no files: requests are found for what the service declares"
        return Diagnosis("scenarios", State.OK, detail)
    found = load_scenarios(paths, config.identities, config.service.retry_safe)
    return Diagnosis("scenarios", State.OK, f"{len(found)} in {len(paths)} files")


async def _server(config: Config | None) -> Diagnosis:
    """Whether a database server can be had: the one that a run would use."""
    from seamproof.database.postgres import Postgres
    from seamproof.database.settings import DatabaseSettings

    wanted = config.database if config else None
    settings = (
        DatabaseSettings(
            url=wanted.url or "", version=wanted.version or "", extensions=wanted.extensions
        )
        if wanted
        else DatabaseSettings()
    )
    with tempfile.TemporaryDirectory(prefix="seamproof-") as folder:
        try:
            server = await Postgres().provision(settings, Path(folder))
        except SeamproofError as error:
            return _failed("server", error)
        version = server.version
        await server.stop()
    return Diagnosis("server", State.OK, f"PostgreSQL {version} starts")
