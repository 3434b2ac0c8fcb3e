"""When a service that a fault has met counts as at rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from seamproof.core.protocols import Activity
from seamproof.run.experiment.quiet import Slumber, at_rest, come_to_rest
from seamproof.world.pulse import Pulse

SERVED = 1_000_000


def pulse(time: float, ran: int, *, asleep: bool = True, pid: int = 7) -> Pulse:
    return Pulse(time, {pid: ran}, asleep)


def seconds(*looks: Pulse | None) -> list[float]:
    """What is known after each look but the first, which is made before the acts."""
    following: Iterator[Pulse | None] = iter(looks)
    slumber = Slumber(lambda: next(following))
    return [slumber.seconds() for _ in looks[1:]]


def test_it_sleeps_from_the_first_of_two_looks_between_which_nothing_ran() -> None:
    before = pulse(0.0, 0)
    assert seconds(before, pulse(1.0, SERVED), pulse(1.5, SERVED), pulse(2.0, SERVED)) == [
        0.0,
        0.5,
        1.0,
    ]


def test_what_runs_or_is_about_to_does_not_sleep() -> None:
    before = pulse(0.0, 0)
    running = pulse(1.5, 20 * SERVED), pulse(2.0, 40 * SERVED), pulse(2.5, 90 * SERVED)
    assert seconds(before, pulse(1.0, SERVED), *running) == [0.0] * 4
    starved = pulse(1.5, SERVED, asleep=False)
    assert seconds(before, pulse(1.0, SERVED), starved, pulse(2.0, SERVED)) == [0.0, 0.0, 0.5]


def test_a_tick_of_its_event_loop_does_not_wake_it() -> None:
    before = pulse(0.0, 0)
    assert seconds(before, pulse(1.0, SERVED), pulse(1.1, SERVED + 200_000))[-1] > 0


def test_a_process_that_came_or_went_says_nothing() -> None:
    before = pulse(0.0, 0)
    assert seconds(before, pulse(1.0, SERVED), pulse(1.5, SERVED, pid=8))[-1] == 0.0
    assert seconds(before, pulse(1.0, SERVED), None, pulse(1.5, SERVED)) == [0.0] * 3
    assert seconds(None, pulse(1.0, SERVED), pulse(1.5, SERVED)) == [0.0] * 2


def test_that_one_sleeps_who_does_not_answer_says_nothing() -> None:
    """As the client of a container's engine, while the service is elsewhere."""
    assert seconds(*(pulse(float(number), 1000) for number in range(5))) == [0.0] * 4


class Open:
    """A boundary with a transaction that stays open. At each look it has been silent for 0.051 s
    longer."""

    def __init__(self) -> None:
        self.looks = 0

    async def wait_quiet(self, silence: float, limit: float) -> bool:
        self.looks += 1
        return False

    def activity(self) -> Activity:
        return Activity(0, (5,), time.monotonic() - 0.051 * self.looks)


def looks_until_rest(*looks: Pulse) -> int:
    following, boundary = iter(looks), Open()
    slumber = Slumber(lambda: next(following)) if looks else None
    asyncio.run(come_to_rest(boundary, 0.0, slumber=slumber))  # type: ignore[arg-type]
    return boundary.looks


def test_a_transaction_that_stays_open_is_given_less_time_where_the_service_sleeps() -> None:
    before, asleep = pulse(0.0, 0), [pulse(1 + each / 20, SERVED) for each in range(9)]
    assert looks_until_rest() == 5
    assert looks_until_rest(before, *asleep) == 3, "0.1 s of sleep were seen"


def test_the_time_that_it_slept_while_bytes_crossed_does_not_count() -> None:
    before, asleep = pulse(0.0, 0), [pulse(float(each), SERVED) for each in range(1, 9)]
    assert looks_until_rest(before, *asleep) == 2, "0.1 s of silence"


def test_a_transaction_of_who_works_is_given_all_the_time() -> None:
    assert looks_until_rest(*(pulse(each / 20, each * 10 * SERVED) for each in range(9))) == 5


class Seen:
    """A boundary that sees this."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity

    def activity(self) -> Activity:
        return self._activity


@pytest.mark.parametrize(
    ("pending", "open_transactions", "silent", "rests"),
    [(0, (), 1.0, True), (0, (), 0.0, False), (1, (), 1.0, False), (0, (5,), 1.0, False)],
    ids=["silent", "bytes just now", "an answer is awaited", "in a transaction"],
)
def test_a_boundary_that_is_silent_is_not_waited_for(
    pending: int, open_transactions: tuple[int, ...], silent: float, rests: bool
) -> None:
    seen = Seen(Activity(pending, open_transactions, time.monotonic() - silent))
    assert at_rest(seen, 0.5) is rests  # type: ignore[arg-type]
