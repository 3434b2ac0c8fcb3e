"""What the marks of a database stand for, and what lies between them. Nothing is sent from here.

Base is what every undo can lead back to; above it is what an experiment arranged, and above that
what was edited for it. What the service wrote since is in the journal alone.
"""

from __future__ import annotations

from seamproof.core.errors import Bug
from seamproof.database.postgres.delta import Delta, Places
from seamproof.database.postgres.levels import Level, Mark, Seen


class Marks:
    """The marks, and the deltas between them."""

    def __init__(self) -> None:
        self._base: Mark | None = None
        self._arranged: Mark | None = None
        self._above = Delta()
        """From base to arranged."""
        self._edited = Delta()
        """What of that was edited when all was arranged."""
        self._cloned = False
        """Whether the arranged state is a copy's: where its rows lie is not all known then."""
        self._base_lost = ""
        """Why base can be reached by a clone only: what the arrangement did."""

    def of(self, level: Level) -> Mark:
        """The mark of a level. Raises Bug where it was not made."""
        found = self._base if level is Level.BASE else self._arranged
        if found is None:
            raise Bug("an undo was asked for before a mark was made")
        return found

    @property
    def latest(self) -> Mark | None:
        """The mark that was made last; None before the first."""
        return self._arranged or self._base

    @property
    def edits(self) -> Delta:
        """What was edited above the arrangement."""
        return self._edited

    def within(self, level: Level) -> Level:
        """A level, or base where nothing is arranged above it."""
        return level if self._arranged else Level.BASE

    def lost(self, level: Level, seen: Seen) -> str:
        """Why rows alone do not lead back to a mark, empty where they do."""
        return seen.lost(self.of(level)) or (self._base_lost if level is Level.BASE else "")

    def up_from(self, level: Level, since: Delta) -> Delta:
        """What lies between a mark and now; `since` is what was written since the latest."""
        delta = Delta()
        if level is Level.BASE:
            delta.add(self._above)
        delta.add(since)
        return delta

    def up_from_snapshot(self, level: Level) -> Delta:
        """What lies between the database that a mark is cloned from, and the mark."""
        mark, delta = self.of(level), Delta()
        delta.add(mark.since)
        if level is Level.ARRANGED and mark.snapshot == self.of(Level.BASE).snapshot:
            delta.add(self._above)
        return delta

    def places_known(self, level: Level) -> bool:
        """Whether it is known where the rows lie that an undo to a mark removes."""
        return level is Level.ARRANGED or not self._cloned

    def begin(self, template: str, seen: Seen) -> None:
        """Take what was seen as base, and a template as what it is cloned from."""
        self._base = Mark(template, Delta(), seen.sequences, seen.large_objects)

    def make(self, level: Level, seen: Seen, delta: Delta, lost: str, copied: str) -> None:
        """Take what was seen as the state of a mark, `delta` above the latest. Where rows alone do
        not lead back, `copied` is the copy that was made of it, and `lost` why."""
        base = self.of(Level.BASE)
        latest = self._arranged or base
        self._above.add(delta)
        made = Mark(latest.snapshot, latest.since, seen.sequences, seen.large_objects)
        if lost:
            made.snapshot, made.since = copied, Delta()
        elif latest.snapshot != base.snapshot:
            made.since.add(delta)
        if level is Level.ARRANGED:
            self._arranged, self._base_lost = made, self._base_lost or lost
            return
        if made.snapshot == base.snapshot:
            made.since.add(self._above)
        self._base, self._arranged, self._above, self._base_lost = made, None, Delta(), ""
        self._edited = Delta()

    def edit(self, edited: Delta) -> None:
        """Count edits as arranged."""
        self._edited = edited
        self._raise(edited)

    def take_back(self, back: Delta, places: Places) -> None:
        """The edits were undone, by `back`, which stored rows at these places."""
        self._raise(back)
        self._above.remember(places)
        self._edited = Delta()

    def _raise(self, delta: Delta) -> None:
        self._above.add(delta)
        arranged, base = self._arranged, self._base
        if arranged is not None and base is not None and arranged.snapshot != base.snapshot:
            arranged.since.add(delta)

    def reach(self, level: Level, places: Places) -> None:
        """The state of a mark is there again; rows were stored at these places on the way."""
        if level is Level.BASE:
            self._arranged, self._above, self._base_lost = None, Delta(), ""
            self._edited, self._cloned = Delta(), False
        else:
            self._above.remember(places)

    def remember(self, places: Places) -> None:
        """Learn where rows of the arrangement lie now."""
        self._above.remember(places)

    def replaced(self, level: Level, large_objects: str, places: Places) -> None:
        """The database was replaced by a copy, and that brought to a mark."""
        self.of(level).large_objects = large_objects
        self._above.places.clear()
        self.reach(level, places)
        self._cloned = level is Level.ARRANGED
