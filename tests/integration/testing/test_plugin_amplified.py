"""Checks on passed tests, as items beside them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from suites import run_tests, shop

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
def test_another_order(api, db):
    db.execute("UPDATE products SET stock = 5 WHERE id = 1")
    api.as_("alice").post("/orders", json=ORDER).expect(201)


@pytest.mark.seamproof("rollback", "ssrf")
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


def test_what_a_test_sent_is_judged_from_the_state_of_its_fixtures(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_happy=HAPPY)
    done = run_tests(folder, "--junit-xml", "junit.xml")
    assert done.code == 1
    assert done.of("test_order") == "PASSED"
    assert done.of("test_order::rollback") == "FAILED"
    assert done.of("test_after") == "PASSED"
    assert 'classname="test_happy.test_order" name="rollback"' in (folder / "junit.xml").read_text()
    name = uncompensated(folder)
    for said in (
        "SKIPPED [1] test_happy.py: rollback does not apply: operation does not mutate",
        f"test_order::rollback - proven: uncompensated-call ({name})",
        "PROVEN  uncompensated-call  POST /orders",
        "~ products     id 1  stock 4 -> 1",
        "who asks in test_order",
        "Next:    pytest test_happy.py::test_order::rollback\n",
        f"         seamproof replay {name} · seamproof explain uncompensated-call\n",
        # The second test shows the same.
        f"PROVEN  uncompensated-call ({name}) is what test_happy.py::test_order::rollback has",
    ):
        assert said in done.text, done.text


def uncompensated(folder: Path) -> str:
    """The name of the finding that is proven."""
    paths = folder.glob(".seamproof/runs/*/findings/F-*.json")
    (name,) = {each.stem for each in paths if '"uncompensated-call"' in each.read_text()}
    return name


def seamproof(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seamproof", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )


def test_what_a_check_has_found_on_a_test_is_shown_again_without_it(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_happy=HAPPY)
    run_tests(folder, "test_happy.py::test_another_order::rollback")
    name = uncompensated(folder)
    again = seamproof(folder, "replay", name)
    assert again.returncode == 1, again.stdout + again.stderr
    assert "uncompensated-call" in again.stdout
    assert "stock 5 -> 2" in again.stdout
    assert "3/3" in again.stdout
    assert not (folder / ".seamproof" / "profile.toml").exists()
    promoted = seamproof(folder, "promote", name)
    assert promoted.returncode == 4
    assert '@pytest.mark.seamproof("rollback")' in promoted.stderr
    assert "uncompensated-call: " in seamproof(folder, "explain", name).stdout
    # What stands only in the test is not kept, and the test says it.
    run_tests(folder, "test_happy.py::test_order::rollback")
    again = seamproof(folder, "replay", name)
    assert again.returncode == 4
    assert "the credentials of who asks in test_order is only there" in again.stderr
    assert "pytest test_happy.py::test_order::rollback" in again.stderr


def test_they_are_selected_as_any_test(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_happy=HAPPY)

    def collected(*arguments: str) -> list[str]:
        done = run_tests(folder, "--co", "-q", "-p", "no:randomly", *arguments)
        return re.findall(r"^test_happy.py::(\S+)", done.text, re.MULTILINE)

    assert collected("-k", "rollback and order and not another") == ["test_order::rollback"]
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
def test_what_is_lived_with_fails_no_test(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_happy=HAPPY)
    run_tests(folder, "test_happy.py::test_another_order::rollback")
    name = uncompensated(folder)
    seamproof(folder, "accept", name, "--reason", "settled at night", "--owner", "team-pay")
    done = run_tests(folder, "test_happy.py::test_another_order::rollback")
    assert done.of("test_another_order::rollback") == "PASSED"
    assert f"ACCEPTED  uncompensated-call ({name}): settled at night (team-pay)" in done.text
