"""Calls to other services: what became of each, and where a fault tells something new.

For each call that every clean run makes, once a shape:

    error 422    the other side refuses (as it is configured to): what that leaves, the service
                 leaves on purpose
    error 503    it fails and says so
    cut          the connection is lost before the call arrives
    malformed    it claims success, and its body is not what its type says
    reply-lost   it does its work, and nobody learns of it
    stall        it does not answer

`deep` adds refused connections and truncated bodies, and takes every occurrence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from seamproof.analysis.background import foreground
from seamproof.analysis.intervals import WRITES, Placement
from seamproof.analysis.values import is_identifier
from seamproof.core.experiment import BoundaryKind, Fault, FaultKind
from seamproof.core.history import Crossing, CrossingKind, Request, Section, TransactionStatus
from seamproof.core.leaves import Leaf, json_leaves
from seamproof.core.model import SAFE_METHODS
from seamproof.core.profile import Profile

UNAVAILABLE = 503
_OWN_FAILURE = 500
REFUSAL = 422
"""Unprocessable Content (RFC 9110, section 15.5.21): the request is understood, and refused."""
ABSENT = 404
"""The natural refusal of a read."""

DEFINITE = frozenset({FaultKind.ERROR, FaultKind.CUT, FaultKind.REFUSED})
"""Faults under which the other side does nothing."""
_DONE = frozenset(
    {FaultKind.REPLY_LOST, FaultKind.MALFORMED, FaultKind.TRUNCATED, FaultKind.TAINTED}
)
"""Faults of the answer alone: the other side has done its work."""
_IDEMPOTENT = frozenset({"PUT", "DELETE"})
_KEY = re.compile(
    r"idempoten|dedup|(?:^|[._-])key$|(?:request|client|transaction|message|event)[._-]?"
    r"(?:id|key|token)$",
    re.IGNORECASE,
)
"""Names of headers and fields by which a provider tells a repetition from a new request."""
_NAMING = re.compile(r"(?:id|ref|reference|number|order|invoice)$", re.IGNORECASE)
"""Names of fields that a provider may tell it by: only its documentation says."""
_ASKING = re.compile(
    r"/(?:search|query|graphql|tokens?|introspect|verify|siteverify|validate|lookup|quotes?"
    r"|estimates?|preview|calculate)(?:\?.*)?$",
    re.IGNORECASE,
)
"""Ends of paths that a POST only asks at, because its question has no room in a URL."""
_MAKING = frozenset({201, 202})
"""Created and Accepted: something is there now that was not."""
_DISTINCTIVE = 6
"""A shorter value stands in two places by chance."""


def calls(section: Section, profile: Profile) -> tuple[Crossing, ...]:
    """The section's calls to other services in order, without the service's own jobs."""
    return tuple(
        each
        for each in section.crossings
        if each.boundary is BoundaryKind.HTTP_OUT
        and each.kind is CrossingKind.CALL
        and each.key.shape not in profile.background
    )


def stable_calls(runs: Sequence[Section], profile: Profile) -> tuple[Crossing, ...]:
    """The first run's calls whose key every run has."""
    keys = [{each.key for each in calls(run, profile)} for run in runs]
    return tuple(each for each in calls(runs[0], profile) if all(each.key in seen for seen in keys))


def method(call: Crossing) -> str:
    """The call's method; of its shape where the request was not kept."""
    return call.request.method if call.request else call.key.shape.partition(" ")[0]


def mutates(call: Crossing) -> bool:
    """Whether the call may change something on the other side."""
    return method(call) not in SAFE_METHODS and not _ASKING.search(call.key.shape)


def stub(call: Crossing) -> str:
    """The name of the service that is called: a shape is `POST payments /charges`."""
    return call.key.shape.split(" ")[1] if " " in call.key.shape else call.key.shape


def done(call: Crossing) -> bool:
    """Whether the other side did what it was asked for."""
    if call.fault is None:
        return call.response is not None and call.response.ok
    # The tag is the status of an answer that was made and lost.
    return call.fault.kind in _DONE and (call.tag or "2").startswith("2")


def answered(call: Crossing) -> bool:
    """Whether somebody answers it who is meant to: what nobody fakes fails by itself."""
    return call.response is not None and call.response.status < _OWN_FAILURE


def makes(call: Crossing, kept: Iterable[str | None]) -> bool:
    """Whether it surely has an effect: it says so, or what it answered is kept among our rows.

    A POST that answers 200 and is forgotten may only have asked.
    """
    status = call.response.status if call.response else 0
    return status in _MAKING or method(call) != "POST" or is_used(call, kept)


def acknowledged(call: Crossing) -> bool:
    """Whether it was done, and the service was told so."""
    return call.fault is None and done(call)


# Where faults go


def place_calls(
    found: Sequence[Crossing],
    *,
    deep: bool = False,
    refusals: Mapping[str, tuple[int, ...]] | None = None,
) -> tuple[Placement, ...]:
    """A placement for each fault of each call, those that change something first.

    `refusals` are the statuses that the other side is known to refuse with, by a call's shape.

    One that is not answered has failed already.
    Of calls of one shape, as a loop makes them, the first and the last take faults unless `deep`.
    """
    ordered = sorted(filter(answered, found), key=lambda each: not mutates(each))
    last = {each.key.shape: each.key.occurrence for each in ordered}
    return tuple(
        Placement(fault, call, -1)
        for call in ordered
        if deep or call.key.occurrence in (1, last[call.key.shape])
        for fault in _faults(call, (refusals or {}).get(call.key.shape, ()), deep)
    )


