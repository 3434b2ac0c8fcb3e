"""The serial orders of two acts, and what a history shows against them. Pure.

every act     and state, statuses, calls are      that is
success       those of a serial order             legal
success       rows and calls of a serial order    legal where the acts are one idempotent request
one refused   those of the other act alone        legal, whatever the serial orders say; a call
                                                  that a later one took back is as none
both refused  those of no act                     legal
a 5xx         those of the acts that succeeded    an unhandled conflict, suspected
the process   anything                            a violation: it goes on after each serial order
ended
anything of that but for the service's own log    a note: what is done is that of a serial order
anything else                                     a violation
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from seamproof.analysis.calls import compensates
from seamproof.analysis.changes import Comparison, compare
from seamproof.analysis.masks import Mask
from seamproof.analysis.outcomes import Outcome, nothing, outcome, refused
from seamproof.analysis.trouble import trouble
from seamproof.core.experiment import NOBODY, CrossingKey
from seamproof.core.history import (
    Crossing,
    CrossingKind,
    DisturbanceKind,
    Exchange,
    History,
    Silence,
)

_UNAUTHENTICATED = 401
_NO_ANSWER = "an act was not answered in time: a pool may be exhausted"


class Ruling(Enum):
    """What a history is, against the serial orders."""

    LEGAL = "legal"
    CONFLICT = "conflict"
    """A conflict that the service answers with an error of its own; nothing is lost."""
    RECORDED = "recorded"
    """Only what the service notes of its requests is as in no serial order."""
    VIOLATION = "violation"
    ENDED = "ended"
    """The service's process ended, which it does after neither serial order."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A ruling with what it is made from."""

    ruling: Ruling
    history: History
    outcome: Outcome | None = None
    reason: str = ""
    """Why it is unclear."""

    @property
    def against_every_order(self) -> bool:
        """Whether it is what no serial order comes to."""
        return self.ruling in (Ruling.VIOLATION, Ruling.ENDED)

    @property
    def death(self) -> str:
        """What the service's process ended with; empty where it goes on."""
        return _death(self.history)

    @property
    def locked(self) -> bool:
        """Whether a lock of the database kept the acts apart."""
        return self.history.disturbed(DisturbanceKind.BLOCKED) is not None

    @property
    def kept_apart(self) -> bool:
        """Whether something outside of the database kept the acts apart."""
        return self.history.disturbed(DisturbanceKind.BLOCKED_OUTSIDE) is not None

    @property
    def missed(self) -> bool:
        """Whether a crossing before which an act was to stand did not come."""
        return self.history.disturbed(DisturbanceKind.NOT_REACHED) is not None


