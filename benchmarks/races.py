"""How often a burst of parallel requests shows a race, and how often a forced interleaving does.

    uv run python benchmarks/races.py [--bursts N] [--runs N] [TWIN]...

It runs on the embedded database and the broken variant of tests/apps/races, two replicas. For each
race the check runs `--runs` times, and from the state that its finding starts from (for a limit the
one where one more fits) a burst of 20 requests is sent at once, `--bursts` times, half of them to
each replica. A burst shows the race where it ends as the same requests one after the other do not:
with other rows, or with more successes.

Last line: one JSON object. Of each race

- `burst_share`, `ours_share`   of the bursts, and of the runs of the check, those that show it
- `schedules`, `interleavings`  what the check tried until it was found, and how many orders of all
                                crossings of the two requests there are
- `ms_per_schedule`             reset, both requests, reading the changes; quiet windows apart
- `ms_requests`                 of that, what the two requests take by themselves, one by one

and of a pair of requests that cross ten times each, every schedule with one preemption:
`ten_by_ten_seconds`, learning apart, and `ten_by_ten_schedules`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from math import comb
from pathlib import Path
from statistics import mean, median

from seamproof.analysis.intervals import sql
from seamproof.analysis.masks import Mask
from seamproof.analysis.outcomes import Outcome, outcome
from seamproof.checks.concurrency import Concurrency
from seamproof.checks.concurrency.pairs import Pair
from seamproof.checks.concurrency.schedules import one_stop, places
from seamproof.checks.idempotency import Idempotency
from seamproof.config import load
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Phase, Settings
from seamproof.core.history import History
from seamproof.core.protocols import Check
from seamproof.core.subject import Subject
from seamproof.core.verdict import Tier, Verdict
from seamproof.discovery.scenarios import load_scenarios
from seamproof.plan.partners import partners
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
from seamproof.world import open_world

APP = Path(__file__).parents[1] / "tests" / "apps" / "races"
SIZE = 20
MS_OURS = 10
SECONDS_TEN_BY_TEN = 3

CONCURRENT = {
    "balance": "POST /accounts/1/withdrawals",
    "version": "POST /accounts/1/fees",
    "counter": "POST /counters/hits",
    "stock": "POST /sales",
    "coupon": "POST /coupons/HALF/use",
    "quota": "POST /projects",
    "seat": "POST /seats/1/bookings",
    "skew": "PUT /doctors/{doctor}/leave",
    "unique": "POST /members",
    "upsert": "PUT /tags/blue",
    "queue": "POST /jobs/claim",
    "columns": "PATCH /profiles/1",
}
KEYED = {"key": "POST /payments/looked"}
"""Races of a request with itself: the same key in both."""


# ---------------------------------------------------------------------------- a world


@dataclass
class Bench:
    """A world with what is learned of its service, and all that was run since it was last asked."""

    conductor: Conductor
    subjects: tuple[Subject, ...]
    histories: list[History] = field(default_factory=list)

    async def conduct(self, experiment: Experiment) -> History:
        history = await self.conductor.conduct(experiment)
        self.histories.append(history)
        return history

    def subject(self, operation: str) -> Subject:
        return next(each for each in self.subjects if each.operation.id == operation)


@asynccontextmanager
async def opened(configuration: Path) -> AsyncIterator[Bench]:
    config = load(configuration)
    paths = [path for glob in config.scenarios for path in config.root.glob(glob)]
    scenarios = load_scenarios(paths, config.identities)
    redactor = Redactor()
    async with open_world(config, notify=lambda event: None) as world:
        first = world.replicas[0]
        door = Door(first.host, first.port, f"{first.host}:{first.port}")
        openapi = OpenApi(None, config.root, door, lambda event: None)
        desk = Desk(door, redactor, openapi, world.commands)
        identities = Wallet(config.identities, Admission(desk))
        await identities.sign_in()
        await world.database.mark("base")
        conductor = Conductor(world, identities, redactor)
        catalog = await world.database.catalog()
        learned = await drive(learn(scenarios, catalog), conductor.conduct)
        conductor.profile = learned.profile
        sight = frozenset({BoundaryKind.HTTP_IN, BoundaryKind.SQL})
        beside = partners(learned.scenarios, catalog, learned.profile)
        subjects = tuple(
            Subject(
                each,
                learned.profile,
                catalog,
                sight,
                replicas=conductor.replicas,
                partners=others,
            )
            for each, others in zip(scenarios, beside, strict=True)
        )
        yield Bench(conductor, subjects)


# ---------------------------------------------------------------------------- a race


@dataclass
class Race:
    """What was seen of one race."""

    shown: list[bool] = field(default_factory=list)
    """Of each run of the check, whether it was proven."""
    bursts: list[bool] = field(default_factory=list)
    schedules: list[int] = field(default_factory=list)
    interleavings: int = 0
    milliseconds: list[float] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        return {
            "burst_share": round(mean(self.bursts), 3) if self.bursts else -1,
            "ours_share": round(mean(self.shown), 3),
            "schedules": max(self.schedules, default=0),
            "interleavings": self.interleavings,
            "ms_per_schedule": round(median(self.milliseconds), 1) if self.milliseconds else -1,
            "ms_requests": round(median(self.requests), 1) if self.requests else -1,
        }


async def measured(bench: Bench, name: str, runs: int, bursts: int) -> Race:
    race = Race()
    subject = bench.subject(CONCURRENT.get(name) or KEYED[name])
    found: Experiment | None = None
    for _ in range(runs):
        bench.histories.clear()
        check: Check = Concurrency() if name in CONCURRENT else Idempotency()
        verdicts = await drive(check.explore(subject), bench.conduct)
        shown = _overlapped(verdicts)
        race.shown.append(shown is not None)
        if shown is not None:
            found = shown
            _count(race, bench.histories, shown, subject)
    if found is not None:
        serial = [await bench.conduct(each) for each in _orders(found)]
        legal = [each for history in serial for each in _prefixes(history, _mask(subject))]
        for _ in range(bursts):
            history = await bench.conduct(_together(found))
            race.bursts.append(_differs(outcome(history, _mask(subject)), legal))
    return race


def _overlapped(verdicts: Iterable[Verdict]) -> Experiment | None:
    """The experiment of a proven finding whose requests overlapped."""
    proven = [each for each in verdicts if each.finding_class and each.tier is Tier.PROVEN]
    experiments = [each.evidence.experiment for each in proven]
    return next((each for each in experiments if each and len(each.phases[0].acts) > 1), None)


def _mask(subject: Subject) -> Mask:
    return Mask.for_subject(subject)


def _count(race: Race, seen: Sequence[History], found: Experiment, subject: Subject) -> None:
    """Add what the check did for this pair until it was found, and what that took."""
    last = next(place for place, each in enumerate(seen) if each.experiment == found)
    alike = [each for each in seen[: last + 1] if _same_pair(each.experiment, found)]
    serial = [each for each in alike if not _preempted(each.experiment)]
    race.schedules.append(sum(_preempted(each.experiment) for each in seen[: last + 1]))
    for each in seen:
        if _preempted(each.experiment) and each.experiment.settings.isolation is None:
            race.milliseconds.append(1000 * (each.timing.total - each.timing.quiet))
    for each in serial or seen[:1]:
        own = [exchange.received - exchange.sent for exchange in each.section.exchanges]
        race.requests.append(1000 * sum(own) * 2 / len(own))
    if len(serial) > 1:
        race.interleavings = places(subject, serial[0], serial[1]).interleavings
    else:
        once = len(sql(seen[0].section, subject.profile))
        race.interleavings = comb(2 * once, once)


def _same_pair(experiment: Experiment, found: Experiment) -> bool:
    return (
        experiment.edits == found.edits
        and experiment.arrangement == found.arrangement
        and experiment.phases[0].acts == found.phases[0].acts
    )


def _preempted(experiment: Experiment) -> bool:
    schedule = experiment.phases[0].schedule
    return schedule is not None and schedule.preemptions > 0


# ---------------------------------------------------------------------------- a burst


def _acts(found: Experiment) -> tuple[Act, ...]:
    """The two acts in turn, half of them on each replica; the same bytes where they have a key."""
    pair = found.phases[0].acts
    fresh = pair[0].fresh != pair[1].fresh
    return tuple(
        replace(pair[number % 2], replica=number // 2 % 2, fresh=number if fresh else 0)
        for number in range(SIZE)
    )


def _together(found: Experiment) -> Experiment:
    return replace(found, phases=(Phase(_acts(found)),), settings=Settings(), purpose="burst")


def _orders(found: Experiment) -> Iterator[Experiment]:
    """The same requests one after the other, as one or the other of the two comes first."""
    acts = _acts(found)
    orders = [acts] if acts[0].step == acts[1].step else [acts, (*acts[1:], acts[0])]
    for order in orders:
        phases = tuple(Phase((each,)) for each in order)
        yield replace(found, phases=phases, settings=Settings(), purpose="serial")


def _prefixes(history: History, mask: Mask) -> Iterator[Outcome]:
    """What the first requests come to, for each number of them: some may be refused in a burst."""
    for count in range(1, len(history.sections) + 1):
        yield outcome(replace(history, sections=history.sections[:count]), mask)


def _differs(seen: Outcome, legal: Sequence[Outcome]) -> bool:
    """Whether no order of as many successes explains it."""
    alike = [each for each in legal if _successes(each) == _successes(seen)]
    return all(seen.effects != each.effects for each in alike)


def _successes(seen: Outcome) -> int:
    return sum(status is not None and status < 300 for status in seen.statuses)


# ---------------------------------------------------------------------------- ten by ten

TEN_BY_TEN = {
    "service.py": """