def _faults(call: Crossing, refusals: Sequence[int], deep: bool) -> Iterator[Fault]:
    natural = [each for each in refusals if each < _OWN_FAILURE]
    for status in natural or [REFUSAL if mutates(call) else ABSENT]:
        yield Fault(FaultKind.ERROR, call.key, status=status)
    yield Fault(FaultKind.ERROR, call.key, status=UNAVAILABLE)
    yield Fault(FaultKind.CUT, call.key)
    yield Fault(FaultKind.MALFORMED, call.key)
    if deep:
        yield Fault(FaultKind.REFUSED, call.key)
        yield Fault(FaultKind.TRUNCATED, call.key)
    if mutates(call):
        yield Fault(FaultKind.REPLY_LOST, call.key)
    if deep or call.key.occurrence == 1:
        # It costs a deadline: once for each kind of call.
        yield Fault(FaultKind.STALL, call.key)


def is_refusal(fault: Fault) -> bool:
    """Whether the other side says no, as it also does without any failure."""
    return fault.kind is FaultKind.ERROR and 400 <= (fault.status or 0) < 500


# Repetition and compensation


class Sameness(IntEnum):
    """Whether the other side sees two calls as one, the surest first."""

    SAME = 0
    """They carry one key, or the method promises one effect."""
    UNKNOWN = 1
    """They name the same thing: whether that is a key, only the other side knows."""
    ANOTHER = 2


def known_by(call: Crossing) -> frozenset[Leaf]:
    """What the other side knows a repetition by: keys, and the target of what promises one effect.

    Two calls of which it knows one thing are one to it.
    """
    if call.request is None:
        return frozenset()
    keys = {pair for pair in _fields(call.request) if _KEY.search(pair[0]) and pair[1]}
    if method(call) in _IDEMPOTENT:
        keys.add((method(call), call.request.target))
    return frozenset(keys)


def sameness(one: Crossing, other: Crossing) -> Sameness:
    """Whether the repetition of a call has one effect on the other side."""
    first, second = one.request, other.request
    if first is None or second is None:
        return Sameness.UNKNOWN
    if known_by(one) & known_by(other):
        return Sameness.SAME
    if any(_KEY.search(name) for each in (first, second) for name, _ in _fields(each)):
        return Sameness.ANOTHER
    named = {pair for pair in _fields(first) if _NAMING.search(pair[0])} & set(_fields(second))
    in_path = "{" in one.key.shape and first.target == second.target
    return Sameness.UNKNOWN if named or in_path else Sameness.ANOTHER


def _fields(request: Request) -> tuple[Leaf, ...]:
    return (*request.headers, *_body(request))


def _body(request: Request) -> tuple[Leaf, ...]:
    """The leaves of a JSON body, or the fields of a form."""
    text = request.body.decode("utf-8", "replace")
    found = json_leaves(text)
    if found is not None:
        return found
    pairs = (each.partition("=") for each in text.split("&") if "=" in each)
    return tuple((name, value) for name, _, value in pairs)


def beyond(section: Section, usual: Iterable[Crossing], profile: Profile) -> tuple[Crossing, ...]:
    """The calls that change something and that the clean run does not make, in order."""
    expected = Counter(each.key.shape for each in usual)
    found = []
    for call in calls(section, profile):
        if not mutates(call):
            continue
        if expected[call.key.shape]:
            expected[call.key.shape] -= 1
        else:
            found.append(call)
    return tuple(found)


def compensates(later: Crossing, call: Crossing) -> bool:
    """Whether a call that no clean run makes may take back an earlier one: a refund, a void.

    The same call once more is a repetition, unless it says something else, as a negative amount.
    """
    if stub(later) != stub(call):
        return False
    return later.key.shape != call.key.shape or _said(later) != _said(call)


def _said(call: Crossing) -> set[Leaf]:
    """What a call says, without the key that it says it under."""
    return {
        pair
        for pair in (_body(call.request) if call.request else ())
        if not _KEY.search(pair[0]) and not is_identifier(pair[1] or "")
    }


def is_used(call: Crossing, texts: Iterable[str | None]) -> bool:
    """Whether a value that only the call's answer has stands among these texts."""
    if call.response is None or call.request is None:
        return False
    answered = json_leaves(call.response.body.decode("utf-8", "replace")) or ()
    sent = {value for _, value in _fields(call.request)}
    values = {
        value for _, value in answered if value and len(value) >= _DISTINCTIVE and value not in sent
    }
    return any(text is not None and any(value in text for value in values) for text in texts)


# Transactions meanwhile


@dataclass(frozen=True, slots=True)
class OpenTransaction:
    """A transaction that was open when a call was made."""

    crossings: tuple[Crossing, ...]

    @property
    def writes(self) -> tuple[Crossing, ...]:
        """What it had written by then: its rows are locked."""
        return tuple(each for each in self.crossings if each.kind in WRITES and not each.sqlstate)


def open_during(section: Section, call: Crossing, profile: Profile) -> OpenTransaction | None:
    """The transaction of the call's own replica that was open when it was made.

    Where several were, one that had written.
    """
    gathered: dict[int, list[Crossing]] = {}
    for crossing in foreground(section.crossings, profile.background):
        if crossing.boundary is not BoundaryKind.SQL or crossing.replica != call.replica:
            continue
        if crossing.ended is None or crossing.ended > call.started:
            continue
        inside = gathered.setdefault(crossing.connection, [])
        inside.append(crossing)
        if crossing.after is not TransactionStatus.OPEN:
            inside.clear()
    found = [OpenTransaction(tuple(each)) for each in gathered.values() if each]
    return max(found, key=lambda each: len(each.writes), default=None)
