"""Findings of acts that overlapped, as a person reads them."""

from __future__ import annotations

from dataclasses import replace

from seamproof.core.experiment import (
    Act,
    BoundaryKind,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
    Schedule,
    Turn,
)
from seamproof.core.history import Crossing, CrossingKind, Exchange, Request, Response, RowChange
from seamproof.core.model import Operation, Step
from seamproof.core.verdict import Control, Evidence, Finding, FindingClass, Tier
from seamproof.reports import finding as drawn
from seamproof.reports import overlap

STEP = Step(Operation.parse("POST /sales"))
ACTS = (Act(STEP, 0), Act(STEP, 1, fresh=1))
READ = CrossingKey("SELECT stock FROM products")
WRITE = CrossingKey("UPDATE products SET stock = $1")
LOST = FindingClass("lost-update", "{pair} at once: one update is lost", "", "", "Lock it.")


def crossing(replica: int, key: CrossingKey, kind: CrossingKind, at: float) -> Crossing:
    return Crossing(key, kind, key.shape, replica, replica, at, at + 0.5)


CROSSINGS = (
    crossing(0, READ, CrossingKind.READ, 1),
    crossing(1, READ, CrossingKind.READ, 2),
    crossing(1, WRITE, CrossingKind.WRITE, 3),
    crossing(1, CrossingKey("COMMIT"), CrossingKind.COMMIT, 4),
    crossing(0, WRITE, CrossingKind.WRITE, 5),
    crossing(0, CrossingKey("COMMIT"), CrossingKind.COMMIT, 6),
)


def found(*turns: Turn, crossings: tuple[Crossing, ...] = CROSSINGS, **facts: object) -> Finding:
    schedule = Schedule(turns=turns or (Turn(0, WRITE), Turn(1)))
    exchanges = tuple(
        Exchange(act, Request("POST", "/sales"), 0.0, 7.0, Response(201)) for act in ACTS
    )
    changed = RowChange("products", {"id": "1", "stock": "3"}, {"id": "1", "stock": "2"})
    evidence = Evidence(
        experiment=Experiment((Phase(ACTS, schedule=schedule),)),
        control=Control("the same two, one after the other", None, (changed,)),
        controls=(Control("A, then B: 201 and 201"), Control("B, then A: 201 and 201")),
        exchanges=exchanges,
        crossing=crossings[4],
        crossings=crossings,
        left=(changed,),
        facts={"pair": "POST /sales twice"} | facts,  # type: ignore[operator]
    )
    return Finding(
        "f" * 16,
        "concurrency",
        "lost-update",
        Tier.PROVEN,
        "POST /sales",
        BoundaryKind.SQL,
        (3, 3),
        evidence,
    )


def lines(finding: Finding) -> dict[str, list[str]]:
    """The lines by their label, each with its mark."""
    by_label: dict[str, list[str]] = {}
    label = ""
    for line in drawn.lines(finding, LOST, 100):
        label = line.label or label
        by_label.setdefault(label, []).append(f"{line.text} {line.mark}".rstrip())
    return by_label


def test_who_stood_where_and_who_ran_meanwhile_is_one_sentence() -> None:
    said = lines(found())["Let:"]
    assert said == [
        "A and B each: the client sends POST /sales",
        "A stops before #5, then B runs to its end, then A goes on",
    ]


def test_two_that_both_stood() -> None:
    said = lines(found(Turn(0, WRITE), Turn(1, WRITE), Turn(0)))["Let:"]
    assert said[-1] == (
        "A stops before #5, then B stops before #3, then A runs to its end, then B goes on"
    )


def test_a_lock_that_broke_a_turn_off_is_told() -> None:
    said = lines(found(locked=True))["Let:"]
    assert "then B runs until a lock of A stops it, then A goes on, then B goes on" in said[-1]


def test_a_seeded_state_is_told() -> None:
    said = lines(found(seeded="9 requests before it"))["Let:"]
    assert "from the state in which one more fits (9 requests before it)" in said


def test_the_statements_that_it_is_named_by_are_marked() -> None:
    said = lines(found(read=1, meanwhile=3, written=5))
    assert said["A #1"] == ["SELECT stock FROM products <- before #3 is seen"]
    assert said["B #3"] == ["UPDATE products SET stock = $1"]
    assert said["A #5"] == ["UPDATE products SET stock = $1 <- A stood here, knows only #1"]


def test_an_error_of_the_database_is_told_beside_the_stop() -> None:
    refused = (*CROSSINGS[:4], replace(CROSSINGS[4], sqlstate="23505"), CROSSINGS[5])
    assert lines(found(crossings=refused))["A #5"] == [
        "UPDATE products SET stock = $1 <- 23505, A stood here"
    ]


def test_the_statements_that_name_it_are_shown_however_many_there_are() -> None:
    other = tuple(
        crossing(1, CrossingKey("INSERT INTO lines", number), CrossingKind.WRITE, 1.2 + number / 90)
        for number in range(30)
    )
    many = (CROSSINGS[0], *other, *CROSSINGS[1:])
    said = lines(found(crossings=many, read=1, meanwhile=33, written=35))
    assert {"A #1", "B #33", "A #35"} <= said.keys()
    assert sum(map(len, said.values())) < drawn.MOST


def test_orders_that_give_the_same_are_one_line() -> None:
    assert lines(found())["Serial:"] == ["in either order: 201 and 201"]
    finding = found()
    controls = (Control("A, then B: 201 and 409"), Control("B, then A: 409 and 201"))
    told = replace(finding, evidence=replace(finding.evidence, controls=controls))
    assert lines(told)["Serial:"] == ["A, then B: 201 and 409", "B, then A: 409 and 201"]


def test_whether_a_stronger_level_alone_helps_is_told_with_the_control() -> None:
    assert lines(found(serializable="helps"))["Control:"] == [
        "the same two, one after the other, 1 row changed, replayed 3/3; SERIALIZABLE alone helps"
    ]


def test_acts_of_one_phase_are_named_by_their_replicas() -> None:
    finding = found()
    phase = overlap.overlapping(finding.evidence)
    assert phase is not None
    assert [overlap.owner(each, phase) for each in CROSSINGS[:3]] == ["A", "B", "B"]


def test_where_a_process_was_killed_is_marked() -> None:
    commit = CrossingKey("COMMIT")
    experiment = Experiment((Phase(ACTS[:1], (Fault(FaultKind.KILLED, commit),)),))
    crossings = tuple(replace(each, replica=0) for each in CROSSINGS[1:4])
    finding = found()
    evidence = replace(
        finding.evidence, experiment=experiment, crossing=None, controls=(), crossings=crossings
    )
    said = lines(replace(finding, evidence=evidence))
    assert said["Let:"][-1] == "process killed at COMMIT (#3)"
    assert said["SQL #3"] == ["COMMIT <- process killed here"]
