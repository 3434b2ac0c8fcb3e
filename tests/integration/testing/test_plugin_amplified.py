"""Checks on passed tests, as items beside them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from suites import run_tests, shop

from seamproof import demo

HAPPY = """
import pytest

ORDER = {"items": [{"product": 1, "quantity": 3}]}


@pytest.fixture
def carol(api, db):
    db.execute("INSERT INTO users (name) VALUES ('carol')")
    db.execute("UPDATE products SET stock = 4 WHERE id = 1")
    return api.as_({"Authorization": "Bearer carol"})


@pytest.mark.seamproof("rollback")
def test_order(carol):
    carol.post("/orders", json=ORDER).expect(201)


@pytest.mark.seamproof("rollback")
def test_read(api):
    api.as_("alice").get("/orders").expect(200)


def test_after(db):
    assert db.count("users") == 2
    assert db.rows("SELECT stock FROM products WHERE id = 1") == [{"stock": 10}]
"""
GROUPS = """
import os

def pytest_collection_modifyitems(items):
    if "PYTEST_XDIST_WORKER" in os.environ:
        with open("groups.txt", "w") as file:
            for item in items:
                named = [mark.args[0] for mark in item.iter_markers("xdist_group")]
                print(item.nodeid, *named, file=file)
"""
AMPLIFIED = {"rollback", "idempotency", "concurrency", "trace"}
DEMO = """
import re
import pytest
import yaml

SCENARIOS = yaml.safe_load(open("scenarios/orders.yaml"))["scenarios"]
CHECKS = {"rollback", "idempotency", "concurrency", "trace"}
MARKED = [
    pytest.param(each, id=each["name"], marks=pytest.mark.seamproof(*each["checks"]))
    for each in SCENARIOS
    if CHECKS.issuperset(each["checks"])
]


def filled(value, known):
    if isinstance(value, str):
        return re.sub(r"{(\\w+)}", lambda found: str(known.get(found[1], "a-key")), value)
    if isinstance(value, dict):
        return {name: filled(each, known) for name, each in value.items()}
    return [filled(each, known) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("scenario", MARKED)
def test_it(api, scenario):
    known = {}
    for step in (*scenario.get("arrange", ()), scenario["act"]):
        method, path = filled(step["operation"], {**known, **step.get("path", {})}).split()
        client = api.as_(step["as"]) if "as" in step else api
        options = {name: step[name] for name in ("json", "headers") if name in step}
        answer = client.request(method, path, **filled(options, known)).expect(step.get("expect"))
        for name, place in step.get("extract", {}).items():
            known[name] = answer.at(place)
"""


def test_what_a_test_sent_is_judged_from_the_state_of_its_fixtures(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_happy=HAPPY)
    done = run_tests(folder, "--junit-xml", "junit.xml")
    assert done.code == 1
    assert done.of("test_order") == "PASSED"
    assert done.of("test_order::rollback") == "FAILED"
    assert done.of("test_after") == "PASSED"
    assert re.search(r"SKIPPED .*not run: it sent no request that may change", done.text)
    for said in (
        "PROVEN  uncompensated-call  POST /orders",
        "~ products     id 1  stock 4 -> 1",
        "who asks in test_order",
        "pytest test_happy.py::test_order::rollback · seamproof explain uncompensated-call",
    ):
        assert said in done.text
    assert 'classname="test_happy.test_order" name="rollback"' in (folder / "junit.xml").read_text()
    assert list(folder.glob(".seamproof/runs/*/findings/F-*.json"))


def test_they_are_selected_as_any_test(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_happy=HAPPY)

    def collected(*arguments: str) -> list[str]:
        done = run_tests(folder, "--co", "-q", "-p", "no:randomly", *arguments)
        return re.findall(r"^test_happy.py::(\S+)", done.text, re.MULTILINE)

    assert collected("-k", "rollback and order") == ["test_order::rollback"]
    assert collected("test_happy.py::test_after::trace") == ["test_after::trace"]
    assert collected("test_happy.py::test_after", "--seamproof-check", "trace") == [
        *("test_after", "test_after::trace")
    ]
    assert "did you mean rollback?" in run_tests(folder, "--seamproof-check", "rolback").text


@pytest.mark.long
def test_they_are_of_one_group_of_xdist(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_happy=HAPPY, conftest=GROUPS)
    run_tests(folder, "-n", "1", "--dist", "loadgroup", "-k", "test_after or order and trace")
    groups = (folder / "groups.txt").read_text().splitlines()
    of_test = "test_happy.py::test_order"
    assert f"{of_test} {of_test}" in groups
    assert f"{of_test}::rollback {of_test}" in groups
    assert "test_happy.py::test_after" in groups


@pytest.mark.long
def test_an_item_without_its_test_runs_it_first(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_happy=HAPPY)
    done = run_tests(folder, "test_happy.py::test_order::rollback", "-n", "2")
    assert done.of("test_order::rollback") == "FAILED"
    assert "PASSED" not in done.text


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fixed", [False, True])
def test_tests_of_the_bundled_service_show_what_is_planted(tmp_path: Path, fixed: bool) -> None:
    source = demo.CONFIGURATION.parent
    folder = tmp_path / "demo"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("service", "__*__*"))
    with (folder / "seamproof.toml").open("a") as file:
        file.write('\n[testing]\nfixtures = ["api"]\nignore = ["audit_log", "presence"]\n')
    environment = {demo.FIXED_SWITCH: "1"} if fixed else {}
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "seamproof", "run", "--report", f"json={report}"]
    subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, check=False, capture_output=True
    )
    assert (folder / ".seamproof" / "profile.toml").is_file()
    (folder / "test_happy.py").write_text(DEMO)
    done = run_tests(folder, limit=500.0, **environment)
    assert done.code == (0 if fixed else 1), done.text
    assert done.passed
    if fixed:
        return
    findings = json.loads(report.read_text())["findings"]
    planted = {
        each["class"]
        for each in findings
        if each["tier"] == "proven" and each["check"] in AMPLIFIED
    }
    shown = set(re.findall(r"^PROVEN  ([\w-]+)", done.text, re.MULTILINE))
    assert planted <= shown
