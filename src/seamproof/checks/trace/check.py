"""What every request shows for free at the SQL boundary, and the experiments that prove it.

COMMIT answers ROLLBACK, client got 2xx    an error at each of the transaction's writes, replayed
answer before COMMIT                       the COMMIT held until the answer has come
connection left in a transaction           seen after quiet, replayed
writes in several transactions             a note
a call inside an open transaction          a note: `rollback` lets the call hang
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from seamproof.analysis.begin import begin
from seamproof.analysis.calls import calls, mutates, open_during
from seamproof.analysis.changes import effect
from seamproof.analysis.confirm import Confirmation, replay
from seamproof.analysis.controls import control
from seamproof.analysis.intervals import (
    SERIALIZATION_FAILURE,
    WRITES,
    Transaction,
    changes_of_acts,
    intervals,
    left_open,
    rolls_back,
    sql,
    target,
    transactions,
    written,
)
from seamproof.analysis.masks import Mask
from seamproof.analysis.trouble import missed, trouble
from seamproof.checks.trace.classes import (
    CALL_IN_TRANSACTION,
    CLASSES,
    COMMIT_ROLLED_BACK,
    EARLY_ANSWER,
    SPREAD_WRITES,
    TRANSACTION_LEFT_OPEN,
)
from seamproof.core.experiment import BoundaryKind, CrossingKey, Experiment, Fault, FaultKind
from seamproof.core.experiment import Schedule as Order
from seamproof.core.history import Crossing, CrossingKind, History, Section, TransactionStatus
from seamproof.core.protocols import Exploration
from seamproof.core.registry import check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Evidence, FindingClass, Outcome, Tier, Verdict

_CHECK = "trace"


@dataclass(frozen=True, slots=True)
class _Sight:
    """Something seen in one section, with the crossing that shows it and one that names it."""

    finding_class: FindingClass
    crossing: Crossing
    names: Crossing
    note: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.finding_class.name, self.names.key.shape


@check("trace", title="The answer agrees with the transaction", boundary=BoundaryKind.SQL)
class Trace:
    """Compares what the client was told with what the wire says of the transactions.

    Judges every history that any check produced, and confirms with a few of its own.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Every operation crosses the boundary, or shows that it does not."""
        return None

    def __init__(self) -> None:
        self._provoked: dict[Fault, History] = {}
        """What other checks have seen of the act under one fault: no need to run that again."""

    def watch(self, subject: Subject, history: History) -> Iterable[Verdict]:
        """Judge a history that met no fault, and keep one that met a fault for `explore`."""
        if trouble(history):
            return
        if any(phase.faults for phase in history.experiment.phases):
            first = history.experiment.phases[0]
            if len(first.faults) == len(first.acts) == 1 and not missed(history):
                self._provoked.setdefault(first.faults[0], history)
            return
        for place, section in enumerate(history.sections, start=1):
            if _is_of(subject, section) and section.exchange.ok:
                until = replace(history, sections=history.sections[:place])
                for sight in _sights(section, subject):
                    yield _verdict(subject, until, sight, None)

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Run the act once, hold each late COMMIT, fail each transaction's writes."""
        clean = yield from begin(subject, _CHECK)
        if isinstance(clean, Verdict):
            return (clean,)
        crossings = sql(clean.section, subject.profile)
        if not crossings:
            outcome = Outcome.NOT_RUN if clean.section.changes else Outcome.SKIPPED
            return (_plain_verdict(subject, outcome, "no crossing seen at the SQL boundary"),)
        changes = changes_of_acts(clean.section, subject.profile)
        found = transactions(crossings, changes, subject.profile.ignored)
        verdicts = yield from _natural(subject, clean)
        verdicts += yield from _held_back(subject, clean, found)
        verdicts += yield from _swallowed(subject, clean, found, self._provoked)
        verdicts += _spread(subject, clean, found)
        if not any(each.outcome in (Outcome.VIOLATED, Outcome.INCONCLUSIVE) for each in verdicts):
            reason = f"{len(crossings)} crossings in {len(found)} transactions agree"
            verdicts.append(_plain_verdict(subject, Outcome.HELD, reason))
        return verdicts


def _is_of(subject: Subject, section: Section) -> bool:
    """Whether a section is of the subject's operation alone. Others' requests, as of those that may
    overlap with it, are told where they are the subject."""
    acts = [each.act.step.operation for each in section.exchanges]
    return acts == [subject.operation]


