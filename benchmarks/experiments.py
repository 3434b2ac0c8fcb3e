"""How many experiments one worker runs a second, and where their time goes.

    uv run python benchmarks/experiments.py

It runs the rollback check, on the embedded database, on a small service (FastAPI and asyncpg, the
corrected twin of tests/apps/ledger) and on the bundled order service (FastAPI and SQLAlchemy). The
service's own time, from a request's first byte to its answer's last, is the bare operation that
everything else is compared with. Quiet windows, in which we listen whether the service goes on
working, are counted apart.

Checks of many refused requests send them as phases of one experiment: `cpu_ms_per_phase` is what
one costs us, and `cpu_ms_per_experiment` what the accepted act alone costs, from its reset on.
`cpu_ms_per_validation_request` is what a request of the whole check `validation` costs, of every
operation that has a scenario: its resets, its judgement, and the valid requests of its controls,
over all requests that it sends. To make up the invalid ones is apart, in
`cpu_ms_per_generated_request`. All four are of this process's processor time, without the service's
and the database's; a busy machine does not wait in it, but its cold caches make it up to twice as
much, so that of several rounds the least is taken. Last line: one JSON object; the keys without a
prefix are of the small service, those that begin with demo_ of the bundled one.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from seamproof.analysis.landing import landing
from seamproof.checks.rollback import Rollback
from seamproof.checks.validation import Validation
from seamproof.config import load
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Phase
from seamproof.core.history import History, Timing
from seamproof.core.model import Scenario
from seamproof.core.subject import Subject
from seamproof.discovery.scenarios import load_scenarios
from seamproof.plan.probing import probes
from seamproof.plan.profile import learn
from seamproof.run.drive import drive
from seamproof.run.experiment.conductor import Conductor
from seamproof.run.experiment.lane import Door
from seamproof.run.identities.admission import Admission
from seamproof.run.identities.desk import Desk
from seamproof.run.identities.wallet import Wallet
from seamproof.run.openapi import OpenApi
from seamproof.run.redaction import Redactor
from seamproof.run.reporting import run_loop
from seamproof.run.selection import harmless
from seamproof.run.showcase import prepare
from seamproof.world import open_world

ROUNDS = 5
DEMO_ROUNDS = 1
REFUSED = 60
"""Refused requests in one experiment."""
REPEATED = 10
"""How often the experiments are run whose processor time is measured."""
VALIDATED = 3
"""How often each operation is validated: the least of its processor times counts."""
LEDGER = Path(__file__).parents[1] / "tests" / "apps" / "ledger"


class Meter:
    """Adds up the experiments that pass through it."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor
        self.timings: list[Timing] = []
        self.inside = 0.0

    async def conduct(self, experiment: Experiment) -> History:
        began = time.perf_counter()
        history = await self._conductor.conduct(experiment)
        self.inside += time.perf_counter() - began
        self.timings.append(history.timing)
        return history

    def sum(self, part: str) -> float:
        return sum(getattr(each, part) for each in self.timings)


async def measure(configuration: Path, rounds: int) -> dict[str, float]:
    config = load(configuration)
    paths = [path for glob in config.scenarios for path in config.root.glob(glob)]
    everything = load_scenarios(paths, config.identities)
    scenarios = [each for each in everything if each.operation.mutates and not each.act.expect]
    redactor = Redactor()
    async with open_world(config, notify=lambda event: None) as world:
        first = world.replicas[0]
        door = Door(first.host, first.port, f"{first.host}:{first.port}")
        openapi = OpenApi(config.service.openapi, config.root, door, lambda event: None)
        desk = Desk(door, redactor, openapi, world.commands)
        identities = Wallet(config.identities, Admission(desk))
        await identities.sign_in()
        await world.database.mark("base")
        conductor = Conductor(world, identities, redactor)
        catalog = await world.database.catalog()
        learning = learn(scenarios, catalog, reads=harmless(everything))
        learned = await drive(learning, conductor.conduct)
        conductor.profile = learned.profile
        sight = frozenset({BoundaryKind.HTTP_IN, BoundaryKind.SQL})
        document = await openapi.document()
        subjects = [
            Subject(
                each.scenario,
                learned.profile,
                catalog,
                sight,
                document=document,
                landing=landing(each.clean, catalog),
            )
            for each in learned.scenarios
            if each.clean is not None
        ]
        meter = Meter(conductor)
        began = time.perf_counter()
        for _ in range(rounds):
            for subject in subjects:
                await drive(Rollback().explore(subject), meter.conduct)
        elapsed = time.perf_counter() - began
        return (
            figures(meter, elapsed)
            | await processor_time(conductor, scenarios[0])
            | await validation(conductor, subjects)
        )


