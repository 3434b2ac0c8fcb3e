"""Whether every run of the twins tells the same.

    uv run python benchmarks/twins.py [--suite overlaps|guards] [--runs N] [APP]...

It runs services of tests/apps on the embedded database, broken and fixed, N times. The suite
`overlaps` has those whose defects are of `concurrency` and `idempotency`, and those that only look
like it, with these two checks; `guards` those that let in what they should not, with the checks
that look for that.
Each run is a whole one, as of a user who has never run it: the world is opened, and what is normal
is learned anew. Only the template of the database and the packages are kept. Two services are run
side by side. A line of progress is one run of everything.

Last line: one JSON object.

- `runs`          of everything
- `equal_runs`    those that tell what the first told: the same fingerprints with the same tiers
- `missed`        rows of the manifest that were not found, or with another tier, over all runs
- `false_alarms`  what was proven or suspected and is not in the manifest, over all runs
- `unsure`        verdicts that were inconclusive or not run, of the fixed and the look-alikes
- `apps`          by service, the `seconds` of a run of both variants, and what `differs`: findings
                  that some runs had and others had not
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from seamproof.core import registry
from seamproof.core.events import FindingReported, JobFinished, RunFinished
from seamproof.core.verdict import Outcome
from seamproof.run.catalogue import classes_of
from seamproof.run.reporting import run_loop
from seamproof.run.session import Options, run

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))
SUITES = {
    "overlaps": (
        ("races", "races_django", "races_express", "bookings", "lookalikes"),
        ("concurrency", "idempotency"),
    ),
    "guards": (
        (
            *("keys", "keys_django", "keys_express"),
            *(
                app + framework
                for app in ("tenants", "intake", "leaks")
                for framework in ("", "_django", "_express")
            ),
        ),
        (
            *("authentication", "authorization", "contract", "exposure", "injection", "inventory"),
            *("mass-assignment", "resources", "roundtrip", "ssrf", "validation"),
        ),
    ),
}
"""Services and checks."""
SIDE_BY_SIDE = 2
BUILD = re.compile(r'^build = "(npm [^"]+)"\n', re.MULTILINE)

Told = tuple[str, str, str, str]
"""Of a finding: its operation, class and tier, and its fingerprint."""


@dataclass(frozen=True)
class Task:
    """One variant of one service, in a folder of its own."""

    app: str
    variant: str
    folder: Path
    checks: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return self.variant == "fixed"


@dataclass(frozen=True)
class Seen:
    """What one run of it told."""

    told: frozenset[Told]
    unsure: tuple[str, ...]
    seconds: float


def prepared(app: str, variant: str, root: Path, checks: tuple[str, ...]) -> Task:
    """A copy of the service, with its packages."""
    folder = root / f"{app}-{variant}"
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "runs", "cache")
    shutil.copytree(ROOT / "tests" / "apps" / app, folder, ignore=ignored)
    config = folder / "seamproof.toml"
    text = config.read_text()
    if build := BUILD.search(text):
        subprocess.run(build[1].split(), cwd=folder, check=True, stdout=subprocess.DEVNULL)
        config.write_text(text.replace(build[0], ""))
    return Task(app, variant, folder, checks)


def exercised(task: Task) -> Seen:
    """One run, in a process of its own: the variant is an environment variable."""
    os.environ["SEAMPROOF_VARIANT"] = task.variant
    # What an earlier run has learned is not to be known, but for what came with the service.
    given = ROOT / "tests" / "apps" / task.app / ".seamproof"
    for learned in task.folder.glob(".seamproof/*"):
        if (given / learned.name).is_file():
            shutil.copy(given / learned.name, learned)
        elif learned.is_file():
            learned.unlink()
    return run_loop(_exercised(task.folder / "seamproof.toml", task.checks))


async def _exercised(config: Path, checks: tuple[str, ...]) -> Seen:
    began = time.perf_counter()
    told: set[Told] = set()
    unsure: list[str] = []
    async for event in run(Options(config=config, checks=checks)):
        match event:
            case FindingReported(finding):
                name = finding.operation, finding.finding_class
                told.add((*name, str(finding.tier), finding.fingerprint))
            case JobFinished() if event.outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_RUN):
                unsure.append(f"{event.operation}: {event.check}: {event.reason}")
            case RunFinished() if event.crashed:
                raise RuntimeError(event.crashed)
            case _:
                pass
    return Seen(frozenset(told), tuple(unsure), time.perf_counter() - began)


# ---------------------------------------------------------------------------- what is right


def checks_of_classes() -> dict[str, str]:
    """By the name of a class, the check that finds it."""
    return {
        each.name: name
        for name, part in registry.discover(registry.CHECK).items()
        for each in classes_of(part)
    }


def expected(task: Task) -> frozenset[tuple[str, str, str]]:
    """The manifest's rows that are of its checks."""
    from apps.manifest import TWINS

    by = checks_of_classes()
    return frozenset(
        (each.operation, each.finding_class, str(each.tier))
        for twin in TWINS
        if twin.app == task.app and task.variant == "broken"
        for each in twin.broken
        if by.get(each.finding_class) in task.checks
    )


