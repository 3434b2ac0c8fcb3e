"""Response times, of a test and of a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites import run_tests, shop

TESTS = """
import os
import pytest

os.getloadavg = lambda: (float(os.environ["LOAD"]), 0.0, 0.0)
ORDER = {"items": [{"product": 1, "quantity": 6}]}


@pytest.mark.budget("p95 < 30s", n=3)
def test_each_run_begins_where_the_fixtures_ended(api, db, request):
    assert db.value("SELECT stock FROM products WHERE id = 1") == 10
    api.as_("alice").post("/orders", json=ORDER).expect(201)


@pytest.mark.budget("p50 < 0.001ms", n=2)
def test_slow(api):
    api.as_("alice").get("/orders").expect(200)
"""


def test_budgets(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_it=TESTS)
    done = run_tests(folder, "--seamproof-budget", "max < 0.001ms", LOAD="0")
    assert done.of("test_each_run_begins_where_the_fixtures_ended") == "PASSED", done.text
    assert done.of("test_slow") == "FAILED"
    assert "the budget is exceeded: p50 < 0.001 ms, and it is" in done.text
    assert " of 3" in done.text
    assert "POST /orders: max < 0.001 ms, and it is" in done.text


@pytest.mark.long
def test_a_busy_machine_says_nothing_of_the_service(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_it=TESTS)
    done = run_tests(folder, "--seamproof-budget", "max < 0.001ms", LOAD="1000")
    assert done.code == 0, done.text
    assert "inconclusive: p50 < 0.001 ms" in done.text
    assert "this is inconclusive: this machine is busy" in done.text
    wrong = run_tests(folder, "--seamproof-budget", "fast", LOAD="0")
    assert wrong.code == 4
    assert "'fast' is no budget" in wrong.text
