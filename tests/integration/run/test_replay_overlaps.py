"""Findings of overlapping acts are kept, and shown again: seeded states, partners and keys."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from seamproof.core.events import FindingReported
from seamproof.core.verdict import Finding, Tier
from seamproof.run.session import Options, run

OVERLAPS = Path(__file__).parent / "overlaps"
KNOWN = {
    ("POST /sales", "guard-bypass"),
    ("POST /redemptions", "guard-bypass"),
    ("PATCH /profile", "full-row-overwrite"),
    ("POST /payments", "duplicate-effect"),
    ("POST /payments", "key-without-fingerprint"),
}
pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


def proven(options: Options) -> dict[tuple[str, str], Finding]:
    async def go() -> list[Finding]:
        return [e.finding async for e in run(options) if isinstance(e, FindingReported)]

    found = asyncio.run(go())
    return {(f.operation, f.finding_class): f for f in found if f.tier is Tier.PROVEN}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay") / "overlaps"
    shutil.copytree(OVERLAPS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "seamproof.toml"


@pytest.fixture(scope="module")
def found(config: Path) -> dict[tuple[str, str], Finding]:
    return proven(Options(config=config, checks=("concurrency", "idempotency")))


def test_each_is_proven_and_nothing_else(found: dict[tuple[str, str], Finding]) -> None:
    assert found.keys() == KNOWN


def test_the_states_are_those_in_which_one_more_fits(
    found: dict[tuple[str, str], Finding],
) -> None:
    sale = found["POST /sales", "guard-bypass"].evidence
    assert sale.facts["seeded"] == "2 requests before it"
    redemption = found["POST /redemptions", "guard-bypass"].evidence
    assert redemption.experiment is not None
    assert [edit.new for edit in redemption.experiment.edits] == [{"points": "10"}]


def test_the_statements_that_it_is_named_by(found: dict[tuple[str, str], Finding]) -> None:
    evidence = found["PATCH /profile", "full-row-overwrite"].evidence
    named = [evidence.facts[name] for name in ("read", "meanwhile", "written")]
    seen = [evidence.crossings[int(each or 0) - 1] for each in named]
    assert [each.statement.split()[0] for each in seen] == ["SELECT", "UPDATE", "UPDATE"]
    reader, writer, again = (each.replica for each in seen)
    assert reader == again != writer


@pytest.mark.parametrize("known", sorted(KNOWN), ids="-".join)
def test_a_stored_finding_is_shown_again(
    known: tuple[str, str], config: Path, found: dict[tuple[str, str], Finding]
) -> None:
    stored = found[known]
    again = proven(Options(config=config, replay=stored.id))
    assert again[known].fingerprint == stored.fingerprint
    assert again[known].replays == (3, 3)
    assert again[known].evidence.facts.get("seeded") == stored.evidence.facts.get("seeded")
