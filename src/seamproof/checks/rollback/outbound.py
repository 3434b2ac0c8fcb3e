"""What a faulted history shows of the act's calls to other services. Pure: the same for a replay.

the client was told     and                                                 that is
an error                a call was done, its rows are not there,
                        and no call took it back: the identical retry
                            makes another call                              uncompensated-call
                            repeats it under the same key, and converges    held
success, all is stored  a call failed for certain, and was not made again   lost-call
nothing in time         a call is not answered                              no-timeout
                            and its transaction has written                 transaction-open-…
500, or no answer       a call failed                                       error-not-translated

Whether the act needs a call, and a failure of it may not be swallowed, is the service's to say:

it answers a refusal of the call with a declared error, or uses the answer      proven
it fails with an undeclared error where the call cannot be made                 suspected
it swallows every failure, as of a mail that is sent as well as may be          note

Nothing is proven of a POST that may only have asked: one that answers 200, no 201 or 202, and whose
answer is kept in no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from seamproof.analysis.calls import (
    DEFINITE,
    Sameness,
    acknowledged,
    beyond,
    calls,
    compensates,
    done,
    is_refusal,
    is_used,
    makes,
    mutates,
    open_during,
    sameness,
    stub,
)
from seamproof.analysis.changes import Comparison, State
from seamproof.analysis.intervals import Placement
from seamproof.analysis.responses import body_leaves
from seamproof.analysis.trouble import died, missed, trouble
from seamproof.checks.rollback.classes import LOST_WRITE, PARTIAL_STATE
from seamproof.checks.rollback.clean import Clean, Symptom, retry_of
from seamproof.checks.rollback.outbound_classes import (
    ERROR_NOT_TRANSLATED,
    LOST_CALL,
    NO_TIMEOUT,
    TRANSACTION_OPEN_DURING_CALL,
    UNCOMPENSATED_CALL,
)
from seamproof.core.experiment import BoundaryKind, FaultKind
from seamproof.core.history import Crossing, Exchange, History, Section, Silence
from seamproof.core.verdict import Tier

_OWN_FAILURE = 500
_DECLARED = frozenset({502, 503, 504})
"""Failures that a service declares to be another's, or to pass (RFC 9110, section 15.6)."""


def at_call(placement: Placement) -> bool:
    """Whether the fault is at a call to another service."""
    return placement.crossing.boundary is BoundaryKind.HTTP_OUT


def hung(section: Section) -> bool:
    """Whether the client had no answer in time."""
    return section.exchange.silence is Silence.TIMEOUT


def symptoms(
    clean: Clean, placement: Placement, history: History, state: Comparison
) -> Iterator[Symptom]:
    """Everything that is wrong with the calls of a history that could be judged."""
    if died(history.section):
        return
    if at_call(placement):
        yield from _of_its_failure(clean, placement, history.section, state)
    if not hung(history.section):
        yield from _uncompensated(clean, history, state)


def _of_its_failure(
    clean: Clean, placement: Placement, section: Section, state: Comparison
) -> Iterator[Symptom]:
    profile = clean.mask.profile
    met = next((e for e in section.crossings if e.fault == placement.fault), placement.crossing)
    shape = met.key.shape
    if hung(section):
        yield Symptom(NO_TIMEOUT, Tier.PROVEN, shape, state, met)
        transaction = open_during(section, met, profile)
        if transaction is not None and transaction.writes:
            yield Symptom(TRANSACTION_OPEN_DURING_CALL, Tier.SUSPECTED, shape, state, met)
        return
    if _undeclared(section.exchange):
        yield Symptom(ERROR_NOT_TRANSLATED, Tier.SUSPECTED, stub(met), state, met)
    if _is_lost(clean, met, section, state):
        tier = clean.outbound.needed.get(shape, Tier.NOTE)
        yield Symptom(LOST_CALL, tier, shape, state, met)


def _undeclared(exchange: Exchange) -> bool:
    return exchange.response is None or exchange.status == _OWN_FAILURE


def _is_lost(clean: Clean, met: Crossing, section: Section, state: Comparison) -> bool:
    """Whether success was told and stored without a call that was not done, nor made again."""
    if met.fault is None or met.fault.kind not in DEFINITE or not mutates(met):
        return False
    if state.state is not State.AFTER or not clean.leaves_nothing_else(section):
        return False
    if not clean.told(section.exchange):
        return False
    more = beyond(section, clean.outbound.calls, clean.mask.profile)
    return not any(done(each) and stub(each) == stub(met) for each in more)


def _uncompensated(clean: Clean, history: History, state: Comparison) -> Iterator[Symptom]:
    """Calls that were done for an act that failed and left nothing of its own, once a shape."""
    section, profile = history.section, clean.mask.profile
    nothing = state.state in (State.BEFORE, State.COMPENSATED)
    if not clean.effect or clean.succeeded(section.exchange) or not nothing:
        return
    seen = calls(section, profile)
    usual = clean.outbound.calls
    retry = retry_of(history)
    later = beyond(retry, usual, profile) if retry else ()
    more = beyond(section, usual, profile)
    told: set[str] = set()
    for index, call in enumerate(seen):
        if not mutates(call) or not done(call) or call in more or call.key.shape in told:
            continue
        behind = [each for each in more if each in seen[index + 1 :]]
        if any(compensates(each, call) for each in (*behind, *later)):
            continue
        tier = _tier_of_retry(clean, call, retry)
        if tier is not None:
            told.add(call.key.shape)
            yield Symptom(UNCOMPENSATED_CALL, tier, call.key.shape, state, call)


