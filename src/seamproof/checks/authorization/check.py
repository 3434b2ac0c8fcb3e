"""The owner's act as everybody else: whose rows were changed, whose were read?

owner, with canaries in their rows      the control: it must succeed
everybody else who was let in           judged by the rows, and by canaries in the answer that
                                        were on the wire
lists, as who saw it                    an object in one's own list is shared
one's own parent, the owner's child     where several ids stand in the request
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from seamproof.analysis.changes import net
from seamproof.analysis.confirm import as_expected, clean_run, replay
from seamproof.analysis.masks import Mask
from seamproof.analysis.ownership import Ownership
from seamproof.analysis.planting import Planted, edits, planted
from seamproof.analysis.trouble import trouble
from seamproof.checks.authorization import roles
from seamproof.checks.authorization.classes import (
    ACCESS_WIDENED,
    CLASSES,
    FOREIGN_PARENT,
    OF_BREACH,
    UNLIKE_ITS_FAMILY,
)
from seamproof.checks.authorization.judgement import Breach, Court, Trespass
from seamproof.checks.authorization.parents import Mixture, mixtures
from seamproof.checks.authorization.report import Case, plain, violated
from seamproof.core.access import Admission, Attempt
from seamproof.core.canary import found
from seamproof.core.experiment import (
    NOBODY,
    Act,
    BoundaryKind,
    Experiment,
    Phase,
    RowEdit,
    Settings,
)
from seamproof.core.history import History, Row
from seamproof.core.model import Identity, Step
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

_ROWS = 24
"""Rows that canaries are put into."""
_LISTS = 12
"""Lists that are looked through for an object."""


@check(
    "authorization",
    title="What is somebody's is theirs alone",
    boundary=BoundaryKind.SQL,
    needs={Need.ACCESS, Need.DOCUMENT},
)
class Authorization:
    """Sends each act as peers, as other tenants, as lower roles and as nobody.

    A trespass is a row of the owner that was changed, or that was fetched and is in the answer.
    Fetched, and refused then, is right.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Somebody must own what the scenario is about."""
        if _owner(subject) is None:
            return Skip("the scenario is sent by nobody: there is no owner to be protected")
        if subject.authorization.shares(subject.operation.id):
            return Skip("its objects are declared as shared")
        return None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """The owner first, then everybody who was let in."""
        if BoundaryKind.SQL not in subject.boundaries:
            return (plain(subject, Outcome.NOT_RUN, "the SQL boundary is blind"),)
        if subject.profile.disturbed:
            return (plain(subject, Outcome.INCONCLUSIVE, subject.profile.disturbed),)
        clean: History = yield from clean_run(subject)
        if reason := trouble(clean):
            return (plain(subject, Outcome.INCONCLUSIVE, reason),)
        if (skip := self.applies(subject)) is not None:
            return (plain(subject, Outcome.SKIPPED, skip.reason),)
        if not clean.section.exchange.ok:
            return (plain(subject, Outcome.SKIPPED, "the owner is refused as well"),)
        inquiry = yield from _opened(subject, clean)
        verdicts = yield from _trespasses(inquiry)
        verdicts += yield from _children(inquiry, verdicts)
        verdicts += yield from _functions(inquiry, verdicts)
        if not any(each.outcome in (Outcome.VIOLATED, Outcome.INCONCLUSIVE) for each in verdicts):
            verdicts.append(_held(inquiry))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """The same again: ids are others in each run, and so are the rows to look at."""
        verdicts = yield from self.explore(subject)
        return [each for each in verdicts if each.finding_class in ("", finding.finding_class)]


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """One act, and all that it is judged by."""

    court: Court
    clean: History
    edits: tuple[RowEdit, ...]
    """The canaries in the rows of the owner."""
    others: tuple[Attempt, ...]
    """Everybody else as they were seen."""

    @property
    def subject(self) -> Subject:
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


def _owner(subject: Subject) -> Identity | None:
    name = subject.scenario.act.identity
    return next((each for each in subject.identities if each.name == name), None)


def _opened(subject: Subject, clean: History) -> Exploration[_Inquiry]:
    """Put canaries where the owner's act still succeeds with them."""
    owner = _owner(subject)
    assert owner is not None
    ownership = Ownership.of(subject.catalog, subject.stored, subject.identities)
    court = Court(subject, owner, ownership, Mask.for_subject(subject)).knowing(clean.prepared)
    others = tuple(
        each
        for each in subject.access.attempts
        if (each.operation, each.scenario) == (subject.operation.id, subject.scenario.name)
        and each.identity != owner.name
    )
    inquiry = _Inquiry(court, clean, (), others)
    if not any(map(_let_in, others)) and not any(mixtures(subject, others)):
        return inquiry
    places = _places(court, clean)
    if not places:
        return inquiry
    canaried = replace(
        inquiry, court=replace(court, planted=places), edits=edits(subject.catalog, places)
    )
    control: History = yield canaried.experiment([owner.name], "the owner, with canaries")
    fits = not trouble(control) and control.section.exchange.ok
    return canaried if fits else inquiry


