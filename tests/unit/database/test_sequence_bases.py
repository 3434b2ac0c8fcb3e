"""Bases that are far apart, and within what a sequence may reach."""

from __future__ import annotations

from itertools import pairwise

from seamproof.database.postgres.sequences import Sequence, bases, moved

WIDE = 2**31 - 1


def sequence(oid: int, increment: int = 1, highest: int = WIDE, cycles: bool = False) -> Sequence:
    return Sequence(oid, f"s{oid}", increment, -highest, highest, cycles)


def test_they_are_far_apart_and_never_the_same() -> None:
    many = [sequence(oid) for oid in range(1, 156)]
    now = {each.oid: (10, True) for each in many}
    seen: set[int] = set()
    for epoch in range(1, 50):
        found = [value for value, _ in bases(many, now, epoch).values()]
        assert all(later - one > 1_000_000 for one, later in pairwise(found))
        assert max(found) <= WIDE
        assert not seen.intersection(found)
        seen.update(found)


def test_very_many_still_fit() -> None:
    many = [sequence(oid) for oid in range(1, 3001)]
    found = bases(many, {each.oid: (1, False) for each in many}, 1)
    assert len(found) == 3000
    assert max(value for value, _ in found.values()) <= WIDE


def test_small_descending_and_cycling_ones() -> None:
    small, down = sequence(1, highest=32767), sequence(2, increment=-1)
    cycling, few = sequence(3, cycles=True), sequence(4, highest=500)
    now = {1: (100, True), 2: (-1, True), 3: (1, True), 4: (1, True)}
    found = bases([small, down, cycling, few], now, 1)
    assert set(found) == {1, 2}
    assert 1_000 < found[1][0] < 20_000
    assert found[2][0] < -1_000_000


def test_only_what_moved_is_put_back() -> None:
    wanted = {1: (5, True), 2: (1, False)}
    assert moved({1: (6, True), 2: (1, False)}, wanted) == {1: (5, True)}
    assert moved({1: (5, True), 2: (1, True)}, wanted) == {2: (1, False)}