@dataclass(frozen=True, slots=True)
class Oracle:
    """What the two acts come to one after the other, in each order, and each alone."""

    mask: Mask
    serial: tuple[Outcome, Outcome]
    """The first act first, and the second act first."""
    alone: tuple[Outcome, Outcome]
    histories: tuple[History, History]
    """Of the serial orders."""
    known: frozenset[str]
    """The tables that a success changes."""
    repeats: bool = False
    """Whether the acts are one request twice that promises one effect: a second DELETE may say
    that nothing is there, or that it is gone (RFC 9110, section 9.2.2)."""
    unrecorded: Oracle | None = None
    """The same without the service's log of what was done; None where it has none."""

    @property
    def refuses_one(self) -> bool:
        """Whether in each serial order one of the two is refused: the state is at its limit."""
        return all(sum(is_success(s) for s in each.statuses) == 1 for each in self.serial)

    @property
    def ends_sessions(self) -> bool:
        """Whether that is because the first has ended the session of who sends the second.

        It was let in before is what an overlap comes to then, and no order tells what that leaves.
        """
        return self.refuses_one and all(
            any(
                exchange.status == _UNAUTHENTICATED and exchange.act.sender != NOBODY
                for section in history.sections
                for exchange in section.exchanges
            )
            for history in self.histories
        )

    def judge(self, history: History) -> Judgement:
        """Rule on a history in which the acts overlapped."""
        if reason := trouble(history):
            return Judgement(Ruling.UNCLEAR, history, reason=reason)
        seen = outcome(history, self.mask, self.known)
        if _death(history):
            return Judgement(Ruling.ENDED, history, seen)
        if _unanswered(history):
            return Judgement(Ruling.UNCLEAR, history, reason=_NO_ANSWER)
        exchanges = history.section.exchanges
        if any(seen.same(each) for each in self.serial):
            return Judgement(Ruling.LEGAL, history, seen)
        failed = [index for index, each in enumerate(exchanges) if not each.ok]
        if failed and self._lasting(history, failed) == self._without(failed, seen).effects:
            legal = all(refused(exchanges[index]) for index in failed)
            return Judgement(Ruling.LEGAL if legal else Ruling.CONFLICT, history, seen)
        if not failed and any(self._explains(each, seen) for each in self.serial):
            return Judgement(Ruling.LEGAL, history, seen)
        if not failed and self._let_in_before(history, seen):
            return Judgement(Ruling.LEGAL, history, seen)
        return Judgement(self._but_for_records(history), history, seen)

    def acknowledges(self, judged: Judgement) -> bool:
        """Whether all were told success for what is done once, and one of them wrote nothing.

        Of one request twice the second may say so on purpose, having seen that it is done.
        """
        seen, section = judged.outcome, judged.history.section
        if seen is None or not all(map(is_success, seen.statuses)):
            return False
        if seen.effects not in [each.effects for each in self.serial]:
            return False
        wrote = {row.backend for row in section.changes.rows}
        used = [
            {each.backend for each in section.crossings if each.replica == replica}
            for replica in range(len(self.alone))
        ]
        return None not in wrote and any(not wrote & each for each in used)

    def _but_for_records(self, history: History) -> Ruling:
        """The ruling on what is of no serial order: is it so for the service's log alone?"""
        if self.unrecorded is None:
            return Ruling.VIOLATION
        ruling = self.unrecorded.judge(history).ruling
        return Ruling.RECORDED if ruling is Ruling.LEGAL else ruling

    def _lasting(self, history: History, failed: Sequence[int]) -> tuple[object, object]:
        """State and calls, less the calls of failed acts that a later one of theirs took back."""
        usual = {shape for each in self.alone for shape, _ in each.calls}
        crossings = history.section.crossings
        gone: set[int] = set()
        for index, call in enumerate(crossings):
            if call.replica not in failed or call.key.shape not in usual or not _done(call):
                continue
            for position in range(index + 1, len(crossings)):
                later = crossings[position]
                if position in gone or later.replica != call.replica or not _done(later):
                    continue
                if later.key.shape not in usual and compensates(later, call):
                    gone |= {index, position}
                    break
        kept = tuple(each for index, each in enumerate(crossings) if index not in gone)
        section = replace(history.section, crossings=kept)
        lasting = replace(history, sections=(*history.sections[:-1], section))
        return outcome(lasting, self.mask, self.known).effects

    def _explains(self, serial: Outcome, seen: Outcome) -> bool:
        """Whether a serial order explains what successes came to."""
        return _alike(seen, serial) or (self.repeats and seen.effects == serial.effects)

    def _let_in_before(self, history: History, seen: Outcome) -> bool:
        """Whether a DELETE was let in before the other changed what its sender is known by.

        Behind the other it is answered 401, so that this order does not tell what it comes to. But
        what is deleted is gone, whatever was changed in it before (RFC 9110, section 9.3.5).
        """
        return any(
            exchange.act.step.operation.method == "DELETE"
            and seen.effects == self.alone[index].effects
            and any(each.statuses[index] == _UNAUTHENTICATED for each in self.serial)
            for index, exchange in enumerate(history.section.exchanges)
        )

    def _without(self, failed: Sequence[int], seen: Outcome) -> Outcome:
        """What the acts come to that have not failed."""
        if len(failed) == len(self.alone):
            return nothing(self.mask, seen.statuses)
        return self.alone[1 - failed[0]]

    def nearest(self, seen: Outcome) -> tuple[int, Comparison]:
        """The serial order that an outcome is nearest to, and how it differs from it."""
        compared = [compare(seen.state, each.state, self.mask.catalog) for each in self.serial]
        sizes = [len(each.missing) + len(each.extra) for each in compared]
        order = sizes.index(min(sizes))
        return order, compared[order]


