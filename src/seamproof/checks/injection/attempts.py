"""Requests with payloads in them, and what came of each.

    all texts in one request     where it succeeds, each went as far as it ever goes
    one request an input         where that was refused; and for what is no text: numbers, keys
    another ending               where a payload stands whole in a token that a quote does not end

Requests follow each other without a reset. Behind one that changed something a refusal says
nothing: what was refused there is sent again from a fresh state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from seamproof.analysis.inputs import Input, Where
from seamproof.analysis.splices import QUOTE, Payload, Sighting, sightings
from seamproof.analysis.trouble import died, trouble
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import Crossing, History
from seamproof.core.model import Step
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject

_MOST_EXPERIMENTS = 12
_LIKE = re.compile(r"\bI?LIKE\b|~~", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One input, and what is sent there."""

    input: Input
    payload: Payload

    @classmethod
    def at(cls, subject: Subject, place: Input, ending: str = QUOTE) -> Attempt:
        """The attempt at an input of the subject's act."""
        return cls(place, Payload.of(subject.operation.id, place.label, ending, ending=ending))

    def sent(self, step: Step) -> Step:
        """The step with the payload in it."""
        value, text = self.input.value, self.payload.text
        if self.input.where is Where.PATH:
            # A key that is read as a number up to its first letter still names its row.
            text = f"{value}{text}"
        elif isinstance(value, str) and "@" in value:
            text = f"{text}@example.com"
        elif isinstance(value, str) and value.startswith(("http://", "https://")):
            text = f"{value}/{text}"
        return self.input.sent(step, text)


@dataclass(slots=True)
class Attempted:
    """What all attempts came to."""

    sent: int = 0
    torn: dict[str, tuple[Attempt, Sighting, History]] = field(default_factory=dict)
    """By the input's label: the first sighting that is torn, in a history of that request alone."""
    whole: dict[str, tuple[Attempt, Sighting, History]] = field(default_factory=dict)
    """By the input's label: one that stands whole in the text of a statement."""
    accepted: list[Attempt] = field(default_factory=list)
    """Those whose request succeeded and stored them."""
    searched: dict[str, Attempt] = field(default_factory=dict)
    """By the input's label: what is a part of a LIKE's pattern."""
    stopped: str = ""
    """Why there are no more; empty where all were made."""


def attempt_all(
    subject: Subject, places: Sequence[Input], *, at_once: bool = True
) -> Exploration[Attempted]:
    """Send a payload to every input."""
    tried = Attempted()
    attempts = [Attempt.at(subject, each) for each in places]
    texts = [each for each in attempts if each.input.is_text]
    rest = [each for each in attempts if not each.input.is_text]
    if at_once and len(texts) > 1:
        history: History = yield experiment(subject, together(subject, texts))
        tried.stopped = trouble(history)
        if tried.stopped:
            return tried
        tried.sent += len(texts)
        _note(tried, texts, history, 0)
        if not history.section.exchange.ok:
            rest = texts + rest
    else:
        rest = texts + rest
    yield from _one_by_one(subject, tried, rest)
    if not tried.stopped:
        yield from _one_by_one(subject, tried, _other_endings(subject, tried))
    return tried


def together(subject: Subject, attempts: Sequence[Attempt]) -> Phase:
    """One request with all of these."""
    step = subject.scenario.act
    for each in attempts:
        step = each.sent(step)
    return Phase((Act(step),))


def experiment(subject: Subject, *phases: Phase, purpose: str = "payloads") -> Experiment:
    """Requests one after the other, from the state that the scenario arranges."""
    plain = Experiment.of(subject.scenario, purpose=purpose)
    return replace(plain, phases=phases)


def _one_by_one(
    subject: Subject, tried: Attempted, attempts: Sequence[Attempt]
) -> Exploration[None]:
    left = list(attempts)
    for _ in range(_MOST_EXPERIMENTS):
        if not left:
            return
        phases = (together(subject, (each,)) for each in left)
        history: History = yield experiment(subject, *phases)
        tried.stopped = trouble(history)
        if tried.stopped:
            return
        for place, one in enumerate(left):
            _note(tried, (one,), history, place)
        again = [one for one, open_ in zip(left, _open(history), strict=True) if open_]
        tried.sent += len(left) - len(again)
        left = again


def _open(history: History) -> Iterator[bool]:
    """Of each request, whether its refusal may be for what an earlier one has changed."""
    changed, before = False, 0
    for section in history.sections:
        yield changed and not section.exchange.ok
        rows = len(section.changes.rows)
        changed = changed or died(section) or (section.exchange.ok and rows > before)
        before = rows


def _note(tried: Attempted, attempts: Sequence[Attempt], history: History, place: int) -> None:
    """Take note of what one request of a history came to."""
    experiment, section = history.experiment, history.sections[place]
    alone = replace(experiment, phases=(experiment.phases[place],))
    history = replace(history, experiment=alone, sections=(section,))
    seen = sightings(section)
    for each in attempts:
        label, head = each.input.label, each.payload.head
        for sighting in seen:
            if sighting.head == head:
                found = tried.torn if sighting.torn else tried.whole
                found.setdefault(label, (each, sighting, history))
        if any(searches(one, each.payload) for one in section.crossings):
            tried.searched.setdefault(label, each)
        rows = (text for row in section.changes.rows for text in (row.new or {}).values())
        if section.exchange.ok and each.payload.stored(rows) and each not in tried.accepted:
            tried.accepted.append(each)


def searches(crossing: Crossing, payload: Payload) -> bool:
    """Whether a payload stands in a LIKE's pattern, with the ends that it was sent with."""
    if not _LIKE.search(crossing.key.shape):
        return False
    texts = [each for each in (crossing.statement, *crossing.parameters) if each]
    return any(f"%{payload.head}" in each or f"{payload.tail}%" in each for each in texts)


def _other_endings(subject: Subject, tried: Attempted) -> list[Attempt]:
    """Attempts with what would end the tokens that payloads stand whole in."""
    return [
        Attempt.at(subject, attempt.input, sighting.ending)
        for label, (attempt, sighting, _) in tried.whole.items()
        if sighting.ending not in ("", attempt.payload.ending) and label not in tried.torn
    ]
