"""`seamproof init` in the folder of a service that knows nothing of it, and what comes of that.

The services are as their authors would have them: nothing in them is there for these tests.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seamproof.config import load
from seamproof.core.events import Event
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import History
from seamproof.core.model import Operation, Step
from seamproof.discovery.guessing.initialising import drafted
from seamproof.run.premises import open_premises
from seamproof.run.redaction import Redactor

SERVICES = Path(__file__).parent
PASSWORDS = {"ALICE_PASSWORD": "l0ng-enough-for-alice", "BOB_PASSWORD": "l0ng-enough-for-bob"}
ASKED: dict[str, Step] = {
    "fastapi_alembic": Step(Operation("POST", "/api/v1/books"), "bob", json={"title": "Emma"}),
    "django_notes": Step(Operation("POST", "/api/notes/"), "alice", json={"title": "milk"}),
    "express_orders": Step(
        Operation("POST", "/api/orders"), "bob", json={"product_id": 1, "quantity": 2}
    ),
}
GUESSED: dict[str, dict[str, str]] = {
    "fastapi_alembic": {
        "framework": "FastAPI, pyproject.toml:7",
        "command": "uvicorn app.main:app --host 127.0.0.1 --port {port}, Dockerfile:6",
        "ready": "/health, app/main.py:13",
        "openapi": "/openapi.json, None",
        "database": "DATABASE_URL = {database.url:postgresql+psycopg}, app/settings.py:5",
        "secret": "TOKEN_SECRET, app/settings.py:6",
        "migrations": "Alembic, by itself, alembic.ini",
        "process": "cache, compose.yaml:10",
        "registration": "POST /api/v1/auth/register, app/routers/auth.py:13",
    },
    "django_notes": {
        "framework": "Django, requirements.txt:1",
        "ready": "/api/notes/, notes/views.py:17",
        "secret": "DJANGO_SECRET_KEY, site_of_notes/settings.py:5",
        "migrations": "Django, by itself, manage.py",
        "login": "POST /accounts/login/, form, cookies kept, site_of_notes/urls.py:5",
        "accounts": "alice, by manage.py createsuperuser, None",
    },
    "express_orders": {
        "framework": "Express, package.json:11",
        "command": "node src/server.js, package.json:7",
        "build": "npm ci, package-lock.json",
        "ready": "/healthz, src/server.js:9",
        "database": "DATABASE_URL = {database.url}, migrations/run.js:6",
        "migrations": "npm run migrate, package.json:8",
        "login": "POST /api/accounts/login, JSON, token from $.token, src/routes/accounts.js:22",
        "registration": "POST /api/accounts/signup, src/routes/accounts.js:7",
    },
}
SERVICE = pytest.mark.parametrize("name", GUESSED)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell of a person: the service's programs are on PATH, its passwords are set."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", programs)
    for name, value in PASSWORDS.items():
        monkeypatch.setenv(name, value)


def service(name: str, folder: Path) -> Path:
    """A copy of a service. One of Node needs its packages."""
    if name.startswith("express") and shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    root = folder / name
    shutil.copytree(
        SERVICES / name, root, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
    )
    return root


def seamproof(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seamproof", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def ask(root: Path, step: Step) -> History:
    async def run() -> History:
        def ignore(event: Event) -> None:
            pass

        config = load(root / "seamproof.toml")
        opening = open_premises(config, logs="logs", seed=0, redactor=Redactor(), emit=ignore)
        async with opening as premises:
            return await premises.conductor.conduct(Experiment((Phase((Act(step),)),)))

    return asyncio.run(run())


@SERVICE
def test_each_guess_comes_from_a_line(name: str) -> None:
    found = {each.what: f"{each.value}, {each.place}" for each in drafted(SERVICES / name).guesses}
    assert {what: found.get(what) for what in GUESSED[name]} == GUESSED[name]


@pytest.mark.long
@SERVICE
def test_what_it_writes_starts_the_service_and_signs_everybody_in(
    name: str, tmp_path: Path
) -> None:
    root = service(name, tmp_path)
    before = sorted(each for each in root.rglob("*") if each.is_file())
    done = seamproof(root, "init")
    assert done.returncode == 0, done.stderr
    text = (root / "seamproof.toml").read_text()
    written = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(written) <= 25
    new = {each for each in root.rglob("*") if each.is_file()} - set(before)
    assert {each.name for each in new} == {"seamproof.toml", "seamproof.schema.json"}
    history = ask(root, ASKED[name])
    assert history.section.exchange.status == 201
    assert history.section.changes


@pytest.mark.long
@SERVICE
def test_init_and_run_go_from_nothing_to_verdicts(name: str, tmp_path: Path) -> None:
    root = service(name, tmp_path)
    assert seamproof(root, "init").returncode == 0
    done = seamproof(root, "run", "--report", "json=report.json")
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    report: dict[str, Any] = json.loads((root / "report.json").read_text())
    judged = {
        each["id"]: each["checks"]
        for each in report["operations"]
        if {"held", "violated"} & set(each["checks"].values())
    }
    assert ASKED[name].operation.id in judged, report["operations"]
