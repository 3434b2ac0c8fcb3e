"""The owner's act with credentials that are wrong in one thing: is it done all the same?

the right credential            the control; its statements and rows are what is compared
none at all                     who is let in without one is a matter of `authorization`
malformed, tampered, unsigned,  one phase each: refused ones leave the state as it is
another key, expired, …
logged out, then the same       where an operation logs out
its stored session expired      where the row of one says when it ends
the same one-time token twice   where the act uses one
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ClassVar

from seamproof.analysis.begin import begin
from seamproof.analysis.changes import effect
from seamproof.analysis.confirm import replay, replay_all
from seamproof.analysis.intervals import WRITES
from seamproof.analysis.masks import Mask
from seamproof.analysis.phases import own_changes, own_rows
from seamproof.analysis.sameness import statements
from seamproof.analysis.trouble import trouble
from seamproof.checks.authentication.classes import (
    CLASSES,
    ENDED_SESSION,
    OF_CREDENTIAL,
    PASSWORD_STORED,
    SECRET_PASSED_ON,
    TOKEN_STORED,
    TOKEN_USED_TWICE,
)
from seamproof.checks.authentication.inquiry import Inquiry
from seamproof.checks.authentication.lapsing import lapsed
from seamproof.checks.authentication.report import CHECK, Case, plain, violated
from seamproof.checks.authentication.secrets import Leak, leaks
from seamproof.checks.authentication.sessions import (
    ends_session,
    logout,
    one_time_token,
    reads_of,
    says_more,
)
from seamproof.core.experiment import NOBODY, Act, BoundaryKind, Credential
from seamproof.core.history import Crossing, CrossingKind, History, Section
from seamproof.core.model import Step
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, Outcome, Tier, Verdict

_SIGNED = frozenset(
    {
        *(Credential.UNSIGNED, Credential.WRONG_KEY, Credential.WEAK_KEY, Credential.PUBLIC_KEY),
        *(Credential.BROUGHT_KEY, Credential.NAMED_KEY, Credential.OTHER_AUDIENCE),
    }
)
_APART = frozenset({Credential.REUSED, Credential.OCTETS})
"""What is tried by itself, and what `validation` tries: who reads on to where a token ends may be
right."""
_IMPLIED = {
    Credential.MALFORMED: frozenset(Credential),
    Credential.TAMPERED: _SIGNED,
    Credential.UNSIGNED: frozenset({Credential.OTHER_AUDIENCE}),
    Credential.WRONG_KEY: frozenset({Credential.BROUGHT_KEY}),
}
"""What is taken wherever this is: it is no finding of its own."""


@check(
    "authentication",
    title="Only a whole, valid and living credential lets in",
    boundary=BoundaryKind.SQL,
    needs={Need.DOCUMENT},
)
class Authentication:
    """Sends each act with credentials that are expired, altered, unsigned or logged out.

    It is proven where the act is done all the same: with the same statements on the same rows. Also
    looks for passwords and tokens that are stored as they came.
    """

    classes: ClassVar = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Requests of strangers have secrets in them as well."""
        return None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """The right credential first, then each that is wrong."""
        clean = yield from begin(subject, CHECK)
        if isinstance(clean, Verdict):
            return (clean,)
        inquiry = Inquiry(subject, clean, Mask.for_subject(subject))
        verdicts = yield from _kept(inquiry)
        verdicts += yield from _used_twice(inquiry)
        found, said = yield from _altered(inquiry)
        verdicts += found
        if not any(each.outcome in (Outcome.VIOLATED, Outcome.INCONCLUSIVE) for each in verdicts):
            verdicts.append(said)
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """The same again: credentials are others in each run."""
        verdicts = yield from self.explore(subject)
        return [each for each in verdicts if each.finding_class in ("", finding.finding_class)]


# Credentials that are wrong in one thing


