"""Sends telling values, one field at a time, and compares them with the row and with what is read.

send      many in one experiment: each has rows of its own
read      what was made is arranged once more, for its name is known from the answer alone
confirm   one alone, three times from a fresh state, and the act's own values as the control

What is refused with a 4xx is right: a value that cannot be kept must not be taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import ClassVar

from seamproof.analysis.begin import begin, without_effect
from seamproof.analysis.confirm import as_expected, replay_all
from seamproof.analysis.confirm import plain as once
from seamproof.analysis.masks import Mask
from seamproof.analysis.phases import own_rows
from seamproof.analysis.trouble import trouble
from seamproof.checks.roundtrip.classes import CLASSES
from seamproof.checks.roundtrip.judgement import Trip, sights
from seamproof.checks.roundtrip.omission import wiped
from seamproof.checks.roundtrip.reading import Later, later_read
from seamproof.checks.roundtrip.report import CHECK, Sight, plain, violated
from seamproof.checks.roundtrip.trying import BODY, Try, choices, landing
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Phase
from seamproof.core.history import Changes, History, Section
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
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

    Also inside of a column's JSON or array. What PATCH leaves out must stay as it was.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Skip what stores no field of its body in a column that is known."""
        if (skip := without_effect(subject)) is not None:
            return skip
        body = subject.scenario.act.json
        parts = body.values() if isinstance(body, dict) else ()
        nested = any(isinstance(each, dict | list) and each for each in parts)
        if not nested and not any(each.startswith(BODY) for each in subject.landing):
            return Skip("no field of the body is seen in a column")
        return None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Send every telling value, and confirm what came out otherwise."""
        clean = yield from begin(subject, CHECK, expected=True)
        if isinstance(clean, Verdict):
            return (clean,)
        verdicts = yield from wiped(subject)
        seen = landing(choices(subject, clean), clean)
        tries = list(islice(seen, _MOST_DEEP if subject.deep else _MOST))
        if not tries and not verdicts:
            reason = "no field has a value that could get lost"
            return (plain(subject, Outcome.SKIPPED, reason),)
        later = later_read(subject, clean)
        tally = yield from _send(subject, tries, later)
        for sight, tried in tally.found(later).values():
            verdict = yield from _told(subject, sight, tried, later)
            verdicts.append(verdict)
        if not any(each.outcome is Outcome.VIOLATED for each in verdicts):
            reason = f"{len(tally.taken)} of {len(tries)} values were taken, and agree"
            verdicts.append(plain(subject, Outcome.HELD, reason))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Show a stored finding again: all values of its operation, and those that get lost."""
        verdicts = yield from self.explore(subject)
        same = [each for each in verdicts if each.finding_class == finding.finding_class]
        return same or (plain(subject, Outcome.HELD, "it was not seen again"),)


# ---------------------------------------------------------------------------- sending


_Seen = dict[tuple[str, str, str], tuple[Sight, Try]]


@dataclass(slots=True)
class _Tally:
    """What came of the values."""

    taken: list[tuple[Try, Trip]] = field(default_factory=list)
    refused: list[Try] = field(default_factory=list)

    def found(self, later: Later | None) -> _Seen:
        """What came out otherwise, each defect once."""
        seen: _Seen = {}
        for tried, trip in self.taken:
            for sight in sights(tried, trip, later):
                seen.setdefault(sight.key, (sight, tried))
        return seen


def _send(subject: Subject, tries: Sequence[Try], later: Later | None) -> Exploration[_Tally]:
    """Send all in one experiment; what is refused there may only be so for what came before."""
    if not tries:
        return _Tally()
    tally = yield from _portion(subject, tries, later)
    if tally.taken:
        for tried in tally.refused[:_ALONE]:
            alone = yield from _portion(subject, (tried,), later)
            tally.taken += alone.taken
    return tally


