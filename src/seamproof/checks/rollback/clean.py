"""What the act does under no fault, and how what a fault left compares with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from seamproof.analysis.calls import calls
from seamproof.analysis.changes import (
    Comparison,
    Effect,
    State,
    compare,
    effect,
    lacks_only_volatile,
)
from seamproof.analysis.intervals import (
    Transaction,
    changes_of_acts,
    intervals,
    transactions,
)
from seamproof.analysis.keys import Key
from seamproof.analysis.masks import Mask
from seamproof.analysis.responses import same
from seamproof.analysis.trouble import died
from seamproof.core.history import Changes, Crossing, Exchange, History, Section
from seamproof.core.verdict import FindingClass, Tier


@dataclass(frozen=True, slots=True)
class Outbound:
    """What is known of an act's calls to other services before its failures are judged."""

    calls: tuple[Crossing, ...] = ()
    """Those that every clean run made."""
    volatile: frozenset[str] = frozenset()
    """The paths of the answer's body that differ between clean runs."""
    compensated: frozenset[str] = frozenset()
    """The states that a refusal by the other service left, where the client was told of it."""
    degraded: frozenset[str] = frozenset()
    """Those that one left where the client was told of success all the same."""
    needed: Mapping[str, Tier] = field(default_factory=dict)
    """How sure it is that the act needs a call, by its shape."""
    effects: frozenset[str] = frozenset()
    """The shapes of the calls that surely change something on the other side."""


@dataclass(frozen=True, slots=True)
class Clean:
    """The act under no fault: what it does, and what it leaves."""

    history: History
    effect: Effect
    crossings: tuple[Crossing, ...]
    """Those that every clean run had."""
    transactions: tuple[Transaction, ...]
    mask: Mask
    outbound: Outbound = Outbound()
    key: Key | None = None
    """Where the act carries its idempotency key."""

    @property
    def exchange(self) -> Exchange:
        """The request and its answer."""
        return self.history.section.exchange

    @property
    def intervals(self) -> tuple[Transaction, ...]:
        """The transactions that committed writes."""
        return intervals(self.transactions)

    @classmethod
    def of(
        cls,
        history: History,
        crossings: tuple[Crossing, ...],
        mask: Mask,
        outbound: Outbound = Outbound(),
        key: Key | None = None,
    ) -> Clean:
        """What a clean history shows."""
        section, profile = history.section, mask.profile
        return cls(
            history,
            effect(section.changes, mask),
            crossings,
            transactions(crossings, changes_of_acts(section, profile), profile.ignored),
            mask,
            outbound,
            key,
        )

    def compared(self, section: Section) -> Comparison:
        """How the state after a phase compares with that after the clean act."""
        judged = self._without_records_of_failure(section.changes)
        found = compare(effect(judged, self.mask), self.effect, self.mask.catalog)
        known = self.outbound.compensated | self.outbound.degraded
        if not found.legal and found.signature in known:
            return replace(found, state=State.COMPENSATED)
        return found

    def only_key_is_left(self, state: Comparison, section: Section) -> bool:
        """Whether nothing is there but new rows of one table, that stand for the act's key."""
        if self.key is None or any(row.old is not None for row in state.left):
            return False
        of_one = len({row.table for row in state.left}) == 1
        return of_one and self.key.is_in(state.left, section.exchange.request)

    def leaves_nothing_else(self, section: Section) -> bool:
        """Whether a phase left the clean act's rows and no record that it went otherwise."""
        return effect(section.changes, self.mask).exact == self.effect.exact

    def differs_only_in_entries(self, section: Section) -> bool:
        """Whether nothing differs from the clean act but what it notes in logs of what was done."""
        if not self.mask.profile.records:
            return False
        mask = self.mask.without_records()
        whole = effect(self.history.section.changes, mask)
        judged = self._without_records_of_failure(section.changes)
        return compare(effect(judged, mask), whole, mask.catalog).state is State.AFTER

    def lacks_only_volatile(self, section: Section) -> bool:
        """Whether nothing differs from the clean act but that columns of rows are empty whose value
        is another in each run.
        """
        judged = self._without_records_of_failure(section.changes)
        return lacks_only_volatile(effect(judged, self.mask), self.effect, self.mask)

    def _without_records_of_failure(self, changes: Changes) -> Changes:
        """Leave out rows that are only inserted, into tables that no success changes.

        A refusal leaves such rows too: attempts, audit. With them a state is compensated, which is
        as legal as before and after.
        """
        known = self.mask.profile.effects.union(self.effect.tables)
        altered = {row.table for row in changes.rows if row.old is not None}
        kept = known | altered
        return Changes(tuple(row for row in changes.rows if row.table in kept))

    def succeeded(self, exchange: Exchange) -> bool:
        """Whether the client was told that it worked."""
        return exchange.ok or exchange.status == self.exchange.status

    def told(self, exchange: Exchange) -> bool:
        """Whether the client was told the same as in the clean run."""
        return same(exchange, self.exchange, self.outbound.volatile)

    def holds(self, history: History) -> bool:
        """Whether another run without a fault went as this one: the control."""
        section = history.section
        made = {each.key for each in calls(section, self.mask.profile)}
        return (
            section.exchange.status == self.exchange.status
            and self.compared(section).state is (State.AFTER if self.effect else State.BEFORE)
            and all(each.key in made for each in self.outbound.calls)
        )


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that is wrong, named so that a replay can be asked for the same."""

    finding_class: FindingClass
    tier: Tier
    left: str
    """The signature of the state left, or the call: with the class, what it is deduplicated by."""
    comparison: Comparison
    call: Crossing | None = None
    """The call that it is about."""
    cause: str = ""
    """What all operations that show it have in common."""

    @property
    def key(self) -> tuple[str, str]:
        """What a replay must show again."""
        return self.finding_class.name, self.left


def retry_of(history: History) -> Section | None:
    """The retry, where it tells something: not of a process that has just been started."""
    if len(history.sections) < 2 or died(history.section):
        return None
    return history.sections[1]
