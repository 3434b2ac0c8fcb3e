"""What a key does that is used otherwise than to send one request again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from seamproof.analysis.confirm import REPLAYS, Confirmation
from seamproof.analysis.confirm import plain as once
from seamproof.analysis.keys import FIXED, Key, other_payloads
from seamproof.analysis.outcomes import outcome, refused
from seamproof.analysis.responses import body_leaves
from seamproof.analysis.trouble import trouble
from seamproof.checks.idempotency.classes import (
    KEY_NOT_SCOPED,
    KEY_WITHOUT_FINGERPRINT,
    WRONG_KEY_STATUS,
)
from seamproof.checks.idempotency.judgement import One
from seamproof.checks.idempotency.report import Case, told, violated
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import Exchange, History
from seamproof.core.model import Step
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject
from seamproof.core.verdict import Tier, Verdict

_PAYLOADS = 4
"""Values of a body that are changed, until one gives a request of its own."""


def misused(subject: Subject, one: One, key: Key) -> Exploration[list[Verdict]]:
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
