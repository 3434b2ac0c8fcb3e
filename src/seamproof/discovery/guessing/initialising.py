"""From a folder to its first configuration."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from seamproof.config import load
from seamproof.config.explaining import schema as json_schema
from seamproof.config.loading import NAME
from seamproof.core.errors import ConfigurationError, MachineError, SeamproofError
from seamproof.discovery.guessing import (
    accounts,
    commands,
    compose,
    engines,
    frameworks,
    schema,
    variables,
    writing,
)
from seamproof.discovery.guessing.frameworks import Framework
from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.javascript import JavaScriptSource
from seamproof.discovery.guessing.project import Project
from seamproof.discovery.guessing.python import PythonSource
from seamproof.discovery.guessing.route import Route
from seamproof.discovery.openapi import Unreadable, read

_DOCUMENTS = ("openapi", "swagger", "api", "openapi-spec")
_FOLDERS = ("", "docs/", "doc/", "api/", "spec/", "openapi/", "public/", "static/")
_SUFFIXES = (".json", ".yaml", ".yml")
_READY = ("healthz", "health", "readyz", "ready", "livez", "ping", "status", "up", "heartbeat")


def initialise(root: Path, *, dry_run: bool = False, force: bool = False) -> list[str]:
    """Guess a configuration, write it, and return what is to be said of it.

    Raises ConfigurationError where there is one already, or the folder has no service.
    """
    file = root / NAME
    if file.exists() and not force and not dry_run:
        raise ConfigurationError(
            f"{file} is there already", hint="overwrite it with --force, or see --dry-run"
        )
    draft = drafted(root)
    text = writing.dump(draft)
    lines = _told(draft)
    if dry_run:
        return [*lines, "", *text.splitlines()]
    _write(file, text)
    _write(root / writing.SCHEMA, json_schema() + "\n")
    return [*lines, "", f"wrote {NAME}", *_next(draft), *_mistakes(file)]


def drafted(root: Path) -> Draft:
    """Everything that is guessed of a folder. Raises ConfigurationError where it has no service."""
    project, framework = _service(root)
    if framework is None and project.first("Procfile", "Dockerfile") is None:
        raise ConfigurationError(
            f"no service is found in {root}: no pyproject.toml, requirements.txt, package.json, "
            "Procfile or Dockerfile names one",
            hint="run it in the service's folder, or write seamproof.toml by hand: "
            "seamproof config --explain service",
        )
    draft = Draft()
    if framework is not None:
        draft.guess("framework", framework.name, framework.place)
    commands.guess(project, framework, draft)
    routes = _routes(project, framework)
    _ready(routes, draft)
    declared = _document(project, framework, draft)
    variables.guess(project, framework, draft)
    schema.guess(project, framework, draft)
    compose.guess(project, draft)
    engines.guess(project, draft)
    accounts.guess(routes or declared, framework, draft)
    return draft


def _service(root: Path) -> tuple[Project, Framework | None]:
    """The folder that the service is in, and its framework. A manifest says more than an import."""
    places = Project.within(root)
    for detect in (frameworks.by_manifest, frameworks.by_imports):
        for project in places:
            if (found := detect(project)) is not None:
                return project, found
    return places[0], None


def _routes(project: Project, framework: Framework | None) -> list[Route]:
    if framework is None:
        return []
    if framework.language == "node":
        return list(JavaScriptSource.of(project).routes())
    return list(PythonSource.of(project).routes())


def _ready(routes: Sequence[Route], draft: Draft) -> None:
    """A path that answers once the service is ready, and best asks its database."""
    plain = [each for each in routes if each.method == "GET" and "{" not in each.path]
    named = [each for each in plain if each.path.strip("/").rpartition("/")[2] in _READY]
    others = [each for each in plain if each.uses_database]
    others.sort(key=lambda each: each.is_guarded)
    candidates = [*(each for each in named if each.uses_database), *others, *named]
    if not candidates:
        return
    chosen = candidates[0]
    draft.service["ready"] = chosen.path
    draft.guess("ready", chosen.path, chosen.place, sure=chosen in named)


def _document(project: Project, framework: Framework | None, draft: Draft) -> list[Route]:
    """The document: that of the running service, else a file. Returns what a file declares."""
    for name in _DOCUMENTS:
        path = project.first(*(f"{f}{name}{s}" for f in _FOLDERS for s in _SUFFIXES))
        if path is None:
            continue
        try:
            found = read(path.read_bytes())
        except (Unreadable, OSError):
            continue
        if found.declarations:
            place = project.place(path)
            served = frameworks.document(project, framework) if framework else None
            if served is None:
                draft.service["openapi"] = str(place)
                draft.guess("openapi", f"{len(found.declarations)} operations", place)
                return accounts.of_document(found, place)
    served = frameworks.document(project, framework) if framework else None
    if served is not None:
        draft.service["openapi"], where = served
        draft.guess("openapi", served[0], where)
    else:
        draft.guess("openapi", "none: the usual paths are tried, then the routes", sure=False)
    return []


def _told(draft: Draft) -> list[str]:
    """A line a guess, with where it comes from."""
    rows = [
        (each.what, each.value + ("" if each.sure else "    (a guess)"), str(each.place or ""))
        for each in draft.guesses
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in rows]
    return [*lines, *(f"warning: {each}" for each in draft.warnings)]


def _next(draft: Draft) -> list[str]:
    missing = [name for name in draft.variables if name not in os.environ]
    set_up = [f"next: export {' '.join(f'{each}=...' for each in missing)}"] if missing else []
    return [*set_up, "next: seamproof doctor, then seamproof run"]


def _mistakes(file: Path) -> list[str]:
    """What of the file cannot be used yet."""
    try:
        load(file)
    except SeamproofError as error:
        return [f"to be completed: {error.problem}", *error.details]
    return []


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MachineError(f"{file} cannot be written: {error.strerror}") from None
