from __future__ import annotations

from dataclasses import replace

import pytest
from report_samples import (
    CHARGE,
    CROSSINGS,
    EVIDENCE,
    FINDING,
    ORDER,
    PARTIAL,
    STOCK,
    call,
    changed,
    crossing,
    exchange,
)

from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.history import CrossingKind, TransactionStatus
from seamproof.core.verdict import Evidence, Finding
from seamproof.reports import finding as explained
from seamproof.reports.text import cells


def drawn(finding: Finding, width: int = 110) -> list[str]:
    return [
        f"{line.label}|{line.text}|{line.mark}" for line in explained.lines(finding, PARTIAL, width)
    ]


def test_a_finding_reads_problem_why_next_step() -> None:
    assert drawn(FINDING) == [
        "What:|a failure in POST /orders leaves a part of its rows|",
        "|error 40001 at `UPDATE products SET stock = stock - $1 WHERE id = $2`: the client was"
        " told 500|",
        'Let:|alice sends POST /orders {"product": 7}|',
        "|error 40001 at UPDATE products SET stock = stock - $1 WHERE id = $2 (#4)|",
        'Then:|answered 500 {"detail": "failed"}|',
        'Retry:|answered 201 {"id": 10002}|',
        "SQL #1|BEGIN|",
        "SQL #2|INSERT INTO orders (product) VALUES ($1)|",
        "SQL #3|COMMIT|",
        "SQL #4|UPDATE products SET stock = stock - $1 WHERE id = $2|<- error 40001",
        "Left:|+ orders  id 10001  user_id 3  total 40.00  note NULL|",
        "Missing:|~ products  id 7  stock 10 -> 8|",
        "Masked:|orders.created_at|",
        "Control:|the same act with no fault -> 201, 2 rows changed, replayed 3/3|",
        "Fix:|Do all writes of POST /orders in one transaction.|",
        f"Next:|seamproof replay {FINDING.id} · seamproof explain partial-state|",
    ]


def enormous() -> Finding:
    statements = tuple(
        crossing(f"INSERT INTO t{place} VALUES ({'x, ' * 200})") for place in range(80)
    )
    finding = changed(
        crossings=statements + CROSSINGS,
        exchanges=tuple(exchange(500, b"y" * 5000) for _ in range(9)),
        left=(ORDER,) * 50,
        expected=(ORDER,) * 50,
        masked=tuple(f"table.column{place}" for place in range(60)),
        facts=EVIDENCE.facts | {"statement": "z " * 900, "answer": "w " * 900},
    )
    return replace(finding, also=("GET /a",) * 40)


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_the_largest_finding_fits_thirty_lines_of_the_width(width: int) -> None:
    lines = explained.lines(enormous(), replace(PARTIAL, fix="fix it " * 90), width)
    assert len(lines) + 1 <= explained.MOST
    for line in lines[:-1]:
        assert cells(line.text) + (len(line.mark) + 2 if line.mark else 0) <= width - 9


def test_a_window_of_statements_keeps_the_broken_one_and_its_position() -> None:
    lines = explained.lines(enormous(), PARTIAL, 100)
    assert any(line.label == "SQL #84" and line.mark == "<- error 40001" for line in lines)
    assert any(line.text == "… and 79 more statements" for line in lines)


def test_the_fact_position_places_a_window() -> None:
    finding = changed(facts={"position": 40})
    assert [
        line.label for line in explained.lines(finding, PARTIAL, 100) if "SQL" in line.label
    ] == [
        "SQL #37",
        "SQL #38",
        "SQL #39",
        "SQL #40",
    ]


def test_a_state_that_it_takes_is_said() -> None:
    lines = explained.lines(changed(facts={"given": "products.stock = 0"}), PARTIAL, 100)
    assert "where products.stock = 0" in [line.text for line in lines]


