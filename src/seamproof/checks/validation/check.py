"""Sends every invalid request once, many in one experiment, and confirms what was seen.

send      in portions; what comes behind a request that had an effect is sent again from a reset
compare   null that was stored, with the same request without the field
confirm   one request alone, three times from a fresh state, and the valid one as the control
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from seamproof.analysis.begin import begin
from seamproof.analysis.confirm import plain as once
from seamproof.analysis.confirm import replay_afresh, replay_all
from seamproof.analysis.masks import Mask
from seamproof.analysis.trouble import died, trouble
from seamproof.checks.validation.classes import CLASSES, ENDED_BY_INPUT
from seamproof.checks.validation.judgement import Judge, Sight, restless
from seamproof.checks.validation.omission import compared
from seamproof.checks.validation.report import CHECK, plain, shapes, violated
from seamproof.checks.validation.shapes import uneven
from seamproof.core.experiment import Act, BoundaryKind, Credential, Experiment, Phase
from seamproof.core.history import Changes, Exchange, History
from seamproof.core.probe import Probe, Source
from seamproof.core.protocols import Exploration, Spent
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

_FIRST, _MOST = 6, 30
"""Requests of the first portion, and of any: portions double while nothing has an effect."""
_SURENESS = (Tier.NOTE, Tier.SUSPECTED, Tier.PROVEN)


@dataclass(slots=True)
class _Tally:
    """What came of the requests."""

    sent: int = 0
    refused: int = 0
    sights: list[Sight] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    unclear: str = ""
    """Why the rest was not judged."""


@check(
    "validation",
    title="Bad input is refused before anything is written",
    boundary=BoundaryKind.SQL,
    needs=(Need.DOCUMENT, Need.PROBES),
)
class Validation:
    """Breaks one constraint at a time, of the document, of the catalog and of HTTP.

    A 4xx with nothing written is right, whichever it is. What a lenient reader accepts is judged
    by what it stored.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Skip scenarios whose act is refused as it is, and what nothing can be broken of."""
        if not subject.scenario.act.wants_success:
            return Skip("the scenario's act is refused")
        known = subject.probes or any(_of_credentials(subject))
        return None if known else Skip("no constraint is known that could be broken")

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Send every invalid request, and confirm each kind of defect once."""
        clean = yield from begin(subject, CHECK, expected=True)
        if isinstance(clean, Verdict):
            return (clean,)
        judge = Judge(subject, Mask.for_subject(subject))
        tally = yield from _send(subject, judge, (*subject.probes, *_of_credentials(subject)))
        verdicts: list[Verdict] = []
        try:
            sights = yield from compared(subject, judge, tally.sights)
            for group in _grouped(sights):
                verdict = yield from _told(subject, judge, clean, group)
                verdicts.append(verdict)
        except Spent:
            return verdicts
        if found := uneven(tally.exchanges):
            verdicts.append(shapes(subject, found, clean.experiment))
        if tally.unclear:
            verdicts.append(plain(subject, Outcome.INCONCLUSIVE, tally.unclear))
        elif not any(each.outcome is Outcome.VIOLATED for each in verdicts):
            reason = f"{tally.refused} of {tally.sent} invalid requests refused, nothing written"
            verdicts.append(plain(subject, Outcome.HELD, reason))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Show a stored finding again: its request, three times, and the valid one."""
        experiment = finding.evidence.experiment
        if experiment is None or finding.tier is Tier.NOTE:
            return (yield from self.explore(subject))
        clean = yield from begin(subject, CHECK, expected=True)
        if isinstance(clean, Verdict):
            return (clean,)
        judge = Judge(subject, Mask.for_subject(subject))
        facts, act = finding.evidence.facts, experiment.phases[0].acts[0]
        probe = Probe(
            act,
            Source(str(facts["source"])),
            str(facts["constraint"]),
            str(facts["field"]),
            str(facts["says"]),
        )
        tally = yield from _send(subject, judge, (probe,))
        group = [e for e in tally.sights if e.finding_class.name == finding.finding_class]
        if not group:
            return (plain(subject, Outcome.HELD, "it was not seen again"),)
        return ((yield from _told(subject, judge, clean, group)),)


def _of_credentials(subject: Subject) -> Iterator[Probe]:
    """The act with a credential that is text to HTTP, and to nobody who reads one."""
    act = subject.scenario.act
    if Credential.OCTETS in subject.credentials.get(act.identity or "", ()):
        wrong = Act(act, credential=Credential.OCTETS)
        says = "its last octets are no ASCII"
        yield Probe(wrong, Source.SYNTAX, "octets in credential", "credential", says, (401,))


def _send(subject: Subject, judge: Judge, probes: Sequence[Probe]) -> Exploration[_Tally]:
    """Send all, in portions that end where one has an effect."""
    tally, rest, size = _Tally(), list(probes), _FIRST
    while rest and not tally.unclear:
        portion = rest[:size]
        history: History = yield _experiment(subject, portion, f"{len(portion)} invalid requests")
        if not history.sections:
            tally.unclear = trouble(history)
            break
        judged = _judged(judge, portion, history, tally)
        rest = rest[judged:]
        size = min(2 * size, _MOST) if judged == len(portion) else max(_FIRST, judged)
    return tally


def _judged(judge: Judge, portion: Sequence[Probe], history: History, tally: _Tally) -> int:
    """Judge the answers up to the first that has an effect. Returns how many."""
    before = Changes()
    for count, (probe, section) in enumerate(zip(portion, history.sections, strict=False), 1):
        if reason := restless(section):
            tally.unclear = reason
            return count
        rows = judge.rows(section, before)
        sight = judge.sight(probe, section, rows)
        tally.sent += 1
        tally.exchanges.append(section.exchange)
        if sight is not None:
            tally.sights.append(sight)
        elif not section.exchange.ok:
            tally.refused += 1
        if judge.taints(section, rows):
            return count
        before = section.changes
    return len(history.sections)


def _experiment(subject: Subject, probes: Sequence[Probe], purpose: str) -> Experiment:
    phases = tuple(Phase((each.act,)) for each in probes)
    return replace(once(subject, purpose), phases=phases)


def _grouped(sights: Iterable[Sight]) -> list[list[Sight]]:
    """The sights of each defect, the surest first."""
    groups: dict[tuple[str, str], list[Sight]] = {}
    for each in sights:
        groups.setdefault(each.key, []).append(each)
    return [
        sorted(group, key=lambda each: -_SURENESS.index(each.tier)) for group in groups.values()
    ]


def _told(
    subject: Subject, judge: Judge, clean: History, group: list[Sight]
) -> Exploration[Verdict]:
    """The verdict on one defect: its surest sight, confirmed where it is more than a note."""
    first = group[0]
    experiment = _experiment(subject, (first.probe,), f"{first.probe.constraint}")
    masked = judge.mask.hidden({each.table for each in first.left})
    if first.tier is Tier.NOTE:
        return violated(subject, group, experiment, None, masked)
    shows = _shows(judge, first)

    def passes(history: History) -> bool:
        return history.section.exchange.status == clean.section.exchange.status

    if first.finding_class is ENDED_BY_INPUT:
        confirmed = yield from replay_afresh(subject, experiment, shows, passes)
    else:
        (confirmed,) = yield from replay_all(subject, experiment, (shows,), passes)
    return violated(subject, group, experiment, confirmed, masked)


def _shows(judge: Judge, first: Sight) -> Callable[[History], bool]:
    def shows(history: History) -> bool:
        if died(history.section) is not died(first.section):
            return False
        rows = judge.rows(history.section, Changes())
        again = judge.sight(first.probe, history.section, rows)
        return again is not None and (again.key, again.tier) == (first.key, first.tier)

    return shows
