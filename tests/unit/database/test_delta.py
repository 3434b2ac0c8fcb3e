"""The net of changes, as a multiset."""

from __future__ import annotations

from seamproof.database.postgres.delta import Delta
from seamproof.database.postgres.journal import Entry


def entry(old: str | None, new: str | None, at: str | None = None) -> Entry:
    return Entry(7, old, new, at, "1", 1)


def test_only_the_net_counts_in_whatever_order() -> None:
    entries = [
        entry("(b)", "(c)", "(0,3)"),
        entry(None, "(b)", "(0,2)"),
        entry("(gone)", None),
        entry(None, "(twin)", "(0,4)"),
        entry(None, "(twin)", "(0,5)"),
        entry("(twin)", None),
        entry("(same)", "(same)", "(0,6)"),
    ]
    for ordered in (entries, entries[::-1]):
        delta = Delta.of(ordered)
        assert sorted(delta.added(7)) == ["(c)", "(twin)"]
        assert delta.removed(7) == ["(gone)"]
        assert sorted(delta.places[7, "(twin)"]) == ["(0,4)", "(0,5)"]
        assert len(delta) == 3
        back = delta.reversed()
        assert back.added(7) == ["(gone)"]
        assert sorted(back.removed(7)) == ["(c)", "(twin)"]


def test_deltas_that_cancel_leave_nothing() -> None:
    delta = Delta.of([entry("(a)", "(b)", "(0,2)")])
    delta.add(Delta.of([entry("(b)", "(a)", "(0,3)")]))
    assert list(delta.relations()) == []
    assert len(delta) == 0


def test_a_row_that_was_put_back_is_known_by_its_new_place() -> None:
    arranged = Delta.of([entry(None, "(a)", "(0,1)")])
    again = Delta().places
    again[7, "(a)"].append("(5,5)")
    again[7, "(of the base)"].append("(6,6)")
    arranged.remember(again)
    assert arranged.places[7, "(a)"] == ["(0,1)", "(5,5)"]
    assert (7, "(of the base)") not in arranged.places


def test_places_do_not_pile_up() -> None:
    arranged = Delta.of([entry(None, "(a)", "(0,1)")])
    for number in range(500):
        again = Delta().places
        again[7, "(a)"].append(f"({number},1)")
        arranged.remember(again)
    assert len(arranged.places[7, "(a)"]) < 100
    assert arranged.places[7, "(a)"][-1] == "(499,1)"
