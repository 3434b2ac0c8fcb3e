"""A service's start command, taken apart: what runs it, and how its application is reached.

    uv run uvicorn shop.main:app --port 8000     Python, by `uv run python`: `app` of `shop.main`
    flask --app shop run                         Python: what `shop` has, or makes
    python manage.py runserver                   Python: Django's settings, as manage.py names them
    node server.js                               Node: the command itself, preloaded

A command that says too little, as a shell's, has no application that could be asked.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_RUNNERS = {"uv", "poetry", "pipenv", "pdm", "rye", "hatch"}
"""Programs whose `run` starts another in the project's environment."""
_WITH_VALUE = {"--with", "--extra", "--group", "--directory", "--project", "--python", "-p", "-C"}
_SERVERS = {"uvicorn", "hypercorn", "gunicorn", "granian", "daphne", "waitress-serve", "waitress"}
_NODE = {"node", "npm", "npx", "pnpm", "yarn", "tsx", "ts-node", "nodemon", "nest"}
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?")
_OBJECT = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<object>[A-Za-z_][\w.]*(\(.*\))?)")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_ASSIGNED = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)", re.DOTALL)
_SHEBANG = re.compile(rb"(?m)^(?:#!|'''exec' )\s*\"?(/[^\s\"]*python[\d.]*)\"?")
_FLASK_FILES = ("wsgi.py", "app.py")
_FASTAPI_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
_HEAD = 512


class Language(Enum):
    """What a service is written in."""

    PYTHON = "python"
    NODE = "node"


class Kind(Enum):
    """How an application of Python is reached."""

    MODULE = "module"
    """An importable module, and the name of the object in it, where one is said."""
    PROGRAM = "program"
    """A module that is run: the application is something in it."""
    FILE = "file"
    MANAGE = "manage"
    """Django's manage.py."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an application of Python is."""

    kind: Kind
    name: str
    """A module's name, or a file's path."""
    attribute: str = ""
    call: bool = False
    """Whether the object is a factory, which a server was told."""
    arguments: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    """Folders that imports start from."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a service is started."""

    language: Language
    program: str
    """The program's name without its folder: `uvicorn`, `flask`, `node`."""
    interpreter: tuple[str, ...] = ()
    """What runs a file of Python as the service is run."""
    target: Target | None = None


def start_of(command: tuple[str, ...], cwd: Path, environment: Mapping[str, str]) -> Start | None:
    """Take a command apart; None where it is not known how to ask what it starts."""
    environment = dict(environment)
    words = list(command)
    while words and (words[0] in {"exec", "env"} or _ASSIGNED.fullmatch(words[0])):
        if assigned := _ASSIGNED.fullmatch(words[0]):
            environment[assigned["name"]] = assigned["value"]
        del words[0]
    runner = _runner(words)
    words = words[len(runner) :]
    if not words:
        return None
    program = Path(words[0]).name
    if program in _NODE:
        return Start(Language.NODE, program)
    if _PYTHON.fullmatch(program):
        interpreter, words = (*runner, words[0]), _behind_options(words[1:])
        return _python(interpreter, words, cwd, environment)
    if runner:
        return _started((*runner, "python"), program, words[1:], cwd, environment)
    found = shutil.which(words[0], path=environment.get("PATH"))
    interpreter_of = _shebang(Path(found)) if found else None
    if interpreter_of is None:
        return None
    return _started((interpreter_of,), program, words[1:], cwd, environment)


def _runner(words: list[str]) -> tuple[str, ...]:
    """The words of `uv run` and the like, its options included."""
    if len(words) < 2 or Path(words[0]).name not in _RUNNERS or "run" not in words:
        return ()
    at = words.index("run") + 1
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _WITH_VALUE else 1
    return tuple(words[:at])


