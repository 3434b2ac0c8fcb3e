"""A finding that is promoted fails on the broken twin of the demo, and passes on the fixed one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from suites import run_tests

from seamproof import demo
from seamproof.core.experiment import (
    Act,
    BoundaryKind,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
)
from seamproof.core.model import Extract, Operation, Step
from seamproof.core.verdict import Evidence, Finding, Tier, fingerprint
from seamproof.run.findings import Shelf

MADE = """
def test_a_made_user_signs_in(api, make):
    alice, bob = make.user.batch(2, password_hash=make.user().password_hash)
    assert api.as_(bob).get("/me").expect(200)["username"] == bob.username
    make.product(tenant=alice.tenant, name="Anvil of mine")
    assert "Anvil of mine" in api.as_(alice).get("/products").expect(200).text


def test_who_does_not(api, make):
    api.as_(make.product())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The demo, as a project that has tests."""
    source, folder = demo.CONFIGURATION.parent, tmp_path / "shop"
    (folder / "tests").mkdir(parents=True)
    for name in ("migrations", "scenarios"):
        shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(source / "alembic.ini", folder)
    text = (source / "seamproof.toml").read_text()
    (folder / "seamproof.toml").write_text(f'{text}\n[testing]\nfixtures = ["api", "make"]\n')
    return folder


def lost_write() -> Finding:
    """An order that is cancelled, says the answer, and is not."""
    order = Step(
        Operation("POST", "/orders"),
        "alice",
        json={
            "items": [{"product": 1, "quantity": 2}, {"product": 2, "quantity": 10}],
            "address": "1 Main St",
        },
        extracts=(Extract("order", "$.id"),),
    )
    cancel = Step(
        Operation("POST", "/orders/{order}/cancel"), "alice", path_parameters={"order": "{order}"}
    )
    shape = "UPDATE orders SET status=?::VARCHAR WHERE orders.id = ?::INTEGER"
    fault = Fault(FaultKind.ERROR, CrossingKey(shape), "40001")
    experiment = Experiment((Phase((Act(cancel),), (fault,)),), (order,))
    facts = {"says": "nothing"}
    return Finding(
        fingerprint("rollback", "lost-write", "POST /orders/{order}/cancel", "", shape),
        "rollback",
        "lost-write",
        Tier.PROVEN,
        "POST /orders/{order}/cancel",
        BoundaryKind.SQL,
        (3, 3),
        Evidence(experiment, facts=facts),
    )


def promote(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seamproof", "promote", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.timeout(300)
def test_a_promoted_finding_fails_until_it_is_repaired(project: Path) -> None:
    finding = lost_write()
    Shelf(project / ".seamproof" / "runs").put("20300101T000000-1-aaaa", finding)
    done = promote(project, finding.id)
    assert done.returncode == 0, done.stderr
    (test,) = (project / "tests").glob("test_*.py")
    (project / "tests" / "test_made.py").write_text(MADE)
    assert f"run it:  pytest tests/{test.name}" in done.stdout
    again = promote(project, finding.id)
    assert again.returncode == 4
    assert "is there already" in again.stderr
    broken = run_tests(project)
    assert broken.of("shows_no_lost_write") == "FAILED"
    assert "lost-write  POST /orders/{order}/cancel" in broken.text, broken.text
    fixed = run_tests(project, **{demo.FIXED_SWITCH: "1"})
    assert fixed.of("shows_no_lost_write") == "PASSED", fixed.text
    assert fixed.of("test_a_made_user_signs_in") == "PASSED", fixed.text
    assert fixed.of("test_who_does_not") == "FAILED"
    assert "next: write [testing.sign_in]" in fixed.text


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_every_finding_of_the_demo(project: Path, tmp_path: Path) -> None:
    home = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run(
        [sys.executable, "-m", "seamproof", "demo"],
        cwd=tmp_path,
        env=home,
        stdout=subprocess.DEVNULL,
        timeout=400,
        check=False,
    )
    kept = tmp_path / "cache" / "seamproof" / "demo" / "broken" / ".seamproof"
    shutil.copytree(kept, project / ".seamproof")
    with (project / "seamproof.toml").open("a") as file:
        file.write("replicas = 2\n")
    names = sorted(path.stem for path in project.glob(".seamproof/runs/*/findings/F-*.json"))
    assert len(names) > 20
    for name in names:
        done = promote(project, name)
        assert done.returncode == 0, done.stderr
    broken = suite(project)
    assert f"{len(names)} failed" in broken, broken[-4000:]
    assert "cannot judge it" not in broken
    fixed = suite(project, **{demo.FIXED_SWITCH: "1"})
    assert f"{len(names)} passed" in fixed, fixed[-4000:]


def suite(project: Path, **environment: str) -> str:
    """What pytest says of all tests of a project."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "300"],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    ).stdout