def _let_in(attempt: Attempt) -> bool:
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

    return planted(catalog, [each for each in rows if theirs(*each)])[:_ROWS]


# Objects


def _trespasses(inquiry: _Inquiry) -> Exploration[list[Verdict]]:
    """The gravest trespass of all who were let in; who else could is told with it."""
    subject = inquiry.subject
    asked = [each for each in inquiry.others if _let_in(each) and _judged(inquiry, each)]
    seen: list[tuple[Attempt, History, Trespass]] = []
    for attempt, history in (yield from _sent(inquiry, asked)):
        trespasses = inquiry.court.trespasses(history.sections[-1], attempt.identity)
        if trespasses:
            one = yield from _unlisted(inquiry, attempt, trespasses[0])
            if one is not None:
                seen.append((attempt, history, one))
    if not seen:
        return []
    seen.sort(key=lambda each: (not each[2].sure, -each[2].breach.rank))
    attempt, history, trespass = seen[0]
    also = ", ".join(each.identity or "nobody" for each, _, one in seen[1:] if one.sure)
    case = Case(
        OF_BREACH[trespass.breach],
        Tier.PROVEN if trespass.sure else Tier.NOTE,
        attempt.identity,
        attempt.standing,
        history,
        trespass,
        {"also": also or None},
    )
    if not trespass.sure:
        return [violated(inquiry.court, case, None, inquiry.clean)]
    shows = _showing(inquiry.court, attempt.identity, trespass)
    confirmed = yield from replay(subject, history.experiment, shows, _succeeds(subject))
    return [violated(inquiry.court, case, confirmed, inquiry.clean)]


def _judged(inquiry: _Inquiry, attempt: Attempt) -> bool:
    """Whether it is known to be wrong that they are let in: not where the operation is public."""
    if attempt.identity != NOBODY:
        return True
    declared = inquiry.subject.declaration
    public = declared is not None and declared.public
    return not public and not inquiry.subject.authorization.opens(inquiry.subject.operation)


def _sent(
    inquiry: _Inquiry, asked: Sequence[Attempt]
) -> Exploration[list[tuple[Attempt, History]]]:
    """The act as each of these: who changed nothing before shares one experiment."""
    histories: list[tuple[Attempt, History]] = []
    reading = [each for each in asked if not each.wrote]
    groups = [reading] if reading else []
    groups += [[each] for each in asked if each.wrote]
    for group in groups:
        senders = [each.identity for each in group]
        history: History = yield inquiry.experiment(senders, "as somebody else")
        if trouble(history):
            continue
        for attempt, section in zip(group, history.sections, strict=True):
            alone = inquiry.experiment([attempt.identity], "as somebody else")
            histories.append((attempt, replace(history, experiment=alone, sections=(section,))))
    return histories


def _unlisted(
    inquiry: _Inquiry, attempt: Attempt, trespass: Trespass
) -> Exploration[Trespass | None]:
    """The trespass, where the object is not in a list of the one who sent it.

    What they may see they may not always change: that remains a note. A list that shows one's
    tenant's objects is for the team; one that shows another tenant's is the defect itself.
    """
    subject = inquiry.subject
    if trespass.breach in (Breach.NOBODY, Breach.ROLE):
        return trespass
    if any(each.act == subject.scenario.act for each in subject.reads):
        return trespass if trespass.breach is Breach.TENANT else None
    lists = [each.act for each in subject.reads if not each.act.path_parameters][:_LISTS]
    if not lists:
        return trespass
    acts = [Act(each, identity=attempt.identity) for each in lists]
    history: History = yield inquiry.acts(acts, "their own lists")
    if trouble(history):
        return trespass
    listed = {
        each
        for section in history.sections
        if section.exchange.ok and section.exchange.response is not None
        for each in found(section.exchange.response.body)
    }
    if not listed & _canaries(inquiry.court, trespass):
        return trespass
    return None if trespass.change is None else replace(trespass, sure=False)


def _canaries(court: Court, trespass: Trespass) -> frozenset[str]:
    """The canaries that stand in the row of a trespass."""
    if trespass.seen is not None:
        return trespass.seen.canaries
    change = trespass.change
    row = (change.old or change.new or {}) if change else {}
    key = court.subject.catalog.key_of(trespass.table)
    for each in court.planted:
        if each.table == trespass.table and all(each.row.get(c) == row.get(c) for c in key):
            return each.canaries
    return frozenset()


