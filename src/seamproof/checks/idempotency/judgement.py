"""What is there after a request was sent again, against the effect of one. Pure.

state and calls        the retry answers   that is
of one request         anything            legal
of none                4xx, 503            the retry is kept out for ever: key-blocks-retry
of none but the key    4xx, 503            key-blocks-retry, suspected: the key may expire
of none, or the key's  2xx                 a success that never was: empty-replay
more, or other         2xx                 duplicate-effect
a part, or other       no success          what rollback tells; of a part, also where it is 2xx
anything               the process ended   ended-by-retry, where no fault was there before
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum

from seamproof.analysis.changes import Comparison, State, compare
from seamproof.analysis.keys import Key
from seamproof.analysis.masks import Mask
from seamproof.analysis.outcomes import Outcome, outcome, refused
from seamproof.analysis.trouble import died, missed, trouble
from seamproof.core.history import DisturbanceKind, Exchange, History
from seamproof.core.model import IdempotencyPolicy


class Ruling(Enum):
    """What came of a request that was sent again."""

    ONCE = "once"
    BLOCKED = "blocked"
    EMPTY = "empty"
    MORE = "more"
    PART = "part"
    """A part of the effect is there, and nothing twice: a matter of the check `rollback`."""
    ENDED = "ended"
    """The service's process ended, and nothing had been done to it."""
    MISSED = "missed"
    """What was to befall the first request did not come about."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A ruling with what it is made from."""

    ruling: Ruling
    history: History
    comparison: Comparison | None = None
    doubled_call: bool = False
    recorded: bool = False
    """Whether all that is more are rows in tables of their own, beside an effect that is there
    once, or in the service's log, where a request has no other effect: a history of requests, which
    RFC 9110 allows (section 9.2.2).
    """
    logged: bool = False
    """Whether the effect is there once but for the service's log of what was done."""
    certain: bool = False
    """Whether something is there twice, and not only another value in a row."""
    reason: str = ""

    @property
    def death(self) -> str:
        """What the service's process ended with at the retry; empty where it goes on."""
        found = self.history.sections[-1].disturbed(DisturbanceKind.SERVICE_DIED)
        return "" if found is None else found.detail or "no status"

    @property
    def one_effect(self) -> bool:
        """Whether there is one effect, whatever the service's log tells."""
        return self.ruling is Ruling.ONCE or self.logged


@dataclass(frozen=True, slots=True)
class One:
    """The effect of one request, and the answer to it."""

    mask: Mask
    outcome: Outcome
    exchange: Exchange
    policy: IdempotencyPolicy
    clean: History
    key: Key | None = None
    """Where the request carries its key: what is left of it may be the key alone."""

    def judge(self, history: History) -> Judgement:
        """Rule on a history whose last exchange is the request sent again."""
        judged = self._judge(history)
        unrecorded = self._unrecorded
        if judged.ruling is not Ruling.MORE or unrecorded is None:
            return judged
        lean = unrecorded._judge(history)
        if lean.ruling is Ruling.MORE:
            return replace(judged, certain=lean.certain, recorded=lean.recorded)
        return replace(judged, logged=True) if lean.ruling is Ruling.ONCE else lean

    @property
    def _unrecorded(self) -> One | None:
        """The same without the service's log; None where it has none, or nothing else is left."""
        mask = self.mask.without_records()
        effect = outcome(self.clean, mask)
        if mask == self.mask or not (effect.state or effect.calls):
            return None
        return replace(self, mask=mask, outcome=effect)

    def _judge(self, history: History) -> Judgement:
        if reason := trouble(history):
            return Judgement(Ruling.UNCLEAR, history, reason=reason)
        if reason := missed(history):
            return Judgement(Ruling.MISSED, history, reason=reason)
        seen = outcome(history, self.mask, self._known)
        last = history.sections[-1].exchanges[-1]
        compared = compare(seen.state, self.outcome.state, self.mask.catalog)
        more_calls = bool(seen.calls - self.outcome.calls)
        if died(history.sections[-1]) and not _faulted(history):
            return Judgement(Ruling.ENDED, history, compared, more_calls)
        if compared.state is State.AFTER and not more_calls:
            return Judgement(Ruling.ONCE, history, compared)
        if compared.state is State.BEFORE and not more_calls:
            if refused(last):
                replayed = self.policy.replays_errors
                return Judgement(Ruling.ONCE if replayed else Ruling.BLOCKED, history, compared)
            ruling = Ruling.EMPTY if last.ok else Ruling.UNCLEAR
            return Judgement(ruling, history, compared, reason="the retry failed")
        if self.key is not None and not more_calls and not self._begun(compared):
            if refused(last):
                return Judgement(Ruling.BLOCKED, history, compared)
            # A success was told by the key alone.
            if last.ok and self.key.is_in(compared.left, history.sections[0].exchange.request):
                return Judgement(Ruling.EMPTY, history, compared)
        if compared.state is State.PARTIAL and not more_calls and self.key is None:
            return Judgement(Ruling.PART, history, compared)
        if last.ok or more_calls or compared.doubled:
            recorded = not more_calls and self._records(compared)
            certain = more_calls or _twice(compared)
            return Judgement(Ruling.MORE, history, compared, more_calls, recorded, certain=certain)
        return Judgement(Ruling.PART, history, compared)

    def _begun(self, compared: Comparison) -> bool:
        """Whether anything of the effect is there, and not only rows that stand for the request:
        such are in one table, and the rows of every other are missing.
        """
        left = {each.table for each in compared.left}
        wanted = {each.table for each in compared.missing}
        return len(left) != 1 or not wanted - left

    def _records(self, compared: Comparison) -> bool:
        tables = {each.table for each in compared.extra}
        added = all(each.old is None for each in compared.extra)
        history = tables < set(self.outcome.state.tables) or tables <= self.mask.profile.records
        return added and not compared.missing and history

    @property
    def _known(self) -> frozenset[str]:
        return self.mask.profile.effects.union(self.outcome.state.tables)

    def holds(self, history: History) -> bool:
        """Whether another single request had the same effect: the control."""
        section = history.section
        again = outcome(history, self.mask, self._known)
        return section.exchange.status == self.exchange.status and (
            again.state.exact == self.outcome.state.exact
        )


def _faulted(history: History) -> bool:
    return any(phase.faults for phase in history.experiment.phases)


def _twice(compared: Comparison) -> bool:
    """Whether a table got more rows than one request adds."""
    more = Counter(each.table for each in compared.extra if each.old is None)
    more.subtract(each.table for each in compared.missing if each.old is None)
    return any(count > 0 for count in more.values())