def _behind_options(words: list[str]) -> list[str]:
    """The words of an interpreter behind its own options, `-m` the first where it is there."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-m":
        at += 2 if words[at] in {"-W", "-X"} else 1
    return words[at:]


def _python(
    interpreter: tuple[str, ...], words: list[str], cwd: Path, environment: Mapping[str, str]
) -> Start | None:
    if len(words) >= 2 and words[0] == "-m":
        return _started(interpreter, words[1], words[2:], cwd, environment)
    if not words:
        return None
    file = cwd / words[0]
    if file.name == "manage.py":
        target = Target(Kind.MANAGE, str(file), path=(str(file.parent),))
    else:
        own = tuple(words[1:])
        target = Target(Kind.FILE, str(file), arguments=own, path=(str(file.parent),))
    return Start(Language.PYTHON, file.name, interpreter, target)


def _started(
    interpreter: tuple[str, ...],
    program: str,
    words: list[str],
    cwd: Path,
    environment: Mapping[str, str],
) -> Start | None:
    """A program of Python: a server, a framework's own, or a module that is run."""
    if program in _SERVERS:
        target = _served(words, cwd)
    elif program == "flask":
        target = _of_flask(words, cwd, environment)
    elif program == "fastapi":
        target = _of_file(words[1:], cwd, _FASTAPI_FILES)
    else:
        known = _MODULE.fullmatch(program) and interpreter
        target = Target(Kind.PROGRAM, program, path=(str(cwd),)) if known else None
    return Start(Language.PYTHON, program, interpreter, target) if target is not None else None


def _served(words: list[str], cwd: Path) -> Target | None:
    """The object that a server is given; gunicorn takes `application` where none is named."""
    folder = _value(words, "--app-dir", "--chdir", "--pythonpath")
    path = (str(cwd / folder) if folder else str(cwd),)
    call = "--factory" in words or "--call" in words
    for word in words:
        if found := _OBJECT.fullmatch(word):
            return Target(Kind.MODULE, found["module"], found["object"], call, path=path)
    named = [word for word in words if _MODULE.fullmatch(word) and "." in word]
    return Target(Kind.MODULE, named[-1], path=path) if named else None


def _of_flask(words: list[str], cwd: Path, environment: Mapping[str, str]) -> Target | None:
    """What `flask --app` or FLASK_APP says, else the files that Flask looks for."""
    said = _value(words, "--app", "-A") or environment.get("FLASK_APP", "")
    if not said:
        return _of_file([], cwd, _FLASK_FILES)
    name, _, attribute = said.partition(":")
    if name.endswith(".py") or "/" in name:
        file = cwd / (name if name.endswith(".py") else f"{name}.py")
        return Target(Kind.FILE, str(file), attribute, path=(str(file.parent), str(cwd)))
    return Target(Kind.MODULE, name, attribute, path=(str(cwd),))


def _of_file(words: list[str], cwd: Path, usual: tuple[str, ...]) -> Target | None:
    named = [word for word in words if word.endswith(".py")]
    for name in named or usual:
        file = cwd / name
        if file.is_file():
            return _module_of(file)
    return None


def _module_of(file: Path) -> Target:
    """A file as the module that it is: its packages are imported from above them."""
    folder, name = file.parent, file.stem
    while (folder / "__init__.py").is_file():
        folder, name = folder.parent, f"{folder.name}.{name}"
    return Target(Kind.MODULE, name, path=(str(folder),))


def _value(words: list[str], *names: str) -> str:
    """The value of an option, as `--app shop` or `--app=shop`."""
    return next(_values(words, names), "")


def _values(words: list[str], names: tuple[str, ...]) -> Iterator[str]:
    for index, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option not in names:
            continue
        if equals:
            yield value
        elif index + 1 < len(words):
            yield words[index + 1]


def _shebang(file: Path) -> str | None:
    """The interpreter of a script of Python, None where it is none."""
    try:
        with file.open("rb") as script:
            found = _SHEBANG.search(script.read(_HEAD))
    except OSError:
        return None
    name = os.fsdecode(found[1]) if found else ""
    return name if name and os.access(name, os.X_OK) else None
