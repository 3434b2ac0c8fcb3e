"""How much sooner a run ends with two workers than with one, on a machine with two cores.

    uv run python benchmarks/parallel.py

It runs every check on the bundled order service (FastAPI and SQLAlchemy, the corrected twin) on the
embedded database, first with one world and then with two. Each world has a database server, two
replicas and proxies of its own; jobs are begun costliest first, by what they took in the first run.
The machine must have nothing else to do: two worlds are to have a core each.

Last line: one JSON object. `two_workers_speedup` is of the jobs: the wall time from the first job's
begin to the last one's end, the second world's opening included, since it opens meanwhile.
`whole_run_speedup` is of everything: the first world's opening and what is learned before there are
jobs are the same for any number of workers. `same_findings` says whether both found the same.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from seamproof.core.events import FindingReported, JobFinished, JobStarted, RunFinished
from seamproof.run.reporting import run_loop
from seamproof.run.session import Options, run
from seamproof.run.showcase import prepare

TARGET = 1.7


@dataclass(frozen=True)
class Measured:
    """One run."""

    jobs: float
    """Seconds from the first job's begin to the last one's end."""
    whole: float
    experiments: int
    findings: frozenset[tuple[str, str]]
    """Fingerprints and tiers."""


async def measure(config: Path, workers: int) -> Measured:
    began = time.perf_counter()
    starts: list[float] = []
    ends: list[float] = []
    findings: set[tuple[str, str]] = set()
    experiments = 0
    async for event in run(Options(config=config, workers=workers)):
        match event:
            case JobStarted():
                starts.append(time.perf_counter())
            case JobFinished():
                ends.append(time.perf_counter())
            case FindingReported():
                findings.add((event.finding.fingerprint, str(event.finding.tier)))
            case RunFinished():
                experiments = event.experiments
            case _:
                pass
    whole = time.perf_counter() - began
    found = Measured(ends[-1] - starts[0], whole, experiments, frozenset(findings))
    print(
        f"{workers} worker(s): jobs {found.jobs:.1f} s, whole run {found.whole:.1f} s, "
        f"{experiments} experiments, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return found


def main() -> None:
    configuration = prepare(fixed=True)
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("runs", "cache")
        copy = shutil.copytree(configuration.parent, Path(folder) / "demo", ignore=ignored)
        config = copy / configuration.name
        one = run_loop(measure(config, 1))
        two = run_loop(measure(config, 2))
    figures = {
        "two_workers_speedup": one.jobs / two.jobs,
        "whole_run_speedup": one.whole / two.whole,
        "jobs_seconds_1": one.jobs,
        "jobs_seconds_2": two.jobs,
        "whole_seconds_1": one.whole,
        "whole_seconds_2": two.whole,
    }
    same = one.findings == two.findings
    rounded = {name: round(value, 2) for name, value in figures.items()}
    print(json.dumps(rounded | {"same_findings": same, "cores": os.cpu_count()}))
    sys.exit(0 if same and figures["two_workers_speedup"] >= TARGET else 1)


if __name__ == "__main__":
    main()