def _sights(section: Section, subject: Subject) -> Iterator[_Sight]:
    """What is wrong in a section with one act, without any experiment more."""
    crossings = sql(section, subject.profile)
    if section.exchange.ok:
        for crossing in crossings:
            if rolls_back(crossing):
                yield _Sight(COMMIT_ROLLED_BACK, crossing, _cause(crossings, crossing))
    stayed = left_open(section)
    if stayed is not None:
        # What only read has lost nothing: it holds a snapshot and a connection.
        harmless = not any(each.kind in WRITES for each in _unfinished(crossings, stayed))
        first = _first_of(crossings, stayed)
        yield _Sight(TRANSACTION_LEFT_OPEN, stayed, first, note=harmless)
    for call in calls(section, subject.profile):
        if open_during(section, call, subject.profile) is not None:
            yield _Sight(CALL_IN_TRANSACTION, call, call, note=True)


def _cause(crossings: Iterable[Crossing], commit: Crossing) -> Crossing:
    """The statement that failed in the transaction of a COMMIT; the COMMIT where none is seen."""
    failed = [
        each
        for each in crossings
        if each.connection == commit.connection
        and each.sqlstate is not None
        and each.started <= commit.started
    ]
    return failed[-1] if failed else commit


def _unfinished(crossings: Iterable[Crossing], stayed: Crossing) -> list[Crossing]:
    """The crossings of the transaction that stayed open."""
    inside: list[Crossing] = []
    for crossing in crossings:
        if crossing.connection == stayed.connection:
            inside.append(crossing)
            if crossing.after is TransactionStatus.IDLE:
                inside.clear()
    return inside


def _first_of(crossings: Iterable[Crossing], stayed: Crossing) -> Crossing:
    """The first statement that says something in the transaction that stayed open."""
    inside = _unfinished(crossings, stayed)
    speaking = [each for each in inside if each.kind in (*WRITES, CrossingKind.READ)]
    return speaking[0] if speaking else stayed


def _natural(subject: Subject, clean: History) -> Exploration[list[Verdict]]:
    """What the clean run shows by itself, replayed."""
    verdicts: list[Verdict] = []
    seen: set[tuple[str, str]] = set()
    for sight in _sights(clean.section, subject):
        if sight.key in seen:
            continue
        seen.add(sight.key)
        if sight.note:
            verdicts.append(_verdict(subject, clean, sight, None))
            continue
        # The control is that the service answers at all: nothing but the act was done.
        confirmation = yield from replay(
            subject, clean.experiment, _shows(subject, sight), lambda history: True
        )
        verdicts.append(_verdict(subject, clean, sight, confirmation))
    return verdicts


def _shows(subject: Subject, sight: _Sight) -> Callable[[History], bool]:
    return lambda history: any(each.key == sight.key for each in _sights(history.section, subject))


def _held_back(
    subject: Subject, clean: History, found: Iterable[Transaction]
) -> Exploration[list[Verdict]]:
    """Hold each commit that ended after the answer: does the answer come all the same?"""
    verdicts: list[Verdict] = []
    received = clean.section.exchange.received
    for transaction in _of_effect(subject, clean, found):
        end = transaction.end
        if end is None or not clean.section.exchange.ok or (end.ended or end.started) <= received:
            continue
        experiment = _holding(clean.experiment, end.key)

        def shows(history: History, key: CrossingKey = end.key) -> bool:
            return not missed(history) and _answered_while_held(history.section, key)

        confirmation = yield from replay(subject, experiment, shows, _answers_as(clean))
        if confirmation.shown:
            sight = _Sight(EARLY_ANSWER, end, transaction.writes[-1])
            history = replace(clean, experiment=experiment)
            verdicts.append(_verdict(subject, history, sight, confirmation))
    return verdicts


def _holding(experiment: Experiment, key: CrossingKey) -> Experiment:
    (phase,) = experiment.phases
    held = replace(phase, schedule=Order(((0, key),)))
    return replace(experiment, phases=(held,), purpose="hold the commit")


def _answered_while_held(section: Section, key: CrossingKey) -> bool:
    """Whether success was told before the commit was done.

    Under the hold this is no matter of who arrived first: the commit was not passed on before the
    answer had come, so that an answer which waits for it would have come last.
    """
    received = section.exchange.received
    return section.exchange.ok and any(
        each.key == key and (each.ended is None or received < each.ended)
        for each in section.crossings
    )


