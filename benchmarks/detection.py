"""What is found of planted defects, and what else is told: ours and a peer's, in the same time.

    uv run --with schemathesis==4.32.5 python benchmarks/detection.py [--no-peer] [TARGET]...

Targets are the services of tests/apps that let in what they should not, and `bundled`, the demo's.
Ours is a run with the checks of that kind, of `bundled` with all, for what errors tell is seen
where something is broken; of the broken variant and of the fixed one. The peer,
Schemathesis, runs on the same variants of the same service in a world of ours, with all its checks
and phases, as the same identities, its object-level authorization told who is whose peer, for the
seconds that ours took (at least ten).

What is planted is in tests/apps/manifest.py; that of `bundled` in tests/planted.py.
A row counts as found by the peer when a failure of a kind that means the same is told at the
same operation, whatever it says. What is told of the fixed variant counts as a false alarm: its
document says what it answers. So does what is told of the broken one, and is no row; but for what
the peer tells of an operation that has one, and not of the fixed: it may come of what is planted.

The peer is told which identities must see nothing of each other, and leaves out `POST /logout`, at
which it would lose what it signed in with. Its seed is fixed; how far it comes in its time is not.

Last line: one JSON object.

- `planted`            rows of the manifests
- `found`              by ours, with the tier that the manifest has
- `false_alarms`       proven or suspected by ours, and no row
- `peer_found`         null without it
- `peer_false_alarms`  operations by kinds of failure
- `targets`            the same by target, with the `seconds` of ours
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import runpy
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from twins import ROOT, SUITES, Seen, Task, checks_of_classes, exercised, expected, prepared

from seamproof import demo
from seamproof.config import load
from seamproof.core import registry
from seamproof.run.experiment.requests import Credentials
from seamproof.run.premises import Premises, open_premises
from seamproof.run.redaction import Redactor
from seamproof.run.reporting import run_loop

LEAST = 10
"""Seconds that the peer gets at least."""
APPS, CHECKS = SUITES["guards"]
BUNDLED = "bundled"
KINDS = {
    "ServerError": ("validation",),
    "ContentTypeServerError": ("validation", "contract"),
    "UndefinedStatusCode": ("contract",),
    "MissingContentType": ("contract",),
    "UndefinedContentType": ("contract",),
    "MalformedMediaType": ("contract",),
    "MissingHeaders": ("contract",),
    "JsonSchemaError": ("contract",),
    "MalformedJson": ("contract",),
    "ContentDeserializationError": ("contract",),
    "DiscriminatorMismatch": ("contract",),
    "AcceptedNegativeData": ("validation", "mass-assignment"),
    "MissingHeaderNotRejected": ("validation", "authentication"),
    "UnsupportedMethodResponse": ("validation", "inventory"),
    "AllowHeaderMismatch": ("validation",),
    "IgnoredAuth": ("authentication", "authorization"),
    "ObjectLevelAuthorizationViolation": ("authorization",),
}
"""By the peer's kind of failure, the checks of ours that mean the same."""
APART = frozenset({"alice", "carol"})
"""Who, where there are tenants, is of different ones and of one role: none may see what is the
other's. What a tenant's people share is no violation, so that the peer is told of no others."""


@dataclass(frozen=True)
class Figures:
    """Of one target, or of all."""

    planted: int
    found: int
    false_alarms: int
    peer_found: int | None
    peer_false_alarms: int | None
    seconds: float

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.planted + other.planted,
            self.found + other.found,
            self.false_alarms + other.false_alarms,
            _sum(self.peer_found, other.peer_found),
            _sum(self.peer_false_alarms, other.peer_false_alarms),
            round(self.seconds + other.seconds, 1),
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


# ---------------------------------------------------------------------------- ours


def tasks(target: str, folder: Path) -> tuple[Task, Task]:
    """The broken and the fixed variant, each in a folder of its own."""
    if target != BUNDLED:
        broken, fixed = (
            prepared(target, variant, folder, CHECKS) for variant in ("broken", "fixed")
        )
        return broken, fixed
    source = demo.CONFIGURATION.parent
    made = []
    for variant in ("broken", "fixed"):
        place = folder / f"{BUNDLED}-{variant}"
        ignored = shutil.ignore_patterns("__pycache__", "service", "*.py")
        shutil.copytree(source, place, ignore=ignored)
        shutil.copytree(source / "migrations", place / "migrations", dirs_exist_ok=True)
        made.append(Task(BUNDLED, variant, place, tuple(registry.discover(registry.CHECK))))
    return made[0], made[1]


def select(task: Task) -> None:
    """Have the services that are started from now on be this variant."""
    os.environ["SEAMPROOF_VARIANT"] = task.variant
    os.environ[demo.FIXED_SWITCH] = "1" if task.is_sound else ""


def run_of(task: Task) -> Seen:
    """What ours tells."""
    select(task)
    return exercised(task)


def planted(task: Task) -> frozenset[tuple[str, str, str]]:
    """The rows that ours must tell: operation, class, tier."""
    if task.app != BUNDLED:
        return expected(task)
    demonstrated = runpy.run_path(str(ROOT / "tests" / "planted.py"))
    by_tier = (("proven", demonstrated["PROVEN"]), ("suspected", demonstrated["SUSPECTED"]))
    return frozenset(
        (operation, finding_class, tier)
        for tier, found in by_tier
        for check, finding_class, operation in found
        if check in task.checks
    )