def _done(crossing: Crossing) -> bool:
    """Whether it is a call that was answered with success."""
    answer = crossing.response
    return crossing.kind is CrossingKind.CALL and answer is not None and answer.ok


def oracle(
    mask: Mask,
    serial: Sequence[tuple[History, History]],
    alone: tuple[History, History],
    *,
    repeats: bool = False,
) -> Oracle | str:
    """The oracle of these runs, or why there is none. `serial` has each order, run twice."""
    for each in (*alone, *(history for runs in serial for history in runs)):
        if reason := _unclear(each):
            return reason
    for index, each in enumerate(alone):
        if not each.section.exchange.ok:
            return f"act {index} alone answers {each.section.exchange.status}"
    known = mask.profile.effects.union(*(outcome(each, mask).state.tables for each in alone))
    found = _of(mask, serial, alone, known, repeats=repeats)
    if isinstance(found, str) or not mask.profile.records:
        return found
    unrecorded = _of(mask.without_records(), serial, alone, known, repeats=repeats)
    return replace(found, unrecorded=None if isinstance(unrecorded, str) else unrecorded)


def _of(
    mask: Mask,
    serial: Sequence[tuple[History, History]],
    alone: tuple[History, History],
    known: frozenset[str],
    *,
    repeats: bool,
) -> Oracle | str:
    outcomes = [[outcome(history, mask, known) for history in runs] for runs in serial]
    for first, second in outcomes:
        if not first.same(second):
            return "equal runs, one after the other, differ: " + _difference(first, second, mask)
    ((forwards, _), (backwards, _)) = outcomes
    return Oracle(
        mask,
        (forwards, backwards),
        (outcome(alone[0], mask, known), outcome(alone[1], mask, known)),
        (serial[0][0], serial[1][0]),
        known,
        repeats,
    )


def stop_of(history: History, replica: int, key: CrossingKey) -> int | None:
    """The position, among all crossings, of the one before which an act stood."""
    for position, each in enumerate(history.section.crossings):
        if each.replica == replica and each.key == key:
            return position
    return None


def _unclear(history: History) -> str:
    """Why nothing follows from a run in which the acts did not overlap."""
    if reason := trouble(history):
        return reason
    if death := _death(history):
        return f"the service ended while the acts ran: {death}"
    return _NO_ANSWER if _unanswered(history) else ""


def _death(history: History) -> str:
    found = [each.disturbed(DisturbanceKind.SERVICE_DIED) for each in history.sections]
    return next((each.detail or "no status" for each in found if each is not None), "")


def _unanswered(history: History) -> bool:
    exchanges = (exchange for section in history.sections for exchange in section.exchanges)
    return any(each.silence is Silence.TIMEOUT for each in exchanges)


def is_success(status: int | None) -> bool:
    """Whether a status tells of success (RFC 9110, section 15.3)."""
    return status is not None and 200 <= status < 300


def _alike(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes differ in which success they tell only, as 200 and 201."""
    kinds = [[is_success(status) for status in each.statuses] for each in (one, other)]
    return one.effects == other.effects and kinds[0] == kinds[1]


def _difference(one: Outcome, other: Outcome, mask: Mask) -> str:
    if one.statuses != other.statuses:
        return f"statuses {_listed(one.statuses)} and {_listed(other.statuses)}"
    compared = compare(one.state, other.state, mask.catalog)
    tables = {row.table for row in compared.missing + compared.extra}
    return ", ".join(sorted(tables)) or "the calls to other services"


def _listed(statuses: Sequence[int | None]) -> str:
    return ", ".join(str(each) if each is not None else "none" for each in statuses)


def answers(exchanges: Sequence[Exchange]) -> str:
    """What the clients were told, for people."""
    return " and ".join(
        str(each.status) if each.response else f"no answer ({each.silence})" for each in exchanges
    )
