"""Sub-explorations that turn a suspicion into a proof: warm up, minimise, replay, control.

yield from minimise(...)      the fewest phases and faults that still show it
yield from replay(...)        three times of three from a fresh state, then the control
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from seamproof.analysis.trouble import trouble
from seamproof.core.experiment import Experiment, Settings
from seamproof.core.history import History
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject
from seamproof.core.verdict import Evidence, FindingClass, Outcome, Tier, Verdict

REPLAYS = 3
JOB_WAIT = 0.5
"""Seconds within which a job that comes after the answer is to settle what a failure left."""
PERIODIC_JOB_WAIT = 2.0
"""The same where the service has jobs that were seen in an idle second: they come again."""

Shows = Callable[[History], bool]
"""Whether a history shows the defect."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How often it was seen again, and whether the same without a fault went well beside it."""

    shown: int
    of: int
    control: History
    passed: bool
    recovered: bool = True
    """Whether the control passed in the process that had met the replays."""

    @property
    def proven(self) -> bool:
        """Whether every replay showed it and the control passed."""
        return self.passed and self.shown == self.of > 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How sure a finding is after its confirmation."""

    outcome: Outcome
    tier: Tier
    replays: tuple[int, int]
    reason: str = ""

    def verdict(
        self,
        check: str,
        operation: str,
        finding_class: FindingClass,
        *,
        evidence: Evidence,
        table: str = "",
        shape: str = "",
        cause: str = "",
    ) -> Verdict:
        """The verdict that the finding is, with what was seen of it."""
        return Verdict(
            self.outcome,
            check,
            operation,
            self.reason,
            finding_class=finding_class.name,
            tier=self.tier,
            replays=self.replays,
            table=table,
            shape=shape,
            cause=cause,
            evidence=evidence,
        )


def standing(tier: Tier, confirmation: Confirmation | None, control: str) -> Standing:
    """What a finding of at most this tier is. A note needs no confirmation; what did not come
    again, or whose control failed, is inconclusive. `control` says what did not pass then.
    """
    shown, of = (confirmation.shown, confirmation.of) if confirmation else (0, 0)
    replays = (shown, of)
    if tier is Tier.NOTE:
        return Standing(Outcome.HELD, tier, replays)
    if confirmation is None or not confirmation.passed:
        return Standing(Outcome.INCONCLUSIVE, tier, replays, control)
    if shown == 0:
        reason = f"seen once, and in 0 of {of} replays"
        return Standing(Outcome.INCONCLUSIVE, tier, replays, reason)
    return Standing(Outcome.VIOLATED, tier if shown == of else Tier.SUSPECTED, replays)


def plain(subject: Subject, purpose: str, *, fresh_process: bool = False) -> Experiment:
    """The subject's act once, under no fault."""
    settings = Settings(
        fresh_process=fresh_process, fresh_sequences=subject.profile.fresh_sequences
    )
    return replace(Experiment.of(subject.scenario, purpose=purpose), settings=settings)


def settling(subject: Subject, experiment: Experiment) -> Experiment:
    """The same with time after each phase, for jobs of the service that finish what was begun."""
    wait = PERIODIC_JOB_WAIT if subject.profile.background else JOB_WAIT
    settings = replace(experiment.settings, extra_quiet=max(wait, 2 * subject.profile.tail))
    return replace(experiment, settings=settings, purpose="does a job settle it")


def warm(subject: Subject, *, fresh_process: bool = False) -> Exploration[History]:
    """Run the act until a process that may be cold is warm, as the profile learned it.

    Returns the last history: the act without a fault, in the process that what follows meets.
    """
    history: History = yield plain(subject, "warm up", fresh_process=fresh_process)
    for _ in range(1, subject.profile.warm_rounds):
        history = yield plain(subject, "warm up")
    return history


def clean_run(subject: Subject) -> Exploration[History]:
    """The act without a fault, in a fresh process where the one that is there fails it.

    What another check provoked may have poisoned the process; that is told where it was provoked.
    """
    history: History = yield plain(subject, "clean run")
    if trouble(history) or not as_expected(subject, history):
        yield from warm(subject, fresh_process=True)
        history = yield plain(subject, "clean run")
    return history


def as_expected(subject: Subject, history: History) -> bool:
    """Whether the act answered as its scenario says."""
    return subject.scenario.act.expects(history.section.exchange.status)


def minimise(experiment: Experiment, shows: Shows) -> Exploration[Experiment]:
    """Drop phases from the end, then faults one by one, while it still shows. One run a try."""
    smallest = experiment
    while len(smallest.phases) > 1:
        shorter = replace(smallest, phases=smallest.phases[:-1])
        if not (yield from _shown(shorter, shows)):
            break
        smallest = shorter
    for fault in smallest.phases[0].faults:
        first = smallest.phases[0]
        if len(first.faults) == 1:
            break
        fewer = replace(first, faults=tuple(each for each in first.faults if each != fault))
        candidate = replace(smallest, phases=(fewer, *smallest.phases[1:]))
        if (yield from _shown(candidate, shows)):
            smallest = candidate
    return smallest


def _shown(experiment: Experiment, shows: Shows) -> Exploration[bool]:
    history: History = yield replace(experiment, purpose="minimise")
    return not trouble(history) and shows(history)


def replay(
    subject: Subject, experiment: Experiment, shows: Shows, passes: Shows
) -> Exploration[Confirmation]:
    """Run it three times from a fresh state, and the act without a fault as the control."""
    (confirmation,) = yield from replay_all(subject, experiment, (shows,), passes)
    return confirmation


def replay_all(
    subject: Subject,
    experiment: Experiment,
    shows: Sequence[Shows],
    passes: Shows,
    first: tuple[History, ...] = (),
) -> Exploration[tuple[Confirmation, ...]]:
    """The same for several things that one experiment shows, which run once for all of them.

    `first` are runs of it from a fresh state that are there already.
    """
    again = replace(experiment, purpose="replay")
    rest: tuple[History, ...] = yield (again,) * (REPLAYS - len(first))
    histories = (*first, *rest)
    control: History = yield plain(subject, "control")
    recovered = not trouble(control) and passes(control)
    if not recovered:
        # A fault may have left the process cold or poisoned: that is another finding.
        yield from warm(subject, fresh_process=True)
        control = yield plain(subject, "control")
    passed = not trouble(control) and passes(control)
    return tuple(
        Confirmation(
            sum(not trouble(each) and one(each) for each in histories),
            REPLAYS,
            control,
            passed,
            recovered,
        )
        for one in shows
    )


def replay_afresh(
    subject: Subject,
    experiment: Experiment,
    shows: Shows,
    passes: Shows,
    first: tuple[History, ...] = (),
) -> Exploration[Confirmation]:
    """The same for what ends or poisons the process: each replay in a fresh one.

    The control is the act without a fault in that process, right before. `first` are runs in a
    fresh process that are there already, with what they showed. It is left poisoned.
    """
    shown, passed = sum(not trouble(each) and shows(each) for each in first), True
    control: History | None = None
    for _ in range(REPLAYS - len(first)):
        control = yield from warm(subject, fresh_process=True)
        passed = passed and not trouble(control) and passes(control)
        history: History = yield replace(experiment, purpose="replay")
        shown += not trouble(history) and shows(history)
    assert control is not None
    return Confirmation(shown, REPLAYS, control, passed, recovered=False)
