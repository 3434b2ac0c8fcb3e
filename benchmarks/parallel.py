"""How much sooner a run ends with two workers than with one, on a machine with two cores.

    uv run python benchmarks/parallel.py

It runs every check on the bundled order service (FastAPI and SQLAlchemy, the corrected twin) on the
embedded database, first with one world and then with two. Each world has a database server, two
replicas and proxies of its own; jobs are begun costliest first, by what they took in the first run.
The machine must have nothing else to do: two worlds are to have a core each.

Two workloads, since it depends on what there is to share:

long    what several workers are for: `--deep`, each operation also beside two others, as projects
        have it by default, and a payment provider that takes its 50 ms, as one elsewhere does
short   the demo as it is: few jobs, a provider that answers at once, and nothing that waits. One
        world keeps most of a core busy then, and a second one costs about as much to open (two
        replicas, a server, the engine) as a third of all jobs

Last line: one JSON object. `two_workers_speedup` is of the long workload's jobs: the wall time from
the first job's begin to the last one's end. The second world opens while the first one learns; what
is left of that then is included. `whole_run_speedup` is of everything: the first world's opening
and what is learned before there are jobs are the same for any number of workers. Those of the short
workload begin with `short_`. `same_findings` says whether one and two workers found the same, in
both.
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
WAITING = "delay = 0.05, "
LONG = {
    "partners = 0": "partners = 2",
    '"POST /charges" = { ': f'"POST /charges" = {{ {WAITING}',
    '"POST /charges/{id}/cancel" = { ': f'"POST /charges/{{id}}/cancel" = {{ {WAITING}',
}
"""What the long workload has otherwise in the demo's configuration."""


@dataclass(frozen=True)
class Measured:
    """One run."""

    jobs: float
    """Seconds from the first job's begin to the last one's end."""
    whole: float
    experiments: int
    findings: frozenset[tuple[str, str]]
    """Fingerprints and tiers."""


async def measure(config: Path, workers: int, *, deep: bool) -> Measured:
    began = time.perf_counter()
    starts: list[float] = []
    ends: list[float] = []
    findings: set[tuple[str, str]] = set()
    experiments = 0
    async for event in run(Options(config=config, workers=workers, deep=deep)):
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


def workload(*, long: bool) -> tuple[dict[str, float], bool]:
    """Its figures, and whether both runs found the same."""
    configuration = prepare(fixed=True)
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("runs", "cache")
        copy = shutil.copytree(configuration.parent, Path(folder) / "demo", ignore=ignored)
        config = copy / configuration.name
        if long:
            text = config.read_text()
            for old, new in LONG.items():
                assert old in text, old
                text = text.replace(old, new)
            config.write_text(text)
        one = run_loop(measure(config, 1, deep=long))
        two = run_loop(measure(config, 2, deep=long))
    figures = {
        "two_workers_speedup": one.jobs / two.jobs,
        "whole_run_speedup": one.whole / two.whole,
        "jobs_seconds_1": one.jobs,
        "jobs_seconds_2": two.jobs,
        "whole_seconds_1": one.whole,
        "whole_seconds_2": two.whole,
    }
    return {name: round(value, 2) for name, value in figures.items()}, one.findings == two.findings


def main() -> None:
    long, same = workload(long=True)
    short, same_short = workload(long=False)
    figures: dict[str, object] = dict(long)
    figures |= {f"short_{name}": value for name, value in short.items()}
    figures |= {"same_findings": same and same_short, "cores": os.cpu_count()}
    print(json.dumps(figures))
    enough = figures["same_findings"] and long["two_workers_speedup"] >= TARGET
    sys.exit(0 if enough else 1)


if __name__ == "__main__":
    main()
