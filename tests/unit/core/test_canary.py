"""Canaries are found again wherever they were put."""

from __future__ import annotations

from seamproof.core import canary


def test_a_canary_is_the_same_for_the_same_place_and_another_elsewhere() -> None:
    one = canary.canary("orders", "1", "note")
    assert one == canary.canary("orders", "1", "note")
    assert one != canary.canary("orders", "2", "note")
    assert len(one) == canary.LENGTH


def test_canaries_are_found_in_texts_and_bytes() -> None:
    one, other = canary.canary("a"), canary.canary("b")
    text = f'{{"note": "{one}!", "again": "{one}", "x": "{other}"}}'
    assert canary.found(text) == (one, other)
    assert canary.found(text.encode()) == (one, other)
    assert canary.found("qzsmp is no canary") == ()


def test_where_canaries_stand_is_told_whatever_their_case() -> None:
    one = canary.canary("a")
    assert canary.spans(f"x {one.upper()}'") == ((one, 2, 14),)


def test_only_canaries_and_punctuation_are_ours() -> None:
    one, other = canary.canary("a"), canary.canary("b")
    assert canary.ours(one)
    assert canary.ours(f"{one}'{other}")
    assert canary.ours(f"{one}@example.com")
    assert not canary.ours(f"secret {one}")
    assert not canary.ours("secret")
    assert not canary.ours("")