def _tier_of_retry(clean: Clean, call: Crossing, retry: Section | None) -> Tier | None:
    """How surely the call stays done for nothing; None where the retry makes use of it.

    What the service could not know, as its answer was lost, is never proven: it may ask tomorrow.
    """
    known = acknowledged(call) and call.key.shape in clean.outbound.effects
    surest = Tier.PROVEN if known else Tier.SUSPECTED
    if retry is None:
        return Tier.SUSPECTED
    if not clean.succeeded(retry.exchange):
        refused = 400 <= (retry.exchange.status or 0) < _OWN_FAILURE
        return surest if refused else Tier.SUSPECTED
    again = [
        sameness(call, each)
        for each in calls(retry, clean.mask.profile)
        if each.key.shape == call.key.shape and done(each)
    ]
    if any(each is Sameness.ANOTHER for each in again):
        return surest
    if any(each is Sameness.UNKNOWN for each in again):
        return Tier.SUSPECTED
    return None if _whole(clean.compared(retry)) else Tier.SUSPECTED


def _whole(now: Comparison) -> bool:
    """Whether all of the act's rows are there, once, beside nothing but records of other tries."""
    return not now.missing and not now.doubled and all(each.old is None for each in now.extra)


# Rows after a call has failed


def after_success(
    clean: Clean, placement: Placement, section: Section, state: Comparison
) -> Iterator[Symptom]:
    """What is wrong with the rows where the act told success although a call failed.

    An answer that says something else than usual tells the client, and rows that a refusal leaves
    as well are meant.
    """
    if not clean.told(section.exchange) or state.signature in clean.outbound.degraded:
        return
    if state.state is State.BEFORE:
        yield Symptom(LOST_WRITE, Tier.PROVEN, state.signature, state)
    elif not state.legal:
        needed = clean.outbound.needed.get(placement.crossing.key.shape, Tier.NOTE)
        tier = Tier.NOTE if needed is Tier.NOTE else Tier.SUSPECTED
        yield Symptom(PARTIAL_STATE, tier, state.signature, state)


def after_error(
    clean: Clean, placement: Placement, history: History, state: Comparison, found: Symptom
) -> Symptom | None:
    """What the rows of an act that failed with its call mean, where those of SQL mean `found`.

    Whoever cannot know whether a call was done must leave a row that says so: it is legal where
    the retry goes its way beside it, or is refused until it is known.
    """
    fault = placement.fault
    if found.finding_class is not PARTIAL_STATE or fault.kind is FaultKind.REFUSED:
        return found
    retry = retry_of(history)
    if retry is None:
        return found
    now = clean.compared(retry)
    beside = _whole(now) and len(now.extra) <= len(state.extra)
    refused = 400 <= (retry.exchange.status or 0) < _OWN_FAILURE
    if beside or (refused and now.signature == state.signature):
        return None
    if fault.kind is FaultKind.ERROR:
        return found
    return replace(found, tier=Tier.SUSPECTED)


# What is learned before anything is judged


def learned(clean: Clean, placements: Sequence[Placement], histories: Sequence[History]) -> Clean:
    """The clean run, with what failures of its calls say of the service's intentions."""
    judged = [
        (placement, history)
        for placement, history in zip(placements, histories, strict=True)
        if not trouble(history) and not missed(history)
    ]
    compensated, degraded = set(clean.outbound.compensated), set(clean.outbound.degraded)
    for placement, history in judged:
        section = history.section
        if not is_refusal(placement.fault) or died(section):
            continue
        state = clean.compared(section)
        if clean.succeeded(section.exchange):
            degraded.add(state.signature)
        elif is_declared(section.exchange) and _passable(clean, history, state):
            compensated.add(state.signature)
    shapes = {each.key.shape: each for each in clean.outbound.calls if mutates(each)}
    rows = (each.new for each in clean.history.section.changes.rows)
    kept = [text for row in rows if row for text in row.values()]
    effects = frozenset(shape for shape, call in shapes.items() if makes(call, kept))
    needed = {
        shape: _needed(clean, call, judged, kept, shape in effects)
        for shape, call in shapes.items()
    }
    outbound = replace(
        clean.outbound,
        compensated=frozenset(compensated),
        degraded=frozenset(degraded),
        needed=needed,
        effects=effects,
    )
    return replace(clean, outbound=outbound)


def _passable(clean: Clean, history: History, state: Comparison) -> bool:
    """Whether what a refusal left does not stand in the way: the retry has its whole effect, beside
    nothing but a record of the first try, or is refused without any.
    """
    retry = retry_of(history)
    if retry is None:
        return False
    now = clean.compared(retry)
    if clean.succeeded(retry.exchange):
        return _whole(now)
    return 400 <= (retry.exchange.status or 0) < _OWN_FAILURE and now.signature == state.signature


def _needed(
    clean: Clean,
    call: Crossing,
    judged: Sequence[tuple[Placement, History]],
    kept: Sequence[str | None],
    has_effect: bool,
) -> Tier:
    """How sure it is that the act needs a call. The rule stands in this file's head."""
    surest = Tier.PROVEN if has_effect else Tier.SUSPECTED
    if is_used(call, (*kept, *(text for _, text in body_leaves(clean.exchange)))):
        return surest
    failures = [
        (placement.fault, history.section.exchange)
        for placement, history in judged
        if placement.crossing.key.shape == call.key.shape
        and not clean.succeeded(history.section.exchange)
        and not hung(history.section)
    ]
    if any(fault.kind is FaultKind.ERROR and is_declared(exchange) for fault, exchange in failures):
        return surest
    return Tier.SUSPECTED if failures else Tier.NOTE


def is_declared(exchange: Exchange) -> bool:
    """Whether the client was told whose failure it is, or to come back."""
    status = exchange.status or 0
    return 400 <= status < _OWN_FAILURE or status in _DECLARED
