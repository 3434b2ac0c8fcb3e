"""Natural failures of an act that succeeds: requests of the right form that the service refuses.

Beside what is too much, too far or used up (`attempts`), the act is sent again after its own
success. What is accepted tells nothing, and most is refused with nothing written. Of what a refusal
leaves, `remains` says whether it is a part of the act.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seamproof.analysis.confirm import plain, replay, standing
from seamproof.analysis.phases import own_rows
from seamproof.analysis.trouble import trouble
from seamproof.checks.rollback.attempts import Attempt, beyond, exhausted
from seamproof.checks.rollback.classes import REFUSED_BUT_WROTE
from seamproof.checks.rollback.clean import Clean
from seamproof.checks.rollback.remains import remains
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import Changes, History, RowChange, Section
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject
from seamproof.core.verdict import Control, Evidence, Tier, Verdict

_CHECK = "rollback"
_MOST = 16
"""Requests with one value that nothing fits."""
_MOST_ROWS = 4
"""States in which what the act takes is used up."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """A refusal that left rows of the act."""

    attempt: Attempt
    section: Section
    left: tuple[RowChange, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        return _tables(self.left)


def _tables(rows: Sequence[RowChange]) -> tuple[str, ...]:
    return tuple(sorted({each.table for each in rows}))


def explore_natural(subject: Subject, clean: Clean) -> Exploration[list[Verdict]]:
    """Look for refusals of the act that leave a part of it, and confirm the smallest."""
    if not clean.effect or not clean.exchange.ok:
        return []
    sights = yield from _seen(subject, clean, tuple(beyond(subject))[:_MOST], together=True)
    changed = tuple(exhausted(clean, subject.catalog))[:_MOST_ROWS]
    again = Attempt(subject.scenario.act, "it was done before", before=(subject.scenario.act,))
    sights += yield from _seen(subject, clean, (again, *changed), together=False)
    if not sights:
        return []
    smallest = min(sights, key=lambda each: len(each.left))
    return [(yield from _told(subject, clean, smallest))]


def replay_natural(
    subject: Subject, clean: Clean, evidence: Evidence
) -> Exploration[list[Verdict]]:
    """Show a stored one again."""
    assert evidence.experiment is not None
    *before, last = (each.acts[0].step for each in evidence.experiment.phases)
    given = str(evidence.facts.get("given", ""))
    attempt = Attempt(last, given, evidence.experiment.edits, tuple(before))
    sights = yield from _seen(subject, clean, (attempt,), together=False)
    if not sights:
        return []
    return [(yield from _told(subject, clean, sights[0]))]


# What they are answered


def _seen(
    subject: Subject, clean: Clean, attempts: Sequence[Attempt], *, together: bool
) -> Exploration[list[_Sight]]:
    """Send all, many in one experiment as long as none has an effect."""
    sights: list[_Sight] = []
    rest = list(attempts)
    while rest:
        portion = rest if together else rest[:1]
        history: History = yield _experiment(subject, portion, "what is refused")
        first = 0 if together else len(portion[0].before)
        if trouble(history) or len(history.sections) < first + len(portion):
            rest = [] if together else rest[1:]
            continue
        before = history.sections[first - 1].changes if first else Changes()
        done = 0
        for attempt, section in zip(portion, history.sections[first:], strict=True):
            done += 1
            rows = own_rows(section, before, clean.mask)
            if left := remains(clean, section, rows):
                sights.append(_Sight(attempt, section, left))
            if _taints(clean, section, rows):
                break
            before = section.changes
        rest = rest[done:]
    return sights


def _experiment(subject: Subject, attempts: Sequence[Attempt], purpose: str) -> Experiment:
    steps = (*attempts[0].before, *(each.act for each in attempts))
    phases = tuple(Phase((Act(each, fresh=index),)) for index, each in enumerate(steps))
    return replace(plain(subject, purpose), phases=phases, edits=attempts[0].edits)


def _taints(clean: Clean, section: Section, rows: Sequence[RowChange]) -> bool:
    """Whether what comes behind it would meet another state."""
    known = set(clean.effect.tables)
    changed = any(each.old is not None or each.table in known for each in rows)
    return changed or bool(section.disturbances) or bool(section.open_backends)


# The verdict


def _told(subject: Subject, clean: Clean, sight: _Sight) -> Exploration[Verdict]:
    """Replay a sight, with the act as it is as the control."""
    attempt, status = sight.attempt, sight.section.exchange.status
    experiment = _experiment(subject, (attempt,), "refused act")

    def shows(history: History) -> bool:
        section, first = history.sections[-1], len(history.sections) - 1
        before = history.sections[first - 1].changes if first else Changes()
        left = remains(clean, section, own_rows(section, before, clean.mask))
        return section.exchange.status == status and _tables(left) == sight.tables

    confirmed = yield from replay(subject, experiment, shows, clean.holds)
    found = standing(Tier.PROVEN, confirmed, "the act itself does not succeed beside it")
    return found.verdict(
        _CHECK,
        subject.operation.id,
        REFUSED_BUT_WROTE,
        table=sight.tables[0],
        evidence=Evidence(
            experiment=experiment,
            control=Control(
                "the act as it is",
                confirmed.control.section.exchange,
                clean.compared(confirmed.control.section).left,
                confirmed.passed,
            ),
            exchanges=(sight.section.exchange,),
            crossings=sight.section.crossings,
            left=sight.left,
            masked=clean.mask.hidden(sight.tables),
            facts={
                "operation": subject.operation.id,
                "answer": str(status),
                "left_rows": len(sight.left),
                "tables": ", ".join(sight.tables),
                "given": attempt.given,
            },
        ),
    )