def test_what_is_wrong_at_a_crossing_is_marked() -> None:
    rolled_back = replace(crossing("COMMIT", CrossingKind.COMMIT), tag="ROLLBACK")
    alone = replace(
        crossing("INSERT INTO a VALUES (1)"),
        before=TransactionStatus.IDLE,
        after=TransactionStatus.IDLE,
    )
    refused = replace(crossing("SELECT 1", CrossingKind.READ), sqlstate="42P01")
    evidence = Evidence(crossing=CROSSINGS[1])
    assert explained.mark(rolled_back, evidence) == "<- answered ROLLBACK"
    assert explained.mark(alone, evidence) == "<- commits alone"
    assert explained.mark(refused, evidence) == "<- 42P01"
    assert explained.mark(CROSSINGS[1], evidence) == "<- here"
    assert explained.mark(CROSSINGS[0], evidence) == ""


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (FaultKind.CUT, "connection cut before COMMIT (its occurrence 2)"),
        (FaultKind.REPLY_LOST, "reply lost after COMMIT (its occurrence 2)"),
        (FaultKind.REFUSED, "connection refused at COMMIT (its occurrence 2)"),
    ],
)
def test_a_fault_says_where_it_strikes(kind: FaultKind, said: str) -> None:
    fault = Fault(kind, CrossingKey("COMMIT", 2))
    struck = Evidence(crossings=(crossing("BEGIN", fault=fault),))
    assert explained.injected(struck) == [fault]
    unseen = replace(EVIDENCE, crossings=(), crossing=None)
    assert explained.faults(unseen) == [
        "error 40001 at UPDATE products SET stock = stock - $1 WHERE id = $2"
    ]
    moved = replace(struck, crossings=(replace(struck.crossings[0], fault=fault),))
    assert explained.faults(moved)[0].endswith("BEGIN (#1)")
    experiment = replace(
        EVIDENCE.experiment, phases=(replace(EVIDENCE.experiment.phases[0], faults=(fault,)),)
    )  # type: ignore[union-attr,type-var]
    assert explained.faults(Evidence(experiment=experiment)) == [said]


def test_calls_stand_among_the_statements() -> None:
    stalled = call(None, fault=Fault(FaultKind.STALL, CHARGE))
    lines = drawn(changed(crossings=(CROSSINGS[0], call(201), stalled, CROSSINGS[2])))
    assert [each for each in lines if each.startswith(("SQL", "OUT"))] == [
        "SQL #1|BEGIN|",
        "OUT #2|POST payments /charges -> 201|",
        "OUT #3|POST payments /charges -> no answer|<- stall",
        "SQL #4|COMMIT|",
    ]


def test_what_is_left_out_says_whether_calls_are() -> None:
    many = tuple(crossing(f"SELECT {place}") for place in range(9))
    assert "|… and 4 more statements|" in drawn(changed(crossings=many, crossing=None))
    many = (*(call(200) for _ in range(9)), *many)
    assert "|… and 13 more statements and calls|" in drawn(changed(crossings=many, crossing=None))


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_of_a_call_says_where_it_strikes(kind: FaultKind) -> None:
    status = 503 if kind is FaultKind.ERROR else None
    fault = Fault(kind, CHARGE, status=status)
    evidence = Evidence(crossings=(call(None, fault=fault),))
    (said,) = explained.faults(evidence)
    assert said.endswith(" POST payments /charges (#1)")
    assert ("503" in said) is (status is not None)


def test_silence_is_said_and_nothing_left_is_said() -> None:
    lines = drawn(changed(exchanges=(exchange(None),), left=()))
    assert "Then:|no answer (closed)|" in lines
    assert "Left:|no row changed|" in lines


def test_where_nothing_is_missing_the_legal_rows_are_shown() -> None:
    lines = drawn(changed(left=(ORDER, STOCK, ORDER)))
    assert "Legal:|+ orders    id 10001  user_id 3  total 40.00  note NULL|" in lines


def test_a_class_that_is_not_known_still_shows_the_evidence() -> None:
    lines = explained.lines(FINDING, None, 100)
    assert lines[0].text == "partial-state"
    assert explained.heading(FINDING, None, 80)[1] == "boundary broken: sql"


def test_evidence_of_nothing_at_all_is_no_error() -> None:
    lines = explained.lines(replace(FINDING, evidence=Evidence()), PARTIAL, 80)
    assert [line.label for line in lines] == ["What:", "", "Control:", "Fix:", "Next:"]
