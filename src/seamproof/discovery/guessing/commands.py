"""How a service is started: as its own files say, else as its framework is by habit.

What a file says is taken where it can be run without a shell and its port can be told; else the
framework's own server is named, which every project has.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from seamproof.discovery.guessing.compose import services
from seamproof.discovery.guessing.frameworks import (
    Application,
    Framework,
    application,
    package,
    settings_module,
)
from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.project import Place, Project

_PROCFILE = re.compile(r"^web:\s*(?P<command>.+)$", re.M)
_DOCKER = re.compile(r"^(?:CMD|ENTRYPOINT)\s+(?P<command>.+?(?:\\\n.+?)*)$", re.M)
_VARIABLE = re.compile(r"\$\{?PORT(?::-?\d+)?\}?")
_PORT_OPTION = re.compile(r"(?P<option>(?:^|\s)(?:--port|-p|-port)[= ])\d{2,5}\b")
_BIND = re.compile(r"(?P<option>(?:^|\s)(?:--bind|-b|--listen|--http)[= ])\S+?:\d{2,5}\b")
_ADDRESS = re.compile(r"(?P<before>runserver\s+)(?:\S+:)?\d{2,5}\b")
_HOST = re.compile(r"(?P<option>(?:^|\s)(?:--host|-h)[= ])(?:0\.0\.0\.0|::)(?=\s|$)")
_LIVE = re.compile(r"\s--(?:reload|debug|watch)\b|\s(?:--workers|-w)[= ]\d+")
"""Options of a command that an experiment has no use for: reloads, and workers beside the
replicas."""
_SHELL = re.compile(r"[|&;<>`$]")
_NODE_PORT = re.compile(
    r"process\.env\.(?P<dot>\w*PORT)\b|process\.env\[[\"'](?P<key>\w*PORT)[\"']\]"
)
_NODE_FILES = ("server", "index", "app", "main", "src/server", "src/index", "src/app", "src/main")


def guess(project: Project, framework: Framework | None, draft: Draft) -> None:
    """Guess the command, the build, and the variable that a port is told by."""
    if project.cwd != ".":
        draft.service["cwd"] = project.cwd
    if framework is not None and framework.language == "node":
        _node(project, draft)
        return
    found = _told(project) or (_habit(project, framework) if framework else None)
    if found is None:
        draft.service["command"] = "./start --port {port}"
        draft.guess("command", draft.service["command"], sure=False)
        return
    command, place = found
    draft.service["command"] = command
    draft.guess("command", command, place)


def _told(project: Project) -> tuple[str, Place] | None:
    """The first command of a Procfile, Dockerfile or compose file that can be run as it is."""
    for text, place in (*_of_procfile(project), *_of_dockerfile(project), *_of_compose(project)):
        command = _with_port(text)
        if command is not None and _runs(project, command):
            return _program(project, command), place
    return None


def _of_procfile(project: Project) -> Iterator[tuple[str, Place]]:
    path = project.first("Procfile")
    if path is not None:
        for match, place in project.search(path, _PROCFILE):
            yield match["command"], place


def _of_dockerfile(project: Project) -> Iterator[tuple[str, Place]]:
    path = project.first("Dockerfile")
    if path is None:
        return
    # The last one counts (Dockerfile reference, CMD).
    for match, place in reversed(list(project.search(path, _DOCKER))):
        text = match["command"].replace("\\\n", " ")
        if text.lstrip().startswith("["):
            try:
                words = json.loads(text)
            except ValueError:
                continue
            text = shlex.join(map(str, words))
            if words[:2] in (["sh", "-c"], ["/bin/sh", "-c"], ["bash", "-c"]):
                text = str(words[-1])
        yield text, place


def _of_compose(project: Project) -> Iterator[tuple[str, Place]]:
    for each in services(project):
        if each.builds and each.command:
            yield each.command, each.place


def _with_port(text: str) -> str | None:
    """The command with `{port}` for its port; None where a shell is needed, or no port is told."""
    text = text.strip().removeprefix("exec ")
    ported = _VARIABLE.sub("{port}", text)
    if "{port}" not in ported:
        ported = _PORT_OPTION.sub(r"\g<option>{port}", ported, count=1)
    if "{port}" not in ported:
        ported = _BIND.sub(r"\g<option>127.0.0.1:{port}", ported, count=1)
    if "{port}" not in ported:
        ported = _ADDRESS.sub(r"\g<before>127.0.0.1:{port}", ported, count=1)
    ported = _HOST.sub(r"\g<option>127.0.0.1", _LIVE.sub("", ported))
    ported = ported.replace("0.0.0.0:{port}", "127.0.0.1:{port}")
    if "{port}" not in ported or _SHELL.search(ported):
        return None
    try:
        words = shlex.split(ported)
    except ValueError:
        return None
    return ported if words and "=" not in words[0] else None


def _runs(project: Project, command: str) -> bool:
    """Whether the program of a command is there."""
    program = shlex.split(command)[0]
    return _own(project, program) is not None or shutil.which(program) is not None


def _own(project: Project, program: str) -> str | None:
    """A program of the project's own environment, as the configuration names it."""
    for folder in (".venv", "venv"):
        if os.access(project.base / folder / "bin" / program, os.X_OK):
            return f"{folder}/bin/{program}"
    return None


