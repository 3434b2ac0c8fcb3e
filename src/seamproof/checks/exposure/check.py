"""Whether an answer tells what it should not.

    a canary in each sensitive column of the rows that the act reads
        in the answer, to whom it is not for            secret-in-answer, data-of-others
    the errors of every history that any check made
        a statement, a message of the database          database-in-error
        a stack trace, a path                           code-in-error

The answer is the evidence: a canary was written nowhere else, and a statement was on the wire.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from seamproof.analysis.begin import begin
from seamproof.analysis.confirm import as_expected, replay_all
from seamproof.analysis.disclosure import Disclosure, Inside, disclosures
from seamproof.analysis.trouble import missed, trouble
from seamproof.checks.exposure.classes import CLASSES
from seamproof.checks.exposure.columns import Mark, marks, plant, planting
from seamproof.checks.exposure.judgement import Asker, judged
from seamproof.checks.exposure.report import CHECK, Case, disclosed, plain, told
from seamproof.core.experiment import BoundaryKind, Experiment
from seamproof.core.history import Exchange, History, Section
from seamproof.core.protocols import Exploration
from seamproof.core.registry import check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

_GONE = "it is not seen any more"


@dataclass(frozen=True, slots=True)
class _Sight:
    """An error that told something, where it was first seen in the simplest way."""

    history: History
    place: int
    """Of its section."""

    @property
    def effort(self) -> tuple[int, int]:
        """How much it takes: faults, then requests."""
        phases = self.history.experiment.phases
        return sum(len(each.faults) for each in phases), len(phases)

    @property
    def alone(self) -> Experiment:
        """Just the phase that shows it."""
        experiment = self.history.experiment
        return replace(experiment, phases=(experiment.phases[self.place],))


@check("exposure", title="An answer tells no more than it should", boundary=BoundaryKind.HTTP_IN)
class Exposure:
    """Writes canaries into sensitive columns and looks for them in answers, and reads the errors
    that other checks provoke.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def __init__(self) -> None:
        self._seen: dict[Inside, _Sight] = {}

    def applies(self, subject: Subject) -> Skip | None:
        """Every operation answers."""
        return None

    def watch(self, subject: Subject, history: History) -> Iterable[Verdict]:
        """Keep the errors that tell of the inside, for `explore` to show them again."""
        for place, section in enumerate(history.sections):
            for _, one in disclosures(section):
                sight, known = _Sight(history, place), self._seen.get(one.inside)
                if known is None or sight.effort < known.effort:
                    self._seen[one.inside] = sight
        return ()

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Plant canaries and look at the answer; show again what errors told."""
        clean = yield from begin(subject, CHECK, BoundaryKind.HTTP_IN)
        if isinstance(clean, Verdict):
            return (clean,)
        wanted = marks(subject, clean)
        verdicts, planted = yield from _columns(subject, wanted)
        for inside, sight in sorted(self._seen.items()):
            verdicts.append(
                (yield from _again(subject, inside, (sight.alone, sight.history.experiment)))
            )
        if all(each.outcome is Outcome.HELD for each in verdicts):
            verdicts.append(plain(subject, Outcome.HELD, _held(wanted, planted)))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Run the finding's own experiment, and look at its answers."""
        facts, again = finding.evidence.facts, finding.evidence.experiment
        if again is None:
            return (plain(subject, Outcome.INCONCLUSIVE, "the finding has no experiment"),)
        if "column" not in facts:
            inside = next((each for each in Inside if each.value == finding.cause), None)
            if inside is None:
                return (plain(subject, Outcome.INCONCLUSIVE, _GONE),)
            return ((yield from _again(subject, inside, (again,))),)
        clean = yield from begin(subject, CHECK, BoundaryKind.HTTP_IN)
        if isinstance(clean, Verdict):
            return (clean,)
        wanted = [each for each in marks(subject, clean) if each.place == facts["column"]]
        verdicts, _ = yield from _columns(subject, wanted)
        return verdicts or (plain(subject, Outcome.HELD, _GONE),)


# Columns


def _columns(
    subject: Subject, wanted: Iterable[Mark]
) -> Exploration[tuple[list[Verdict], tuple[Mark, ...]]]:
    wanted = tuple(wanted)
    if not wanted:
        return [], ()
    planted, history = yield from plant(subject, wanted)
    if history is None:
        return [], ()
    asker, verdicts = Asker.of(subject), []
    by_place: dict[tuple[str, str, Tier], list[Mark]] = defaultdict(list)
    classes: dict[str, FindingClass] = {each.name: each for each in CLASSES}
    for each in planted:
        found = judged(each, asker)
        if found is not None and _answered(each)(history):
            by_place[each.place, found[0].name, found[1]].append(each)
    told_of: set[str] = set()
    surest_first = list(Tier)
    ordered = sorted(by_place.items(), key=lambda item: surest_first.index(item[0][2]))
    for (place, name, tier), those in ordered:
        if place not in told_of:
            told_of.add(place)
            case = Case(classes[name], tier, tuple(those), asker)
            verdicts.append((yield from _shown(subject, case, history)))
    return verdicts, planted


def _answered(mark: Mark) -> Callable[[History], bool]:
    def shows(history: History) -> bool:
        response = history.sections[-1].exchange.response
        return response is not None and bool(mark.field(response.body))

    return shows


def _shown(subject: Subject, case: Case, history: History) -> Exploration[Verdict]:
    """A note is told as it was seen; what is more is shown with these marks alone."""
    if case.tier is Tier.NOTE:
        return told(subject, case, history, None)
    alone = planting(subject, case.found)
    again: History = yield alone
    (confirmation,) = yield from replay_all(
        subject,
        alone,
        (_answered(case.found[0]),),
        lambda control: as_expected(subject, control),
        (again,),
    )
    return told(subject, case, history if trouble(again) else again, confirmation)


def _held(wanted: tuple[Mark, ...], planted: tuple[Mark, ...]) -> str:
    places = {each.place for each in wanted}
    left_out = places - {each.place for each in planted}
    tried = len(places) - len(left_out)
    reason = f"{tried} sensitive columns, none told to whom it is not for"
    if not left_out:
        return reason
    needed = f"for the act needs them as they are: {', '.join(sorted(left_out))}"
    return f"{reason}; not tried, {needed}" if tried else f"no sensitive column was tried, {needed}"


# Errors


def _again(
    subject: Subject, inside: Inside, candidates: tuple[Experiment, ...]
) -> Exploration[Verdict]:
    def shows(history: History) -> bool:
        return not missed(history) and _told(history, inside) is not None

    for place, candidate in enumerate(candidates, start=1):
        history: History = yield candidate
        if place < len(candidates) and (trouble(history) or not shows(history)):
            continue
        (confirmation,) = yield from replay_all(
            subject, candidate, (shows,), lambda control: as_expected(subject, control), (history,)
        )
        seen = _told(history, inside)
        if seen is not None:
            return disclosed(subject, *seen, history, confirmation)
    return plain(subject, Outcome.INCONCLUSIVE, f"{inside} was answered once, and not again")


def _told(history: History, inside: Inside) -> tuple[Section, Exchange, Disclosure] | None:
    for section in history.sections:
        for exchange, one in disclosures(section):
            if one.inside is inside:
                return section, exchange, one
    return None
