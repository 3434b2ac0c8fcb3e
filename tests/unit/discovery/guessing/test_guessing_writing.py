"""The configuration that is written of guesses, and what is not guessed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from guessed import DJANGO, EXPRESS, FLASK, drafts

from seamproof.config.loading import parse
from seamproof.core.errors import ConfigurationError
from seamproof.discovery.guessing import writing
from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.initialising import drafted, initialise


def test_what_is_written_can_be_loaded_and_is_short(tmp_path: Path) -> None:
    text = writing.dump(drafts(tmp_path, DJANGO, EXPRESS))
    assert parse(tomllib.loads(text), tmp_path).service.command
    assert len(text.splitlines()) <= 25


def test_names_and_texts_are_quoted_as_toml_has_it(tmp_path: Path) -> None:
    env = {"a b": 'say "x"\n\\', "B": "\x7f\t"}
    draft = Draft(service={"command": "x"}, env=env)
    assert tomllib.loads(writing.dump(draft))["service"]["env"] == env


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": "def broken(:\n"},
        {"app.py": "(" * 5000},
        {"compose.yml": "a: &a [*a, *a]\n{{{"},
        {"compose.yml": "services: [1, 2]"},
        {"package.json": "[" * 100_000},
        {".env.example": "no equals sign\n"},
        {"openapi.json": "{" * 10_000},
        {"settings.py": "x" * 600_000},
        {"Procfile": "web: 'open\n", "Dockerfile": "CMD [\n"},
    ],
)
def test_a_file_that_is_broken_costs_its_own_guesses(tmp_path: Path, files: dict[str, str]) -> None:
    assert drafts(tmp_path, {"requirements.txt": "flask\n"}, files).service["command"]


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    drafts(tmp_path, FLASK, {"seamproof.toml": "# mine\n"})
    with pytest.raises(ConfigurationError, match="is there already"):
        initialise(tmp_path)
    initialise(tmp_path, dry_run=True)
    assert (tmp_path / "seamproof.toml").read_text() == "# mine\n"
    initialise(tmp_path, force=True)
    assert "[service]" in (tmp_path / "seamproof.toml").read_text()


def test_a_folder_without_a_service(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no service is found"):
        drafted(tmp_path)


@pytest.mark.parametrize(
    "image", ["redis", "valkey/valkey", "memcached", "rabbitmq", "minio/minio"]
)
def test_what_is_commented_can_be_used_as_it_is(tmp_path: Path, image: str) -> None:
    compose = f"services:\n  beside:\n    image: {image}:latest\n"
    text = writing.dump(drafts(tmp_path, FLASK, {"compose.yaml": compose}))
    start = text.index("# [processes.")
    used = text[:start] + text[start:].replace("\n# ", "\n").removeprefix("# ")
    assert parse(tomllib.loads(used), tmp_path).processes["beside"].command
