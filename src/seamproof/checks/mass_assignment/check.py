"""The act with columns of the catalog added to its body: does a row have them then?

the act as it is             the rows that it writes, and what the service sets in them
all protected columns added  a 2xx and a row that has them: found. A 2xx and no such row: ignored
one after the other          where all together were refused
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from seamproof.analysis.begin import begin
from seamproof.analysis.changes import net, paired
from seamproof.analysis.confirm import Confirmation, as_expected, replay, standing
from seamproof.analysis.masks import Mask
from seamproof.analysis.trouble import trouble
from seamproof.checks.mass_assignment.bodies import Path, adding, body_of, place, spelled
from seamproof.checks.mass_assignment.classes import CLASSES, PROTECTED_COLUMN
from seamproof.checks.mass_assignment.protected import Declared, declared, plain, protects
from seamproof.checks.mass_assignment.values import another, holds
from seamproof.core.catalog import Table
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Phase, Settings
from seamproof.core.history import CrossingKind, History, RowChange, Section
from seamproof.core.model import Json, Step
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Control, Evidence, Finding, FindingClass, Outcome, Tier, Verdict

_CHECK = "mass-assignment"
_MOST = 10
"""Columns that are tried one after the other."""
_ADMIN = re.compile(r"admin|root|super|staff|manager|operator|system", re.I)
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@check(
    _CHECK,
    title="A request sets what it declares, and nothing else",
    boundary=BoundaryKind.SQL,
    needs={Need.DOCUMENT},
)
class MassAssignment:
    """Adds columns of the rows that an act writes to its body: roles, owners, balances, states.

    It is proven where the written row has what was sent. Fields that are ignored, refused or
    declared are right.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """It needs a body that fields can be added to."""
        if subject.operation.method not in _WITH_BODY or body_of(subject.scenario.act) is None:
            return Skip("its request has no body that fields could be added to")
        return None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """The act as it is, then with more."""
        clean = yield from begin(subject, _CHECK)
        if isinstance(clean, Verdict):
            return (clean,)
        if (skip := self.applies(subject)) is not None:
            return (_plain(subject, Outcome.SKIPPED, skip.reason),)
        if not clean.section.exchange.ok:
            return (_plain(subject, Outcome.SKIPPED, "the request is refused as it is"),)
        taken = declared(subject.document, subject.declaration)
        inquiry = _Inquiry(subject, clean, Mask.for_subject(subject), taken)
        extras = tuple(_extras(inquiry))
        if not extras:
            reason = "no column of the rows that it writes is one that is protected"
            return (_plain(subject, Outcome.HELD, reason),)
        found = yield from _taken(inquiry, extras)
        if not found:
            names = ", ".join(each.place for each in extras)
            return (_plain(subject, Outcome.HELD, f"ignored or refused: {names}"),)
        verdicts = []
        for _, group in groupby(found, key=lambda each: each.table.name):
            verdict = yield from _confirmed(inquiry, tuple(group))
            verdicts.append(verdict)
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """The same again: what a row has is another in each run."""
        return (yield from self.explore(subject))


@dataclass(frozen=True, slots=True)
class _Extra:
    """A field that is added to the body, for a column."""

    table: Table
    column: str
    path: Path
    field: str
    value: Json

    @property
    def place(self) -> str:
        return f"{self.table.name}.{self.column}"

    def in_row(self, change: RowChange) -> bool:
        """Whether a written row has what was sent, and had not before: another's may."""
        if change.table != self.table.name or change.new is None:
            return False
        if change.old is not None and holds(change.old.get(self.column), self.value):
            return False
        return holds(change.new.get(self.column), self.value)


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """One act, and the rows that it writes."""

    subject: Subject
    clean: History
    mask: Mask
    declared: Declared

    def written(self, section: Section) -> tuple[RowChange, ...]:
        """The net rows that a section changed, on tables that verdicts look at."""
        rows = [
            RowChange(table, None, row) if sign == "+" else RowChange(table, row, None)
            for table, sign, row in net(section.changes, self.mask.profile.ambient)
            if self.mask.looks_at(table)
        ]
        return paired(rows, self.subject.catalog)

    def experiment(self, acts: Sequence[Act], purpose: str) -> Experiment:
        """These acts, one after the other."""
        return Experiment(
            tuple(Phase((each,)) for each in acts),
            self.subject.scenario.arrangement,
            settings=Settings(fresh_sequences=self.subject.profile.fresh_sequences),
            purpose=purpose,
        )

    def act(self, extras: Iterable[_Extra]) -> Act:
        """The act with these fields as well."""
        step: Step = self.subject.scenario.act
        for each in extras:
            step = adding(step, each.path, {each.field: each.value})
        return Act(step)

    @property
    def administrator(self) -> bool:
        """Whether who sends it is one: they give rights and set prices."""
        name = self.subject.scenario.act.identity
        found = next((each for each in self.subject.identities if each.name == name), None)
        role = found.role if found else None
        if role is None:
            return False
        return role in self.subject.authorization.admins or bool(_ADMIN.search(role))