def compared(task: Task, seen: Seen) -> tuple[list[str], list[str]]:
    """What was missed, and what is a false alarm."""
    right = expected(task)
    rows = {(operation, name, tier) for operation, name, tier, _ in seen.told}
    missed = right - rows
    wrong = {each for each in rows - right if each[2] != "note"}
    return _lines(task, missed), _lines(task, wrong)


def _lines(task: Task, rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"{task.app} {task.variant}: {' '.join(each)}" for each in sorted(rows)]


def differing(runs: Sequence[frozenset[Told]]) -> list[str]:
    """What some runs told and others did not."""
    counts = Counter(each for run in runs for each in run)
    return [
        f"{' '.join(each)}: {count} of {len(runs)}"
        for each, count in sorted(counts.items())
        if count < len(runs)
    ]


# ---------------------------------------------------------------------------- all of it


@dataclass
class Tally:
    """What all runs together showed."""

    tasks: Sequence[Task]
    runs: list[tuple[Seen, ...]]
    missed: list[str]
    false_alarms: list[str]
    unsure: list[str]

    def add(self, seen: tuple[Seen, ...]) -> None:
        self.runs.append(seen)
        for task, each in zip(self.tasks, seen, strict=True):
            missed, wrong = compared(task, each)
            self.missed += missed
            self.false_alarms += wrong
            if task.is_sound:
                self.unsure += [f"{task.app}: {text}" for text in each.unsure]

    @property
    def equal_runs(self) -> int:
        told = [tuple(each.told for each in run) for run in self.runs]
        return sum(each == told[0] for each in told)

    @property
    def changed(self) -> list[str]:
        """What the first run and the last do not both tell."""
        return [
            f"{task.app} {task.variant}: {text}"
            for task, first, last in zip(self.tasks, self.runs[0], self.runs[-1], strict=True)
            for text in differing([first.told, last.told])
        ]

    def figures(self) -> dict[str, object]:
        apps: dict[str, object] = {}
        for app in dict.fromkeys(task.app for task in self.tasks):
            places = [index for index, task in enumerate(self.tasks) if task.app == app]
            seconds = [sum(run[place].seconds for place in places) for run in self.runs]
            differs = [
                f"{self.tasks[place].variant}: {text}"
                for place in places
                for text in differing([run[place].told for run in self.runs])
            ]
            apps[app] = {"seconds": round(statistics.median(seconds), 1), "differs": differs}
        return {
            "runs": len(self.runs),
            "equal_runs": self.equal_runs,
            "missed": len(self.missed),
            "false_alarms": len(self.false_alarms),
            "unsure": len(self.unsure),
            "apps": apps,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("apps", nargs="*", metavar="APP")
    parser.add_argument("--suite", choices=SUITES, default="overlaps")
    parser.add_argument("--runs", type=int, default=50)
    arguments = parser.parse_args()
    apps, checks = SUITES[arguments.suite]
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(SIDE_BY_SIDE, get_context("spawn")) as pool,
    ):
        tasks = [
            prepared(app, variant, Path(folder), checks)
            for app in arguments.apps or apps
            for variant in ("broken", "fixed")
            if app != "lookalikes" or variant == "fixed"
        ]
        tally = Tally(tasks, [], [], [], [])
        for number in range(1, arguments.runs + 1):
            began = time.perf_counter()
            missed, wrong = len(tally.missed), len(tally.false_alarms)
            tally.add(tuple(pool.map(exercised, tasks)))
            for text in tally.missed[missed:]:
                print(f"  missed: {text}")
            for text in tally.false_alarms[wrong:]:
                print(f"  false alarm: {text}")
            for text in tally.changed:
                print(f"  not as in the first run: {text}")
            spent = time.perf_counter() - began
            print(f"run {number}: {spent:.1f} s, {tally.equal_runs} equal", flush=True)
    for text in tally.unsure:
        print(f"  unsure: {text}")
    print(json.dumps(tally.figures()))
    all_equal = tally.equal_runs == arguments.runs
    sys.exit(0 if all_equal and not (tally.missed or tally.false_alarms) else 1)


if __name__ == "__main__":
    main()
