"""What one faulted history shows, against the clean run. Pure: the same for a replay.

the act answers   and leaves        the identical retry        that is
success           after                                        survived
success           before                                       lost-write
success           a part, other                                partial-state, proven
success, error    all but entries of logs                      partial-state, a note
success, error    all but values that differ in each run       partial-state, suspected
an error          before                                       held
an error          the key alone     converges to after         held
an error          after             success, more than after   doubled-by-retry, where a retry
                                                               after a success does not double
an error          a part, other     converges to after         partial-state, suspected
an error          a part, other     4xx or 503, no effect      partial-state, suspected
an error          a part, other     success, not after         partial-state, proven
an error          a part, other     an error, not after        stuck-retry, proven

Of an act that does nothing but append to logs, each is a note as long as nothing else is left; not
stuck-retry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from seamproof.analysis.calls import mutates
from seamproof.analysis.changes import Comparison, State
from seamproof.analysis.intervals import Placement, left_open
from seamproof.analysis.trouble import died, missed, trouble
from seamproof.checks.rollback import outbound
from seamproof.checks.rollback.classes import (
    DOUBLED_BY_RETRY,
    LEFT_IN_TRANSACTION,
    LOST_WRITE,
    PARTIAL_STATE,
    SERVICE_DIED,
    STUCK_RETRY,
)
from seamproof.checks.rollback.clean import Clean, Symptom, retry_of
from seamproof.core.history import Exchange, History, Section
from seamproof.core.model import Operation
from seamproof.core.verdict import FindingClass, Tier

_UNAVAILABLE = 503


@dataclass(frozen=True, slots=True)
class Observation:
    """A faulted history, judged."""

    placement: Placement
    history: History
    trouble: str = ""
    missed: str = ""
    state: Comparison | None = None
    symptoms: tuple[Symptom, ...] = field(default=())
    needs_recovery: bool = False
    """Whether only a fresh start can tell if the service recovers."""

    @property
    def ambiguous(self) -> bool:
        """Whether all was stored and the client could not know."""
        return (
            self.state is not None
            and self.state.state is State.AFTER
            and not self.history.section.exchange.ok
        )


def judge(clean: Clean, placement: Placement, history: History) -> Observation:
    """Judge a history whose first phase met the fault and whose second, if any, is the retry."""
    reason = trouble(history)
    if reason:
        return Observation(placement, history, trouble=reason)
    if absent := missed(history):
        return Observation(placement, history, missed=absent)
    state = clean.compared(history.section)
    found = _symptoms(clean, placement, history, state)
    symptoms = (
        *(_as_note(clean, each) for each in found),
        *outbound.symptoms(clean, placement, history, state),
    )
    return Observation(
        placement,
        history,
        state=state,
        symptoms=symptoms,
        needs_recovery=_needs_recovery(clean, placement, history, state),
    )


def _symptoms(
    clean: Clean, placement: Placement, history: History, state: Comparison
) -> Iterator[Symptom]:
    section = history.section
    at_call = outbound.at_call(placement)
    if at_call and outbound.hung(section):
        # What it was kept from went on when the call was let go: the rows are of another story.
        return
    if died(section):
        yield Symptom(SERVICE_DIED, Tier.PROVEN, "", state)
    elif left_open(section) and not left_open(clean.history.section):
        yield Symptom(LEFT_IN_TRANSACTION, Tier.PROVEN, "", state)
    if not clean.effect:
        return
    if clean.succeeded(section.exchange):
        yield from (
            outbound.after_success(clean, placement, section, state)
            if at_call
            else _after_success(clean, section, state)
        )
    elif not state.legal and not at_call and clean.differs_only_in_entries(section):
        # All is there that was asked for, and the client could not know.
        yield from _without_entries(state)
        yield from _after_ambiguity(clean, history)
    elif not state.legal:
        found = _after_error(clean, history, state)
        if found and at_call:
            found = outbound.after_error(clean, placement, history, state, found)
        if found:
            yield found
    elif state.state is State.AFTER:
        yield from _after_ambiguity(clean, history)


def _after_success(clean: Clean, section: Section, state: Comparison) -> Iterator[Symptom]:
    if state.state is State.BEFORE:
        yield Symptom(LOST_WRITE, Tier.PROVEN, state.signature, state)
    elif state.missing and clean.differs_only_in_entries(section):
        yield from _without_entries(state)
    elif state.state is not State.AFTER and state.signature not in clean.outbound.degraded:
        there = _all_beside(state) or clean.lacks_only_volatile(section)
        tier = Tier.SUSPECTED if there else Tier.PROVEN
        yield Symptom(PARTIAL_STATE, tier, state.signature, state)


def _without_entries(state: Comparison) -> Iterator[Symptom]:
    """Who keeps a log as well as it can means this; it is the same for all that it logs."""
    if state.missing:
        yield _of_entries(PARTIAL_STATE, state)


def _as_note(clean: Clean, symptom: Symptom) -> Symptom:
    """The symptom; a note where the whole effect is entries of logs, and nothing else is left.

    Who calls another service has an effect beyond them.
    """
    state = symptom.comparison
    changed = {each.table for each in (*state.left, *state.missing)}
    calls_out = any(mutates(each) for each in clean.outbound.calls)
    if calls_out or not changed <= clean.mask.profile.records:
        return symptom
    if symptom.finding_class in (PARTIAL_STATE, LOST_WRITE):
        return _of_entries(symptom.finding_class, state)
    if symptom.finding_class is DOUBLED_BY_RETRY:
        return replace(symptom, tier=Tier.NOTE)
    return symptom


def _of_entries(finding_class: FindingClass, state: Comparison) -> Symptom:
    logs = ", ".join(sorted({each.table for each in state.missing or state.left}))
    cause = f"lost entries of {logs}" if state.missing else f"other entries of {logs}"
    return Symptom(finding_class, Tier.NOTE, "entries", state, cause=cause)


def _after_error(clean: Clean, history: History, state: Comparison) -> Symptom | None:
    retry = retry_of(history)
    if retry is None:
        return Symptom(PARTIAL_STATE, Tier.SUSPECTED, state.signature, state)
    now = clean.compared(retry)
    if now.state is State.AFTER and clean.only_key_is_left(state, history.section):
        # It is there so that the retry may go on from it, and so it did.
        return None
    # What a log says of the retry may be of another beginning: what it found changed already.
    converged = now.state is State.AFTER or clean.differs_only_in_entries(retry)
    there = _all_beside(state) or clean.lacks_only_volatile(history.section)
    healed = converged or there or _recorded(clean, state, now)
    if healed or _refused(retry.exchange, state, now):
        return Symptom(PARTIAL_STATE, Tier.SUSPECTED, state.signature, state)
    if clean.succeeded(retry.exchange):
        return Symptom(PARTIAL_STATE, Tier.PROVEN, state.signature, state)
    return Symptom(STUCK_RETRY, Tier.PROVEN, state.signature, state)


def _all_beside(state: Comparison) -> bool:
    """Whether all is there, and new rows beside it, as of a service that records its attempts."""
    if state.missing or state.doubled:
        return False
    return bool(state.extra) and all(each.old is None for each in state.extra)


def _recorded(clean: Clean, state: Comparison, now: Comparison) -> bool:
    """Whether a failure only left rows that record it, and the retry its whole effect beside them.

    A record is in a table that the act itself does not write: a row of the act's own kind that
    nothing takes back is half of its effect, however well the retry goes.
    """
    added = [each for each in state.extra if each.old is None]
    only_added = len(added) == len(state.left) == len(state.extra) > 0
    foreign = not {each.table for each in added} & set(clean.effect.tables)
    return only_added and foreign and not now.missing and len(now.extra) <= len(state.extra)


def _after_ambiguity(clean: Clean, history: History) -> Iterator[Symptom]:
    retry = retry_of(history)
    if retry is None or not clean.succeeded(retry.exchange):
        return
    now = clean.compared(retry)
    if now.state is not State.AFTER and not clean.differs_only_in_entries(retry):
        tier = _tier_of_doubling(history.experiment.phases[0].acts[0].step.operation, now)
        yield Symptom(DOUBLED_BY_RETRY, tier, "", now)


def _tier_of_doubling(operation: Operation, now: Comparison) -> Tier:
    if not operation.idempotent:
        return Tier.NOTE
    return Tier.PROVEN if now.doubled else Tier.SUSPECTED


def _refused(exchange: Exchange, before: Comparison, now: Comparison) -> bool:
    """Whether the retry was refused as it may be: 4xx or 503, and without effect."""
    status = exchange.status or 0
    return (400 <= status < 500 or status == _UNAVAILABLE) and now.signature == before.signature


def _needs_recovery(
    clean: Clean, placement: Placement, history: History, state: Comparison
) -> bool:
    """Whether the retry failed for no reason that the rows explain, or only they may explain."""
    retry = retry_of(history)
    if retry is None or state.state is State.AFTER or not clean.effect:
        return False
    if outbound.at_call(placement) and (
        outbound.hung(history.section) or outbound.is_declared(retry.exchange)
    ):
        # A breaker that stays open for a while is a service that protects itself.
        return False
    if 400 <= (retry.exchange.status or 0) < 500:
        return False
    if not clean.succeeded(retry.exchange):
        return True
    return state.state is State.BEFORE and clean.compared(retry).state is not State.AFTER
