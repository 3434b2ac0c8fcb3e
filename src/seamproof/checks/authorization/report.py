"""Verdicts of `authorization` with their evidence: what was seen, as data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from seamproof.analysis.confirm import Confirmation, standing
from seamproof.checks.authorization.judgement import Court, Trespass
from seamproof.core.canaries import sighted
from seamproof.core.history import Crossing, CrossingKind, History, Section
from seamproof.core.subject import Subject
from seamproof.core.verdict import Control, Evidence, FindingClass, Outcome, Tier, Verdict

CHECK = "authorization"
_MASKED = "the owner's own request did not succeed beside it"
Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Case:
    """What a finding is made of."""

    finding_class: FindingClass
    tier: Tier
    who: str
    """Who sent it; empty for nobody."""
    standing: str
    history: History
    trespass: Trespass | None = None
    facts: dict[str, Fact] = field(default_factory=dict)


def plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    """A verdict without evidence."""
    return Verdict(outcome, CHECK, subject.operation.id, reason)


def violated(court: Court, case: Case, confirmed: Confirmation | None, clean: History) -> Verdict:
    """A finding: proven, suspected or a note; inconclusive where it did not come again."""
    stands = standing(case.tier, confirmed, _MASKED)
    section = case.history.sections[-1]
    changes = court.changes(section)
    tables = {case.trespass.table} if case.trespass else {each.table for each in changes}
    crossing = _crossing(section, case.trespass, tables)
    exchange = confirmed.control.section.exchange if confirmed else clean.section.exchange
    return stands.verdict(
        CHECK,
        court.subject.operation.id,
        case.finding_class,
        table=case.trespass.table if case.trespass else "",
        shape=crossing.key.shape if crossing else "",
        evidence=Evidence(
            experiment=case.history.experiment,
            control=Control(
                f"{court.owner.name} sends it",
                exchange,
                court.changes(clean.section),
                confirmed is None or confirmed.passed,
            ),
            exchanges=(section.exchange,),
            crossing=crossing,
            crossings=section.crossings,
            left=changes,
            masked=court.mask.hidden({each.table for each in changes}),
            facts={
                "operation": court.subject.operation.id,
                "owner": court.owner.name,
                "who": case.who or "nobody",
                "standing": case.standing,
                "answer": str(section.exchange.status),
                "did": _did(case.trespass),
                "evidence": _evidence(case.trespass, changes != ()),
                **case.facts,
            },
        ),
    )


def _did(trespass: Trespass | None) -> str:
    if trespass is None or trespass.change is None:
        return "read"
    if trespass.change.old is None:
        return "add to"
    return "delete" if trespass.change.new is None else "change"


def _evidence(trespass: Trespass | None, wrote: bool) -> str:
    if trespass is None:
        return "rows were changed" if wrote else "no row was changed"
    if trespass.seen is not None:
        columns = ", ".join(f"{trespass.table}.{name}" for name in trespass.seen.columns)
        return f"{columns} was fetched for them and is in the answer"
    change = trespass.change
    assert change is not None
    if change.old is None:
        return f"a row of {trespass.table} was added to what is not theirs"
    return f"a row of {trespass.table} was {'deleted' if change.new is None else 'changed'}"


def _crossing(
    section: Section, trespass: Trespass | None, tables: Collection[str]
) -> Crossing | None:
    """The statement that read or wrote the row."""
    if trespass is not None and trespass.seen is not None:
        body = section.exchange.response.body if section.exchange.response else b""
        shown = trespass.seen.canaries & set(sighted(body))
        return next((c for c in section.crossings if shown & set(c.canaries)), None)
    names = [each.rpartition(".")[2] for each in tables]
    writes = (
        each
        for each in section.crossings
        if each.kind in (CrossingKind.WRITE, CrossingKind.COPY)
        and any(name in each.statement for name in names)
    )
    return next(writes, None)
