"""Start commands taken apart."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from seamproof.discovery.routes.asking import OUTPUT, asking
from seamproof.discovery.routes.start import Kind, Start, Target, start_of


def start(command: str, cwd: Path, **environment: str) -> Start | None:
    return start_of(tuple(shlex.split(command)), cwd, environment)


def target(command: str, cwd: Path, **environment: str) -> Target:
    found = start(command, cwd, **environment)
    assert found is not None
    assert found.target is not None
    return found.target


@pytest.mark.parametrize(
    ("command", "module", "attribute", "call"),
    [
        ("python -m uvicorn shop.main:app --port 8000", "shop.main", "app", False),
        ("python -u -X dev -m uvicorn --host 127.0.0.1 shop:app", "shop", "app", False),
        ("python -m uvicorn --factory shop:create_app", "shop", "create_app", True),
        ("python -m gunicorn -b localhost:80 -k uvicorn.workers.X a.b:c", "a.b", "c", False),
        ("python -m gunicorn 'shop:create_app()'", "shop", "create_app()", False),
        ("python -m gunicorn shop.wsgi", "shop.wsgi", "", False),
        ("python -m hypercorn asgi:app.inner -b 127.0.0.1:80", "asgi", "app.inner", False),
        ("python -m flask --app shop run --port 5", "shop", "", False),
        ("python -m flask --app=shop:make run", "shop", "make", False),
    ],
)  # fmt: skip
def test_an_object_of_a_module(
    command: str, module: str, attribute: str, call: bool, tmp_path: Path
) -> None:
    found = target(command, tmp_path)
    assert (found.kind, found.name, found.attribute) == (Kind.MODULE, module, attribute)
    assert found.call is call
    assert found.path == (str(tmp_path),)


def test_folders_of_imports_are_the_servers_own(tmp_path: Path) -> None:
    found = target("python -m uvicorn --app-dir src shop:app", tmp_path)
    assert found.path == (str(tmp_path / "src"),)
    found = target("python -m gunicorn --chdir=src shop:app", tmp_path)
    assert found.path == (str(tmp_path / "src"),)


def test_a_file_keeps_its_arguments(tmp_path: Path) -> None:
    found = target("python -W ignore bin/serve.py --port 80", tmp_path)
    assert found == Target(
        Kind.FILE,
        str(tmp_path / "bin/serve.py"),
        arguments=("--port", "80"),
        path=(str(tmp_path / "bin"),),
    )


def test_a_module_that_is_run(tmp_path: Path) -> None:
    found = target("python -m shop.serve --port 80", tmp_path)
    assert found == Target(Kind.PROGRAM, "shop.serve", path=(str(tmp_path),))


def test_manage_py(tmp_path: Path) -> None:
    found = target("python src/manage.py runserver 80", tmp_path)
    assert (found.kind, found.name) == (Kind.MANAGE, str(tmp_path / "src/manage.py"))


@pytest.mark.parametrize(
    ("command", "environment", "name"),
    [
        ("python -m flask run", {"FLASK_APP": "shop:app"}, "shop"),
        ("FLASK_APP=shop:app python -m flask run", {}, "shop"),
        ("env FLASK_APP=shop python -m flask run", {"FLASK_APP": "other"}, "shop"),
        ("python -m flask run", {}, "app"),
        ("python -m fastapi run", {}, "app.main"),
        ("python -m fastapi run app/main.py", {}, "app.main"),
    ],
)
def test_what_is_not_said_is_where_the_framework_looks(
    command: str, environment: dict[str, str], name: str, tmp_path: Path
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__init__.py").touch()
    (tmp_path / "app/main.py").touch()
    if "flask" in command:
        (tmp_path / "app.py").touch()
    assert target(command, tmp_path, **environment).name == name


def test_a_file_of_flask_is_loaded_as_one(tmp_path: Path) -> None:
    found = target("python -m flask --app src/shop.py:app run", tmp_path)
    assert (found.kind, found.name) == (Kind.FILE, str(tmp_path / "src/shop.py"))
    assert found.attribute == "app"


@pytest.mark.parametrize(
    ("command", "interpreter"),
    [
        ("uv run uvicorn a:b", ("uv", "run", "python")),
        ("uv run --with x -p 3 uvicorn a:b", ("uv", "run", "--with", "x", "-p", "3", "python")),
        ("poetry run python serve.py", ("poetry", "run", "python")),
        ("exec /srv/venv/bin/python3.11 serve.py", ("/srv/venv/bin/python3.11",)),
    ],
)  # fmt: skip
def test_what_runs_a_file_is_what_runs_the_service(
    command: str, interpreter: tuple[str, ...], tmp_path: Path
) -> None:
    found = start(command, tmp_path)
    assert found is not None
    assert found.interpreter == interpreter


@pytest.mark.parametrize(
    "first",
    ["#!{python}\n", "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"],
)
def test_the_interpreter_of_a_script_is_in_its_first_line(first: str, tmp_path: Path) -> None:
    script = tmp_path / "uvicorn"
    script.write_text(first.format(python=sys.executable))
    script.chmod(0o755)
    found = start("uvicorn shop:app", tmp_path, PATH=str(tmp_path))
    assert found is not None
    assert found.interpreter == (sys.executable,)


@pytest.mark.parametrize(
    "command",
    ["", "exec", "./serve", "sh -c 'uvicorn a:b'", "uvicorn a:b", "java -jar shop.jar",
     "python", "python -m uvicorn", "python -m flask run", "uv run"],
)  # fmt: skip
def test_a_command_that_says_too_little_is_of_nothing_known(command: str, tmp_path: Path) -> None:
    assert start(command, tmp_path, PATH=str(tmp_path)) is None
    words, environment = tuple(shlex.split(command)), {"PATH": str(tmp_path)}
    assert asking(words, tmp_path, environment, tmp_path / "out") is None


def test_a_program_of_node_is_started_with_a_script_before_it(tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    found = asking(("npm", "start"), tmp_path, {"NODE_OPTIONS": "--inspect", "A": "1"}, output)
    assert found is not None
    assert found.command == ("npm", "start")
    assert found.frameworks == ("express",)
    assert found.environment["A"] == "1"
    assert found.environment[OUTPUT] == str(output)
    assert found.environment["NODE_OPTIONS"].startswith('--inspect --require "/')


@pytest.mark.parametrize(
    ("command", "frameworks"),
    [
        ("python -m flask --app a run", ("flask",)),
        ("python -m fastapi run a.py", ("fastapi", "flask")),
        ("python manage.py runserver", ("django",)),
        ("python -m gunicorn a:b", ("django", "fastapi", "flask")),
    ],
)
def test_a_program_of_python_is_loaded_and_looked_at(
    command: str, frameworks: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "a.py").touch()
    found = asking(tuple(shlex.split(command)), tmp_path, {"A": "1"}, tmp_path / "out.json")
    assert found is not None
    assert found.frameworks == frameworks
    python, probe, output, said, *scripts = found.command
    assert (python, Path(probe).name) == ("python", "python.py")
    assert output == str(tmp_path / "out.json")
    assert json.loads(said)["path"] == [str(tmp_path)]
    assert len(scripts) == len(frameworks)
    assert found.environment == {"A": "1"}
