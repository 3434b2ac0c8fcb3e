"""Natural failures, with no fault: a scenario whose act must be refused, and what it keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from seamproof.analysis.changes import Effect, compare, effect
from seamproof.analysis.confirm import REPLAYS, plain
from seamproof.analysis.keys import beside_key
from seamproof.analysis.masks import Mask
from seamproof.analysis.trouble import trouble
from seamproof.checks.rollback.classes import REFUSED_BUT_WROTE
from seamproof.core.experiment import Experiment, Phase
from seamproof.core.history import History, RowChange
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject
from seamproof.core.verdict import Control, Evidence, Outcome, Tier, Verdict

_CHECK = "rollback"
_FIRST_REFUSAL = 400
_FIRST_FAILURE = 500


def expects_refusal(subject: Subject) -> bool:
    """Whether the scenario says that its act is refused or fails."""
    expected = subject.scenario.act.expect
    return bool(expected) and min(expected) >= _FIRST_REFUSAL


def explore_refusal(subject: Subject) -> Exploration[Iterable[Verdict]]:
    """Run the refused act and look for rows; the control is the arrangement without the act."""
    mask = Mask.for_subject(subject)
    history: History = yield plain(subject, "refused act")
    if reason := trouble(history):
        return (_verdict(subject, Outcome.INCONCLUSIVE, reason),)
    status = history.section.exchange.status
    if status not in subject.scenario.act.expect:
        return (_verdict(subject, Outcome.INCONCLUSIVE, f"the act answers {status}"),)
    found = effect(history.section.changes, mask)
    if not found:
        return (_verdict(subject, Outcome.HELD, f"refused with {status}, and changed nothing"),)
    left = compare(found, Effect.nothing(), mask.catalog).left
    if not beside_key(left, history.section.exchange, subject.idempotency.header):
        reason = f"refused with {status}, and kept only that, for its idempotency key"
        return (_verdict(subject, Outcome.HELD, reason),)
    histories: tuple[History, ...] = yield (plain(subject, "replay"),) * REPLAYS
    idle: History = yield Experiment(
        (Phase(()),), subject.scenario.arrangement, purpose="control: no act"
    )
    shown = sum(
        not trouble(each)
        and each.section.exchange.status == status
        and effect(each.section.changes, mask).loose == found.loose
        for each in histories
    )
    passed = not trouble(idle) and not effect(idle.section.changes, mask)
    return (_wrote(subject, history, left, shown, passed),)


def _wrote(
    subject: Subject, history: History, left: tuple[RowChange, ...], shown: int, passed: bool
) -> Verdict:
    mask = Mask.for_subject(subject)
    tables = tuple(sorted({each.table for each in left}))
    exchange = history.section.exchange
    outcome, reason = Outcome.VIOLATED, ""
    if not passed:
        outcome, reason = Outcome.INCONCLUSIVE, "rows change without the act"
    elif not shown:
        outcome, reason = Outcome.INCONCLUSIVE, f"seen once, and in 0 of {REPLAYS} replays"
    tier = _tier(subject, exchange.status or 0, left)
    if tier is Tier.NOTE and outcome is Outcome.VIOLATED:
        outcome = Outcome.HELD
    elif tier is Tier.PROVEN and shown < REPLAYS:
        tier = Tier.SUSPECTED
    return Verdict(
        outcome,
        _CHECK,
        subject.operation.id,
        reason,
        finding_class=REFUSED_BUT_WROTE.name,
        tier=tier,
        replays=(shown, REPLAYS),
        table=tables[0],
        evidence=Evidence(
            experiment=history.experiment,
            control=Control("the arrangement without the act", passed=passed),
            exchanges=(exchange,),
            crossings=history.section.crossings,
            left=left,
            masked=mask.hidden(tables),
            facts={
                "operation": subject.operation.id,
                "answer": str(exchange.status),
                "left_rows": len(left),
                "tables": ", ".join(tables),
            },
        ),
    )


def _tier(subject: Subject, status: int, left: Iterable[RowChange]) -> Tier:
    """How sure it is that no service means to keep these rows.

    A refusal may be recorded in a table of its own, and may count attempts in a row that exists.
    """
    grown: Counter[str] = Counter()
    for row in left:
        grown[row.table] += (row.new is not None) - (row.old is not None)
    known = {table: count for table, count in grown.items() if table in subject.profile.effects}
    if any(count > 0 for count in known.values()) or (known and status >= _FIRST_FAILURE):
        return Tier.PROVEN
    return Tier.SUSPECTED if known or any(count <= 0 for count in grown.values()) else Tier.NOTE


def _verdict(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome, _CHECK, subject.operation.id, reason)