def _portion(subject: Subject, tries: Sequence[Try], later: Later | None) -> Exploration[_Tally]:
    tally = _Tally()
    phases = tuple(
        each for number, tried in enumerate(tries) for each in _phases(tried, later, number)
    )
    purpose = f"{len(tries)} telling values"
    history: History = yield replace(once(subject, purpose), phases=phases)
    step, before = len(phases) // len(tries), Changes()
    for index, tried in enumerate(tries):
        sections = history.sections[index * step : (index + 1) * step]
        if len(sections) < step:
            break
        trip = _trip(subject, sections, before)
        if trip.write.ok:
            tally.taken.append((tried, trip))
        elif len(tries) > 1:
            tally.refused.append(tried)
        before = sections[-1].changes
    if later is not None and later.key and tally.taken:
        yield from _read(subject, later, tally)
    return tally


def _phases(tried: Try, later: Later | None, number: int = 0) -> Iterator[Phase]:
    """The value, and the read of what was there before; each with fresh values of its own, where
    the step has some."""
    yield Phase((Act(tried.step, fresh=number),))
    if later is not None and not later.key:
        yield Phase((Act(later.step),))


def _trip(subject: Subject, sections: Sequence[Section], before: Changes) -> Trip:
    """What a write left, and the read behind it."""
    rows = own_rows(sections[0], before, Mask.for_subject(subject))
    read = sections[1].exchange if len(sections) > 1 else None
    return Trip(sections[0].exchange, rows, sections[0], read)


# What an act has made has a name that only its answer says: it is arranged, and read then.


def _read(subject: Subject, later: Later, tally: _Tally) -> Exploration[None]:
    """Read what was made of each value that was taken."""
    history: History = yield _reading(subject, later, [tried for tried, _ in tally.taken])
    if trouble(history) or not history.sections:
        return
    made = history.arranged[len(subject.scenario.arrangement) :]
    reads = [each.exchange for each in history.sections]
    reads = reads * len(made) if later.listed else reads
    tally.taken = [
        (tried, replace(trip, write=write, read=read))
        for (tried, trip), write, read in zip(tally.taken, made, reads, strict=False)
    ]


def _reading(subject: Subject, later: Later, tries: Sequence[Try]) -> Experiment:
    """These values written, then read, in a state that has them all."""
    arranged = tuple(later.made(each.step, number) for number, each in enumerate(tries))
    reads = 1 if later.listed else len(tries)
    return replace(
        once(subject, f"read {len(tries)} telling values"),
        arrangement=subject.scenario.arrangement + arranged,
        phases=tuple(Phase((Act(later.of(number)),)) for number in range(reads)),
    )


# ---------------------------------------------------------------------------- confirming


def _told(subject: Subject, sight: Sight, tried: Try, later: Later | None) -> Exploration[Verdict]:
    arranged = later is not None and bool(later.key) and _needs_read(sight)
    if arranged and later is not None:
        experiment = _reading(subject, later, (tried,))
    else:
        phases = tuple(_phases(tried, later if _needs_read(sight) else None))
        experiment = replace(once(subject, f"a telling {sight.telling.kind}"), phases=phases)
    if sight.tier is Tier.NOTE:
        return violated(subject, sight, experiment, None)

    def shows(history: History) -> bool:
        if arranged:
            section = replace(history.section, changes=history.prepared)
            rows = own_rows(section, Changes(), Mask.for_subject(subject))
            trip = Trip(history.arranged[-1], rows, section, history.section.exchange)
        else:
            trip = _trip(subject, history.sections, Changes())
        return any(each.key == sight.key for each in sights(tried, trip, later))

    (confirmed,) = yield from replay_all(
        subject, experiment, (shows,), partial(as_expected, subject)
    )
    return violated(subject, sight, experiment, confirmed)


def _needs_read(sight: Sight) -> bool:
    """Whether the later read is a part of what is seen: it says otherwise, or says what a time
    without an offset means."""
    return sight.reading is not None or sight.telling.kind == "time"
