"""Which job is begun next, by whatever world asks, and what a job is said to cost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from seamproof.core.experiment import BoundaryKind, CrossingKey, Experiment
from seamproof.core.history import Crossing, CrossingKind, History, Section, Timing
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Job
from seamproof.run.costs import Costs, estimate, patience
from seamproof.run.queue import Queue, costliest_first


def job(number: int, path: str = "/orders", source: str = "", **more: bool) -> Job:
    scenario = Scenario("", Step(Operation("POST", path)), source=source)
    return Job(number, ("rollback",), scenario, "hash", frozenset({BoundaryKind.SQL}), **more)


def clean(*kinds: CrossingKind, seconds: float = 1.0) -> History:
    crossings = tuple(
        Crossing(CrossingKey("s", place), kind, "s", 0, 0, 0.0) for place, kind in enumerate(kinds)
    )
    section = Section((), crossings)
    return History(Experiment(()), (section,), timing=Timing(service=seconds, quiet=99.0))


def test_the_costliest_comes_first_and_of_equals_the_riskiest() -> None:
    jobs = [job(number) for number in range(5)]
    cost = {0: 1.0, 1: 3.0, 2: 1.0, 3: 9.0, 4: 3.0}
    expected = [3, 1, 4, 0, 2]
    for seed in range(5):
        random.Random(seed).shuffle(jobs)
        ordered = costliest_first(jobs, lambda each: cost[each.number])
        assert [each.number for each in ordered] == expected


def test_a_job_is_taken_once() -> None:
    queue = Queue([job(0), job(1)])
    assert [queue.take(), queue.take(), queue.take()] == [job(0), job(1), None]
    assert queue.left == ()


def test_nothing_is_begun_after_the_time_is_spent() -> None:
    now = [0.0]
    queue = Queue([job(0), job(1), job(2)], until=10.0, clock=lambda: now[0])
    assert queue.take() == job(0)
    now[0] = 10.5
    assert queue.take() is None
    assert queue.left == (job(1), job(2))


def test_what_fits_into_the_time_that_is_left_is_taken() -> None:
    now = [0.0]
    cost = {0: 99.0, 1: 8.0, 2: 3.0, 3: 1.0}
    jobs = [job(number) for number in cost]
    queue = Queue(jobs, until=10.0, clock=lambda: now[0], cost=lambda each: cost[each.number])
    assert queue.take() == jobs[0], "the riskiest is begun in any case"
    now[0] = 5.0
    assert queue.take() == jobs[2]
    now[0] = 8.0
    assert queue.take() == jobs[3]
    assert queue.take() is None
    assert queue.left == (jobs[1],)


def test_each_check_and_each_partner_costs_its_own() -> None:
    writing = clean(CrossingKind.READ, CrossingKind.WRITE, CrossingKind.COMMIT)
    alone, both, many = (
        estimate(writing, deep=False, checks=checks, partners=partners)
        for checks, partners in (
            (("rollback",), 2),
            (("rollback", "concurrency"), 0),
            (("rollback", "concurrency"), 2),
        )
    )
    assert alone < both < many


def test_an_estimate_grows_with_the_writes_and_the_time_of_the_act() -> None:
    reading = clean(CrossingKind.READ, CrossingKind.READ)
    writing = clean(CrossingKind.READ, CrossingKind.WRITE, CrossingKind.COMMIT)
    slower = clean(CrossingKind.READ, CrossingKind.WRITE, CrossingKind.COMMIT, seconds=2.0)
    estimates = [estimate(each, deep=False) for each in (reading, writing, slower)]
    assert estimates == sorted(estimates)
    assert len(set(estimates)) == 3
    assert estimate(reading, deep=True) > estimate(reading, deep=False)


def test_patience_lasts_minutes_and_many_times_what_a_job_is_to_take() -> None:
    assert patience(0.0) >= 120.0
    assert patience(600.0) >= 10 * 600.0


def test_what_a_job_took_is_known_to_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "costs.json"
    costs = Costs(path)
    assert costs.of(job(0), 7.0) == 7.0
    costs.note(job(0), 3.0)
    costs.save()
    later = Costs(path)
    assert later.of(job(4, source="elsewhere.yaml:9"), 7.0) == 3.0
    assert later.of(job(0, "/notes"), 7.0) == 7.0
    assert later.of(job(0, deep=True), 7.0) == 7.0


def test_a_file_that_cannot_be_written_leaves_the_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "costs.json"
    costs = Costs(path)
    costs.note(job(0), 3.0)
    costs.save()
    costs.note(job(0), 9.0)

    def full(self: Path, text: str, **how: str) -> None:
        self.write_bytes(text[:5].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    costs.save()
    assert Costs(path).of(job(0), 7.0) == 3.0
    assert [each.name for each in tmp_path.iterdir()] == ["costs.json"]


def test_a_file_that_is_no_such_thing_is_as_none(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    for text in ("", "[]", '{"a": "b"}', "\x00"):
        path.write_text(text)
        assert Costs(path).of(job(0), 7.0) == 7.0
