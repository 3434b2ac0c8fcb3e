"""Sends telling values, one field at a time, and compares them with the row and with what is read.

send      many in one experiment: each has rows of its own
confirm   one alone, three times from a fresh state, and the act's own values as the control

What is refused with a 4xx is right: a value that cannot be kept must not be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import ClassVar

from seamproof.analysis.confirm import as_expected, clean_run, replay_all
from seamproof.analysis.confirm import plain as once
from seamproof.analysis.landing import same_value
from seamproof.analysis.masks import Mask
from seamproof.analysis.phases import own_rows
from seamproof.analysis.trouble import trouble
from seamproof.checks.roundtrip.agreeing import Agreement, compared
from seamproof.checks.roundtrip.classes import (
    ALTERED_VALUE,
    CLASSES,
    NORMALISED_VALUE,
    READS_OTHERWISE,
)
from seamproof.checks.roundtrip.reading import MISSING, later_read, value_in
from seamproof.checks.roundtrip.report import CHECK, Sight, plain, violated
from seamproof.checks.roundtrip.trying import BODY, Try, choices, lands
from seamproof.core.experiment import Act, BoundaryKind, Phase
from seamproof.core.history import Changes, Exchange, History, Section
from seamproof.core.model import Step
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.secrecy import redacted
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

_MOST, _MOST_DEEP = 16, 80
"""Values that are sent."""
_ALONE = 6
"""Values that were refused among others, and are sent again alone."""


@check(
    CHECK,
    title="What was sent, stored and read back agree",
    boundary=BoundaryKind.SQL,
    needs=(Need.DOCUMENT,),
)
class Roundtrip:
    """Sends decimals, large integers, Unicode, spaces and times with offsets where the document
    allows them, and looks for them in the row, in the answer and in a later read.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Skip what stores no field of its body in a column that is known."""
        if not subject.operation.mutates:
            return Skip("operation does not mutate")
        expected = subject.scenario.act.expect
        if expected and not any(200 <= status < 300 for status in expected):
            return Skip("the scenario's act is refused")
        if not any(each.startswith(BODY) for each in subject.landing):
            return Skip("no field of the body is seen in a column")
        return None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Send every telling value, and confirm what came out otherwise."""
        clean = yield from _clean(subject)
        if isinstance(clean, Verdict):
            return (clean,)
        seen = (each for each in choices(subject) if lands(each, clean))
        tries = list(islice(seen, _MOST_DEEP if subject.deep else _MOST))
        if not tries:
            reason = "no field has a value that could get lost"
            return (plain(subject, Outcome.SKIPPED, reason),)
        later = later_read(subject, clean)
        tally = yield from _send(subject, tries, later)
        verdicts: list[Verdict] = []
        for sight, tried in tally.found.values():
            verdict = yield from _told(subject, sight, tried, later)
            verdicts.append(verdict)
        if not any(each.outcome is Outcome.VIOLATED for each in verdicts):
            reason = f"{tally.taken} of {len(tries)} values were taken, and agree"
            verdicts.append(plain(subject, Outcome.HELD, reason))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Show a stored finding again: all values of its operation, and those that get lost."""
        verdicts = yield from self.explore(subject)
        same = [each for each in verdicts if each.finding_class == finding.finding_class]
        return same or (plain(subject, Outcome.HELD, "it was not seen again"),)


def _clean(subject: Subject) -> Exploration[History | Verdict]:
    if BoundaryKind.SQL not in subject.boundaries:
        return plain(subject, Outcome.NOT_RUN, "the SQL boundary is blind")
    if subject.profile.disturbed:
        return plain(subject, Outcome.INCONCLUSIVE, subject.profile.disturbed)
    clean: History = yield from clean_run(subject)
    if reason := trouble(clean):
        return plain(subject, Outcome.INCONCLUSIVE, reason)
    if not as_expected(subject, clean):
        status = clean.section.exchange.status
        return plain(subject, Outcome.INCONCLUSIVE, f"the act's own values are answered {status}")
    return clean


# ---------------------------------------------------------------------------- sending


_Seen = dict[tuple[str, str, str], tuple[Sight, Try]]


@dataclass(slots=True)
class _Tally:
    """What came of the values."""

    found: _Seen = field(default_factory=dict)
    taken: int = 0
    refused: list[Try] = field(default_factory=list)


def _send(subject: Subject, tries: Sequence[Try], later: Step | None) -> Exploration[_Tally]:
    """Send all in one experiment; what is refused there may only be so for what came before."""
    tally = _Tally()
    yield from _portion(subject, tries, later, tally)
    if tally.taken:
        for tried in tally.refused[:_ALONE]:
            yield from _portion(subject, (tried,), later, tally)
    return tally


def _portion(
    subject: Subject, tries: Sequence[Try], later: Step | None, tally: _Tally
) -> Exploration[None]:
    phases = tuple(
        each for number, tried in enumerate(tries) for each in _phases(tried, later, number)
    )
    purpose = f"{len(tries)} telling values"
    history: History = yield replace(once(subject, purpose), phases=phases)
    step, before = len(phases) // len(tries), Changes()
    for index, tried in enumerate(tries):
        sections = history.sections[index * step : (index + 1) * step]
        if len(sections) < step:
            return
        if sections[0].exchange.ok:
            tally.taken += 1
            for sight in _sights(subject, tried, sections, before):
                tally.found.setdefault(sight.key, (sight, tried))
        elif len(tries) > 1:
            tally.refused.append(tried)
        before = sections[-1].changes


def _phases(tried: Try, later: Step | None, number: int = 0) -> Iterator[Phase]:
    """The value, and the read; each with fresh values of its own, where the step has some."""
    yield Phase((Act(tried.step, fresh=number),))
    if later is not None:
        yield Phase((Act(later),))


def _sights(
    subject: Subject, tried: Try, sections: Sequence[Section], before: Changes
) -> Iterator[Sight]:
    """What came out otherwise of one value: stored, answered, or read later."""
    if not sections[0].exchange.ok:
        return
    rows = own_rows(sections[0], before, Mask.for_subject(subject))
    texts = [
        each.new[tried.column.name]
        for each in rows
        if each.table == tried.table and each.new is not None and tried.column.name in each.new
    ]
    if not texts or any(map(redacted, texts)):
        return
    kind, sent = tried.telling.kind, tried.telling.value
    seen = [(compared(sent, text, kind, tried.column.type), text) for text in texts]
    # The row that is nearest is the one that it was stored in.
    (agreement, difference), stored = min(seen, key=lambda each: list(Agreement).index(each[0][0]))
    sight = Sight(
        ALTERED_VALUE, Tier.PROVEN, tried.field, tried.telling, tried.table, tried.column.name,
        stored, difference, sections[0], rows,
    )  # fmt: skip
    if agreement is Agreement.FORM:
        yield replace(sight, finding_class=NORMALISED_VALUE, tier=Tier.NOTE)
    elif agreement is Agreement.LOST and same_value(tried.usual, stored):
        # As if nothing else had been sent: it is another field that is stored there.
        return
    elif agreement is Agreement.LOST and not _read_right(tried, sections):
        yield sight
    if agreement is Agreement.SAME:
        yield from _read_otherwise(tried, sections, sight)


def _read_right(tried: Try, sections: Sequence[Section]) -> bool:
    """Whether a time that is stored without its offset is read as what was sent."""
    if tried.telling.kind != "time" or tried.column.type.endswith("with time zone"):
        return False
    said = [value_in(each.exchange, tried.path) for each in sections]
    return any(
        compared(tried.telling.value, each, "time")[0] is Agreement.SAME
        for each in said
        if each is not MISSING
    )


def _read_otherwise(tried: Try, sections: Sequence[Section], sight: Sight) -> Iterator[Sight]:
    for section in sections:
        said = value_in(section.exchange, tried.path)
        if said is MISSING or said is None or isinstance(said, bool):
            continue
        if isinstance(said, str) and redacted(said):
            continue
        agreement, difference = compared(tried.telling.value, said, tried.telling.kind)
        if agreement is Agreement.LOST:
            reading: Exchange | None = section.exchange if section is not sections[0] else None
            where = reading.act.step.operation.id if reading is not None else "the answer"
            yield replace(
                sight,
                finding_class=READS_OTHERWISE,
                difference=difference,
                read=said,
                where=where,
                reading=reading,
            )
            return


def _told(subject: Subject, sight: Sight, tried: Try, later: Step | None) -> Exploration[Verdict]:
    phases = tuple(_phases(tried, later if sight.reading is not None else None))
    experiment = replace(once(subject, f"a telling {sight.telling.kind}"), phases=phases)
    if sight.tier is Tier.NOTE:
        return violated(subject, sight, experiment, None)
    shows = _shows(subject, sight, tried)
    (confirmed,) = yield from replay_all(subject, experiment, (shows,), _passes(subject))
    return violated(subject, sight, experiment, confirmed)


def _shows(subject: Subject, sight: Sight, tried: Try) -> Callable[[History], bool]:
    def shows(history: History) -> bool:
        again = _sights(subject, tried, history.sections, Changes())
        return any(each.key == sight.key for each in again)

    return shows


def _passes(subject: Subject) -> Callable[[History], bool]:
    return lambda history: as_expected(subject, history)
