"""What earlier runs and the project's history know, and that nothing of it is needed."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from seamproof.core.model import Operation
from seamproof.plan.risk import Past
from seamproof.run.past import look_back, remember

ORDERS, CANCEL = Operation("GET", "/v1/orders/{id}"), Operation("POST", "/v1/orders/{id}/cancel")


def looked_back(root: Path) -> Past:
    cache = root / ".seamproof"
    return asyncio.run(
        look_back(root, cache / "runs", cache / "cache/risks.json", {ORDERS, CANCEL})
    )


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


def test_nothing_is_known_of_an_empty_folder(tmp_path: Path) -> None:
    assert looked_back(tmp_path) == Past()


def test_proven_findings_count_once_a_defect(tmp_path: Path) -> None:
    for run, tier, fingerprint in (("1", "proven", "a"), ("2", "proven", "a"), ("2", "note", "b")):
        folder = tmp_path / ".seamproof/runs" / run / "findings"
        folder.mkdir(parents=True, exist_ok=True)
        data = {"tier": tier, "fingerprint": fingerprint, "operation": ORDERS.id}
        data |= {"also": [CANCEL.id]} if run == "2" else {}
        (folder / f"F-{fingerprint}.json").write_text(json.dumps(data))
    (tmp_path / ".seamproof/runs/2/findings/F-bad.json").write_text("[")
    for name, text in (("bare", '{"tier": "proven"}'), ("odd", '{"tier": "proven", "also": 1}')):
        (tmp_path / f".seamproof/runs/2/findings/F-{name}.json").write_text(text)
    assert looked_back(tmp_path).findings == {ORDERS.id: 1, CANCEL.id: 1}


def test_commits_count_for_the_operations_whose_path_a_file_names(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    handlers, other = tmp_path / "app/orders.py", tmp_path / "app/other.py"
    handlers.parent.mkdir()
    for text in ('@get("/orders/{id}")', '@get("/orders/{order_id}")'):
        handlers.write_text(text)
        other.write_text(f"# {text.upper()}")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", "x")
    assert looked_back(tmp_path).commits == {ORDERS.id: 2}


def test_risks_are_remembered_and_those_of_others_stay(tmp_path: Path) -> None:
    path = tmp_path / ".seamproof/cache/risks.json"
    remember(path, {ORDERS.id: 3.0})
    remember(path, {CANCEL.id: 9.5})
    assert looked_back(tmp_path).risks == {ORDERS.id: 3.0, CANCEL.id: 9.5}


@pytest.mark.parametrize("content", ["", "[1]", '{"a": "b"}', "\xff"])
def test_a_spoilt_memory_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / ".seamproof/cache/risks.json"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="latin-1")
    assert looked_back(tmp_path).risks == {}
