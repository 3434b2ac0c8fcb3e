"""Which framework a service uses, how it starts without a server's configuration, and where its
document is by the framework's habit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seamproof.discovery.guessing.project import Place, Project

_PYTHON_MANIFESTS = ("pyproject.toml", "requirements.txt", "Pipfile", "setup.py", "setup.cfg")
_PYTHON = ("fastapi", "django", "flask", "starlette")
"""In the order that decides: FastAPI brings Starlette along."""
_NODE = {
    "@nestjs/core": "Nest",
    "fastify": "Fastify",
    "express": "Express",
    "koa": "Koa",
    "hono": "Hono",
}
_NAMES = {"fastapi": "FastAPI", "django": "Django", "flask": "Flask", "starlette": "Starlette"}
_APPLICATION = {
    "fastapi": re.compile(r"^(?P<name>\w+)(?:\s*:\s*\w+)?\s*=\s*(?:\w+\.)?FastAPI\(", re.M),
    "starlette": re.compile(r"^(?P<name>\w+)(?:\s*:\s*\w+)?\s*=\s*(?:\w+\.)?Starlette\(", re.M),
    "flask": re.compile(r"^(?P<name>\w+)(?:\s*:\s*\w+)?\s*=\s*(?:\w+\.)?Flask\(", re.M),
}
_MADE = re.compile(
    r"^(?P<name>\w+)\s*=\s*(?:\w+\.)*(?P<factory>(?:create|make|get|build)_app\w*)\(", re.M
)
_FACTORY = re.compile(
    r"^(?:async\s+)?def\s+(?P<name>(?:create|make|get|build)_app\w*|app_factory)\(", re.M
)
_OPENAPI_URL = re.compile(r"""openapi_url\s*=\s*(?P<value>None|f?["'][^"']*["']|[\w.]+)""")
_SPECTACULAR = re.compile(r"""path\(\s*r?["'](?P<path>[^"']*)["']\s*,\s*SpectacularAPIView""")
_SWAGGER_SETUP = re.compile(r"""SwaggerModule\.setup\(\s*["'](?P<path>[^"']+)["']""")
_FASTIFY_SWAGGER = re.compile(r"""@fastify/swagger-ui""")
_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*,\s*["'](?P<name>[\w.]+)["']""")


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework, and where it is named."""

    name: str
    place: Place
    language: str
    """`python` or `node`."""


@dataclass(frozen=True, slots=True)
class Application:
    """The object that a server serves."""

    target: str
    """As servers are told it: `app.main:app`."""
    place: Place
    factory: bool = False
    folder: str = ""
    """The folder that it is imported from, where that is not the service's own."""


def by_manifest(project: Project) -> Framework | None:
    """The framework that the manifests name."""
    return _by_requirements(project) or _by_package(project)


def _by_requirements(project: Project) -> Framework | None:
    manifests = [path for name in _PYTHON_MANIFESTS if (path := project.base / name).is_file()]
    manifests += [path for path in project.files if path.parent.name == "requirements"]
    for wanted in _PYTHON:
        pattern = re.compile(rf"""(?:^|["'\s]){wanted}(?=[\s"'\[<>=~!;,]|$)""", re.I | re.M)
        for path in manifests:
            for _, place in project.search(path, pattern):
                return Framework(_NAMES[wanted], place, "python")
    return None


def package(project: Project) -> dict[str, object]:
    """What package.json says; nothing where there is none."""
    path = project.base / "package.json"
    try:
        data = json.loads(project.text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _by_package(project: Project) -> Framework | None:
    dependencies = package(project).get("dependencies")
    for wanted, name in _NODE.items():
        if isinstance(dependencies, dict) and wanted in dependencies:
            path = project.base / "package.json"
            pattern = re.compile(rf'"{re.escape(wanted)}"\s*:')
            place = next((at for _, at in project.search(path, pattern)), project.place(path))
            return Framework(name, place, "node")
    return None


def by_imports(project: Project) -> Framework | None:
    """The framework that the source imports."""
    for wanted in _PYTHON:
        pattern = re.compile(rf"^(?:from|import)\s+{wanted}\b", re.M)
        for path in project.sources(".py"):
            for _, place in project.search(path, pattern):
                return Framework(_NAMES[wanted], place, "python")
    return None


def application(project: Project, framework: Framework) -> Application | None:
    """Where the application is made, nearest to the root."""
    kind = framework.name.lower()
    pattern = _APPLICATION.get(kind)
    if pattern is None:
        return None
    for found, factory in ((pattern, False), (_MADE, False), (_FACTORY, True)):
        for path in project.sources(".py"):
            for match, place in project.search(path, found):
                folder, target = _importable(project, path)
                return Application(f"{target}:{match['name']}", place, factory, folder)
    return None


def _importable(project: Project, path: Path) -> tuple[str, str]:
    """The folder that a module is imported from, and its name there."""
    parts = list(path.relative_to(project.base).with_suffix("").parts)
    folder = ""
    if len(parts) > 1 and parts[0] == "src" and not (project.base / "src/__init__.py").is_file():
        folder, parts = "src", parts[1:]
    if parts[-1] == "__init__":
        parts.pop()
    return folder, ".".join(parts)


def settings_module(project: Project) -> tuple[str, Place] | None:
    """Django's settings module, as manage.py names it."""
    path = project.first("manage.py")
    found = project.search(path, _SETTINGS) if path is not None else iter(())
    return next(((match["name"], place) for match, place in found), None)


def document(project: Project, framework: Framework) -> tuple[str, Place | None] | None:
    """The path of the document that the running service gives, by habit or as it is set."""
    if framework.name == "FastAPI":
        return _fastapi_document(project)
    for pattern, suffixes, prefix, suffix in (
        (_SPECTACULAR, (".py",), "/", "?format=json"),
        (_SWAGGER_SETUP, (".ts", ".js"), "/", "-json"),
    ):
        for path in project.sources(*suffixes):
            for match, place in project.search(path, pattern):
                return f"{prefix}{match['path'].lstrip('/')}{suffix}", place
    if framework.language == "node":
        for path in project.sources(".js", ".mjs", ".cjs", ".ts"):
            for _, place in project.search(path, _FASTIFY_SWAGGER):
                return "/documentation/json", place
    return None


def _fastapi_document(project: Project) -> tuple[str, Place | None] | None:
    for path in project.sources(".py"):
        for match, place in project.search(path, _OPENAPI_URL):
            value = match["value"]
            if value == "None":
                return None
            literal = re.fullmatch(r"""["'](/[^"'{]*)["']""", value)
            if literal:
                return literal[1], place
            # As f"{settings.API_V1_STR}/openapi.json": the text that the name stands for.
            formatted = re.fullmatch(r"""f["']\{[\w.]*?(\w+)\}(/[^"'{]*)["']""", value)
            if formatted and (prefix := _constant(project, formatted[1])):
                return f"{prefix}{formatted[2]}", place
    return "/openapi.json", None


def _constant(project: Project, name: str) -> str:
    pattern = re.compile(
        rf"""\b{re.escape(name)}(?:\s*:\s*\w+)?\s*=\s*["'](?P<value>/[^"']*)["']"""
    )
    values: Iterator[str] = (
        match["value"]
        for path in project.sources(".py")
        for match, _ in project.search(path, pattern)
    )
    return next(values, "")