def _altered(inquiry: Inquiry) -> Exploration[tuple[list[Verdict], Verdict]]:
    """The act with each credential that is wrong; what to say where none is taken."""
    subject = inquiry.subject
    act = subject.scenario.act
    known = subject.credentials.get(act.identity or "", ())
    kinds = tuple(each for each in known if each not in _APART)
    if not kinds:
        return [], plain(subject, Outcome.SKIPPED, "it is sent with no credential")
    if not inquiry.clean.section.exchange.ok:
        return [], plain(subject, Outcome.SKIPPED, "the right credential is refused as well")
    verdicts: list[Verdict] = []
    left, implied = list(kinds), frozenset[Credential]()
    first = True
    while left := [each for each in left if each not in implied]:
        acts = [Act(act, credential=each) for each in left]
        if first:
            acts.insert(0, Act(act, identity=NOBODY))
        history: History = yield inquiry.experiment(acts, "wrong credentials")
        if reason := trouble(history):
            return verdicts, plain(subject, Outcome.INCONCLUSIVE, reason)
        sections = list(history.sections)
        if first and sections.pop(0).exchange.ok:
            reason = "it lets in who shows no credential: that is judged by authorization"
            return verdicts, plain(subject, Outcome.SKIPPED, reason)
        first = False
        for section in sections:
            kind = left.pop(0)
            if kind not in implied and inquiry.does(section):
                verdicts.append((yield from _confirmed(inquiry, kind)))
                implied |= _IMPLIED.get(kind, frozenset())
            if effect(section.changes, inquiry.mask):
                break
    outlived, said = yield from _outlived(inquiry)
    told = f"refused where the credential is: {', '.join(map(str, kinds))}{said}"
    return [*verdicts, *outlived], plain(subject, Outcome.HELD, told)


def _outlived(inquiry: Inquiry) -> Exploration[tuple[list[Verdict], str]]:
    """What is let in behind the end of its session; what to say of sessions that have an end."""
    subject = inquiry.subject
    found, said = [(yield from _ended(inquiry))], ""
    first_read = _first_read(subject)
    if subject.scenario.act == first_read or (first_read is None and CHECK in subject.leads):
        expired, said = yield from lapsed(inquiry)
        found.append(expired)
    return [each for each in found if each is not None], said


def _confirmed(inquiry: Inquiry, kind: Credential) -> Exploration[Verdict]:
    subject = inquiry.subject
    experiment = inquiry.experiment([Act(subject.scenario.act, credential=kind)], str(kind))

    def shows(history: History) -> bool:
        return inquiry.does(history.sections[-1])

    history: History = yield experiment
    (confirmed,) = yield from replay_all(subject, experiment, (shows,), inquiry.passes, (history,))
    tier = Tier.PROVEN if inquiry.known_by_wire else Tier.SUSPECTED
    case = Case(
        OF_CREDENTIAL[kind],
        tier,
        history,
        inquiry.telling(history.sections[-1]),
        # Tokens are verified in one place for all operations.
        f"credential {kind}",
        facts={"kind": str(kind)},
    )
    return violated(subject, case, confirmed, inquiry.clean)


# Sessions that were ended


def _ended(inquiry: Inquiry) -> Exploration[Verdict | None]:
    """Log out, then the old credential: once for each identity, at the first read of theirs."""
    subject = inquiry.subject
    act = subject.scenario.act
    if ends_session(subject.operation):
        reads = reads_of(subject.reads, act.identity)
        read = next((each.act for each in reads if each.operation != subject.operation), None)
        return (yield from _reused(inquiry, act, read)) if read is not None else None
    if act != _first_read(subject):
        return None
    ending = logout(act.identity, subject.document)
    return (yield from _reused(inquiry, ending, act)) if ending is not None else None


def _first_read(subject: Subject) -> Step | None:
    """The read by which the sessions of whoever sends the act are tried, once for all."""
    first = next(reads_of(subject.reads, subject.scenario.act.identity), None)
    return None if first is None else first.act


