"""Judges every answer to the operation that any check provoked without a fault, and confirms it.

watch     keep what the document does not have, once for each part of the document
explore   the act once; then what was seen, three times from a fresh state
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from seamproof.analysis.compatibility import Change
from seamproof.analysis.confirm import Confirmation, as_expected, plain, replay_all, standing
from seamproof.analysis.conformance import Conformance
from seamproof.analysis.controls import control
from seamproof.analysis.trouble import trouble
from seamproof.checks.contract.classes import BREAKING_CHANGE, CLASSES, UNDECLARED_REFUSAL
from seamproof.checks.contract.judgement import Sight, sights
from seamproof.checks.contract.promises import broken
from seamproof.core.document import Declaration
from seamproof.core.experiment import BoundaryKind, Experiment, Phase
from seamproof.core.history import Exchange, History
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

_CHECK = "contract"
_NOT_DECLARED = "the document does not have the operation"
_MOST = 12
"""Defects of one operation that are confirmed."""
_SHOWN = 3
"""Changes that a finding names."""
_SHARED = "#"
"""What the pointer of a definition begins with, which other operations may answer with as well."""


@check(
    _CHECK,
    title="Answers are what the document says",
    boundary=BoundaryKind.HTTP_IN,
    needs=(Need.DOCUMENT, Need.FORMER),
)
class Contract:
    """Compares status, media type, headers and body of every answer with the document.

    The answer is its own evidence. Also compares the document with the one that was kept in
    `.seamproof/contract.json`: what clients rely on must not disappear.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[Sight, Experiment]] = {}
        self._judged: set[tuple[int, bytes, str]] = set()
        self._conformance: Conformance | None = None
        self._answers = 0

    def applies(self, subject: Subject) -> Skip | None:
        """Skip what the document says nothing of."""
        if subject.document is None:
            return Skip("the service has no document")
        if subject.declaration is None:
            return Skip(_NOT_DECLARED)
        return None

    def watch(self, subject: Subject, history: History) -> Iterable[Verdict]:
        """Keep what the answers of a history show; `explore` confirms it."""
        declaration = subject.declaration
        if declaration is not None and not trouble(history):
            for index, phase in enumerate(history.experiment.phases[: len(history.sections)]):
                if not phase.faults:
                    for exchange in history.sections[index].exchanges:
                        self._look(subject, declaration, history, index, exchange)
        return ()

    def _look(
        self,
        subject: Subject,
        declaration: Declaration,
        history: History,
        index: int,
        exchange: Exchange,
    ) -> None:
        response = exchange.response
        if response is None or exchange.act.step.operation != subject.operation:
            return
        media = next((v for n, v in response.headers if n.lower() == "content-type"), "")
        known = (response.status, response.body, media)
        if known in self._judged:
            return
        self._judged.add(known)
        self._answers += 1
        for sight in sights(exchange, declaration, self._by(subject)):
            if sight.key not in self._seen:
                until = history.experiment.phases[: index + 1]
                self._seen[sight.key] = sight, replace(history.experiment, phases=until)

    def _by(self, subject: Subject) -> Conformance:
        if self._conformance is None:
            definitions = subject.document.definitions if subject.document else {}
            self._conformance = Conformance(definitions)
        return self._conformance

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Run the act once, then confirm whatever was seen."""
        if BoundaryKind.HTTP_IN not in subject.boundaries:
            return (_plain(subject, Outcome.NOT_RUN, "the HTTP boundary is blind"),)
        clean: History = yield plain(subject, "clean run")
        declaration = subject.declaration
        if declaration is None:
            reason = trouble(clean)
            outcome = Outcome.INCONCLUSIVE if reason else Outcome.SKIPPED
            return (_plain(subject, outcome, reason or _NOT_DECLARED),)
        self.watch(subject, clean)
        verdicts = list(_promises(subject))
        verdicts += yield from self._confirmed(subject, declaration)
        if not any(each.outcome is Outcome.VIOLATED for each in verdicts):
            if reason := trouble(clean):
                return [*verdicts, _plain(subject, Outcome.INCONCLUSIVE, reason)]
            reason = f"{self._answers} different answers are as the document says"
            verdicts.append(_plain(subject, Outcome.HELD, reason))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Show a stored finding again: the request that was answered so, three times."""
        declaration, experiment = subject.declaration, finding.evidence.experiment
        if declaration is None or finding.finding_class == BREAKING_CHANGE.name:
            return list(_promises(subject))
        if experiment is not None:
            self.watch(subject, (yield experiment))
        verdicts = yield from self._confirmed(subject, declaration)
        same = [each for each in verdicts if each.finding_class == finding.finding_class]
        return same or (_plain(subject, Outcome.HELD, "it was not seen again"),)

    def _confirmed(self, subject: Subject, declaration: Declaration) -> Exploration[list[Verdict]]:
        verdicts: list[Verdict] = []
        refusals = [s for s, _ in self._seen.values() if s.finding_class is UNDECLARED_REFUSAL]
        if refusals:
            verdicts.append(_refusals(subject, refusals))
        groups: dict[str, list[tuple[Sight, Experiment]]] = {}
        for sight, experiment in list(self._seen.values())[:_MOST]:
            if sight.finding_class is UNDECLARED_REFUSAL:
                continue
            if sight.tier is Tier.NOTE:
                verdicts.append(_verdict(subject, sight, experiment, None))
            else:
                shown = self._shows(subject, declaration, sight)
                least = yield from _least(sight, experiment, shown)
                groups.setdefault(repr(least.phases), []).append((sight, least))
        for group in groups.values():
            experiment = group[0][1]
            shows = [self._shows(subject, declaration, sight) for sight, _ in group]
            passes = _passes(subject)
            found = yield from replay_all(subject, experiment, shows, passes)
            verdicts += [
                _verdict(subject, sight, experiment, confirmed)
                for (sight, _), confirmed in zip(group, found, strict=True)
            ]
        return verdicts

    def _shows(
        self, subject: Subject, declaration: Declaration, sight: Sight
    ) -> Callable[[History], bool]:
        def shows(history: History) -> bool:
            return any(
                each.key == sight.key
                for section in history.sections
                for exchange in section.exchanges
                for each in sights(exchange, declaration, self._by(subject))
            )

        return shows