def _program(project: Project, command: str) -> str:
    """The command with its program as it is found here."""
    program, _, rest = command.partition(" ")
    own = _own(project, program)
    return f"{own or program} {rest}".strip()


def python_program(project: Project, name: str) -> str:
    """How a Python program is called: the project's own, by its tool, or the one on PATH."""
    if (own := _own(project, name)) is not None:
        return own
    if shutil.which(name) is None:
        for lock, tool in (("uv.lock", "uv run"), ("poetry.lock", "poetry run")):
            if project.first(lock) is not None:
                return f"{tool} {name}"
    return name


def _habit(project: Project, framework: Framework) -> tuple[str, Place | None] | None:
    if framework.name == "Django":
        named = settings_module(project)
        python = python_program(project, "python")
        command = f"{python} manage.py runserver --noreload 127.0.0.1:{{port}}"
        return command, named[1] if named else framework.place
    found = application(project, framework)
    if found is None:
        return None
    return _served(project, framework, found), found.place


def _served(project: Project, framework: Framework, found: Application) -> str:
    if framework.name == "Flask":
        program = python_program(project, "flask")
        target = found.target if not found.folder else f"{found.folder}/{found.target}"
        target = f"{target}()" if found.factory else target
        return f"{program} --app {shlex.quote(target)} run --port {{port}}"
    command = f"{python_program(project, 'uvicorn')} {found.target} --port {{port}}"
    command += f" --app-dir {found.folder}" if found.folder else ""
    return command + (" --factory" if found.factory else "")


def _node(project: Project, draft: Draft) -> None:
    manifest = project.base / "package.json"
    data = package(project)
    scripts = data.get("scripts")
    scripts = scripts if isinstance(scripts, dict) else {}
    start, key = str(scripts.get("start", "")), '"start"'
    if start.startswith("node ") and not _SHELL.search(start):
        command = start
    elif start:
        command = "npm start"
    else:
        command, key = f"node {_entry(project, data)}", '"main"'
    place = _line(project, manifest, key)
    draft.service["command"] = command
    draft.guess("command", command, place)
    _port(project, draft)
    if (project.base / "package-lock.json").is_file():
        build = "npm ci"
        if "build" in scripts and re.search(r"\b(?:dist|build|out)/|nest start", command + start):
            build = "sh -c 'npm ci && npm run build'"
        draft.service["build"] = build
        draft.guess("build", build, project.place(project.base / "package-lock.json"))


def _entry(project: Project, data: dict[str, object]) -> str:
    named = data.get("main")
    names = [str(named)] if named else []
    names += [f"{name}{suffix}" for name in _NODE_FILES for suffix in (".js", ".mjs", ".cjs")]
    return next((name for name in names if (project.base / name).is_file()), "index.js")


def _port(project: Project, draft: Draft) -> None:
    for path in project.sources(".js", ".mjs", ".cjs", ".ts", ".mts"):
        for match, place in project.search(path, _NODE_PORT):
            name = match["dot"] or match["key"]
            if name in {"PORT", "APP_PORT", "HTTP_PORT", "SERVER_PORT", "API_PORT"}:
                draft.env[name] = "{port}"
                draft.guess("port", name, place)
                return
    draft.env["PORT"] = "{port}"
    draft.guess("port", "PORT", sure=False)


def _line(project: Project, path: Path, text: str) -> Place:
    pattern = re.compile(re.escape(text))
    return next((place for _, place in project.search(path, pattern)), project.place(path))