def _reused(inquiry: Inquiry, ending: Step, read: Step) -> Exploration[Verdict | None]:
    subject = inquiry.subject
    reused = Act(read, credential=Credential.REUSED)
    before: History = yield inquiry.experiment([Act(read)], "before logging out")
    if trouble(before) or not before.section.exchange.ok:
        return None
    experiment = inquiry.experiment([Act(ending), reused], "logged out")

    def shows(history: History) -> bool:
        ended, after = history.sections
        return ended.exchange.ok and same_read(after)

    def same_read(section: Section) -> bool:
        same = statements(before.section, inquiry.mask) <= statements(section, inquiry.mask)
        return same and section.exchange.status == before.section.exchange.status

    history: History = yield experiment
    if trouble(history) or not shows(history):
        return None
    confirmed = yield from replay(subject, experiment, shows, inquiry.passes)
    wire = bool(statements(before.section, inquiry.mask))
    case = Case(
        ENDED_SESSION,
        Tier.PROVEN if wire else Tier.SUSPECTED,
        history,
        cause="credential reused",
        facts={"logout": ending.operation.id},
    )
    return violated(subject, case, confirmed, inquiry.clean)


# One-time tokens


def _used_twice(inquiry: Inquiry) -> Exploration[list[Verdict]]:
    """The same request once more: what it uses up must be used up.

    Where it says nothing beside its token, the second may find all done, and do it again.
    """
    subject = inquiry.subject
    act = subject.scenario.act
    if not one_time_token(act) or not inquiry.clean.section.exchange.ok:
        return []
    experiment = inquiry.experiment([Act(act), Act(act)], "the token once more")

    def again(history: History) -> Crossing | None:
        first, second = history.sections
        if not (first.exchange.ok and second.exchange.ok):
            return None
        wrote = {each.key.shape for each in first.crossings if each.kind in WRITES}
        if says_more(act):
            rows = own_changes(second, first.changes).rows
        else:
            rows = own_rows(second, first.changes, inquiry.mask)
        found = (each for each in second.crossings if each.key.shape in wrote)
        return next(found, None) if rows else None

    history: History = yield experiment
    if trouble(history) or (crossing := again(history)) is None:
        return []
    shows: Callable[[History], bool] = lambda each: again(each) is not None  # noqa: E731
    confirmed = yield from replay(subject, experiment, shows, inquiry.passes)
    facts = {"statement": crossing.key.shape}
    case = Case(TOKEN_USED_TWICE, Tier.PROVEN, history, crossing, facts={**facts})
    return [violated(subject, case, confirmed, inquiry.clean)]


# Secrets that are kept


def _kept(inquiry: Inquiry) -> Exploration[list[Verdict]]:
    """Passwords and tokens of the clean run that stand in rows and calls."""
    verdicts = []
    for leak in leaks(inquiry.clean.section):
        verdict = yield from _kept_one(inquiry, leak)
        verdicts.append(verdict)
    return verdicts


def _kept_one(inquiry: Inquiry, leak: Leak) -> Exploration[Verdict]:
    subject, clean = inquiry.subject, inquiry.clean
    # Who verifies a password may be another service; tokens are often kept as they are.
    noted = leak.call is not None or not leak.typed
    tier = Tier.NOTE if noted else Tier.SUSPECTED if leak.code else Tier.PROVEN
    finding_class = PASSWORD_STORED if leak.typed else TOKEN_STORED
    if leak.call is not None:
        finding_class = SECRET_PASSED_ON
    case = Case(
        finding_class,
        tier,
        clean,
        leak.call or _writing(clean.section, leak.table),
        table=leak.table,
        # Statements that write one row and several differ, and keep it in the same place.
        shape=leak.place,
        facts={"field": leak.field, "column": leak.place},
    )
    if tier is Tier.NOTE:
        return violated(subject, case, None, clean)

    def shows(history: History) -> bool:
        return any(each.place == leak.place for each in leaks(history.sections[-1]))

    experiment = replace(clean.experiment, purpose="the password once more")
    confirmed = yield from replay(subject, experiment, shows, inquiry.passes)
    return violated(subject, case, confirmed, clean)


def _writing(section: Section, table: str) -> Crossing | None:
    name = table.rpartition(".")[2]
    writes = (
        each
        for each in section.crossings
        if each.kind is CrossingKind.WRITE and name in each.statement
    )
    return next(writes, None)
