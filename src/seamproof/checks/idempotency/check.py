"""A request that is sent again has one effect.

retry      the answer is lost after all is done: the identical request again
lost       the client goes away, or the process is killed, where an effect has been committed
overlap    the same key once more, while the first request stands before a crossing
misuse     the key with another payload, by another identity, and no key at all
confirm    three times from a fresh state, and one request alone as the control
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar

from seamproof.analysis.begin import begin, without_effect
from seamproof.analysis.confirm import plain as once
from seamproof.analysis.confirm import replay, replay_afresh, settling
from seamproof.analysis.intervals import sql
from seamproof.analysis.keys import key_of
from seamproof.analysis.masks import Mask
from seamproof.analysis.outcomes import outcome
from seamproof.analysis.trouble import trouble
from seamproof.checks.idempotency.attempts import Attempt, attempts, sent_twice
from seamproof.checks.idempotency.classes import (
    CLASSES,
    DUPLICATE_EFFECT,
    DUPLICATE_WITHOUT_KEY,
    EMPTY_REPLAY,
    ENDED_BY_RETRY,
    KEY_BLOCKS_RETRY,
)
from seamproof.checks.idempotency.judgement import Judgement, One, Ruling
from seamproof.checks.idempotency.misuse import misused
from seamproof.checks.idempotency.report import CHECK, Case, plain, violated
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import History
from seamproof.core.protocols import Exploration, Spent
from seamproof.core.registry import check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

_RETRIED = "the answer was lost after everything was done"
_CLASS = {
    Ruling.MORE: DUPLICATE_EFFECT,
    Ruling.BLOCKED: KEY_BLOCKS_RETRY,
    Ruling.EMPTY: EMPTY_REPLAY,
    Ruling.ENDED: ENDED_BY_RETRY,
}


@dataclass(slots=True)
class _Tally:
    """What came of the ways to send the request again."""

    rulings: Counter[Ruling] = field(default_factory=Counter)
    reason: str = ""
    """Why the first of those that are unclear is."""

    def count(self, judged: Judgement) -> None:
        """Count one way."""
        self.rulings[judged.ruling] += 1
        if judged.ruling is Ruling.UNCLEAR:
            self.reason = self.reason or judged.reason

    @property
    def unclear(self) -> int:
        """How many could not be judged."""
        return self.rulings[Ruling.UNCLEAR]

    @property
    def why_unclear(self) -> str:
        """Why there is no verdict."""
        of = self.rulings.total()
        return f"{self.unclear} of {of} ways to send it again could not be judged: {self.reason}"

    def __str__(self) -> str:
        missed, part = self.rulings[Ruling.MISSED], self.rulings[Ruling.PART]
        parts = [f"{self.rulings.total() - missed} ways to send it again"]
        if missed:
            parts.append(f"{missed} not reached")
        if part:
            parts.append(f"{part} left a part of the effect, which rollback looks at")
        return "; ".join(parts)


@check(
    "idempotency", title="A request that is sent again has one effect", boundary=BoundaryKind.SQL
)
class Idempotency:
    """Loses answers, kills the service, overlaps retries and misuses keys; counts the effects.

    PUT and DELETE promise one effect (RFC 9110), and so do a request with an idempotency key and
    what `service.retry_safe` names. The duplicate of a plain POST is a note.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Skip operations that promise to change nothing, and scenarios that are refused."""
        return without_effect(subject)

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Send the act again in every way, until one has another effect than one request."""
        one = yield from _one(subject)
        if isinstance(one, Verdict):
            return (one,)
        if not one.outcome.state and not one.outcome.calls:
            reason = "the act changes no rows that verdicts look at"
            return (plain(subject, Outcome.SKIPPED, reason),)
        verdicts: list[Verdict] = []
        with suppress(Spent):
            yield from _explored(subject, one, verdicts)
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Show a stored finding again: its experiment, three times, and one request alone."""
        one = yield from _one(subject)
        if isinstance(one, Verdict):
            return (one,)
        verdicts: list[Verdict] = []
        yield from _explored(subject, one, verdicts)
        same = [each for each in verdicts if each.finding_class == finding.finding_class]
        return same or (plain(subject, Outcome.HELD, "it was not seen again"),)


def _one(subject: Subject) -> Exploration[One | Verdict]:
    """The effect of one request, or the verdict that there is nothing to compare with."""
    clean = yield from begin(subject, CHECK, expected=True)
    if isinstance(clean, Verdict):
        return clean
    if not sql(clean.section, subject.profile):
        return plain(subject, Outcome.NOT_RUN, "no crossing seen: the SQL boundary is blind")
    mask = Mask.for_subject(subject)
    key = key_of(subject.scenario.act, subject.idempotency.header)
    one = One(mask, outcome(clean, mask), clean.section.exchange, subject.idempotency, clean, key)
    again: History = yield once(subject, "clean run again")
    if trouble(again) or not one.holds(again):
        return plain(subject, Outcome.INCONCLUSIVE, "equal requests have other effects")
    return one


def _explored(subject: Subject, one: One, verdicts: list[Verdict]) -> Exploration[None]:
    """Every way to send it again. A verdict is added at once: it stands where there is no time for
    the rest."""
    key = key_of(subject.scenario.act, subject.idempotency.header)
    promised = key is not None or subject.operation.idempotent
    plainly = Attempt(sent_twice(subject), _RETRIED)
    others = attempts(subject, one, keyed=key is not None) if promised else ()
    tally = _Tally()
    for each in chain((plainly,), others):
        judged = one.judge((yield each.experiment))
        if judged.ruling is Ruling.UNCLEAR:
            # What disturbed it, as a job of the service's own, need not come again.
            judged = one.judge((yield each.experiment))
        tally.count(judged)
        if judged.ruling not in _CLASS:
            continue
        told = yield from _told(subject, one, each, judged, promised=promised)
        if any(verdict.tier is not Tier.NOTE for verdict in told):
            verdicts += told
            break
        # A log has more rows in it: what loses more than that is still looked for.
        if not verdicts:
            verdicts += told
    if key is not None:
        verdicts += yield from misused(subject, one, key)
    if not any(each.outcome in (Outcome.VIOLATED, Outcome.INCONCLUSIVE) for each in verdicts):
        if promised and tally.unclear:
            verdicts.append(plain(subject, Outcome.INCONCLUSIVE, tally.why_unclear))
        else:
            what = f"with the key {key.name}" if key else "by its method or the configuration"
            promise = f"{tally}; one effect is promised {what}"
            nothing = "a plain POST promises nothing, and was sent again once"
            verdicts.append(plain(subject, Outcome.HELD, promise if promised else nothing))


def _told(
    subject: Subject, one: One, tried: Attempt, judged: Judgement, *, promised: bool
) -> Exploration[list[Verdict]]:
    """The verdict on a request that was sent again and had not one effect."""
    ended = judged.ruling is Ruling.ENDED
    if not promised and not ended:
        if judged.ruling is not Ruling.MORE:
            return []
        note = Case(DUPLICATE_WITHOUT_KEY, Tier.NOTE, judged, tried.how, tried.crossing)
        return [violated(subject, one, note, None)]

    def shows(history: History) -> bool:
        again = one.judge(history)
        return again.ruling is judged.ruling and again.certain >= judged.certain

    if judged.ruling in (Ruling.BLOCKED, Ruling.EMPTY):
        # The effect is not there yet: a job of the service may be about to bring it.
        later: History = yield settling(subject, tried.experiment)
        if one.judge(later).ruling is Ruling.ONCE:
            return []
    tier = _tier(subject, judged)
    case = Case(_CLASS[judged.ruling], tier, judged, tried.how, tried.crossing)
    if tier is Tier.NOTE:
        return [violated(subject, one, case, None)]
    confirm = replay_afresh if ended else replay
    confirmed = yield from confirm(subject, tried.experiment, shows, one.holds)
    return [violated(subject, one, case, confirmed)]


def _tier(subject: Subject, judged: Judgement) -> Tier:
    """How sure it is. A key, or the user's word, promises more than a method does."""
    if judged.logged:
        return Tier.NOTE
    left = judged.comparison.left if judged.comparison is not None else ()
    if judged.ruling is Ruling.BLOCKED and left:
        # The key is left: it may be there for a while only, to keep out what still runs.
        return Tier.SUSPECTED
    named = key_of(subject.scenario.act, subject.idempotency.header) is not None
    if judged.ruling is not Ruling.MORE or named or subject.operation.retry_safe:
        return Tier.PROVEN
    if judged.recorded:
        return Tier.NOTE
    return Tier.PROVEN if judged.certain else Tier.SUSPECTED
