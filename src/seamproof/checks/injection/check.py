"""Whether any value that a client, a table or another service gives is read as SQL.

    payload in each input            torn on the wire: a splice             sql-injection
    … stored, then read              torn in a later request's statement    stored-sql-injection
    … answered by a called service   torn on the wire                       answer-sql-injection
    whole, where a name stands       a note                                 client-names-column
    a secret column's name           a note: it is named in a statement     client-names-column
    wildcards in a LIKE              a note                                 like-wildcards

The token rule is that of `analysis.splices`. What functions of the database do with their
arguments is not seen: it does not cross the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from seamproof.analysis import lexing
from seamproof.analysis.begin import begin
from seamproof.analysis.confirm import Confirmation, as_expected, replay_all
from seamproof.analysis.inputs import Input, inputs
from seamproof.analysis.splices import Payload, Sighting, sightings, torn
from seamproof.analysis.trouble import trouble
from seamproof.checks.injection.attempts import (
    Attempt,
    Attempted,
    attempt_all,
    experiment,
    searches,
    together,
)
from seamproof.checks.injection.classes import (
    ANSWER_INJECTION,
    CHOSEN_NAME,
    CLASSES,
    LIKE_WILDCARDS,
    SQL_INJECTION,
    STORED_INJECTION,
)
from seamproof.checks.injection.later import answered, payload_of, reading, stored
from seamproof.checks.injection.naming import named
from seamproof.checks.injection.report import CHECK, Case, found, plain
from seamproof.core.experiment import BoundaryKind, Experiment
from seamproof.core.history import History
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

USUAL_HEADERS = ("User-Agent", "Referer", "X-Forwarded-For", "X-Request-Id")
"""What services write into their logs."""
_WILDCARDS = "%_"
_BY_NAME = {each.name: each for each in CLASSES}


@check(
    "injection",
    title="A value stays a value",
    boundary=BoundaryKind.SQL,
    needs={Need.DOCUMENT},
)
class Injection:
    """Sends a quote between two canaries in every input, and looks at the wire for the two: they
    must be in one literal, or in none at all because the value was bound.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Every request has an input: its headers at least."""
        return None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Try every input; then what was stored, and what called services answer."""
        clean = yield from begin(subject, CHECK)
        if isinstance(clean, Verdict):
            return (clean,)
        places = inputs(subject.scenario.act, subject.document, USUAL_HEADERS)
        tried = yield from attempt_all(subject, places)
        verdicts = yield from _direct(subject, tried)
        verdicts += _names(subject, tried)
        untold = [each for each in places if each.label not in tried.torn | tried.whole]
        verdicts += yield from _columns(subject, clean, untold)
        verdicts += yield from _wildcards(subject, tried)
        verdicts += yield from _stored(subject, tried)
        verdicts += yield from _answered(subject, clean)
        if tried.stopped:
            verdicts.append(plain(subject, Outcome.INCONCLUSIVE, tried.stopped))
        elif all(each.outcome is Outcome.HELD for each in verdicts):
            reason = f"{tried.sent} payloads in {len(places)} inputs, none read as SQL"
            verdicts.append(plain(subject, Outcome.HELD, reason))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Run the finding's own experiment, and look for its payload on the wire."""
        facts = {name: str(value or "") for name, value in finding.evidence.facts.items()}
        again, payload = finding.evidence.experiment, Payload.parse(facts.get("payload", ""))
        finding_class = _BY_NAME.get(finding.finding_class)
        if finding_class is CHOSEN_NAME and payload is None:
            return (yield from self.explore(subject))
        if again is None or payload is None or finding_class is None:
            return (plain(subject, Outcome.INCONCLUSIVE, "the finding has no experiment"),)
        if finding.tier is Tier.NOTE:
            return (yield from _noted(subject, finding_class, again, payload, facts))
        shown = yield from _proved(subject, (again,), payload)
        return (_verdict(subject, finding_class, payload, shown, **_told(facts)),)


_Shown = tuple[History, Sighting | None, Confirmation]


def _proved(
    subject: Subject, candidates: Sequence[Experiment], payload: Payload
) -> Exploration[_Shown]:
    """Show a payload torn three times of three, in the smallest of the experiments that does."""

    def shows(history: History) -> bool:
        return torn(history.sections[-1], payload.head) is not None

    for place, candidate in enumerate(candidates, start=1):
        history: History = yield candidate
        if place < len(candidates) and (trouble(history) or not shows(history)):
            continue
        (confirmation,) = yield from replay_all(
            subject,
            candidate,
            (shows,),
            lambda control: as_expected(subject, control),
            (history,),
        )
        sighting = torn(history.sections[-1], payload.head) if history.sections else None
        return history, sighting, confirmation
    raise AssertionError("there is a candidate")


