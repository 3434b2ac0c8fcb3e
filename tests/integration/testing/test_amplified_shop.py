"""The happy paths of the bundled service, amplified: they show all that is planted in it.

Of its fixed twin they show nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from suites import Outcome, run_tests

from planted import BESIDE, PROVEN, SHARED, SUSPECTED
from seamproof import demo

HAPPY = Path(__file__).parent / "happy_shop.py"
ORDER = ("rollback", "uncompensated-call", "POST /orders/{order}/payment")
"""The charge that outlives the order's rollback."""
FEW = ("test_pay::rollback", "test_order::rollback", "test_offer_a_coupon::rollback")
Named = tuple[str, str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The tests beside the service's own configuration; no run has learned anything of it."""
    folder = tmp_path / "demo"
    left_out = shutil.ignore_patterns("service", "__*__*")
    shutil.copytree(demo.CONFIGURATION.parent, folder, ignore=left_out)
    shutil.copy(HAPPY, folder / "test_happy.py")
    with (folder / "seamproof.toml").open("a") as file:
        file.write('\n[testing]\nfixtures = ["api", "db", "make", "stubs"]\n')
    return folder


def amplified(folder: Path, *arguments: str, fixed: bool = False) -> Outcome:
    switch = {demo.FIXED_SWITCH: "1"} if fixed else {}
    return run_tests(folder, *arguments, limit=2600.0, **switch)


def found(folder: Path, *tiers: str) -> Iterator[Named]:
    """What was found, each operation by itself."""
    for path in folder.glob(".seamproof/runs/*/findings/F-*.json"):
        finding = json.loads(path.read_text())
        if finding["tier"] in tiers:
            for operation in (finding["operation"], *finding["also"]):
                yield finding["check"], finding["finding_class"], operation


def missed(shown: set[Named]) -> set[Named]:
    """What is planted and not shown; what is shared, by none."""
    shared = {name for _, name, _ in shown if name in SHARED}
    return {each for each in PROVEN - shown if each[1] not in shared}


def false(shown: set[Named]) -> set[Named]:
    return {each for each in shown - PROVEN - BESIDE if each[1] not in SHARED}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fixed", [False, True])
def test_what_is_charged_and_what_is_refused(folder: Path, fixed: bool) -> None:
    done = amplified(folder, *(f"test_happy.py::{each}" for each in FEW), fixed=fixed)
    shown = set(found(folder, "proven"))
    if fixed:
        assert done.code == 0, done.text
        assert not set(found(folder, "proven", "suspected")), done.text
        return
    assert [done.of(each) for each in FEW] == ["FAILED"] * 3
    refused = {operation for _, name, operation in shown if name == "refused-but-wrote"}
    assert ORDER in shown
    assert refused == {"POST /orders", "POST /coupons"}
    assert not false(shown)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fixed", [False, True])
def test_a_list_is_suspected_although_its_test_adds_nothing_to_it(
    folder: Path, fixed: bool
) -> None:
    wanted = ("test_happy.py::test_list_orders", "--seamproof-check=resources")
    done = amplified(folder, *wanted, fixed=fixed)
    suspected = {("resources", "list-without-limit", "GET /orders")} & SUSPECTED
    assert done.code == (0 if fixed else 1), done.text
    assert set(found(folder, "suspected")) == (set() if fixed else suspected)


@pytest.mark.long
@pytest.mark.timeout(2700)
def test_all_that_is_planted_is_shown(folder: Path) -> None:
    done = amplified(folder, "--seamproof", "-p", "no:randomly")
    shown = set(found(folder, "proven"))
    assert done.code == 1
    assert (missed(shown), false(shown)) == (set(), set())
    assert SUSPECTED - set(found(folder, "suspected")) == set()


@pytest.mark.long
@pytest.mark.timeout(2700)
def test_it_is_shown_in_any_order_and_by_two_workers(folder: Path) -> None:
    checks = ("authorization", "exposure", "inventory", "rollback", "trace")
    options = [f"--seamproof-check={each}" for each in checks]
    amplified(folder, *options, "-n", "2", "--dist", "loadgroup", "-p", "randomly")
    shown = set(found(folder, "proven"))
    assert {each for each in missed(shown) if each[0] in checks} == set()
    assert not false(shown)


@pytest.mark.long
@pytest.mark.timeout(2700)
def test_nothing_is_shown_of_the_fixed_twin(folder: Path) -> None:
    done = amplified(folder, "--seamproof", fixed=True)
    assert done.code == 0, done.text
    assert not set(found(folder, "proven", "suspected"))
