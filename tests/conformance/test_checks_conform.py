"""What every check must do, whatever it looks for. Run over the registry and the no-op."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from doubles.fake_world import ConnectionLost, DatabaseFault, FakeService, FakeWorld
from doubles.noop_check import NoopCheck
from seamproof.core import codec
from seamproof.core.experiment import BoundaryKind, Experiment
from seamproof.core.history import Disturbance, DisturbanceKind, History
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.protocols import Check, Replays, Spent, Watches
from seamproof.core.registry import CHECK, Part, discover, validate
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

PARTS = [*discover(CHECK).values(), validate(CHECK, NoopCheck)]
CHECKS = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)


def sound(service: FakeService) -> int:
    if service.world.committed:
        return 409
    with service.connect() as db:
        db.begin()
        db.insert("orders", id=service.next_id("orders"))
        db.commit()
    return 201


def broken(service: FakeService) -> int:
    db = service.connect()
    try:
        db.insert("orders", id=service.next_id("orders"))
        db.begin()
        db.insert("items", id=service.next_id("items"))
        db.commit()
    except (DatabaseFault, ConnectionLost):
        return 200
    return 201


HANDLERS: list[Callable[[FakeService], int]] = [sound, broken, lambda service: 204]
SERVICES = pytest.mark.parametrize("handler", HANDLERS, ids=["sound", "broken", "idle"])


def subject(**what: object) -> Subject:
    return Subject(Scenario("any", Step(Operation.parse("POST /orders"))), **what)  # type: ignore[arg-type]


def verdicts(part: Part, world: FakeWorld, about: Subject | None = None) -> list[Verdict]:
    return list(world.drive(part.implementation().explore(about or subject())))


@CHECKS
def test_it_is_a_check(part: Part) -> None:
    assert isinstance(part.implementation(), Check)
    assert part.title
    assert part.boundary is not None


@CHECKS
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_skip_has_a_reason(part: Part, method: str) -> None:
    about = Subject(Scenario("any", Step(Operation(method, "/orders"))))
    skip = part.implementation().applies(about)
    assert skip is None or skip.reason


@CHECKS
@SERVICES
def test_its_verdicts_are_its_own_and_say_why(
    part: Part, handler: Callable[[FakeService], int]
) -> None:
    names = {each.name for each in part.implementation.classes}  # type: ignore[attr-defined]
    found = verdicts(part, FakeWorld({"POST /orders": handler}))
    assert found, "silence is no verdict"
    for verdict in found:
        assert (verdict.check, verdict.operation) == (part.name, "POST /orders")
        if verdict.outcome is not Outcome.VIOLATED and not verdict.finding_class:
            assert verdict.reason
        if verdict.outcome is Outcome.VIOLATED:
            assert verdict.finding_class in names
        if verdict.tier is Tier.NOTE:
            assert verdict.outcome is not Outcome.VIOLATED, "a note is no violation"


@CHECKS
@SERVICES
def test_a_finding_can_be_shown_and_repeated(
    part: Part, handler: Callable[[FakeService], int]
) -> None:
    classes = {each.name: each for each in part.implementation.classes}  # type: ignore[attr-defined]
    for verdict in verdicts(part, FakeWorld({"POST /orders": handler})):
        if not verdict.finding_class:
            continue
        known = classes[verdict.finding_class]
        for template in (known.title, known.consequence):
            assert template.format_map(verdict.evidence.facts)
        assert verdict.evidence.experiment is not None
        assert verdict.evidence.exchanges
        if verdict.tier is Tier.PROVEN and verdict.outcome is Outcome.VIOLATED:
            assert verdict.replays == (3, 3)
            assert verdict.evidence.control is not None
            assert verdict.evidence.control.passed


@CHECKS
@SERVICES
def test_two_runs_say_the_same(part: Part, handler: Callable[[FakeService], int]) -> None:
    def said() -> list[tuple[object, ...]]:
        found = verdicts(part, FakeWorld({"POST /orders": handler}))
        return [(v.outcome, v.finding_class, v.tier, v.table, v.shape, v.reason) for v in found]

    assert said() == said()


@CHECKS
@SERVICES
def test_its_verdicts_survive_the_codec(part: Part, handler: Callable[[FakeService], int]) -> None:
    for verdict in verdicts(part, FakeWorld({"POST /orders": handler})):
        assert codec.load(Verdict, codec.dump(verdict)) == verdict


@CHECKS
@SERVICES
def test_cut_off_anywhere_it_asks_for_no_more_and_claims_no_pass(
    part: Part, handler: Callable[[FakeService], int]
) -> None:
    def told(found: Iterable[Verdict]) -> set[tuple[str, str, str]]:
        return {(v.finding_class, v.table, v.shape) for v in found if v.finding_class}

    world = FakeWorld({"POST /orders": handler})
    whole = told(verdicts(part, world))
    for most in range(len(world.experiments)):
        exploration = part.implementation().explore(subject())
        try:
            found = list(FakeWorld({"POST /orders": handler}).drive(exploration, most))
        except Spent:
            continue
        assert not [v for v in found if v.outcome is Outcome.HELD and not v.finding_class]
        assert told(found) <= whole


@CHECKS
def test_where_its_boundary_is_blind_it_was_not_run(part: Part) -> None:
    about = subject(boundaries=frozenset(set(BoundaryKind) - {part.boundary}))
    found = verdicts(part, FakeWorld({"POST /orders": broken}), about)
    assert {each.outcome for each in found} == {Outcome.NOT_RUN}


@dataclass
class Disturbed(FakeWorld):
    """No experiment of it can be judged."""

    def run(self, experiment: Experiment) -> History:
        return History(
            experiment, (), disturbances=(Disturbance(DisturbanceKind.OURS, "it failed"),)
        )


@CHECKS
def test_what_failed_for_our_own_reasons_is_inconclusive(part: Part) -> None:
    found = verdicts(part, Disturbed({}))
    assert {each.outcome for each in found} == {Outcome.INCONCLUSIVE}


@CHECKS
def test_watching_judges_without_asking(part: Part) -> None:
    implementation = part.implementation()
    if not isinstance(implementation, Watches):
        pytest.skip("it does not watch")
    for handler in HANDLERS:
        history = FakeWorld({"POST /orders": handler}).run(Experiment.of(subject().scenario))
        for verdict in implementation.watch(subject(), history):
            assert verdict.check == part.name
            assert verdict.tier is not Tier.PROVEN, "one history is no proof"
    empty = History(Experiment.of(subject().scenario), ())
    assert list(implementation.watch(subject(), empty)) == []


@CHECKS
def test_a_check_that_replays_takes_a_subject_and_a_finding(part: Part) -> None:
    if isinstance(part.implementation(), Replays):
        assert (part.implementation.replay.__doc__ or "").strip()  # type: ignore[attr-defined]


def test_no_two_checks_find_a_class_of_one_name() -> None:
    names = [each.name for part in PARTS for each in part.implementation.classes]  # type: ignore[attr-defined]
    assert len(names) == len(set(names))


@CHECKS
def test_every_class_explains_itself(part: Part) -> None:
    for each in part.implementation.classes:  # type: ignore[attr-defined]
        assert each.title
        assert each.consequence
        assert len(each.why) > 80, "`seamproof explain` prints it"
        assert each.fix
        assert each.example
        assert each.cwe
        assert all(link.startswith("https://") for link in each.references)