def _swallowed(
    subject: Subject,
    clean: History,
    found: Iterable[Transaction],
    provoked: Mapping[Fault, History],
) -> Exploration[list[Verdict]]:
    """Fail the writes of each transaction: is success told although it rolled back?"""
    writes = {
        (index, write.key.shape): write
        for index, each in enumerate(intervals(found))
        if not each.autocommit
        for write in reversed(each.writes)
    }
    for write in reversed(writes.values()):
        fault = Fault(FaultKind.ERROR, write.key, SERIALIZATION_FAILURE)
        experiment = _failing(clean.experiment, fault)
        history = provoked.get(fault)
        if history is None:
            history = yield experiment
        if trouble(history) or missed(history):
            continue
        rolled_back = [each for each in _sights(history.section, subject) if _is_swallowed(each)]
        if not rolled_back:
            continue

        def shows(again: History) -> bool:
            return any(_is_swallowed(each) for each in _sights(again.section, subject))

        seen = replace(history, experiment=experiment, sections=history.sections[:1])
        if logs := _only_logs(subject, clean):
            sight = replace(rolled_back[0], names=write, note=True)
            cause = f"lost entries of {', '.join(logs)}"
            return [replace(_verdict(subject, seen, sight, None), cause=cause)]
        confirmation = yield from replay(subject, experiment, shows, _answers_as(clean))
        sight = replace(rolled_back[0], names=write)
        return [replace(_verdict(subject, seen, sight, confirmation), cause=written(write))]
    return []


def _only_logs(subject: Subject, clean: History) -> tuple[str, ...]:
    """The logs of what was done that are all an act writes: it has nothing that could be parted
    from them. None where it has an effect beside them, or calls another service."""
    changed = effect(clean.section.changes, Mask.for_subject(subject)).tables
    calls_out = any(mutates(each) for each in calls(clean.section, subject.profile))
    return () if calls_out or not set(changed) <= subject.profile.records else changed


def _is_swallowed(sight: _Sight) -> bool:
    return sight.finding_class is COMMIT_ROLLED_BACK


def _failing(experiment: Experiment, fault: Fault) -> Experiment:
    (phase,) = experiment.phases
    return replace(
        experiment, phases=(replace(phase, faults=(fault,)),), purpose="error at a write"
    )


def _answers_as(clean: History) -> Callable[[History], bool]:
    return lambda history: history.section.exchange.status == clean.section.exchange.status


def _of_effect(subject: Subject, clean: History, found: Iterable[Transaction]) -> list[Transaction]:
    """Those that write more than what a request only keeps up, as a session that it refreshes."""
    changed = effect(clean.section.changes, Mask.for_subject(subject)).tables
    upkeep = subject.profile.kept_up.difference(changed)
    return [each for each in intervals(found) if not all(target(w) in upkeep for w in each.writes)]


def _spread(subject: Subject, clean: History, found: Iterable[Transaction]) -> list[Verdict]:
    writing = _of_effect(subject, clean, found)
    if len(writing) < 2:
        return []
    sight = _Sight(SPREAD_WRITES, writing[1].writes[0], writing[1].writes[0], note=True)
    return [_verdict(subject, clean, sight, None, transactions=len(writing))]


def _plain_verdict(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome, _CHECK, subject.operation.id, reason)


def _verdict(
    subject: Subject,
    history: History,
    sight: _Sight,
    confirmation: Confirmation | None,
    *,
    transactions: int = 1,
) -> Verdict:
    outcome, tier, reason = Outcome.VIOLATED, Tier.SUSPECTED, ""
    shown, of = (confirmation.shown, confirmation.of) if confirmation else (0, 0)
    if sight.note:
        outcome, tier = Outcome.HELD, Tier.NOTE
    elif confirmation is not None:
        tier = Tier.PROVEN if confirmation.proven else Tier.SUSPECTED
        if not shown or not confirmation.passed:
            outcome, reason = Outcome.INCONCLUSIVE, f"seen once, and in {shown} of {of} replays"
    section = history.sections[-1]
    answer = section.exchange
    return Verdict(
        outcome,
        _CHECK,
        subject.operation.id,
        reason,
        finding_class=sight.finding_class.name,
        tier=tier,
        replays=(shown, of),
        shape=sight.names.key.shape,
        evidence=Evidence(
            experiment=history.experiment,
            control=control(subject, confirmation, "the same act with no fault"),
            exchanges=(answer,),
            crossing=sight.crossing,
            crossings=section.crossings,
            facts={
                "operation": subject.operation.id,
                "answer": str(answer.status) if answer.response else f"none ({answer.silence})",
                "statement": sight.names.key.shape,
                "occurrence": sight.names.key.occurrence,
                "transactions": transactions,
                "sqlstate": sight.names.sqlstate,
            },
        ),
    )