def _verdict(
    subject: Subject,
    finding_class: FindingClass,
    payload: Payload,
    shown: _Shown,
    *,
    input: str,
    call: str = "",
    later: str = "",
) -> Verdict:
    history, sighting, confirmation = shown
    if sighting is None:
        return plain(subject, Outcome.INCONCLUSIVE, f"{input}: a splice was seen once, not again")
    case = Case(finding_class, input, payload, sighting, history, call, later)
    return found(subject, case, confirmation, Tier.PROVEN)


def _told(facts: dict[str, str]) -> dict[str, str]:
    return {name: facts.get(name, "") for name in ("input", "call", "later")}


def _direct(subject: Subject, tried: Attempted) -> Exploration[list[Verdict]]:
    verdicts = []
    for label, (attempt, _, history) in tried.torn.items():
        # Another input may have to go with it: then what showed it first is the smallest.
        alone = experiment(subject, together(subject, (attempt,)))
        shown = yield from _proved(subject, (alone, history.experiment), attempt.payload)
        verdicts.append(_verdict(subject, SQL_INJECTION, attempt.payload, shown, input=label))
    return verdicts


def _stored(subject: Subject, tried: Attempted) -> Exploration[list[Verdict]]:
    verdicts = []
    for one in (yield from stored(subject, tried.accepted)):
        payload, label = one.attempt.payload, one.attempt.input.label
        shown = yield from _proved(subject, (reading(subject, one),), payload)
        verdicts.append(
            _verdict(subject, STORED_INJECTION, payload, shown, input=label, later=one.later.id)
        )
    return verdicts


def _answered(subject: Subject, clean: History) -> Exploration[list[Verdict]]:
    verdicts = []
    for one in (yield from answered(subject, clean)):
        payload, place = payload_of(subject, one.call, one.fault.place), one.fault.place
        shown = yield from _proved(subject, (one.history.experiment,), payload)
        label, shape = place or "its texts", one.call.key.shape
        verdicts.append(
            _verdict(subject, ANSWER_INJECTION, payload, shown, input=label, call=shape)
        )
    return verdicts


# Notes, which need no replay


def _names(subject: Subject, tried: Attempted) -> list[Verdict]:
    """Columns and tables that clients name."""
    return [
        found(
            subject,
            Case(CHOSEN_NAME, label, attempt.payload, sighting, history),
            None,
            Tier.NOTE,
        )
        for label, (attempt, sighting, history) in tried.whole.items()
        if sighting.names and label not in tried.torn
    ]


def _columns(
    subject: Subject, clean: History, places: Sequence[Input]
) -> Exploration[list[Verdict]]:
    """Secret columns that clients name."""
    verdicts = []
    for each in (yield from named(subject, clean, places)):
        sighting = Sighting("", each.crossing, lexing.NAME, torn=False)
        case = Case(CHOSEN_NAME, each.input.label, each.column, sighting, each.history)
        verdicts.append(found(subject, case, None, Tier.NOTE))
    return verdicts


def _wildcards(subject: Subject, tried: Attempted) -> Exploration[list[Verdict]]:
    """Send wildcards where a value was seen in a LIKE's pattern."""
    searched = (each for label, each in tried.searched.items() if label not in tried.torn)
    tries = [Attempt.at(subject, each.input, _WILDCARDS) for each in searched]
    if not tries or tried.stopped:
        return []
    history: History = yield experiment(subject, together(subject, tries), purpose="wildcards")
    if trouble(history):
        return []
    verdicts = []
    for each in tries:
        sighting = _pattern(history, each.payload)
        if sighting is not None:
            case = Case(LIKE_WILDCARDS, each.input.label, each.payload, sighting, history)
            verdicts.append(found(subject, case, None, Tier.NOTE))
    return verdicts


def _pattern(history: History, payload: Payload) -> Sighting | None:
    """Where a LIKE has a payload's wildcards as they were sent."""
    for crossing in history.sections[-1].crossings:
        texts = (crossing.statement, *crossing.parameters)
        if searches(crossing, payload) and any(payload.text in (each or "") for each in texts):
            return Sighting(payload.head, crossing, "", torn=False)
    return None


def _noted(
    subject: Subject,
    finding_class: FindingClass,
    again: Experiment,
    payload: Payload,
    facts: dict[str, str],
) -> Exploration[tuple[Verdict, ...]]:
    history: History = yield again
    if reason := trouble(history):
        return (plain(subject, Outcome.INCONCLUSIVE, reason),)
    if finding_class is LIKE_WILDCARDS:
        sighting = _pattern(history, payload)
    else:
        seen = (each for each in sightings(history.sections[-1]) if each.head == payload.head)
        sighting = next((each for each in seen if each.names), None)
    if sighting is None:
        return (plain(subject, Outcome.HELD, "it is not seen any more"),)
    case = Case(finding_class, facts.get("input", ""), payload, sighting, history)
    return (found(subject, case, None, Tier.NOTE),)
