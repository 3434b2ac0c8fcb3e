"""What `rollback` does not judge, and says so; what it spares and what `deep` adds."""

from __future__ import annotations

from rolled_back import atomic, subject, two_commits, verdicts

from doubles.fake_world import FakeService, FakeWorld
from doubles.stored import finding_of
from seamproof.checks.rollback import Rollback
from seamproof.core.experiment import BoundaryKind, FaultKind
from seamproof.core.history import RowChange
from seamproof.core.profile import Profile
from seamproof.core.verdict import Outcome, Tier


def test_a_rate_limiter_makes_it_inconclusive() -> None:
    def limited(service: FakeService) -> int:
        service.memory["count"] = service.memory.get("count", 0) + 1
        return 429 if service.memory["count"] > 4 else atomic(service)

    found = verdicts(limited)
    assert Outcome.INCONCLUSIVE in {each.outcome for each in found}
    assert Outcome.HELD not in {each.outcome for each in found if not each.finding_class}
    assert any("429" in each.reason for each in found)


def test_faults_that_are_never_reached_make_it_inconclusive() -> None:
    def drifting(service: FakeService) -> int:
        service.memory["count"] = service.memory.get("count", 0) + 1
        columns = "id" if service.memory["count"] <= 2 else "id, note"
        row = RowChange("orders", None, {"id": str(service.next_id("orders"))})
        service.connect().write(f"INSERT INTO orders ({columns}) VALUES ($1)", row)
        return 201

    found = verdicts(drifting)
    assert [each.outcome for each in found] == [Outcome.INCONCLUSIVE]
    assert found[0].reason == "no fault was reached: crossings drift"


def test_equal_runs_that_differ_are_inconclusive() -> None:
    def moody(service: FakeService) -> int:
        service.memory["count"] = service.memory.get("count", 0) + 1
        db = service.connect()
        db.insert("orders", id=1, total=service.memory["count"])
        return 201

    (verdict,) = verdicts(moody)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "equal runs without a fault differ: orders"


def test_a_blind_boundary_is_not_run() -> None:
    blind = subject(boundaries=frozenset({BoundaryKind.HTTP_IN}))
    (verdict,) = verdicts(atomic, blind)
    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_RUN, "the SQL boundary is blind")


def test_state_outside_the_database_is_inconclusive() -> None:
    (verdict,) = verdicts(atomic, subject(profile=Profile(disturbed="429 after 5 requests")))
    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, "429 after 5 requests")


def test_what_changes_nothing_is_skipped_with_its_reason() -> None:
    (verdict,) = verdicts(lambda service: 204)
    assert verdict.outcome is Outcome.SKIPPED
    assert "changes no rows" in verdict.reason


def test_a_get_does_not_apply() -> None:
    skip = Rollback().applies(subject("GET /orders"))
    assert skip is not None
    assert skip.reason == "operation does not mutate"


def test_an_ignored_table_is_not_judged() -> None:
    (verdict,) = verdicts(two_commits, subject(profile=Profile(ambient=frozenset({"products"}))))[
        -1:
    ]
    assert not verdict.finding_class or verdict.tier is Tier.NOTE


def test_no_fault_is_placed_where_only_ignored_tables_are_written() -> None:
    world = FakeWorld({"POST /orders": two_commits})
    world.drive(Rollback().explore(subject(profile=Profile(ambient=frozenset({"products"})))))
    shapes = {fault.at.shape for e in world.experiments for fault in e.phases[0].faults}
    assert shapes
    assert not any("products" in shape for shape in shapes)


def test_deep_tries_reads_begins_and_every_error() -> None:
    def labels(deep: bool) -> set[tuple[str, str]]:
        world = FakeWorld({"POST /orders": atomic})
        world.drive(Rollback().explore(subject(deep=deep)))
        return {
            (fault.at.shape.split()[0], fault.label)
            for each in world.experiments
            for fault in each.phases[0].faults
        }

    shallow, deep = labels(False), labels(True)
    assert {label for word, label in shallow if word == "SELECT"} == set()
    assert shallow < deep
    assert ("BEGIN", "cut") in deep
    assert ("BEGIN", "error 40001") not in deep
    assert ("SELECT", "error 57014") in deep
    assert ("INSERT", "error 23505") in deep


def test_ten_runs_name_their_findings_alike() -> None:
    def named() -> list[tuple[str, str, str]]:
        return [(each.finding_class, each.table, each.shape) for each in verdicts(two_commits)]

    assert all(named() == named() for _ in range(5))


def test_replay_shows_a_stored_finding_again() -> None:
    about = subject()
    (verdict,) = [v for v in verdicts(two_commits) if v.finding_class == "partial-state"]
    finding = finding_of(verdict)
    world = FakeWorld({"POST /orders": two_commits})
    again = list(world.drive(Rollback().replay(about, finding)))
    assert [each.finding_class for each in again] == ["partial-state"]
    assert again[0].replays == (3, 3)
    fixed = FakeWorld({"POST /orders": atomic})
    assert not any(
        each.outcome is Outcome.VIOLATED for each in fixed.drive(Rollback().replay(about, finding))
    )


def test_faults_are_of_the_kinds_that_tell_something() -> None:
    world = FakeWorld({"POST /orders": atomic})
    world.drive(Rollback().explore(subject()))
    at_commit = {
        fault.kind
        for each in world.experiments
        for fault in each.phases[0].faults
        if fault.at.shape == "COMMIT"
    }
    assert at_commit == {FaultKind.ERROR, FaultKind.CUT, FaultKind.REPLY_LOST}


def test_what_fails_in_another_job_is_spared_here_and_nothing_else() -> None:
    world = FakeWorld({"POST /orders": two_commits})
    world.drive(Rollback().explore(subject()))
    faulted = {fault.at.shape for e in world.experiments for fault in e.phases[0].faults}
    (insert,) = {shape for shape in faulted if shape.startswith("INSERT INTO orders")}

    world = FakeWorld({"POST /orders": two_commits})
    world.drive(Rollback().explore(subject(spared=frozenset({insert}))))
    rest = {fault.at.shape for e in world.experiments for fault in e.phases[0].faults}
    assert rest == faulted - {insert}