import os
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    app.state.db = await asyncpg.connect(os.environ["DATABASE_URL"])
    yield
    await app.state.db.close()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health():
    return await app.state.db.fetchval("SELECT 1")


async def move(source, target):
    db = app.state.db
    async with db.transaction():
        for name in (source, target, source, target):
            await db.fetchval("SELECT amount FROM shelves WHERE name = $1", name)
            await db.execute("UPDATE shelves SET amount = amount + 1 WHERE name = $1", name)
    return {"moved": 1}


@app.post("/left")
async def left():
    return await move("a", "b")


@app.post("/right")
async def right():
    return await move("a", "c")
""",
    "migrations/001_shelves.sql": """
CREATE TABLE shelves (name text PRIMARY KEY, amount int NOT NULL);
INSERT INTO shelves VALUES ('a', 0), ('b', 0), ('c', 0);
""",
    "scenarios.yaml": """
scenarios:
  - act: { operation: POST /left }
  - act: { operation: POST /right }
""",
    "seamproof.toml": """
scenarios = ["scenarios.yaml"]

[service]
command = "{python} -m uvicorn service:app --port {port} --log-level warning"
ready = "/health"
env = { DATABASE_URL = "{database.url}" }
""",
}
"""BEGIN, four reads, four writes, COMMIT; both begin with the same row, and none is wrong."""


async def ten_by_ten(folder: Path) -> dict[str, float]:
    for name, text in TEN_BY_TEN.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    async with opened(folder / "seamproof.toml") as bench:
        one, other = bench.subjects
        pair = Pair((one.scenario.act, other.scenario.act), (), Settings())
        serial = [await bench.conduct(pair.serial(order)) for order in ((0, 1), (1, 0))]
        found = places(one, *serial)
        assert found.crossings == (10, 10), found.crossings
        chosen = tuple(one_stop(found, alike=False))
        bench.histories.clear()
        for each in chosen:
            await bench.conduct(pair.by_turns(each.turns))
        spent = sum(each.timing.total for each in bench.histories)
        quiet = sum(each.timing.quiet for each in bench.histories)
    print(f"ten by ten: {len(chosen)} schedules in {spent:.2f} s, of that {quiet:.2f} s of quiet")
    return {"ten_by_ten_seconds": round(spent, 2), "ten_by_ten_schedules": len(chosen)}


# ---------------------------------------------------------------------------- all of it


async def everything(names: Sequence[str], runs: int, bursts: int) -> dict[str, object]:
    os.environ["SEAMPROOF_VARIANT"] = "broken"
    result: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        app = shutil.copytree(APP, Path(folder) / "races")
        async with opened(app / "seamproof.toml") as bench:
            for name in names:
                race = await measured(bench, name, runs, bursts)
                result[name] = race.figures()
                print(f"{name:<10}", *(f"{k} {v}" for k, v in race.figures().items()), flush=True)
        apart = Path(folder) / "ten"
        apart.mkdir()
        return result | await ten_by_ten(apart)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("twins", nargs="*", metavar="TWIN", default=[*CONCURRENT, *KEYED])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--bursts", type=int, default=50)
    arguments = parser.parse_args()
    result = run_loop(everything(arguments.twins, arguments.runs, arguments.bursts))
    print(json.dumps(result))
    races = [each for each in result.values() if isinstance(each, dict)]
    found = all(each["ours_share"] == 1 for each in races)
    quick = all(each["ms_per_schedule"] <= each["ms_requests"] + MS_OURS for each in races)
    seconds = result["ten_by_ten_seconds"]
    assert isinstance(seconds, float)
    sys.exit(0 if found and quick and seconds < SECONDS_TEN_BY_TEN else 1)


if __name__ == "__main__":
    main()
