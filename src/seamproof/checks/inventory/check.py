"""Asks for what is not in the document: as nobody, and where that is refused as somebody.

ask       many in one experiment, with a path that no service has among them as the control
confirm   one alone beside that path, three times
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from seamproof.analysis.confirm import Confirmation, as_expected, replay_all, standing
from seamproof.analysis.controls import control
from seamproof.analysis.intervals import WRITES, sql
from seamproof.analysis.statements import names
from seamproof.analysis.trouble import trouble
from seamproof.checks.inventory.asking import UNKNOWN, Ask, asks
from seamproof.checks.inventory.classes import CLASSES, OPEN_INTERNALS
from seamproof.core.experiment import NOBODY, Act, BoundaryKind, Experiment, Phase
from seamproof.core.history import CrossingKind, Exchange, History, Section
from seamproof.core.model import Operation, Step
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import (
    Evidence,
    Finding,
    FindingClass,
    Outcome,
    Tier,
    Verdict,
)

_CHECK = "inventory"
_MOST = 40
"""Requests of one experiment."""
_REFUSED = frozenset({401, 403})
_PAGES = ("text/html", "application/xhtml")
_NOT_THERE = frozenset({404, 405, 410, 501})
"""RFC 9110, sections 15.5.5, 15.5.6, 15.5.11 and 15.6.2."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """A route that answered."""

    ask: Ask
    identity: str
    section: Section

    @property
    def exchange(self) -> Exchange:
        return self.section.exchange


@check(
    _CHECK,
    title="What the service answers is in its document",
    boundary=BoundaryKind.HTTP_IN,
    needs=(Need.DOCUMENT, Need.UNDECLARED),
)
class Inventory:
    """Asks for the routes of the code that the document leaves out, for old versions of what is in
    it, and for what frameworks leave open. It is done once, with the riskiest operation.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Skip all subjects but the first, and services that have no document."""
        if subject.document is None:
            return Skip("the service has no document")
        if _CHECK not in subject.leads:
            return Skip("it is about the whole service, and asked once")
        return None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Ask for everything, and confirm what answers."""
        if BoundaryKind.HTTP_IN not in subject.boundaries:
            return (_plain(subject, Outcome.NOT_RUN, "the HTTP boundary is blind"),)
        control: History = yield _experiment(subject, (_act(_nowhere(), NOBODY),))
        if reason := trouble(control):
            return (_plain(subject, Outcome.INCONCLUSIVE, reason),)
        nowhere = control.section.exchange
        if nowhere.ok and not _is_page(nowhere):
            reason = "a path that there is not is answered with success, so that any is"
            return (_plain(subject, Outcome.SKIPPED, reason),)
        wanted = tuple(asks(subject))
        answered = yield from _asked(subject, wanted, NOBODY)
        # Who is refused as nobody may be let in as somebody: the route is there all the same.
        refused = [each for each in answered if each.exchange.status in _REFUSED]
        somebody = subject.scenario.act.identity
        if refused and somebody:
            again = yield from _asked(subject, [each.ask for each in refused], somebody)
            answered = [each for each in answered if each not in refused] + again
        there = _distinct([each for each in answered if _is_there(each, nowhere)])
        verdicts = yield from _told(subject, there)
        if not any(each.outcome is Outcome.VIOLATED for each in verdicts):
            reason = f"{len(wanted)} routes that are not in the document: none answers with success"
            verdicts.append(_plain(subject, Outcome.HELD, reason))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Show a stored finding again: ask for its route three times."""
        experiment = finding.evidence.experiment
        if experiment is None or finding.tier is Tier.NOTE:
            return (yield from self.explore(subject))
        act = experiment.phases[0].acts[0]
        known = next(each for each in CLASSES if each.name == finding.finding_class)
        ask = Ask(act.step, known, str(finding.evidence.facts.get("declared", "")))
        answered = yield from _asked(subject, (ask,), act.sender)
        verdicts = yield from _told(subject, [each for each in answered if _opens(each)])
        return verdicts or (_plain(subject, Outcome.HELD, "it was not seen again"),)


def _nowhere() -> Step:
    return Step(Operation("GET", UNKNOWN))


def _act(step: Step, identity: str) -> Act:
    return Act(step, identity=identity)


def _experiment(subject: Subject, acts: Sequence[Act]) -> Experiment:
    """With what the scenario arranges, so that there is something to be shown."""
    phases = tuple(Phase((each,)) for each in acts)
    return Experiment(phases, subject.scenario.arrangement, purpose="routes not in the document")


def _asked(subject: Subject, wanted: Sequence[Ask], identity: str) -> Exploration[list[_Answered]]:
    """The answers to reads, many in one experiment, and to others, each alone."""
    reads = [each for each in wanted if not each.step.operation.mutates]
    portions = [reads[at : at + _MOST] for at in range(0, len(reads), _MOST)]
    portions += [[each] for each in wanted if each.step.operation.mutates]
    found: list[_Answered] = []
    for portion in portions:
        acts = [_act(each.step, identity) for each in portion]
        history: History = yield _experiment(subject, acts)
        found += [
            _Answered(ask, identity, section)
            for ask, section in zip(portion, history.sections, strict=False)
            if section.exchange.response is not None
        ]
    return found


def _is_page(exchange: Exchange) -> bool:
    """Whether it is a page for a browser: an application of one page is served under every path,
    and says nothing of the routes that a program asks for."""
    headers = exchange.response.headers if exchange.response is not None else ()
    types = [value.lower() for name, value in headers if name.lower() == "content-type"]
    return exchange.ok and any(each.startswith(_PAGES) for each in types)


def _opens(answered: _Answered) -> bool:
    """Whether a route answers with success; of what shows the service's insides, with something."""
    response = answered.exchange.response
    if response is None or not response.ok:
        return False
    return answered.ask.finding_class is not OPEN_INTERNALS or bool(response.body.strip())


