"""Warming up, minimising and replaying, as the experiments that they ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from doubles.fake_world import FakeService, FakeWorld
from seamproof.analysis.confirm import clean_run, minimise, plain, replay, replay_afresh, warm
from seamproof.core.experiment import Act, CrossingKey, Experiment, Fault, FaultKind, Phase
from seamproof.core.history import History
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject

SUBJECT = Subject(Scenario("test", Step(Operation.parse("POST /orders"))), Profile(warm_rounds=3))


def create(service: FakeService) -> int:
    with service.connect() as db:
        db.begin()
        db.insert("orders", id=1)
        db.commit()
    return 201


def world(handler: Callable[[FakeService], int] = create) -> FakeWorld:
    return FakeWorld({"POST /orders": handler})


def fault(statement: str) -> Fault:
    return Fault(FaultKind.CUT, CrossingKey(statement))


def failed(history: History) -> bool:
    return history.section.exchange.status == 500


def went_well(history: History) -> bool:
    return history.section.exchange.ok


def test_warming_up_takes_the_rounds_that_the_profile_learned() -> None:
    run = world()
    run.drive(warm(SUBJECT, fresh_process=True))
    assert [each.settings.fresh_process for each in run.experiments] == [True, False, False]
    assert run.processes == 2


def test_every_experiment_uses_fresh_ids_where_the_service_remembers_them() -> None:
    remembering = replace(SUBJECT, profile=Profile(fresh_sequences=True))
    assert plain(remembering, "any").settings.fresh_sequences
    assert not plain(SUBJECT, "any").settings.fresh_sequences


def test_phases_and_faults_that_it_does_not_need_are_dropped() -> None:
    needed, other = fault("COMMIT"), fault("SELECT ?")
    large = Experiment.of(SUBJECT.scenario, faults=(other, needed))
    large = large.then(Phase((Act(SUBJECT.scenario.act),)))
    smallest = world().drive(minimise(large, failed))
    assert [phase.faults for phase in smallest.phases] == [(needed,)]


def test_what_it_needs_is_kept() -> None:
    large = Experiment.of(SUBJECT.scenario, faults=(fault("COMMIT"),))
    large = large.then(Phase((Act(SUBJECT.scenario.act),)))
    smallest = world().drive(minimise(large, lambda history: len(history.sections) == 2))
    assert smallest == large


def test_three_replays_and_a_control_prove_it() -> None:
    run = world()
    experiment = Experiment.of(SUBJECT.scenario, faults=(fault("COMMIT"),))
    found = run.drive(replay(SUBJECT, experiment, failed, went_well))
    assert (found.shown, found.of, found.passed, found.proven, found.recovered) == (
        3,
        3,
        True,
        True,
        True,
    )
    assert [each.purpose for each in run.experiments] == ["replay"] * 3 + ["control"]


def test_two_of_three_prove_nothing() -> None:
    def flaky(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        return 500 if service.memory["n"] in (1, 3) else 201

    found = world(flaky).drive(replay(SUBJECT, Experiment.of(SUBJECT.scenario), failed, went_well))
    assert (found.shown, found.proven) == (2, False)


def test_a_control_that_fails_proves_nothing() -> None:
    found = world(lambda service: 500).drive(
        replay(SUBJECT, Experiment.of(SUBJECT.scenario), failed, went_well)
    )
    assert (found.shown, found.passed, found.proven) == (3, False, False)


def test_a_control_gets_a_second_chance_in_a_fresh_process() -> None:
    def poisoned(service: FakeService) -> int:
        if service.memory.get("poisoned"):
            return 500
        try:
            return create(service)
        except Exception:
            service.memory["poisoned"] = True
            raise

    run = world(poisoned)
    experiment = Experiment.of(SUBJECT.scenario, faults=(fault("COMMIT"),))
    found = run.drive(replay(SUBJECT, experiment, failed, went_well))
    assert (found.passed, found.recovered) == (True, False)


def test_what_is_replayed_afresh_has_a_process_each_and_its_warming_as_control() -> None:
    run = world()
    experiment = Experiment.of(SUBJECT.scenario)
    found = run.drive(replay_afresh(SUBJECT, experiment, went_well, went_well))
    assert run.processes == 4
    assert (found.shown, found.passed, found.recovered) == (3, True, False)
    assert found.control.experiment.purpose == "warm up"


def test_a_run_that_is_there_already_counts_as_a_replay() -> None:
    run = world()
    experiment = Experiment.of(SUBJECT.scenario)
    first = (run.run(experiment),)
    found = run.drive(replay_afresh(SUBJECT, experiment, went_well, went_well, first))
    assert run.processes == 3
    assert (found.shown, found.of) == (3, 3)


def test_a_clean_run_that_fails_is_tried_in_a_fresh_process() -> None:
    def poisoned(service: FakeService) -> int:
        service.memory["acts"] = service.memory.get("acts", 0) + 1
        return 500 if run.processes == 1 else create(service)

    run = world(poisoned)
    assert went_well(run.drive(clean_run(SUBJECT)))
    assert run.processes == 2
