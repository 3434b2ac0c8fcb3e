"""A request that is sent again has one effect.

retry      the answer is lost after all is done: the identical request again
lost       the client goes away, or the process is killed, where an effect has been committed
overlap    the same key once more, while the first request stands before a crossing
misuse     the key with another payload, by another identity, and no key at all
confirm    three times from a fresh state, and one request alone as the control
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import ClassVar

from seamproof.analysis.confirm import (
    REPLAYS,
    Confirmation,
    as_expected,
    clean_run,
    replay,
    settling,
)
from seamproof.analysis.confirm import plain as once
from seamproof.analysis.footprint import points, touches, whole
from seamproof.analysis.intervals import changes_of_acts, intervals, sql, transactions
from seamproof.analysis.keys import FIXED, Key, key_of, other_payloads
from seamproof.analysis.masks import Mask
from seamproof.analysis.outcomes import outcome, refused
from seamproof.analysis.responses import body_leaves
from seamproof.analysis.trouble import trouble
from seamproof.checks.idempotency.classes import (
    CLASSES,
    DUPLICATE_EFFECT,
    DUPLICATE_WITHOUT_KEY,
    EMPTY_REPLAY,
    KEY_BLOCKS_RETRY,
    KEY_NOT_SCOPED,
    KEY_WITHOUT_FINGERPRINT,
    WRONG_KEY_STATUS,
)
from seamproof.checks.idempotency.judgement import Judgement, One, Ruling
from seamproof.checks.idempotency.report import Case, plain, told, violated
from seamproof.core.experiment import (
    Act,
    BoundaryKind,
    Experiment,
    Fault,
    FaultKind,
    Phase,
    Schedule,
    Turn,
)
from seamproof.core.history import Crossing, CrossingKind, Exchange, History
from seamproof.core.model import Step
from seamproof.core.protocols import Exploration, Spent
from seamproof.core.registry import check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

_RETRIED = "the answer was lost after everything was done"
_PAYLOADS = 4
"""Values of a body that are changed, until one gives a request of its own."""
_KILLS = 2
"""Commits at which the process is killed, the last left out: each costs a start."""
_PLACES = 12
"""Crossings at which the client goes away, and before which a first request stands."""

_CLASS = {
    Ruling.MORE: DUPLICATE_EFFECT,
    Ruling.BLOCKED: KEY_BLOCKS_RETRY,
    Ruling.EMPTY: EMPTY_REPLAY,
}


@dataclass(frozen=True, slots=True)
class _Try:
    """An experiment that ends with the request sent again."""

    experiment: Experiment
    how: str
    crossing: Crossing | None = None


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
        if not subject.operation.mutates:
            return Skip("operation does not mutate")
        expected = subject.scenario.act.expect
        if expected and not any(200 <= status < 300 for status in expected):
            return Skip("the scenario's act is refused")
        return None

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
    if BoundaryKind.SQL not in subject.boundaries:
        return plain(subject, Outcome.NOT_RUN, "the SQL boundary is blind")
    if subject.profile.disturbed:
        return plain(subject, Outcome.INCONCLUSIVE, subject.profile.disturbed)
    clean: History = yield from clean_run(subject)
    if reason := trouble(clean):
        return plain(subject, Outcome.INCONCLUSIVE, reason)
    if not as_expected(subject, clean):
        reason = f"one request alone answers {clean.section.exchange.status}"
        return plain(subject, Outcome.INCONCLUSIVE, reason)
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
    plainly = _Try(_sent_twice(subject), _RETRIED)
    attempts = _attempts(subject, one, keyed=key is not None) if promised else ()
    tally = _Tally()
    for each in chain((plainly,), attempts):
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
        verdicts += yield from _misused(subject, one, key)
    if not any(each.outcome in (Outcome.VIOLATED, Outcome.INCONCLUSIVE) for each in verdicts):
        if promised and tally.unclear:
            verdicts.append(plain(subject, Outcome.INCONCLUSIVE, tally.why_unclear))
        else:
            what = f"with the key {key.name}" if key else "by its method or the configuration"
            promise = f"{tally}; one effect is promised {what}"
            nothing = "a plain POST promises nothing, and was sent again once"
            verdicts.append(plain(subject, Outcome.HELD, promise if promised else nothing))


def _told(
    subject: Subject, one: One, tried: _Try, judged: Judgement, *, promised: bool
) -> Exploration[list[Verdict]]:
    """The verdict on a request that was sent again and had not one effect."""
    if not promised:
        if judged.ruling is not Ruling.MORE:
            return []
        note = Case(DUPLICATE_WITHOUT_KEY, Tier.NOTE, judged, tried.how, tried.crossing)
        return [violated(subject, one, note, None)]

    def shows(history: History) -> bool:
        again = one.judge(history)
        return again.ruling is judged.ruling and again.certain >= judged.certain

    if judged.ruling is not Ruling.MORE:
        # The effect is not there yet: a job of the service may be about to bring it.
        later: History = yield settling(subject, tried.experiment)
        if one.judge(later).ruling is Ruling.ONCE:
            return []
    tier = _tier(subject, judged)
    case = Case(_CLASS[judged.ruling], tier, judged, tried.how, tried.crossing)
    if tier is Tier.NOTE:
        return [violated(subject, one, case, None)]
    confirmed = yield from replay(subject, tried.experiment, shows, one.holds)
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


def _sent_twice(subject: Subject, *faults: Fault) -> Experiment:
    """The act, and with no reset the identical bytes again."""
    purpose = " and ".join(each.label for each in faults) or "retry"
    act = Phase((Act(subject.scenario.act),))
    first = replace(once(subject, purpose), phases=(replace(act, faults=faults),))
    return first.then(act)


def _attempts(subject: Subject, one: One, *, keyed: bool) -> Iterator[_Try]:
    """Every way to send it again: what may have been stored by then differs. Kills come last:
    each costs a start of the service, and what they show an overlap mostly shows before."""
    if subject.replicas > 1:
        how = "the answer was lost, and another replica took the retry"
        elsewhere = Phase((Act(subject.scenario.act, replica=1),))
        yield _Try(once(subject, "retry elsewhere").then(elsewhere), how)
    if keyed and subject.replicas > 1:
        yield from _overlaps(subject, one)
    section = one.clean.section
    crossings = sql(section, subject.profile)
    changes = changes_of_acts(section, subject.profile)
    found = transactions(crossings, changes, subject.profile.ignored)
    ends = [each.end for each in intervals(found) if each.end is not None]
    first_end = min((each.started for each in ends), default=0.0)
    behind = [each for each in crossings if each.started >= first_end and _says(each)]
    for crossing in behind[:_PLACES]:
        how = f"the client went away at `{crossing.key.shape}`"
        fault = Fault(FaultKind.ABANDONED, crossing.key)
        yield _Try(_sent_twice(subject, fault), how, crossing)
    # After the last commit nothing is left to lose but what the process remembers, and the other
    # replica does not know that either.
    for crossing in ends if subject.deep else ends[:-1][:_KILLS]:
        how = f"the service was killed at `{crossing.key.shape}`, which was done"
        fault = Fault(FaultKind.KILLED, crossing.key)
        yield _Try(_sent_twice(subject, fault), how, crossing)


def _says(crossing: Crossing) -> bool:
    return crossing.kind not in (CrossingKind.CONNECT, CrossingKind.BEGIN, CrossingKind.SESSION)


def _overlaps(subject: Subject, one: One) -> Iterator[_Try]:
    """The first request stands before each crossing that matters while the second runs."""
    touched = touches(one.clean.section, 0, subject.catalog, subject.profile)
    acts = (Act(subject.scenario.act, replica=0), Act(subject.scenario.act, replica=1))
    for crossing in points(touched, whole(touched))[:_PLACES]:
        schedule = Schedule(turns=(Turn(0, crossing.key), Turn(1)))
        phase = Phase(acts, schedule=schedule)
        how = f"the same request came while the first stood before `{crossing.key.shape}`"
        experiment = replace(once(subject, "the same key twice"), phases=(phase,))
        yield _Try(experiment, how, crossing)


# ---------------------------------------------------------------------------- misused keys


def _misused(subject: Subject, one: One, key: Key) -> Exploration[list[Verdict]]:
    """What a key does that is used otherwise than to send one request again."""
    step = key.set(subject.scenario.act, FIXED)
    clean: History = yield _alone(subject, Act(step))
    if trouble(clean) or not clean.section.exchange.ok:
        return []
    ours = replace(
        one, outcome=outcome(clean, one.mask), exchange=clean.section.exchange, clean=clean
    )
    verdicts = yield from _another_payload(subject, ours, key, step)
    verdicts += yield from _another_identity(subject, ours, step)
    if subject.idempotency.required:
        verdicts += yield from _no_key(subject, ours, key)
    return verdicts


def _after(subject: Subject, first: Act, second: Act, purpose: str) -> Experiment:
    return replace(once(subject, purpose), phases=(Phase((first,)), Phase((second,))))


def _alone(subject: Subject, act: Act) -> Experiment:
    return replace(once(subject, "control"), phases=(Phase((act,)),))


def _another_payload(
    subject: Subject, one: One, key: Key, first: Step
) -> Exploration[list[Verdict]]:
    """The key of one request with another body: never a silent replay."""
    if subject.idempotency.replays_other_payloads:
        return []
    for tried, other in enumerate(other_payloads(first, key)):
        if tried == _PAYLOADS:
            break
        control: History = yield _alone(subject, Act(other))
        if trouble(control) or not control.section.exchange.ok:
            continue
        own = outcome(control, one.mask)
        if own.state.exact == one.outcome.state.exact:
            # What was changed makes no difference to what is stored.
            continue
        experiment = _after(subject, Act(first), Act(other), "the key with another body")

        def shows(history: History) -> bool:
            return _replayed(history) and one.judge(history).one_effect

        history: History = yield experiment
        answer = history.sections[-1].exchange
        judged = one.judge(history)
        if shows(history):
            confirmed = yield from _replay(subject, experiment, shows, one)
            case = Case(KEY_WITHOUT_FINGERPRINT, Tier.PROVEN, judged, "the key came again")
            return [violated(subject, one, case, confirmed)]
        recommended = subject.idempotency.mismatch
        if refused(answer) and answer.status != recommended:
            facts: dict[str, str | int | float | bool | None] = {"recommended": recommended}
            how = "the key came again with another body"
            case = Case(WRONG_KEY_STATUS, Tier.NOTE, judged, how, facts=facts)
            return [violated(subject, one, case, None)]
        return []
    return []


def _another_identity(subject: Subject, one: One, step: Step) -> Exploration[list[Verdict]]:
    """The key of one identity, sent by another: it sees nothing of it, and has its own effect."""
    owner = step.identity
    for each in subject.identities:
        if owner is None or each.name == owner:
            continue
        control: History = yield _alone(subject, Act(step, identity=each.name))
        if trouble(control) or not control.section.exchange.ok:
            continue
        experiment = _after(
            subject, Act(step), Act(step, identity=each.name), "the key of somebody else"
        )

        def shows(history: History) -> bool:
            return _replayed(history) and one.judge(history).one_effect

        history: History = yield experiment
        if not shows(history):
            return []
        confirmed = yield from _replay(subject, experiment, shows, one)
        case = Case(
            KEY_NOT_SCOPED,
            Tier.PROVEN,
            one.judge(history),
            "the key came from somebody else",
            facts={"owner": owner, "other": each.name},
        )
        return [violated(subject, one, case, confirmed)]
    return []


def _replay(
    subject: Subject, experiment: Experiment, shows: Callable[[History], bool], one: One
) -> Exploration[Confirmation]:
    """Three times from a fresh state, and the first request alone as the control."""
    again: tuple[History, ...] = yield (replace(experiment, purpose="replay"),) * REPLAYS
    control: History = yield replace(one.clean.experiment, purpose="control")
    passed = not trouble(control) and one.holds(control)
    return Confirmation(sum(map(shows, again)), REPLAYS, control, passed)


def _no_key(subject: Subject, one: One, key: Key) -> Exploration[list[Verdict]]:
    """A request with no key, where the configuration says that one is required."""
    history: History = yield _alone(subject, Act(key.without(subject.scenario.act)))
    if trouble(history):
        return []
    answer, recommended = history.section.exchange, subject.idempotency.missing
    if refused(answer) and answer.status == recommended:
        return []
    judged = one.judge(history)
    how = "a request without a key"
    facts: dict[str, str | int | float | bool | None] = {"recommended": recommended}
    case = Case(WRONG_KEY_STATUS, Tier.NOTE, judged, how, facts={**facts, "retry": told(answer)})
    return [violated(subject, one, case, None)]


def _replayed(history: History) -> bool:
    """Whether the second answer is a success that repeats the first."""
    first, second = (section.exchange for section in history.sections)
    return second.ok and _body(first) == _body(second)


def _body(exchange: Exchange) -> tuple[tuple[str, str | None], ...]:
    return tuple(body_leaves(exchange))
