"""`concurrency` on acts whose overlap ends the process of the service, and on look-alikes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from overlapped import OPERATION, TABLES, compare_a_version, subject, verdicts, world

from doubles.fake_overlap import FakeOverlap, Rows, Statements
from doubles.stored import finding_of
from seamproof.checks.concurrency import Concurrency
from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.verdict import Outcome, Tier

DEATH = "ended with exit code 1: TypeError: rows[0] is undefined"


def end_on_conflict(db: Rows) -> Statements:
    """Throws where nobody catches it, where another was faster."""
    status = yield from compare_a_version(db)
    if status == 409:
        raise SystemExit(DEATH)
    return status


def end_behind_the_effect(db: Rows) -> Statements:
    """The same where what was written is that of both, one after the other."""
    value = yield "SELECT value FROM counters", lambda: db["counters"]["1"]["value"]
    seen = yield (
        "UPDATE counters SET value = value + 1 RETURNING value",
        lambda: (
            db.update("counters", "1", value=db["counters"]["1"]["value"] + 1),
            db["counters"]["1"]["value"],
        )[1],
    )
    if seen != value + 1:
        raise SystemExit(DEATH)
    return 200


@pytest.mark.parametrize("act", [end_on_conflict, end_behind_the_effect])
def test_a_process_that_an_overlap_ends_is_proven(act: Callable[[Rows], Statements]) -> None:
    (found,) = verdicts(act)
    assert (found.finding_class, found.outcome, found.tier, found.replays) == (
        "ended-by-overlap",
        Outcome.VIOLATED,
        Tier.PROVEN,
        (3, 3),
    )
    assert found.evidence.facts["death"] == DEATH
    assert found.evidence.facts["orders"] == "200 and 200"
    assert "no answer (closed)" in str(found.evidence.facts["answers"])


def test_each_replay_is_of_a_process_that_the_serial_order_went_well_in() -> None:
    fake = world(end_on_conflict)
    list(fake.drive(Concurrency().explore(subject())))
    purposes = [each.purpose for each in fake.experiments]
    first = purposes.index("replay")
    assert purposes[first - 1 : first + 5] == ["one after the other", "replay"] * 3


def end_where_it_was_done(db: Rows) -> Statements:
    """Throws at the second request, whether or not it overlaps the first."""
    value = yield "SELECT value FROM counters", lambda: db["counters"]["1"]["value"]
    if value:
        raise SystemExit(DEATH)
    yield "UPDATE counters SET value = 1", lambda: db.update("counters", "1", value=1)
    return 200


def test_a_process_that_ends_without_an_overlap_as_well_says_nothing_of_overlaps() -> None:
    (found,) = verdicts(end_where_it_was_done)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.reason == f"the service ended while the acts ran: {DEATH}"


class EndsTwice(FakeOverlap):
    """Ends by the overlap twice, and not after that."""

    left = 2

    def run(self, experiment: Experiment) -> History:
        found = super().run(experiment)
        if not any(each.disturbances for each in found.sections):
            return found
        self.left -= 1
        sound = FakeOverlap(TABLES, {OPERATION: compare_a_version})
        return found if self.left >= 0 else sound.run(experiment)


def test_a_process_that_does_not_end_each_time_is_suspected_only() -> None:
    fake = EndsTwice(TABLES, {OPERATION: end_on_conflict})
    (found,) = fake.drive(Concurrency().explore(subject()))
    assert (found.finding_class, found.tier, found.replays) == (
        "ended-by-overlap",
        Tier.SUSPECTED,
        (1, 3),
    )


@pytest.mark.parametrize(("helps", "told"), [(True, "helps"), (False, "does not help")])
def test_it_says_whether_a_stronger_level_alone_would_help(helps: bool, told: str) -> None:
    (found,) = verdicts(end_on_conflict, serializable_helps=helps)
    assert found.evidence.facts["serializable"] == told


def test_a_stored_one_is_shown_again() -> None:
    (found,) = verdicts(end_on_conflict)
    replayed = world(end_on_conflict).drive(Concurrency().replay(subject(), finding_of(found)))
    assert [each.finding_class for each in replayed] == ["ended-by-overlap"]
    sound = world(compare_a_version).drive(Concurrency().replay(subject(), finding_of(found)))
    assert not list(sound)