async def validation(conductor: Conductor, subjects: list[Subject]) -> dict[str, float]:
    """What a request of the check `validation` costs us, and what it costs to make one up."""
    sent, spent, made, making = 0, 0.0, 0, 0.0
    for plain in subjects:
        began = time.process_time()
        found = probes(plain.scenario, plain.document, plain.catalog, plain.landing)
        making += time.process_time() - began
        made += len(found)
        subject = replace(plain, probes=found)
        if Validation().applies(subject) is None:
            runs = [await validated(conductor, subject) for _ in range(VALIDATED)]
            requests, seconds = min(runs, key=lambda run: run[1])
            sent += requests
            spent += seconds
    return {
        "cpu_ms_per_validation_request": round(1000 * spent / sent, 2),
        "cpu_ms_per_generated_request": round(1000 * making / made, 2),
        "validation_requests": sent,
    }


async def validated(conductor: Conductor, subject: Subject) -> tuple[int, float]:
    """The acts of one validation, and the seconds of this process's processor time."""
    requests = 0

    async def conduct(experiment: Experiment) -> History:
        nonlocal requests
        requests += len(experiment.phases)
        return await conductor.conduct(experiment)

    began = time.process_time()
    await drive(Validation().explore(subject), conduct)
    return requests, time.process_time() - began


async def processor_time(conductor: Conductor, scenario: Scenario) -> dict[str, float]:
    """What a refused request costs us as one phase of many, and an accepted one alone."""
    refused = [replace(scenario.act, json={"refused": number}) for number in range(REFUSED)]
    many = Experiment(tuple(Phase((Act(each),)) for each in refused), scenario.arrangement)
    history = await conductor.conduct(many)
    for section in history.sections:
        assert section.exchange.status == 422, section.exchange
    once = await per(conductor, Experiment.of(scenario))
    whole = await per(conductor, many)
    return {
        "cpu_ms_per_experiment": round(once, 2),
        "cpu_ms_per_phase": round(whole / REFUSED, 2),
        "ms_quiet_per_phase": round(1000 * history.timing.quiet / REFUSED, 2),
    }


async def per(conductor: Conductor, experiment: Experiment) -> float:
    """Milliseconds of this process's processor time that an experiment takes."""
    began = time.process_time()
    for _ in range(REPEATED):
        await conductor.conduct(experiment)
    return 1000 * (time.process_time() - began) / REPEATED


def figures(meter: Meter, elapsed: float) -> dict[str, float]:
    count = len(meter.timings)
    judging = elapsed - meter.inside
    service, quiet = meter.sum("service"), meter.sum("quiet")
    ours = elapsed - service - quiet
    return {
        "experiments_per_second": round(count / elapsed, 1),
        "ours_over_service_time": round(ours / service, 3),
        "experiments": count,
        "ms_request": round(1000 * service / count, 2),
        "ms_reset": round(1000 * meter.sum("reset") / count, 2),
        "ms_changes": round(1000 * meter.sum("changes") / count, 2),
        "ms_quiet": round(1000 * quiet / count, 2),
        "ms_judging": round(1000 * judging / count, 2),
        "ms_ours": round(1000 * ours / count, 2),
    }


async def both() -> dict[str, float]:
    os.environ["SEAMPROOF_VARIANT"] = "fixed"
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(LEDGER, Path(folder) / "ledger")
        small = await measure(copy / "seamproof.toml", ROUNDS)
    demo = await measure(prepare(fixed=True), DEMO_ROUNDS)
    return small | {f"demo_{name}": value for name, value in demo.items()}


def main() -> None:
    result = run_loop(both())
    print(json.dumps(result))
    enough = result["experiments_per_second"] >= 40 and result["ours_over_service_time"] <= 1
    sys.exit(0 if enough else 1)


if __name__ == "__main__":
    main()