def _is_there(answered: _Answered, nowhere: Exchange) -> bool:
    """Whether a route answers otherwise than a path that there is not."""
    status = answered.exchange.status
    if _is_page(nowhere) and _is_page(answered.exchange):
        return False
    if answered.ask.finding_class is OPEN_INTERNALS and not _opens(answered):
        return False
    return status not in _NOT_THERE and (status != nowhere.status or answered.exchange.ok)


def _distinct(there: Sequence[_Answered]) -> list[_Answered]:
    """Without the other methods of a path that a read shows: they may be one handler."""
    read = {e.ask.step.operation.path for e in there if not e.ask.step.operation.mutates}
    return [
        each
        for each in there
        if not each.ask.step.operation.mutates or each.ask.step.operation.path not in read
    ]


def _told(subject: Subject, there: Sequence[_Answered]) -> Exploration[list[Verdict]]:
    verdicts: list[Verdict] = []
    for each in there:
        experiment = _experiment(
            subject, (_act(each.ask.step, each.identity), _act(_nowhere(), each.identity))
        )
        tier = _tier(subject, each)
        confirmed: Confirmation | None = None
        if tier is not Tier.NOTE:
            reads, answers = yield from replay_all(
                subject,
                experiment,
                (_shows(subject, each, Tier.PROVEN), _shows(subject, each, Tier.SUSPECTED)),
                _passes(subject),
            )
            if tier is Tier.PROVEN and not reads.shown:
                # What was read beside the answer a job of the service has read.
                tier = Tier.SUSPECTED
                each = replace(each, section=replace(each.section, crossings=()))
            confirmed = reads if tier is Tier.PROVEN else answers
        verdicts.append(_verdict(subject, each, experiment, tier, confirmed))
    return verdicts


def _tier(subject: Subject, answered: _Answered) -> Tier:
    """How bad it is: what answers from the database is proven to be a part of the service."""
    if not answered.exchange.ok:
        return Tier.NOTE
    return Tier.PROVEN if any(_tables(subject, answered.section)) else Tier.SUSPECTED


def _tables(subject: Subject, section: Section) -> Iterator[tuple[str, bool]]:
    """The tables that an answer was made of, and whether they were written; without those that
    every request touches, as sessions."""
    profile = subject.profile
    upkeep = profile.ignored | profile.kept_up
    for crossing in sql(section, profile):
        if crossing.kind not in (CrossingKind.READ, *WRITES):
            continue
        if crossing.key.shape in subject.spared:
            continue
        for table in sorted(names(crossing.statement) & subject.catalog.tables.keys() - upkeep):
            yield table, crossing.kind in WRITES


def _shows(subject: Subject, first: _Answered, tier: Tier) -> Callable[[History], bool]:
    """Whether a route opens again where another path does not, as surely at least."""

    def shows(history: History) -> bool:
        if len(history.sections) < 2:
            return False
        again = _Answered(first.ask, first.identity, history.sections[0])
        nowhere = history.sections[1].exchange
        alone = not nowhere.ok or (_is_page(nowhere) and not _is_page(again.exchange))
        enough = tier is Tier.SUSPECTED or _tier(subject, again) is Tier.PROVEN
        return _opens(again) and enough and alone

    return shows


def _passes(subject: Subject) -> Callable[[History], bool]:
    return lambda history: as_expected(subject, history)


def _verdict(
    subject: Subject,
    answered: _Answered,
    experiment: Experiment,
    tier: Tier,
    confirmed: Confirmation | None,
) -> Verdict:
    stands = standing(tier, confirmed, "the scenario did not pass beside it")
    touched = sorted({table for table, _ in _tables(subject, answered.section)})
    return stands.verdict(
        _CHECK,
        answered.ask.route,
        answered.ask.finding_class,
        # No scenario is about it: what it is shows in no other operation.
        cause=f"route {answered.ask.route}",
        evidence=Evidence(
            experiment=experiment,
            control=control(subject, confirmed, "the scenario"),
            exchanges=(answered.exchange,),
            crossings=answered.section.crossings,
            facts={
                "operation": answered.ask.route,
                "route": answered.ask.route,
                "who": answered.identity or "nobody",
                "answer": str(answered.exchange.status),
                "sql": f"reads {', '.join(touched)}" if touched else "reads no table",
                "declared": answered.ask.declared,
            },
        ),
    )


def _plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome, _CHECK, subject.operation.id, reason)
