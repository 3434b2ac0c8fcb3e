"""Which crossings are an act's."""

from __future__ import annotations

from seamproof.analysis.background import foreground
from seamproof.core.experiment import CrossingKey
from seamproof.core.history import Crossing, CrossingKind

BEAT = "UPDATE hearts SET beat = now()"


def crossing(shape: str, kind: CrossingKind, connection: int) -> Crossing:
    return Crossing(CrossingKey(shape), kind, shape, 0, connection, 0.0)


JOB = (
    crossing("BEGIN", CrossingKind.BEGIN, 1),
    crossing(BEAT, CrossingKind.WRITE, 1),
    crossing("COMMIT", CrossingKind.COMMIT, 1),
)
ACT = (
    crossing("BEGIN", CrossingKind.BEGIN, 2),
    crossing("INSERT INTO orders DEFAULT VALUES", CrossingKind.WRITE, 2),
    crossing("COMMIT", CrossingKind.COMMIT, 2),
)


def test_a_job_goes_with_its_transaction() -> None:
    assert foreground((*JOB, *ACT), {BEAT}) == ACT


def test_control_goes_with_what_it_stands_beside_on_a_shared_connection() -> None:
    reset = crossing("RESET ALL", CrossingKind.SESSION, 2)
    job = (
        crossing("BEGIN", CrossingKind.BEGIN, 2),
        crossing(BEAT, CrossingKind.WRITE, 2),
        crossing("COMMIT", CrossingKind.COMMIT, 2),
        crossing("RESET ALL", CrossingKind.SESSION, 2),
    )
    assert foreground((*ACT, reset, *job), {BEAT}) == (*ACT, reset)
    assert foreground((*job, *ACT, reset), {BEAT}) == (*ACT, reset)


def test_an_empty_transaction_is_the_acts() -> None:
    empty = (ACT[0], ACT[2])
    assert foreground(empty, {BEAT}) == empty


def test_everything_is_the_acts_where_no_job_is_known() -> None:
    assert foreground((*JOB, *ACT), ()) == (*JOB, *ACT)