def _least(
    sight: Sight, experiment: Experiment, shows: Callable[[History], bool]
) -> Exploration[Experiment]:
    """The act alone where that is answered so too; else with the phases that came before it, as an
    answer that only a second request gets."""
    if len(experiment.phases) == 1:
        return experiment
    alone = replace(experiment, phases=(Phase((sight.exchange.act,)),), purpose="the act alone")
    history: History = yield alone
    return alone if not trouble(history) and shows(history) else experiment


def _passes(subject: Subject) -> Callable[[History], bool]:
    """The control: the scenario is answered as it says; of the body nothing is asked there."""
    return lambda history: as_expected(subject, history)


def _promises(subject: Subject) -> Iterator[Verdict]:
    """What the document promised before and does not any more: one verdict for an operation."""
    if subject.former is None or subject.document is None:
        return
    leads = _CHECK in subject.leads
    groups: dict[tuple[str, bool], list[Change]] = {}
    for change in broken(subject.former, subject.document, subject.operation, leads=leads):
        groups.setdefault((change.operation, change.breaking), []).append(change)
    for changes in groups.values():
        yield _broken(changes)


def _broken(changes: Sequence[Change]) -> Verdict:
    first = changes[0]
    told = [f"{each.words} ({each.place or each.operation})" for each in changes[:_SHOWN]]
    more = f"; and {len(changes) - _SHOWN} more changes" if len(changes) > _SHOWN else ""
    return Verdict(
        Outcome.VIOLATED if first.breaking else Outcome.HELD,
        _CHECK,
        first.operation,
        finding_class=BREAKING_CHANGE.name,
        tier=Tier.SUSPECTED if first.breaking else Tier.NOTE,
        cause="; ".join(sorted({f"{each.kind} {each.words}" for each in changes})),
        evidence=Evidence(
            facts={"operation": first.operation, "changes": "; ".join(told) + more},
        ),
    )


def _plain(subject: Subject, outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome, _CHECK, subject.operation.id, reason)


def _refusals(subject: Subject, found: list[Sight]) -> Verdict:
    """One note for all refusals of an operation that are not declared, and of all operations."""
    statuses = sorted({sight.pointer for sight in found})
    return Verdict(
        Outcome.HELD,
        _CHECK,
        subject.operation.id,
        finding_class=UNDECLARED_REFUSAL.name,
        tier=Tier.NOTE,
        cause="refusals are not declared",
        evidence=Evidence(
            exchanges=(found[0].exchange,),
            facts={
                "operation": subject.operation.id,
                "statuses": ", ".join(statuses),
                **found[0].facts,
            },
        ),
    )


def _verdict(
    subject: Subject, sight: Sight, experiment: Experiment, confirmed: Confirmation | None
) -> Verdict:
    stands = standing(sight.tier, confirmed, "the scenario is not answered as it says")
    return stands.verdict(
        _CHECK,
        subject.operation.id,
        sight.finding_class,
        shape=sight.pointer,
        cause=sight.pointer if sight.pointer.startswith(_SHARED) else "",
        evidence=Evidence(
            experiment=experiment,
            control=control(subject, confirmed, "the scenario"),
            exchanges=(sight.exchange,),
            facts={
                "operation": subject.operation.id,
                "answer": str(sight.exchange.status),
                **sight.facts,
            },
        ),
    )
