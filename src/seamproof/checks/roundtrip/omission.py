"""A change of a part: what the request leaves out stays as it was.

PATCH changes what it names, and nothing else (RFC 5789, section 2). A field that may be left out is
left out, and the column that it lands in is looked at: NULL, nothing or zero in the place of what
was there is a loss that nobody asked for. With PUT it is right: that replaces the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from seamproof.analysis.confirm import as_expected, replay_all
from seamproof.analysis.confirm import plain as once
from seamproof.analysis.landing import column_of, same_name
from seamproof.analysis.masks import Mask
from seamproof.analysis.phases import own_rows
from seamproof.checks.roundtrip.classes import WIPED_BY_OMISSION
from seamproof.checks.roundtrip.report import Sight, violated
from seamproof.checks.roundtrip.trying import BODY, complaints
from seamproof.checks.roundtrip.values import Telling
from seamproof.core.experiment import Act, Phase
from seamproof.core.history import Changes, History, RowChange, Section
from seamproof.core.model import Step
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject
from seamproof.core.verdict import Tier, Verdict

_NOTHING = frozenset({None, "", "0", "0.0", "f", "{}", "[]"})
"""What stands for a field that nobody sent, as PostgreSQL prints it."""
_MOST = 8
"""Fields that are left out."""


@dataclass(frozen=True, slots=True)
class _Omission:
    """The act without one field."""

    name: str
    table: str
    column: str
    step: Step

    def wiped(self, rows: tuple[RowChange, ...]) -> RowChange | None:
        """The row that lost what it had there."""
        for each in rows:
            if each.table != self.table or each.old is None or each.new is None:
                continue
            old, new = each.old.get(self.column), each.new.get(self.column)
            if old not in _NOTHING and new in _NOTHING:
                return each
        return None


def wiped(subject: Subject) -> Exploration[list[Verdict]]:
    """What is lost where the request leaves it out, each column once."""
    omissions = list(_omissions(subject))[:_MOST]
    if not omissions:
        return []
    phases = tuple(Phase((Act(each.step, fresh=n),)) for n, each in enumerate(omissions))
    history: History = yield replace(once(subject, "one field left out"), phases=phases)
    verdicts, before = [], Changes()
    for omission, section in zip(omissions, history.sections, strict=False):
        if section.exchange.ok and omission.wiped(_rows(subject, section, before)):
            verdict = yield from _told(subject, omission, section, before)
            verdicts.append(verdict)
        before = section.changes
    return verdicts


def _omissions(subject: Subject) -> Iterator[_Omission]:
    """Each field of a change that may be left out beside others."""
    act = subject.scenario.act
    if act.operation.method != "PATCH" or not isinstance(act.json, dict) or len(act.json) < 2:
        return
    known = complaints(subject, act.json)
    for name in act.json:
        table, column = subject.landing.get(f"{BODY}{name}", ("", ""))
        described = column_of(subject.catalog, table, column)
        if described is None or not same_name(name, column):
            continue
        rest = {each: value for each, value in act.json.items() if each != name}
        if complaints(subject, rest) <= known:
            yield _Omission(name, table, column, replace(act, json=rest))


def _rows(subject: Subject, section: Section, before: Changes) -> tuple[RowChange, ...]:
    return own_rows(section, before, Mask.for_subject(subject))


def _told(
    subject: Subject, omission: _Omission, section: Section, before: Changes
) -> Exploration[Verdict]:
    # The act comes first: what it writes is there to be lost, and the same in each replay.
    phases = (Phase((Act(subject.scenario.act),)), Phase((Act(omission.step, fresh=1),)))
    experiment = replace(once(subject, f"{omission.name} left out"), phases=phases)

    def shows(history: History) -> bool:
        first, second = history.sections
        return second.exchange.ok and bool(omission.wiped(_rows(subject, second, first.changes)))

    rows = _rows(subject, section, before)
    row = omission.wiped(rows)
    assert row is not None
    assert row.old is not None
    assert row.new is not None
    sight = Sight(
        WIPED_BY_OMISSION,
        Tier.PROVEN,
        f"{BODY}{omission.name}",
        Telling("omission", row.old.get(omission.column)),
        omission.table,
        omission.column,
        row.new.get(omission.column),
        "what it does not name is changed",
        section,
        rows,
    )
    (confirmed,) = yield from replay_all(
        subject, experiment, (shows,), partial(as_expected, subject)
    )
    return violated(subject, sight, experiment, confirmed)
