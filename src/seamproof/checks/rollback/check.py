"""A failure at any crossing leaves all of an act's effect, or none.

clean, clean        what it does, which crossings are stable, does a reset bring it back
natural             requests that the service refuses with no fault, made of the act
calls               each failure of a call to another service: what a refusal leaves is legal
survey              each placement once: the act under the fault, then the identical retry
again               placements that drifted, in a warm process
pairs               a second fault where only a first one leads
recovery            where a retry failed with nothing left: three tries from a fresh state
confirm             one of each (class, state left): minimised, replayed three times, control; the
                    first of all parts that a retry heals or is refused for
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar

from seamproof.analysis.calls import place_calls, stable_calls
from seamproof.analysis.changes import State
from seamproof.analysis.confirm import (
    as_expected,
    clean_run,
    minimise,
    plain,
    replay,
    replay_afresh,
    warm,
)
from seamproof.analysis.intervals import Placement, connects, error_paths, place, sql, stable
from seamproof.analysis.keys import key_of
from seamproof.analysis.masks import Mask
from seamproof.analysis.responses import volatile_leaves
from seamproof.analysis.trouble import missed, trouble
from seamproof.checks.rollback.calls import awaited, is_stall, provoke, stalled
from seamproof.checks.rollback.classes import (
    CLASSES,
    DOUBLED_BY_RETRY,
    LEFT_IN_TRANSACTION,
    LOST_WRITE,
    PARTIAL_STATE,
    POISONED_POOL,
    REFUSED_BUT_WROTE,
    SERVICE_DIED,
    STUCK_RETRY,
)
from seamproof.checks.rollback.clean import Clean, Outbound, Symptom
from seamproof.checks.rollback.judgement import Observation, judge
from seamproof.checks.rollback.natural import explore_natural, replay_natural
from seamproof.checks.rollback.refusal import expects_refusal, explore_refusal
from seamproof.checks.rollback.report import TRIES, Case, held, inconclusive, violated
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Fault, Phase
from seamproof.core.history import History
from seamproof.core.protocols import Exploration, Spent
from seamproof.core.registry import check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

_STRONGEST = (Tier.PROVEN, Tier.SUSPECTED, Tier.NOTE)


@dataclass(frozen=True, slots=True)
class _Group:
    """Observations of one (class, state left): the strongest to confirm, the first to name it."""

    symptom: Symptom
    observation: Observation
    first: Placement


@check("rollback", title="A failure leaves no partial state", boundary=BoundaryKind.SQL)
class Rollback:
    """Fails each statement and each commit of an operation, and looks at what is left.

    Legal is the state before or the state after, an answer that fits it, and a service that goes
    on working. Faults are placed by commit interval; `--deep` tries every crossing. Where the
    operation calls other services, their failures are tried as well: legal then is also what it
    leaves where they refuse, and no call may stay done for an operation that failed.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Skip operations that promise to change nothing."""
        return None if subject.operation.mutates else Skip("operation does not mutate")

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Run the act clean, under each fault, and again; judge the states that are left."""
        if BoundaryKind.SQL not in subject.boundaries:
            return (_other(subject, Outcome.NOT_RUN, "the SQL boundary is blind"),)
        if subject.profile.disturbed:
            return (inconclusive(subject, subject.profile.disturbed),)
        if expects_refusal(subject):
            return (yield from explore_refusal(subject))
        clean = yield from _clean(subject)
        if isinstance(clean, Verdict):
            return (clean,)
        verdicts: list[Verdict] = []
        with suppress(Spent):
            verdicts += yield from explore_natural(subject, clean)
            yield from _faulted(subject, clean, verdicts)
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Show a stored finding again: its minimal experiment, three times, and the control."""
        experiment = finding.evidence.experiment
        if experiment is None:
            return (inconclusive(subject, "the finding has no experiment"),)
        if expects_refusal(subject):
            return (yield from explore_refusal(subject))
        clean = yield from _clean(subject)
        if isinstance(clean, Verdict):
            return (clean,)
        if finding.finding_class == REFUSED_BUT_WROTE.name:
            found = yield from replay_natural(subject, clean, finding.evidence)
            return tuple(found) or (held(subject, clean, []),)
        placement = _stored(experiment, clean)
        if placement is None:
            return (inconclusive(subject, "the crossing of its fault is no more there"),)
        clean, _ = yield from provoke(subject, clean, _experiment, stalls=False)
        observed = judge(clean, placement, (yield experiment))
        groups = [
            g for g in _grouped([observed]) if g.symptom.finding_class.name == finding.finding_class
        ]
        verdicts: list[Verdict] = []
        yield from _judged(subject, clean, groups, verdicts)
        if finding.finding_class == POISONED_POOL.name:
            verdicts += yield from _recovery(subject, clean, [observed])
        return tuple(verdicts) or (held(subject, clean, [observed]),)


def _other(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome, "rollback", subject.operation.id, reason)


def _clean(subject: Subject) -> Exploration[Clean | Verdict]:
    """The clean run, or the verdict that there is nothing to judge against."""
    first: History = yield from clean_run(subject)
    second: History = yield plain(subject, "clean run again")
    for history in (first, second):
        if reason := trouble(history):
            return inconclusive(subject, reason)
    if not as_expected(subject, first):
        status = first.section.exchange.status
        return inconclusive(subject, f"the act without a fault answers {status}")
    mask = Mask.for_subject(subject)
    crossings = stable((first.section, second.section), subject.profile)
    sections = (first.section, second.section)
    outbound = Outbound(
        stable_calls(sections, subject.profile),
        volatile_leaves([each.exchange for each in sections]),
    )
    key = key_of(subject.scenario.act, subject.idempotency.header)
    clean = Clean.of(first, crossings, mask, outbound, key)
    if not clean.effect and not outbound.calls:
        return _other(subject, Outcome.SKIPPED, "the act changes no rows that verdicts look at")
    if clean.effect and not sql(first.section, subject.profile):
        return _other(subject, Outcome.NOT_RUN, "no crossing seen: the SQL boundary is blind")
    if not clean.holds(second):
        return inconclusive(
            subject, f"equal runs without a fault differ: {_difference(clean, second)}"
        )
    return clean


def _difference(clean: Clean, second: History) -> str:
    """Where two runs that should be equal are not."""
    statuses = clean.exchange.status, second.section.exchange.status
    if statuses[0] != statuses[1]:
        return f"status {statuses[0]} and {statuses[1]}"
    comparison = clean.compared(second.section)
    return ", ".join(sorted({row.table for row in comparison.missing + comparison.extra}))


def _faulted(subject: Subject, clean: Clean, verdicts: list[Verdict]) -> Exploration[None]:
    """The act under each fault. A verdict is added at once: it stands where there is no time for
    the rest."""
    if clean.effect and not clean.intervals:
        reason = "no stable crossing that commits the rows was seen"
        verdicts.append(inconclusive(subject, reason))
        return
    clean, called = yield from provoke(subject, clean, _experiment)
    if any(each.needs_recovery for each in called):
        yield from _heal(subject, clean)
    placements: tuple[Placement, ...] = ()
    if clean.effect:
        placed = place(clean.transactions, deep=subject.deep)
        own = (each for each in placed if each.crossing.key.shape not in subject.spared)
        placements = (*own, *connects(clean.crossings))
    observations = [*called, *(yield from _survey(subject, clean, placements))]
    verdicts += yield from _recovery(subject, clean, observations)
    poisoned = any(each.outcome is Outcome.VIOLATED for each in verdicts)
    if not poisoned:
        # What poisons is known else: a fresh process for each of the rest would tell no more.
        observations = yield from _again(subject, clean, observations)
        observations += yield from _pairs(subject, clean, observations)
    groups = _grouped(observations)
    if poisoned:
        # A transaction that is left open is how the pool was poisoned: one defect, told once.
        groups = [g for g in groups if g.symptom.finding_class is not LEFT_IN_TRANSACTION]
    if any(each.symptom.finding_class is DOUBLED_BY_RETRY for each in groups):
        groups = yield from _without_plain_doubling(subject, clean, groups)
    yield from _judged(subject, clean, groups, verdicts)
    verdicts += _unjudged(subject, clean, observations)
    if not any(each.outcome in (Outcome.VIOLATED, Outcome.INCONCLUSIVE) for each in verdicts):
        verdicts.append(held(subject, clean, observations))


def _survey(
    subject: Subject, clean: Clean, placements: Sequence[Placement]
) -> Exploration[list[Observation]]:
    """Every placement once."""
    experiments = tuple(_experiment(subject, each.fault) for each in placements)
    histories: tuple[History, ...] = yield experiments
    found = [judge(clean, p, h) for p, h in zip(placements, histories, strict=True)]
    if any(each.needs_recovery for each in found):
        yield from _heal(subject, clean)
    return found


def _again(
    subject: Subject, clean: Clean, observations: Sequence[Observation]
) -> Exploration[list[Observation]]:
    """Those that drifted or could not be judged once more, in a process that is warm."""
    found = list(observations)
    unclear = [index for index, each in enumerate(found) if each.missed or each.trouble]
    if unclear:
        yield from warm(subject)
    for index in unclear:
        history: History = yield _experiment(subject, found[index].placement.fault)
        found[index] = judge(clean, found[index].placement, history)
        if found[index].needs_recovery:
            yield from _heal(subject, clean)
    return found


def _heal(subject: Subject, clean: Clean) -> Exploration[None]:
    """Start the process anew where a fault has poisoned it: it would spoil what comes next."""
    history: History = yield plain(subject, "is it well")
    if trouble(history) or not clean.holds(history):
        yield from warm(subject, fresh_process=True)


def _experiment(subject: Subject, *faults: Fault) -> Experiment:
    """The act under the faults, then the identical request, with no reset between them."""
    purpose = " and ".join(each.label for each in faults)
    experiment = Experiment.of(subject.scenario, faults=faults, purpose=purpose)
    settings = plain(subject, purpose).settings
    return replace(experiment.then(Phase((Act(subject.scenario.act),))), settings=settings)


def _pairs(
    subject: Subject, clean: Clean, observations: Sequence[Observation]
) -> Exploration[list[Observation]]:
    """A second fault where an error path writes: the only crossings that no single fault meets."""
    pairs: dict[str, tuple[Placement, Fault]] = {}
    known = sql(clean.history.section, subject.profile)
    for each in observations:
        if each.state is None:
            continue
        for second in error_paths(each.history.section, known, subject.profile):
            pairs.setdefault(second.at.shape, (each.placement, second))
    if not pairs:
        return []
    histories: tuple[History, ...] = yield tuple(
        _experiment(subject, placement.fault, second) for placement, second in pairs.values()
    )
    return [
        judge(clean, placement, history)
        for (placement, _), history in zip(pairs.values(), histories, strict=True)
    ]


def _grouped(observations: Sequence[Observation]) -> list[_Group]:
    """One group a (class, state left), in the order of the crossings that showed it first."""
    groups: dict[tuple[str, str], _Group] = {}
    for observation in observations:
        for symptom in observation.symptoms:
            known = groups.get(symptom.key)
            if known is None:
                groups[symptom.key] = _Group(symptom, observation, observation.placement)
            elif _STRONGEST.index(symptom.tier) < _STRONGEST.index(known.symptom.tier):
                groups[symptom.key] = _Group(symptom, observation, known.first)
    return list(groups.values())


def _without_plain_doubling(
    subject: Subject, clean: Clean, groups: list[_Group]
) -> Exploration[list[_Group]]:
    """Leave out a doubling that takes no failure: that is told by `idempotency`, and once."""
    history: History = yield _experiment(subject)
    if trouble(history) or clean.compared(history.sections[-1]).state is State.AFTER:
        return groups
    return [each for each in groups if each.symptom.finding_class is not DOUBLED_BY_RETRY]


def _judged(
    subject: Subject, clean: Clean, groups: Sequence[_Group], verdicts: list[Verdict]
) -> Exploration[None]:
    """Add a verdict for each group that no job of the service settles in a while."""
    waiting = [each for each in groups if is_stall(each.symptom)]
    verdicts += yield from stalled(
        subject, clean, [Case(each.symptom, each.observation, each.first) for each in waiting]
    )
    alike, told = [each for each in groups if _is_one_of_many(each)], False
    for group in groups:
        if group in waiting or (told and group in alike):
            continue
        if not (yield from awaited(subject, clean, group.symptom, group.observation)):
            others = len(alike) - 1 if group in alike else 0
            verdicts.append((yield from _confirmed(subject, clean, group, others)))
            told = told or group in alike


def _is_one_of_many(group: _Group) -> bool:
    """Whether it is one of the parts that writes leave which do not commit together: each failure
    between them leaves another, and what mends one mends all."""
    symptom = group.symptom
    return symptom.finding_class is PARTIAL_STATE and symptom.tier is Tier.SUSPECTED


def _confirmed(subject: Subject, clean: Clean, group: _Group, others: int) -> Exploration[Verdict]:
    """Minimise and replay what a group shows."""
    symptom, observation = group.symptom, group.observation

    def shows(history: History) -> bool:
        again = judge(clean, observation.placement, history)
        return any(
            each.key == symptom.key
            and _STRONGEST.index(each.tier) <= _STRONGEST.index(symptom.tier)
            for each in again.symptoms
        )

    case = Case(symptom, observation, group.first, others=others)
    if symptom.tier is Tier.NOTE:
        return violated(subject, clean, case, None)
    experiment = observation.history.experiment
    if symptom.finding_class in (PARTIAL_STATE, LOST_WRITE) and symptom.tier is Tier.PROVEN:
        experiment = yield from minimise(experiment, shows)
    confirm = replay_afresh if symptom.finding_class is SERVICE_DIED else replay
    confirmation = yield from confirm(subject, experiment, shows, clean.holds)
    if symptom.finding_class is STUCK_RETRY and not confirmation.recovered:
        # Not the rows left but the process fails the retry: `_recovery` tells of that.
        healed = replace(symptom, finding_class=PARTIAL_STATE, tier=Tier.SUSPECTED)
        case = replace(case, symptom=healed)
    return violated(subject, clean, replace(case, experiment=experiment), confirmation)


def _recovery(
    subject: Subject, clean: Clean, observations: Sequence[Observation]
) -> Exploration[list[Verdict]]:
    """Where a retry failed with nothing left: does the act go well again on a fresh state?

    The first fault after which it does not is the finding; the others are of the same cause.
    """
    for suspect in (each for each in observations if each.needs_recovery):
        experiment = _harm(subject, suspect)
        broken: History = yield experiment
        if not _never_recovers(clean, broken):
            continue
        after: History = yield plain(subject, "does it recover")
        harms = bool(trouble(after)) or not clean.holds(after)
        if suspect.state is not None and suspect.state.state is not State.BEFORE and not harms:
            # The rows that were left fail the retries, not the process.
            continue

        def shows(history: History) -> bool:
            return not missed(history) and _never_recovers(clean, history)

        if harms:
            first = (broken,) if shows(broken) else ()
            confirmation = yield from replay_afresh(subject, experiment, shows, clean.holds, first)
        else:
            confirmation = yield from replay(subject, experiment, shows, clean.holds)
        if not confirmation.shown and confirmation.passed:
            # An earlier fault had poisoned the process that this one met.
            continue
        left = clean.compared(broken.section)
        symptom = Symptom(POISONED_POOL, Tier.PROVEN, "", left)
        case = Case(symptom, replace(suspect, history=broken), suspect.placement, experiment)
        return [violated(subject, clean, case, confirmation)]
    return []


def _harm(subject: Subject, suspect: Observation) -> Experiment:
    """The fault, and then the act without one, three times, with nothing restored in between:
    restoring would end a transaction that the service left open, and heal it.
    """
    first = _experiment(subject, *suspect.history.experiment.phases[0].faults)
    tries = tuple(Phase((Act(subject.scenario.act),)) for _ in range(TRIES))
    return replace(first, phases=(first.phases[0], *tries), purpose="does it recover")


def _never_recovers(clean: Clean, history: History) -> bool:
    """Whether every try after the fault failed, for a reason of the service's own."""
    if trouble(history):
        return False
    tries = [section.exchange for section in history.sections[1:]]
    return bool(tries) and not any(
        clean.succeeded(each) or 400 <= (each.status or 0) < 500 for each in tries
    )


def _unjudged(subject: Subject, clean: Clean, observations: Sequence[Observation]) -> list[Verdict]:
    """A verdict for each reason why placements could not be judged."""
    reasons = {each.trouble: each for each in observations if each.trouble}
    verdicts = [inconclusive(subject, reason, each) for reason, each in reasons.items()]
    for index in range(len(clean.intervals)):
        inside = [each for each in observations if each.placement.interval == index]
        if inside and all(each.missed for each in inside):
            verdicts.append(
                inconclusive(subject, "no fault was reached: crossings drift", inside[0])
            )
            break
    return verdicts


def _stored(experiment: Experiment, clean: Clean) -> Placement | None:
    """The placement of a stored experiment's first fault."""
    faults = experiment.phases[0].faults
    everywhere = (
        *place(clean.transactions, deep=True),
        *connects(clean.crossings),
        *place_calls(clean.outbound.calls, deep=True),
    )
    for placement in everywhere:
        if faults and placement.fault.at == faults[0].at:
            return replace(placement, fault=faults[0])
    return None
