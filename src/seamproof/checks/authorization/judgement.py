"""Whose rows were changed or read, against who sent the request. Pure.

the row belongs to               and who sent it is            that is
the sender, or to nobody         anybody                       right
the owner alone                  of the owner's tenant         another's object
the owner, or the owner's tenant of another tenant             a tenant crossed
the owner                        nobody                        open to everybody
a third person                   of a lower role than owner    a role bypassed

A row of the sender's own that refers to what it changes, as a like, makes that a note: things that
others may see are often counted so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from seamproof.analysis.changes import net, paired
from seamproof.analysis.masks import Mask
from seamproof.analysis.ownership import Belonging, Ownership
from seamproof.analysis.planting import Planted
from seamproof.checks.authorization.roles import administers, below
from seamproof.core.canaries import sighted
from seamproof.core.experiment import NOBODY
from seamproof.core.history import Changes, RowChange, Section
from seamproof.core.model import Identity
from seamproof.core.subject import Subject


class Breach(Enum):
    """Which line was crossed, the gravest last."""

    ROLE = "role"
    PEER = "peer"
    TENANT = "tenant"
    NOBODY = "nobody"

    @property
    def rank(self) -> int:
        """Its place: of several the gravest is told."""
        return list(Breach).index(self)


@dataclass(frozen=True, slots=True)
class Trespass:
    """One row that was changed, or seen, by whom it does not concern."""

    breach: Breach
    table: str
    change: RowChange | None = None
    seen: Planted | None = None
    sure: bool = True
    """False where it may be what the sender is meant to do: a like, a directory of people."""


@dataclass(frozen=True, slots=True)
class Court:
    """What all of one subject is judged by."""

    subject: Subject
    owner: Identity
    ownership: Ownership
    mask: Mask
    planted: tuple[Planted, ...] = ()

    def knowing(self, prepared: Changes) -> Court:
        """The same, which knows what the arrangement wrote."""
        return replace(self, ownership=self.ownership.also(prepared))

    def trespasses(self, section: Section, sender: str) -> tuple[Trespass, ...]:
        """What somebody did to rows that are not theirs, the gravest first."""
        every = (*self._written(section, sender), *self._read(section, sender))
        return tuple(sorted(every, key=lambda each: (not each.sure, -each.breach.rank)))

    # Writes

    def changes(self, section: Section) -> tuple[RowChange, ...]:
        """The net changes of a section on tables that verdicts look at."""
        ignored = self.mask.profile.records
        rows = [
            row
            for row in net(section.changes, self.mask.profile.ambient)
            if self.mask.looks_at(row[0]) and row[0] not in ignored
        ]
        changed = (
            RowChange(t, None, row) if sign == "+" else RowChange(t, row, None)
            for t, sign, row in rows
        )
        return paired(changed, self.subject.catalog)

    def _written(self, section: Section, sender: str) -> Iterator[Trespass]:
        changes = self.changes(section)
        knowing = self.ownership.also(section.changes)
        own = [each for each in changes if knowing.mine(sender, _of(each, knowing))]
        for each in changes:
            if self.subject.authorization.shares(each.table):
                continue
            owned = self._before(_of(each, knowing))
            breach = self._breach(owned, sender)
            if breach is None and not own and each.old is not None:
                breach = self._third(owned, sender)
            if breach is not None:
                sure = self._surely(owned, sender) and not _interacts(each, own, self)
                yield Trespass(breach, each.table, each, sure=sure)

    def _surely(self, owned: Belonging, sender: str) -> bool:
        """Whether it cannot be meant: a shop may let strangers order, and a team works on what one
        of it has made."""
        if sender != NOBODY:
            return not owned.authored
        return bool(owned.people) or self.demanded

    @property
    def demanded(self) -> bool:
        """Whether the document says that one must sign in."""
        declared = self.subject.declaration
        return declared is not None and bool(declared.security) and not declared.public

    def _third(self, owned: Belonging, sender: str) -> Breach | None:
        """Where a person's row is changed by somebody whose role is lower than the owner's."""
        other = self._identity(sender)
        if other is None or not owned.people or self.ownership.people.get(sender) is None:
            return None
        if self.ownership.people[sender] in owned.people:
            return None
        return Breach.ROLE if below(self.subject, other, self.owner) else None

    # Reads

    def _read(self, section: Section, sender: str) -> Iterator[Trespass]:
        exchange = section.exchange
        if exchange.response is None or not exchange.ok:
            return
        shown = set(sighted(exchange.response.body))
        fetched = {each for crossing in section.crossings for each in crossing.canaries}
        for each in self.planted:
            if not each.canaries & shown & fetched or self.subject.authorization.shares(each.table):
                continue
            owned = self.ownership.belonging(each.table, each.row)
            breach = self._breach(owned, sender)
            if breach is not None:
                person = self.ownership.people.get(self.owner.name)
                directory = person is not None and each.table == person[0]
                sure = self._surely(owned, sender) and not (directory and breach is Breach.PEER)
                yield Trespass(breach, each.table, seen=each, sure=sure)

    # Who may

    def _before(self, owned: Belonging) -> Belonging:
        """Without the people who came into being in what is judged: who signs up is nobody yet."""
        known = frozenset(self.ownership.people.values())
        people = frozenset(each for each in owned.people if each in known or self._stood(each))
        return replace(owned, people=people)

    def _stood(self, person: tuple[str, str]) -> bool:
        key = self.subject.catalog.key_of(person[0])
        return any(
            "/".join(str(row.get(column)) for column in key) == person[1]
            for row in self.ownership.rows.get(person[0], ())
        )

    def _breach(self, owned: Belonging, sender: str) -> Breach | None:
        """Which line is crossed where somebody changes or sees a row of this owner."""
        mine = self.ownership.mine(self.owner.name, owned)
        tenants = self.ownership.tenants.get(self.owner.name, frozenset())
        if sender == NOBODY:
            common = not owned.people and owned.tenants & tenants
            return Breach.NOBODY if mine or common else None
        other = self._identity(sender)
        if other is None or sender not in self.ownership.people:
            return None
        if self.ownership.mine(sender, owned):
            return None
        theirs = self.ownership.tenants.get(sender, frozenset())
        if theirs and owned.tenants & tenants and not owned.tenants & theirs:
            return None if self._above(owned, other) else Breach.TENANT
        apart = self.ownership.apart(self.owner.name, sender)
        if mine and (apart or not administers(self.subject, other, self.owner)):
            return Breach.PEER
        return None

    def _above(self, owned: Belonging, other: Identity) -> bool:
        """Whether somebody administers what a row's tenant is a part of: of a team their company,
        which is the owner's as well."""
        theirs = self.ownership.tenants.get(other.name, frozenset())
        beside = {table for table, _ in theirs} & {table for table, _ in owned.tenants}
        apart = self.ownership.apart(self.owner.name, other.name)
        return not beside and not apart and administers(self.subject, other, self.owner)

    def _identity(self, name: str) -> Identity | None:
        return next((each for each in self.subject.identities if each.name == name), None)


def _of(change: RowChange, ownership: Ownership) -> Belonging:
    row = change.old if change.old is not None else change.new
    return ownership.belonging(change.table, row or {})


def _interacts(change: RowChange, own: Iterable[RowChange], court: Court) -> bool:
    """Whether the sender added a row of theirs that refers to the one that is changed."""
    row = change.old if change.new is not None else None
    if row is None:
        return False
    for each in own:
        described = court.subject.catalog.tables.get(each.table)
        if each.new is None or each.old is not None or described is None:
            continue
        for key in described.foreign_keys:
            if key.references == change.table and all(
                each.new.get(column) == row.get(referred)
                for column, referred in zip(key.columns, key.referenced, strict=False)
            ):
                return True
    return False
