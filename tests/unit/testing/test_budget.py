"""Response times that a test states."""

from __future__ import annotations

import pytest

from seamproof.testing import budget
from seamproof.testing.budget import Budget, described, percentile

TIMES = [n / 1000 for n in range(1, 101)]


def test_percentiles_are_of_the_nearest_rank() -> None:
    assert percentile(TIMES, 95) == 0.095
    assert percentile(TIMES, 99.9) == 0.1
    assert percentile([0.2], 5) == 0.2


def test_what_does_not_hold_is_told_with_what_it_is() -> None:
    assert Budget.parse("p95 < 95ms").exceeded(TIMES) == []
    assert Budget.parse("p50<=0.1s, max < 50 ms").exceeded(TIMES) == [
        "max < 50 ms, and it is 100 ms"
    ]
    assert Budget.parse("p95 < 1ms").exceeded([]) == []


@pytest.mark.parametrize("text", ["", "fast", "p95 > 200ms", "p95 < 200", "p101 < 1s"])
def test_what_is_no_budget(text: str) -> None:
    with pytest.raises(ValueError, match="write it as p95 < 200ms"):
        Budget.parse(text)


def test_a_description() -> None:
    assert described(TIMES) == "p50 50 ms, p95 95 ms, max 100 ms of 100"


def test_a_busy_machine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget.os, "getloadavg", lambda: (99.5, 0, 0))
    assert "99.5 processes" in budget.busy()
    monkeypatch.setattr(budget.os, "getloadavg", lambda: (0.1, 0, 0))
    assert not budget.busy()
