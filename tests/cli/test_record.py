"""`seamproof record` as a process: a suite sends requests to it, and a signal ends it."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from projects import PASSWORD, Ended, Project

from seamproof.discovery.scenarios import load_scenarios

ADDRESS = re.compile(r"recording at (http://127\.0\.0\.1:\d+)")
Send = Callable[..., object]


def recorded(project: Project, suite: Callable[[Send], None], *arguments: str) -> Ended:
    """Record what a suite sends, which gets a function to send with."""
    failures: list[BaseException] = []
    done = threading.Event()

    def play(address: str) -> None:
        def send(path: str, body: object = None, token: str = "") -> object:
            headers = {"Content-Type": "application/json"}
            if token:
                headers["Authorization"] = f"Bearer {token}"
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(address + path, data, headers)
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                return error.code

        try:
            suite(send)
        except BaseException as error:
            failures.append(error)
        done.set()

    player: list[threading.Thread] = []

    def when(output: Path) -> bool:
        found = ADDRESS.search(output.read_text())
        if found is None:
            time.sleep(0.05)
            return False
        if not player:
            player.append(threading.Thread(target=play, args=(found[1],)))
            player[0].start()
        return done.is_set()

    ended = project.interrupt("record", *arguments, when=when)
    assert not failures, failures
    return ended


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("till") / "project")


@pytest.mark.long
def test_a_suite_becomes_scenarios_that_a_run_exercises(project: Project) -> None:
    def suite(send: Send) -> None:
        token = send("/login", {"password": PASSWORD})["token"]  # type: ignore[index]
        assert send("/nothing") == 404
        send("/health")
        send("/sales", {"item": "bread"}, token)
        send("/sales", {"item": "cake"}, token)

    ended = recorded(project, suite, "--output", "played.yaml")
    assert ended.code == 0, ended.printed
    assert not ended.survivors
    assert not project.leftovers()
    assert "201 POST /sales 1 row of sales" in ended.words
    assert "logins, which are configured: 1; refused by the service: 1; repeats" in ended.words
    assert "[identities" not in ended.printed
    text = (project.root / "played.yaml").read_text()
    assert PASSWORD not in text
    found = {each.name: each for each in load_scenarios([project.root / "played.yaml"], {"ann"})}
    assert list(found) == ["GET /health", "POST /sales (2)"], "POST /sales is another's already"
    assert found["POST /sales (2)"].act.identity == "ann"
    ran = project.run("run", "--check", "trace", "--operation", "POST /sales (2)")
    assert ran.code == 0, ran.printed


@pytest.mark.long
def test_nothing_that_was_sent_becomes_a_scenario(project: Project) -> None:
    ended = recorded(project, lambda send: None, "--output", "none.yaml")
    assert ended.code == 5, ended.printed
    assert "send requests that succeed to http://127.0.0.1:" in ended.words
    assert not (project.root / "none.yaml").exists()
    assert not ended.survivors


def test_a_file_that_is_there_is_kept(project: Project) -> None:
    ended = project.run("record", "--output", "scenarios.yaml")
    assert ended.code == 4
    assert "scenarios.yaml is there already, and nothing was recorded" in ended.words


@pytest.mark.long
def test_an_interrupt_before_the_service_is_up(project: Project) -> None:
    ended = project.interrupt(
        "record",
        when=lambda output: "service" in output.read_text() or "schema" in output.read_text(),
        till="never connects",
    )
    assert ended.code == 2, ended.printed
    assert not ended.survivors
