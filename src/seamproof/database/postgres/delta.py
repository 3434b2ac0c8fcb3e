"""What lies between two states of the database, as a multiset of rows.

Only the net is kept, so the order of the changes does not matter: neither WAL position nor ctid
orders the entries of an unlogged table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from seamproof.database.postgres.journal import Entry

Places: TypeAlias = "defaultdict[tuple[int, str], list[str]]"
"""By relation and row's text, where such rows were stored: their ctids, the latest last."""

_PLACES_KEPT = 64
"""The latest places of equal rows that are remembered."""


class Delta:
    """Rows by table: how many more (or fewer) of each text the later state has."""

    __slots__ = ("counts", "places")

    def __init__(self) -> None:
        self.counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        """Relation to row's text to net count."""
        self.places: Places = defaultdict(list)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Delta:
        """The net of what the journal recorded."""
        delta = cls()
        counts, places = delta.counts, delta.places
        for relation, old, new, at, _, _ in entries:
            if old is not None:
                counts[relation][old] -= 1
            if new is not None:
                counts[relation][new] += 1
                if at is not None:
                    places[relation, new].append(at)
        return delta

    def add(self, later: Delta) -> None:
        """Extend this delta by one that begins where it ends."""
        for relation, rows in later.counts.items():
            mine = self.counts[relation]
            for text, count in rows.items():
                mine[text] += count
                if not mine[text]:
                    del mine[text]
        self.remember(later.places)

    def remember(self, places: Places) -> None:
        """Learn where rows of this delta are stored now."""
        for (relation, text), found in places.items():
            if self.counts[relation][text] > 0:
                known = self.places[relation, text]
                known.extend(found)
                del known[:-_PLACES_KEPT]

    def reversed(self) -> Delta:
        """The way back. Places stay, for the rows that it removes."""
        back = Delta()
        for relation, rows in self.counts.items():
            back.counts[relation] = Counter({text: -count for text, count in rows.items()})
        back.places = self.places
        return back

    def added(self, relation: int) -> list[str]:
        """The rows that the later state has more, each as often."""
        return [text for text, count in self.counts[relation].items() for _ in range(count)]

    def removed(self, relation: int) -> list[str]:
        """The rows that the later state lacks, each as often."""
        return [text for text, count in self.counts[relation].items() for _ in range(-count)]

    def relations(self) -> Iterator[int]:
        """The tables that differ."""
        return (relation for relation, rows in self.counts.items() if any(rows.values()))

    def __len__(self) -> int:
        """How many rows differ."""
        return sum(abs(count) for rows in self.counts.values() for count in rows.values())
