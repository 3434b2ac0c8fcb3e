"""`idempotency` on handlers that end the process when a request is sent again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from doubles.fake_world import Died, FakeService, FakeWorld
from seamproof.checks.idempotency import Idempotency
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import Experiment, FaultKind
from seamproof.core.history import Disturbance, DisturbanceKind, History
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

CATALOG = Catalog({"drafts": Table("drafts", (Column("id", "integer"),), ("id",))})


def subject(operation: str) -> Subject:
    step = Step(Operation.parse(operation), json={"words": "to be"})
    return Subject(Scenario("test", step), catalog=CATALOG, replicas=1)


def store(service: FakeService) -> int:
    with service.connect() as db:
        db.begin()
        db.insert("drafts", id=1)
        db.commit()
    return 201


def end_at_the_second(service: FakeService) -> int:
    if service.world.committed:
        raise Died
    return store(service)


def refuse_the_second(service: FakeService) -> int:
    return 409 if service.world.committed else store(service)


def ended(about: Subject, world: FakeWorld) -> list[Verdict]:
    return [each for each in world.drive(Idempotency().explore(about)) if each.finding_class]


@pytest.mark.parametrize("operation", ["POST /drafts", "PUT /drafts/1"])
def test_a_process_that_a_retry_ends_is_proven_whatever_the_method_promises(operation: str) -> None:
    world = FakeWorld({operation: end_at_the_second})
    (found,) = ended(subject(operation), world)
    assert (found.finding_class, found.outcome, found.tier, found.replays) == (
        "ended-by-retry",
        Outcome.VIOLATED,
        Tier.PROVEN,
        (3, 3),
    )
    assert found.evidence.facts["death"] == "exit code 1"
    assert found.evidence.facts["retry"] == "nothing (closed)"
    replays = [each for each in world.experiments if each.purpose == "replay"]
    assert not any(phase.faults for each in replays for phase in each.phases)


def test_a_retry_that_is_refused_ends_nothing() -> None:
    assert not ended(subject("PUT /drafts/1"), FakeWorld({"PUT /drafts/1": refuse_the_second}))


def store_twice(service: FakeService) -> int:
    if service.world.committed:
        return 200
    for number in (1, 2):
        with service.connect() as db:
            db.begin()
            db.insert("drafts", id=number)
            db.commit()
    return 201


@dataclass
class EndsOnce(FakeWorld):
    """Its process ends at a retry, where the first request met this."""

    met: FaultKind | None = None

    def run(self, experiment: Experiment) -> History:
        found: History = super().run(experiment)
        faults = [each.kind for phase in experiment.phases for each in phase.faults]
        if len(experiment.phases) == 1 or (faults != [self.met] if self.met else faults):
            return found
        first, last = found.sections
        died = (Disturbance(DisturbanceKind.SERVICE_DIED, "exit code 1"),)
        return replace(found, sections=(first, replace(last, disturbances=died)))


@pytest.mark.parametrize("met", [FaultKind.KILLED, FaultKind.ABANDONED, None])
def test_a_process_that_ends_behind_a_fault_of_ours_is_for_rollback_to_tell(
    met: FaultKind | None,
) -> None:
    world = EndsOnce({"PUT /drafts/1": store_twice}, met=met)
    found = ended(subject("PUT /drafts/1"), world)
    assert [each.finding_class for each in found] == ([] if met else ["ended-by-retry"])
