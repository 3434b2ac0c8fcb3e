"""One act of somebody, with canaries in their rows: what everybody else is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from seamproof.analysis.changes import net
from seamproof.analysis.confirm import as_expected
from seamproof.analysis.masks import Mask
from seamproof.analysis.ownership import Ownership
from seamproof.analysis.planting import Planted, edits, planted
from seamproof.analysis.trouble import trouble
from seamproof.checks.authorization.judgement import Court, Trespass
from seamproof.core.access import Admission, Attempt
from seamproof.core.experiment import Act, Experiment, Phase, RowEdit, Settings
from seamproof.core.history import History, Row
from seamproof.core.model import Identity, Step
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject

_ROWS = 24
"""Rows that canaries are put into."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One act, and all that it is judged by."""

    court: Court
    clean: History
    edits: tuple[RowEdit, ...]
    """The canaries in the rows of the owner."""
    others: tuple[Attempt, ...]
    """Everybody else as they were seen."""

    @property
    def subject(self) -> Subject:
        """What the inquiry is about."""
        return self.court.subject

    def experiment(self, senders: Sequence[str], purpose: str) -> Experiment:
        """The act as each of these, one after the other."""
        act = self.subject.scenario.act
        return self.acts([Act(act, identity=each) for each in senders], purpose)

    def acts(
        self, acts: Sequence[Act], purpose: str, arrangement: tuple[Step, ...] = ()
    ) -> Experiment:
        """These acts one after the other, in the state that has the canaries."""
        return Experiment(
            tuple(Phase((each,)) for each in acts),
            self.subject.scenario.arrangement + arrangement,
            self.edits,
            Settings(fresh_sequences=self.subject.profile.fresh_sequences),
            purpose,
        )

    def canaried(self, history: History, *, words: bool = False) -> Inquiry:
        """The same with canaries in the rows that this history arranged or may have read; of
        `words` alone in texts alone."""
        places = _places(self.court, history)
        if words:
            places = tuple(each for each in places if each.words)
        court = replace(self.court, planted=places)
        return replace(self, court=court, edits=edits(self.subject.catalog, places))


def owner_of(subject: Subject) -> Identity | None:
    """Whose the act is; None where nobody of those who are known sends it."""
    name = subject.scenario.act.identity
    return next((each for each in subject.identities if each.name == name), None)


def opened(subject: Subject, clean: History) -> Exploration[Inquiry]:
    """Put canaries where the owner's act still succeeds with them."""
    owner = owner_of(subject)
    assert owner is not None
    ownership = Ownership.of(subject.catalog, subject.stored, subject.identities)
    court = Court(subject, owner, ownership, Mask.for_subject(subject)).knowing(clean.prepared)
    others = tuple(
        each
        for each in subject.access.attempts
        if (each.operation, each.scenario) == (subject.operation.id, subject.scenario.name)
        and each.identity != owner.name
    )
    inquiry = Inquiry(court, clean, (), others)
    if not any(map(let_in, others)):
        return inquiry
    tried: tuple[RowEdit, ...] = ()
    for words in (False, True):
        canaried = inquiry.canaried(clean, words=words)
        if canaried.edits in ((), tried):
            break
        tried = canaried.edits
        control: History = yield canaried.experiment([owner.name], "the owner, with canaries")
        if not trouble(control) and control.section.exchange.ok:
            return canaried
    return inquiry


def let_in(attempt: Attempt) -> bool:
    """Whether somebody got further than a refusal."""
    return attempt.admission is Admission.ALLOWED or attempt.wrote


def _places(court: Court, clean: History) -> tuple[Planted, ...]:
    """Where canaries can stand in rows of the owner that the act may read."""
    catalog = court.subject.catalog
    read = " ".join(each.statement for each in clean.section.crossings)
    rows: list[tuple[str, Row]] = [
        (table, row) for table, sign, row in net(clean.prepared) if sign == "+"
    ]
    for table, stored in court.ownership.rows.items():
        if table.rpartition(".")[2] in read and court.mask.looks_at(table):
            rows += [(table, row) for row in stored]
    owner = court.owner.name
    tenants = court.ownership.tenants.get(owner, frozenset())

    def theirs(table: str, row: Row) -> bool:
        owned = court.ownership.belonging(table, row)
        return court.ownership.mine(owner, owned) or (
            not owned.people and bool(owned.tenants & tenants)
        )

    read_only = not court.subject.operation.mutates
    return planted(catalog, [each for each in rows if theirs(*each)], read=read_only)[:_ROWS]


def showing(court: Court, sender: str, trespass: Trespass) -> Callable[[History], bool]:
    """Whether a history has the same trespass again."""

    def shows(history: History) -> bool:
        again = court.knowing(history.prepared).trespasses(history.sections[-1], sender)
        same = (trespass.breach, trespass.table)
        return any(each.sure and (each.breach, each.table) == same for each in again)

    return shows


def succeeds(subject: Subject) -> Callable[[History], bool]:
    """The control: the owner's act answers as it must."""
    return lambda history: as_expected(subject, history)
