"""The share of a service's operations that a request is found for which succeeds, and a peer's.

    uv run --with schemathesis==4.32.5 --with 'kinto[postgresql]==26.5.0' python benchmarks/reach.py
    … --target bundled        one target, may be repeated: bundled, kinto, unleash
    … --no-peer               without Schemathesis

Each target is given the document, a configuration of at most 25 lines and two logins, and no
scenario. Ours is the search of `seamproof run` as it is, in its own world. Then the database is put
back, and Schemathesis runs on the same replica of the same service, behind the same boundary, as
the first identity, with all its phases, for the seconds that ours took (at least ten). An operation
counts as its own when any of its requests was answered 2xx, by the HAR file that it writes.

What no person could have answered 2xx there is in `benchmarks/reach/impossible.toml` with the
evidence, and counts for neither.

`all`, `mutating`            our shares
`peer_all`, `peer_mutating`  the peer's; null without it
`seconds`                    that the search took
`requests_per_operation`     experiments of the search for each operation that was reached
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from seamproof import demo
from seamproof.config import load
from seamproof.core.events import Baseline, Event, ExperimentRun
from seamproof.core.model import SAFE_METHODS, Operation
from seamproof.run.experiment.requests import Credentials
from seamproof.run.premises import Premises, open_premises
from seamproof.run.redaction import Redactor
from seamproof.run.reporting import run_loop
from seamproof.run.synthesis import Search, Synthesis

HERE = Path(__file__).parent
TARGETS = ("bundled", "kinto", "unleash")
LEAST = 10
"""Seconds that the peer gets at least."""
SHARE, MUTATING_SHARE = 0.90, 0.85
"""The aims."""


@dataclass
class Seen:
    """What our search said while it ran."""

    experiments: int = 0
    refusals: dict[str, str] = field(default_factory=dict)

    def on_event(self, event: Event) -> None:
        match event:
            case ExperimentRun():
                self.experiments += 1
            case Baseline(reached=False):
                self.refusals[event.operation] = event.reason
            case _:
                pass


def prepare(target: str, folder: Path) -> Path:
    """A copy of the target without its scenarios."""
    if target == "bundled":
        shutil.copytree(demo.CONFIGURATION.parent / "migrations", folder / "migrations")
        shutil.copy(demo.CONFIGURATION.parent / "alembic.ini", folder)
        return Path(shutil.copy(HERE / "reach/bundled.toml", folder / "seamproof.toml"))
    example = HERE.parent / "examples" / target
    unwanted = shutil.ignore_patterns("scenarios", "runs", "cache", "profile.toml")
    shutil.copytree(example, folder, ignore=unwanted, dirs_exist_ok=True)
    return folder / "seamproof.toml"


def missing(target: str) -> str:
    """What is not installed; empty where everything is."""
    needed = {"kinto": "kinto", "unleash": "npm"}.get(target)
    return needed if needed and shutil.which(needed) is None else ""


async def measure(config: Path, *, peer: bool, impossible: Collection[str]) -> dict[str, object]:
    loaded, seen = load(config), Seen()
    premises = open_premises(
        loaded, logs=".seamproof/logs", seed=0, redactor=Redactor(), emit=lambda _: None
    )
    async with premises as opened:
        document = await opened.openapi.document()
        assert document is not None, "the target has no document"
        began = time.perf_counter()
        found = await Synthesis(loaded, opened, seen.on_event).run(Search(()))
        seconds = time.perf_counter() - began
        wanted = [
            each.operation for each in document.declarations if each.operation.id not in impossible
        ]
        ours = {each.operation.id for each in found}
        theirs = await rival(opened, wanted, seconds) if peer else None
    for operation, refusal in seen.refusals.items():
        if operation not in impossible:
            print(f"    not reached  {operation}: {refusal[:200]}")
    return {
        "all": share(wanted, ours),
        "mutating": share(mutating(wanted), ours),
        "peer_all": None if theirs is None else share(wanted, theirs),
        "peer_mutating": None if theirs is None else share(mutating(wanted), theirs),
        "seconds": round(seconds, 1),
        "requests_per_operation": round(seen.experiments / max(1, len(ours)), 1),
        "operations": len(wanted),
    }


def mutating(operations: Collection[Operation]) -> list[Operation]:
    return [each for each in operations if each.method not in SAFE_METHODS]


def share(operations: Collection[Operation], reached: Collection[str]) -> float:
    return round(sum(each.id in reached for each in operations) / max(1, len(operations)), 3)


# The peer


async def rival(premises: Premises, operations: Collection[Operation], seconds: float) -> set[str]:
    """The operations that Schemathesis had a 2xx from."""
    world = premises.world
    await premises.conductor.prove_reset()
    first = world.replicas[0]
    base = f"http://{first.host}:{first.port}"
    place = str(world.config.service.openapi)
    har = world.folder / "peer.har"
    process = await asyncio.create_subprocess_exec(
        *("schemathesis", "run", f"{base}{place}", "--max-time", str(max(LEAST, round(seconds)))),
        *("--continue-on-failure", "--report", "har", "--report-har-path", str(har)),
        *("--request-timeout", "10", "--output-sanitize", "false"),
        *headers(next(iter(premises.identities.values()))),
        cwd=world.folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.STDOUT,
    )
    await process.wait()
    answered = set(successes(json.loads(har.read_bytes())))
    return {
        each.id
        for each in operations
        if any(method == each.method and matches(each.path, path) for method, path in answered)
    }


def headers(credentials: Credentials) -> Iterator[str]:
    for name, value in credentials.headers:
        yield from ("-H", f"{name}: {value}")
    if credentials.cookies:
        pairs = "; ".join(f"{name}={value}" for name, value in credentials.cookies.items())
        yield from ("-H", f"Cookie: {pairs}")


def successes(har: dict[str, object]) -> Iterator[tuple[str, str]]:
    for entry in har["log"]["entries"]:  # type: ignore[index]
        if 200 <= entry["response"]["status"] < 300:
            yield entry["request"]["method"], urlsplit(entry["request"]["url"]).path


def matches(template: str, path: str) -> bool:
    literal = [re.escape(part) for part in re.split(r"\{[^{}]*\}", template)]
    return re.fullmatch("[^/]+".join(literal), path) is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--target", action="append", choices=TARGETS)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    peer = not options.no_peer
    if peer and shutil.which("schemathesis") is None:
        sys.exit("schemathesis is not installed: see the first lines of this file, or --no-peer")
    impossible = tomllib.loads((HERE / "reach/impossible.toml").read_text())
    results: dict[str, object] = {}
    for target in options.target or TARGETS:
        if lacking := missing(target):
            print(f"{target}: left out, {lacking} is not installed")
            continue
        print(f"{target}:")
        with tempfile.TemporaryDirectory(prefix="seamproof-reach-") as folder:
            config = prepare(target, Path(folder))
            excluded = impossible.get(target, {})
            results[target] = run_loop(measure(config, peer=peer, impossible=excluded))
        print(f"    {results[target]}")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