def _extras(inquiry: _Inquiry) -> Iterator[_Extra]:
    """The protected columns of the rows that the act writes, with a value for each."""
    subject = inquiry.subject
    step = subject.scenario.act
    body = body_of(step) or {}
    sent = {plain(name) for name in _all_names(body)}
    seen: set[str] = set()
    for change in inquiry.written(inquiry.clean.section):
        table = subject.catalog.tables.get(change.table)
        if table is None or change.new is None or table.name in seen:
            continue
        seen.add(table.name)
        for column in table.columns:
            if column.name in table.primary_key or inquiry.declared.takes(column.name):
                continue
            if plain(column.name) in sent or plain(column.name).removesuffix("id") in sent:
                continue
            known = inquiry.declared.known
            if protects(column, declared=known, administrator=inquiry.administrator):
                usual = change.new.get(column.name)
                value = another(subject.catalog, subject.stored, table, column, usual)
                if value is not None and not holds(usual, value):
                    where = place(body, table)
                    yield _Extra(table, column.name, where, spelled(column.name, body), value)


def _all_names(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from _all_names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _all_names(each)


def _taken(inquiry: _Inquiry, extras: tuple[_Extra, ...]) -> Exploration[list[_Extra]]:
    """The fields that a row has then: all at once, and one by one where that was refused."""
    history: History = yield inquiry.experiment([inquiry.act(extras)], "with protected fields")
    if trouble(history):
        return []
    if history.section.exchange.ok:
        return _in_rows(inquiry, history.section, extras)
    if len(extras) == 1:
        return []
    found: list[_Extra] = []
    left = list(extras[:_MOST])
    while left:
        acts = [inquiry.act([each]) for each in left]
        history = yield inquiry.experiment(acts, "with one protected field")
        if trouble(history):
            return found
        for section in history.sections:
            one = left.pop(0)
            if section.exchange.ok:
                found += _in_rows(inquiry, section, (one,))
            if inquiry.written(section):
                break
    return found


def _in_rows(inquiry: _Inquiry, section: Section, extras: Iterable[_Extra]) -> list[_Extra]:
    written = inquiry.written(section)
    return [each for each in extras if any(map(each.in_row, written))]


def _confirmed(inquiry: _Inquiry, found: tuple[_Extra, ...]) -> Exploration[Verdict]:
    """Three times with exactly these, and the act as it is beside them."""
    subject = inquiry.subject
    experiment = inquiry.experiment([inquiry.act(found)], "with protected fields")

    def shows(history: History) -> bool:
        section = history.sections[-1]
        return section.exchange.ok and len(_in_rows(inquiry, section, found)) == len(found)

    history: History = yield experiment
    confirmed = yield from replay(subject, experiment, shows, _succeeds(subject))
    # Where nothing is declared, it may be meant to be set.
    tier = Tier.PROVEN if inquiry.declared.known else Tier.SUSPECTED
    stands = standing(tier, confirmed, "the request as it is did not succeed beside it")
    return stands.verdict(
        _CHECK,
        subject.operation.id,
        PROTECTED_COLUMN,
        table=found[0].table.name,
        # Whichever columns are set, they are let in at one place.
        shape="",
        evidence=_evidence(inquiry, found, history, confirmed),
    )


def _evidence(
    inquiry: _Inquiry, found: tuple[_Extra, ...], history: History, confirmed: Confirmation
) -> Evidence:
    section, table = history.sections[-1], found[0].table.name
    left = inquiry.written(section)
    writes = (
        each
        for each in section.crossings
        if each.kind is CrossingKind.WRITE and table.rpartition(".")[2] in each.statement
    )
    return Evidence(
        experiment=history.experiment,
        control=Control(
            "the same without them",
            confirmed.control.section.exchange if confirmed.control.sections else None,
            inquiry.written(inquiry.clean.section),
            confirmed.passed,
        ),
        exchanges=(section.exchange,),
        crossing=next(writes, None),
        crossings=section.crossings,
        left=left,
        masked=inquiry.mask.hidden({each.table for each in left}),
        facts={
            "operation": inquiry.subject.operation.id,
            "owner": inquiry.subject.scenario.act.identity or "nobody",
            "table": table,
            "columns": ", ".join(each.place for each in found),
            "fields": ", ".join(f"`{each.field}`" for each in found),
            "declared": "does not declare" if inquiry.declared.known else "does not have otherwise",
            "answer": str(section.exchange.status or section.exchange.silence),
        },
    )


def _succeeds(subject: Subject) -> Callable[[History], bool]:
    return lambda history: as_expected(subject, history)


def _plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome, _CHECK, subject.operation.id, reason)