def rows(seen: Seen) -> set[tuple[str, str, str]]:
    """What a run told, as the manifest writes it."""
    return {(operation, name, tier) for operation, name, tier, _ in seen.told}


def loud(seen: Seen) -> set[tuple[str, str, str]]:
    """What a run proved or suspects."""
    return {each for each in rows(seen) if each[2] != "note"}


# ---------------------------------------------------------------------------- the peer


async def rival(task: Task, seconds: float) -> set[tuple[str, str]]:
    """What the peer tells of a variant: operation and kind of failure."""
    select(task)
    premises = open_premises(
        load(task.folder / "seamproof.toml"),
        logs=".seamproof/logs",
        seed=0,
        redactor=Redactor(),
        emit=lambda _: None,
    )
    async with premises as opened:
        return await _rival(opened, task.folder, max(LEAST, round(seconds)))


async def _rival(premises: Premises, folder: Path, seconds: int) -> set[tuple[str, str]]:
    replica, report = premises.world.replicas[0], folder / "peer.json"
    people = list(premises.identities.items())
    users = [{"name": name, "fixedHeaders": headers(each)} for name, each in people]
    (folder / "auth.json").write_text(json.dumps({"auth": users}))
    wfc = '[auth.wfc]\npath = "auth.json"\n' if people else ""
    if {name for name, _ in people} >= APART:
        wfc += f"peers = {json.dumps(sorted(APART))}\n"
    (folder / "schemathesis.toml").write_text(wfc)
    base, place = f"http://{replica.host}:{replica.port}", premises.config.service.openapi or ""
    log = folder / "peer.txt"
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *("schemathesis", "--config-file", "schemathesis.toml", "run"),
            *((base + place,) if place.startswith("/") else (place, "--url", base)),
            *("--checks", "all", "--continue-on-failure"),
            *("--exclude-path", "/logout"),
            *("--max-time", str(seconds), "--request-timeout", "10", "--seed", "0"),
            *("--report", "json", "--report-json-path", str(report)),
            cwd=folder,
            stdout=said,
            stderr=asyncio.subprocess.STDOUT,
        )
        await process.wait()
    if not report.is_file():
        raise RuntimeError(f"the peer made no report:\n{log.read_text(errors='replace')}")
    failures = json.loads(report.read_bytes())["failures"]
    # What it meets in a chain of requests has its operation as well.
    return {
        (operation, each["type"])
        for each in failures
        for operation in each["operations"]
        if operation != "Stateful tests"
    }


def headers(credentials: Credentials) -> list[dict[str, str]]:
    """What an identity sends, as Web Fuzzing Commons has it."""
    pairs = list(credentials.headers)
    if credentials.cookies:
        pairs.append(("Cookie", "; ".join(f"{k}={v}" for k, v in credentials.cookies.items())))
    return [{"name": name, "value": value} for name, value in pairs]


def form(operation: str) -> str:
    """An operation, whatever its parameters are called."""
    return re.sub(r"\{[^{}]*\}", "{}", operation)


def meant(row: tuple[str, str, str], told: Iterable[tuple[str, str]], by: dict[str, str]) -> bool:
    """Whether a failure means a planted row."""
    operation, name, _ = row
    return any(
        form(where) == form(operation) and by.get(name) in KINDS.get(kind, ())
        for where, kind in told
    )


# ---------------------------------------------------------------------------- all of it


def measure(target: str, folder: Path, *, peer: bool) -> Figures:
    broken, fixed = tasks(target, folder)
    right = planted(broken)
    seen, sound = run_of(broken), run_of(fixed)
    told, alarms = rows(seen), (loud(seen) - right) | loud(sound)
    for row in sorted(right - told):
        print(f"    missed       {' '.join(row)}")
    for row in sorted(alarms):
        print(f"    false alarm  {' '.join(row)}")
    seconds = round(seen.seconds + sound.seconds, 1)
    found, wrong = len(right & told), len(alarms)
    if not peer:
        return Figures(len(right), found, wrong, None, None, seconds)
    theirs = run_loop(rival(broken, seen.seconds))
    theirs_fixed = run_loop(rival(fixed, sound.seconds))
    by = checks_of_classes()
    known = [row for row in right if meant(row, theirs, by)]
    whole = replace(broken, checks=tuple(set(by.values())))
    weak = {form(operation) for operation, _, _ in planted(whole)}
    others = {(where, kind) for where, kind in theirs if form(where) not in weak} | theirs_fixed
    for row in sorted(known):
        print(f"    peer found   {' '.join(row)}")
    for operation, kind in sorted(others):
        print(f"    peer         {kind} {operation}")
    return Figures(len(right), found, wrong, len(known), len(others), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", default=[*APPS, BUNDLED])
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    peer = not options.no_peer
    if peer and shutil.which("schemathesis") is None:
        sys.exit("schemathesis is not installed: see the first lines of this file, or --no-peer")
    results: dict[str, Figures] = {}
    for target in options.targets:
        print(f"{target}:", flush=True)
        with tempfile.TemporaryDirectory(prefix="seamproof-detection-") as folder:
            results[target] = measure(target, Path(folder), peer=peer)
        print(f"    {results[target]}", flush=True)
    total = sum(
        results.values(), start=Figures(0, 0, 0, 0 if peer else None, 0 if peer else None, 0.0)
    )
    print(json.dumps({**vars(total), "targets": {k: vars(v) for k, v in results.items()}}))
    sys.exit(0 if total.found == total.planted and not total.false_alarms else 1)


if __name__ == "__main__":
    main()
