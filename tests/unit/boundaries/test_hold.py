"""What waits, and what does not."""

from __future__ import annotations

from seamproof.boundaries.hold import Hold
from seamproof.core.experiment import CrossingKey


def test_a_key_is_held_once() -> None:
    hold = Hold(CrossingKey("COMMIT"))
    assert hold.takes
    hold.take(lambda: None)
    assert not hold.takes
    assert hold.arrived


def test_without_a_key_everything_waits_until_all_of_it_goes() -> None:
    gone: list[str] = []
    hold = Hold(None)
    for name in ("the act's", "a job's"):
        assert hold.takes
        hold.take(lambda name=name: gone.append(name))
    assert not gone
    hold.release()
    assert gone == ["the act's", "a job's"]
    assert not hold.takes