def _showing(court: Court, sender: str, trespass: Trespass) -> Callable[[History], bool]:
    def shows(history: History) -> bool:
        again = court.knowing(history.prepared).trespasses(history.sections[-1], sender)
        same = (trespass.breach, trespass.table)
        return any(each.sure and (each.breach, each.table) == same for each in again)

    return shows


def _succeeds(subject: Subject) -> Callable[[History], bool]:
    return lambda history: as_expected(subject, history)


# A child under another's parent


def _children(inquiry: _Inquiry, known: Sequence[Verdict]) -> Exploration[list[Verdict]]:
    """The owner's child under a parent of one's own, where nobody gets at it directly."""
    if any(each.outcome is Outcome.VIOLATED for each in known):
        return []
    for mixture in mixtures(inquiry.subject, inquiry.others):
        verdict = yield from _child(inquiry, mixture)
        if verdict is not None:
            return [verdict]
    return []


def _child(inquiry: _Inquiry, mixture: Mixture) -> Exploration[Verdict | None]:
    subject, attempt = inquiry.subject, mixture.attempt
    experiment = inquiry.acts([mixture.act], "under a parent of their own", mixture.arrangement)
    history: History = yield experiment
    if trouble(history):
        return None
    court = inquiry.court.knowing(history.prepared)
    trespasses = [
        each
        for each in court.trespasses(history.sections[-1], attempt.identity)
        if each.sure and each.breach in (Breach.PEER, Breach.TENANT)
    ]
    if not trespasses:
        return None
    shows = _showing(court, attempt.identity, trespasses[0])
    confirmed = yield from replay(subject, experiment, shows, _succeeds(subject))
    facts = {"reference": mixture.name}
    case = Case(
        FOREIGN_PARENT,
        Tier.PROVEN,
        attempt.identity,
        attempt.standing,
        history,
        trespasses[0],
        {**facts},
    )
    return violated(court, case, confirmed, inquiry.clean)


# Functions


def _functions(inquiry: _Inquiry, known: Sequence[Verdict]) -> Exploration[list[Verdict]]:
    """Who is let in further than was reviewed, or than all beside it."""
    if any(each.outcome is Outcome.VIOLATED for each in known):
        return []
    subject = inquiry.subject
    for attempt in roles.reviewed_refusals(subject):
        return (yield from _widened(inquiry, attempt))
    return list(_unlike(inquiry)) if subject.operation.mutates else []


def _widened(inquiry: _Inquiry, attempt: Attempt) -> Exploration[list[Verdict]]:
    subject, court = inquiry.subject, inquiry.court
    experiment = inquiry.experiment([attempt.identity], "looser than reviewed")
    history: History = yield experiment
    if trouble(history):
        return []
    wrote = bool(court.changes(history.section))

    def shows(again: History) -> bool:
        answered = again.sections[-1].exchange.ok
        return answered and bool(court.changes(again.sections[-1])) == wrote

    confirmed = yield from replay(subject, experiment, shows, _succeeds(subject))
    # What changed nothing may be an answer that has nothing in it.
    tier = Tier.PROVEN if wrote else Tier.SUSPECTED
    case = Case(ACCESS_WIDENED, tier, attempt.identity, attempt.standing, history)
    return [violated(court, case, confirmed, inquiry.clean)]


def _unlike(inquiry: _Inquiry) -> Iterator[Verdict]:
    """A note: what lets in a lower role that all operations beside it refuse."""
    by_name = {each.name: each for each in inquiry.subject.identities}
    for attempt in inquiry.others:
        other = by_name.get(attempt.identity)
        if other is None or not attempt.wrote or attempt.admission is not Admission.ALLOWED:
            continue
        refused, suspicious = roles.family(inquiry.subject, other)
        if suspicious and roles.below(inquiry.subject, other, inquiry.court.owner):
            case = Case(
                UNLIKE_ITS_FAMILY,
                Tier.NOTE,
                attempt.identity,
                attempt.standing,
                inquiry.clean,
                facts={"refused": refused, "answer": str(attempt.status)},
            )
            yield violated(inquiry.court, case, None, inquiry.clean)
            return


def _held(inquiry: _Inquiry) -> Verdict:
    subject, others = inquiry.subject, inquiry.others
    refused = sum(each.admission is Admission.REFUSED for each in others)
    let_in = sum(each.admission is Admission.ALLOWED for each in others)
    if not others:
        return plain(subject, Outcome.INCONCLUSIVE, "nobody else could be asked")
    reason = f"of {len(others)} others {refused} were refused"
    if let_in:
        reason += f", {let_in} were let in and touched nothing of {inquiry.court.owner.name}'s"
    if subject.alone:
        reason += f"; peers were not tried: {subject.alone}"
    unknown = [each.name for each in subject.identities]
    unknown = [name for name in unknown if name not in inquiry.court.ownership.people]
    if unknown:
        reason += f"; no row is known to stand for {', '.join(unknown)}"
    return plain(subject, Outcome.HELD, reason)
