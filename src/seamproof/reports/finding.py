"""A finding as labelled lines: the problem, why it is one, the next step; at most thirty.

PROVEN  partial-state  POST /orders                  boundary broken: transaction
Let:     the request, and the fault with the crossing where it strikes
Then:    what the client was told, what the identical retry gave
SQL #4   the statements around it, the broken one marked
OUT #5   calls to other services among them
Left:    rows that are there          Legal:  rows that a legal outcome has
Control: the same thing done rightly, the replays
Fix:     what usually cures it
Next:    how to see it again, where to read more
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seamproof.core.counting import counted
from seamproof.core.experiment import INTERRUPTIONS, NOBODY, Act, Fault, FaultKind, Phase
from seamproof.core.history import (
    Crossing,
    CrossingKind,
    Exchange,
    Request,
    Response,
    TransactionStatus,
)
from seamproof.core.verdict import Evidence, Finding, FindingClass
from seamproof.reports import overlap, rows
from seamproof.reports.text import body, clip, fill, fold, harmless, pad, paragraph

MOST = 30
LABEL = 9
_STATEMENTS = 6
_LEFT = 5
_LEGAL = 3
_ALONE = "<- commits alone"
_LANDMARKS = frozenset(
    {
        CrossingKind.BEGIN,
        CrossingKind.COMMIT,
        CrossingKind.ROLLBACK,
        CrossingKind.WRITE,
        CrossingKind.CALL,
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a label (empty on continuation lines), its text, a mark at the right."""

    label: str
    text: str
    mark: str = ""


def title(finding: Finding, known: FindingClass | None) -> str:
    """Return the finding's title, filled with its facts."""
    return finding.finding_class if known is None else _filled(known.title, finding)


def _filled(template: str, finding: Finding) -> str:
    return fill(template, finding.evidence.facts | {"operation": finding.operation})


def lines(finding: Finding, known: FindingClass | None, width: int) -> list[Line]:
    """Return everything below the heading, in at most 29 lines of `width` cells."""
    evidence, room = finding.evidence, width - LABEL
    sections = (
        _problem(finding, known, room),
        _let(evidence, room),
        _told(evidence, room),
        _statements(evidence, room),
        _left(evidence, room),
        _legal(evidence, room),
        _masked(evidence, room),
        _control(finding, room),
        _also(finding, room),
        _fix(known, finding, room),
        [Line("Next:", _next(finding))],
    )
    return [line for section in sections for line in section]


def _labelled(label: str, texts: Iterable[str]) -> list[Line]:
    return [Line("" if place else label, text) for place, text in enumerate(texts)]


def _problem(finding: Finding, known: FindingClass | None, room: int) -> list[Line]:
    texts = paragraph(title(finding, known), room, 1)
    if known is not None and known.consequence:
        texts += paragraph(_filled(known.consequence, finding), room, 3)
    return _labelled("What:", texts)


def _let(evidence: Evidence, room: int) -> list[Line]:
    phase = overlap.overlapping(evidence)
    if phase is not None:
        return _labelled("Let:", _overlapping(evidence, phase, room))
    texts = [clip(_request(each), room) for each in evidence.exchanges[:1]]
    if not texts and evidence.experiment is not None:
        acts = [act for phase in evidence.experiment.phases for act in phase.acts]
        texts = [clip(_act(act), room) for act in acts[:1]]
    if given := evidence.facts.get("given"):
        texts.append(clip(f"where {harmless(str(given))}", room))
    if struck := faults(evidence):
        texts.append(clip("; ".join(struck), room))
    return _labelled("Let:", texts)


def _overlapping(evidence: Evidence, phase: Phase, room: int) -> list[str]:
    """Return who asks for what, in which state, and in which order their crossings go on."""
    asked = [_request(each) for each in evidence.exchanges[: len(phase.acts)]]
    names = " and ".join(map(overlap.letter, range(len(asked))))
    if len(set(asked)) == 1:
        texts = [f"{names} each: {asked[0]}"]
    else:
        texts = [f"{overlap.letter(place)}: {text}" for place, text in enumerate(asked)]
    if seeded := evidence.facts.get("seeded"):
        texts.append(f"from the state in which one more fits ({harmless(str(seeded))})")
    texts.append(overlap.schedule(phase, evidence))
    return [clip(text, room) for text in texts]


def faults(evidence: Evidence) -> list[str]:
    """Return each fault with the crossing where it strikes, the position where it is known."""
    return [_fault(fault, evidence) for fault in injected(evidence)]


def injected(evidence: Evidence) -> list[Fault]:
    """Return the faults of the experiment, else of the crossings."""
    if evidence.experiment is not None:
        return [fault for phase in evidence.experiment.phases for fault in phase.faults]
    return [each.fault for each in evidence.crossings if each.fault]


_STRIKES = {
    FaultKind.ERROR: "error at",
    FaultKind.CUT: "connection cut before",
    FaultKind.REPLY_LOST: "reply lost after",
    FaultKind.REFUSED: "connection refused at",
    FaultKind.STALL: "no answer to",
    FaultKind.TRUNCATED: "answer cut short to",
    FaultKind.MALFORMED: "malformed answer to",
    FaultKind.TAINTED: "another text in the answer to",
    FaultKind.REDIRECTED: "redirect by",
    FaultKind.ABANDONED: "client gone at",
    FaultKind.KILLED: "process killed at",
}


def _fault(fault: Fault, evidence: Evidence) -> str:
    every = _crossings(evidence)
    struck = next((each for each in every if each[1].fault == fault), None)
    if struck is None and fault.kind in INTERRUPTIONS:
        struck = next((each for each in every if each[1].key == fault.at), None)
    statement = fault.at.shape if struck is None else _statement(struck[1])
    place = f" (#{struck[0]})" if struck else _occurrence(fault.at.occurrence)
    name = _STRIKES[fault.kind]
    if code := fault.sqlstate or fault.status:
        name = name.replace("error", f"error {harmless(str(code))}", 1)
    return f"{name} {clip(harmless(fold(statement)), 60)}{place}"


def _interrupted(evidence: Evidence) -> int | None:
    """Return the position at which the client went away or the process was killed, if so."""
    at = next((each.at for each in injected(evidence) if each.kind in INTERRUPTIONS), None)
    return next((place for place, each in _crossings(evidence) if each.key == at), None)


def _occurrence(occurrence: int) -> str:
    return f" (its occurrence {occurrence})" if occurrence > 1 else ""


def _request(exchange: Exchange) -> str:
    request = exchange.request
    act = exchange.act
    who = "nobody" if act.identity == NOBODY else act.sender
    sent = f"{harmless(request.method)} {harmless(request.target)} {_short(request.body, 60)}"
    shown = exchange.act.credential
    how = f", with a credential that is {shown}" if shown else ""
    return f"{harmless(who) if who else 'the client'} sends {sent.rstrip()}{how}"


def _act(act: Act) -> str:
    who = act.identity or act.step.identity
    return f"{harmless(who) if who else 'the client'} sends {harmless(act.step.operation.id)}"


def _short(content: bytes, width: int) -> str:
    return clip(harmless(fold(body(content))), width)


def _told(evidence: Evidence, room: int) -> list[Line]:
    """Return what the clients were told: first the act, then what was sent after it."""
    drawn: list[Line] = []
    phase = overlap.overlapping(evidence)
    if phase is not None:
        told = [
            clip(f"{overlap.letter(place)} {_answer(exchange)}", room)
            for place, exchange in enumerate(evidence.exchanges[: len(phase.acts)])
        ]
        serial = [clip(each, room) for each in _serial(evidence)]
        return _labelled("Then:", told) + _labelled("Serial:", serial)
    for place, exchange in enumerate(evidence.exchanges[:3]):
        label = "Then:" if place == 0 else "Retry:"
        if place and not _same(exchange.request, evidence.exchanges[0].request):
            label = "After:"
        sent = "" if label != "After:" else f"{_request(exchange)}: "
        drawn.append(Line(label, clip(f"{sent}{_answer(exchange)}", room)))
    return drawn


def _serial(evidence: Evidence) -> list[str]:
    """Return what each order gives, in one line where all give the same."""
    said = [harmless(each.description) for each in evidence.controls]
    answers = {each.partition(": ")[2] for each in said}
    return [f"in either order: {answers.pop()}"] if len(answers) == 1 else said


def _same(one: Request, other: Request) -> bool:
    return (one.method, one.target, one.body) == (other.method, other.target, other.body)


def _answer(exchange: Exchange) -> str:
    if exchange.response is None:
        reason = exchange.silence or "nothing came"
        return f"no answer ({reason})"
    return f"answered {response(exchange.response)}"


def response(answer: Response) -> str:
    """Return a response in one line: the status and the start of the body."""
    return f"{answer.status} {_short(answer.body, 100)}".rstrip()


def _crossings(evidence: Evidence) -> list[tuple[int, Crossing]]:
    """Return the crossings with their positions.

    The evidence may hold a window: the fact `position` then says where `crossing` stands among all.
    """
    every = evidence.crossings or ((evidence.crossing,) if evidence.crossing else ())
    first = 1
    position = evidence.facts.get("position")
    if isinstance(position, int) and evidence.crossing in every:
        first = position - every.index(evidence.crossing)
    return list(enumerate(every, first))


def _statements(evidence: Evidence, room: int) -> list[Line]:
    every = _crossings(evidence)
    shown = _chosen(every, evidence)
    marks = [mark(crossing, evidence, position) for position, crossing in shown]
    phase = overlap.overlapping(evidence)
    drawn: list[Line] = []
    for (position, crossing), note in zip(shown, marks, strict=True):
        space = room - len(note) - 2 if note else room
        label, answer = "SQL", ""
        if phase is not None:
            label = overlap.owner(crossing, phase)
        if crossing.kind is CrossingKind.CALL:
            label = "OUT" if phase is None else f"{label} out"
            answer = f" -> {crossing.response.status}" if crossing.response else " -> no answer"
        text = clip(harmless(fold(_statement(crossing))), space - len(answer)) + answer
        drawn.append(Line(f"{label} #{position}", text, note))
    left_out = [each for each in every if each not in shown]
    if left_out:
        calls = any(crossing.kind is CrossingKind.CALL for _, crossing in left_out)
        what = "statements and calls" if calls else "statements"
        drawn.append(Line("", f"… and {len(left_out)} more {what}"))
    return drawn


def _statement(crossing: Crossing) -> str:
    """Return a crossing as a person knows it: of a call its shape, for that has no ids."""
    called = crossing.kind is CrossingKind.CALL
    return crossing.key.shape if called else crossing.statement


def _chosen(every: list[tuple[int, Crossing]], evidence: Evidence) -> list[tuple[int, Crossing]]:
    """Choose what fits: marked crossings first, then landmarks near them, then the rest."""
    if len(every) <= _STATEMENTS:
        return every
    centre = next((p for p, each in every if each == evidence.crossing), every[-1][0])
    phase = overlap.overlapping(evidence)
    telling = overlap.telling(evidence, phase) if phase is not None else set()
    centre = max(telling, default=centre)
    landmarks = _LANDMARKS if phase is None else _LANDMARKS - {CrossingKind.BEGIN}

    def priority(numbered: tuple[int, Crossing]) -> tuple[bool, bool, int]:
        position, crossing = numbered
        return (
            position not in telling and mark(crossing, evidence, position) in {"", _ALONE},
            crossing.kind not in landmarks,
            abs(position - centre),
        )

    return sorted(sorted(every, key=priority)[: _STATEMENTS - 1])


def mark(crossing: Crossing, evidence: Evidence, position: int = 0) -> str:
    """Return what is wrong at a crossing, or nothing. `position` is its place among all."""
    if crossing.fault is not None:
        return f"<- {harmless(crossing.fault.label)}"
    if crossing.kind is CrossingKind.COMMIT and crossing.tag == "ROLLBACK":
        return "<- answered ROLLBACK"
    phase = overlap.overlapping(evidence)
    said = [] if phase is None else overlap.said(position, crossing, evidence, phase)
    if crossing.sqlstate:
        said.insert(0, harmless(crossing.sqlstate))
    if said or phase is not None:
        return f"<- {', '.join(said)}" if said else ""
    if position and position == _interrupted(evidence):
        return f"<- {_STRIKES[injected(evidence)[0].kind].removesuffix(' at')} here"
    if crossing == evidence.crossing:
        return "<- here"
    if crossing.kind is CrossingKind.WRITE and (
        crossing.before is crossing.after is TransactionStatus.IDLE
    ):
        return _ALONE
    return ""


def _left(evidence: Evidence, room: int) -> list[Line]:
    if not evidence.left and evidence.expected:
        return [Line("Left:", "no row changed")]
    return _labelled("Left:", rows.lines(evidence.left, evidence.masked, room, _LEFT))


def _legal(evidence: Evidence, room: int) -> list[Line]:
    """Return what is missing; where nothing is, what a legal outcome has."""
    missing = rows.without(evidence.expected, evidence.left, evidence.masked)
    label, shown = ("Missing:", missing) if missing else ("Legal:", evidence.expected)
    return _labelled(label, rows.lines(shown, evidence.masked, room, _LEGAL))


def _masked(evidence: Evidence, room: int) -> list[Line]:
    if not evidence.masked:
        return []
    names = ", ".join(harmless(each) for each in evidence.masked)
    return [Line("Masked:", clip(names, room))]


def _control(finding: Finding, room: int) -> list[Line]:
    replayed = "replayed " + replays(finding)
    control = finding.evidence.control
    if control is None:
        return [Line("Control:", replayed)]
    told = "" if control.exchange is None else f" -> {control.exchange.status or 'no answer'}"
    # Not every check keeps the rows of its control: none here does not say that none changed.
    count = len(control.changes)
    changed = f", {counted(count, 'row')} changed" if count else ""
    seen = f"{told}{changed}, {replayed}"
    if stronger := finding.evidence.facts.get("serializable"):
        seen += f"; SERIALIZABLE alone {stronger}"
    return [Line("Control:", clip(harmless(control.description), room - len(seen)) + seen)]


def replays(finding: Finding) -> str:
    """Return `3/3`."""
    return f"{finding.replays[0]}/{finding.replays[1]}"


def _also(finding: Finding, room: int) -> list[Line]:
    text = also(finding, room)
    return [Line("Also:", text)] if text else []


def also(finding: Finding, room: int) -> str:
    """Return `and 3 more operations: …`, which have the same cause; nothing where none has."""
    if not finding.also:
        return ""
    count = len(finding.also)
    names = ", ".join(harmless(each) for each in finding.also)
    return clip(f"and {counted(count, 'more operation')}: {names}", room)


def _fix(known: FindingClass | None, finding: Finding, room: int) -> list[Line]:
    if known is None or not known.fix:
        return []
    return _labelled("Fix:", paragraph(_filled(known.fix, finding), room, 2))


def _next(finding: Finding) -> str:
    return f"seamproof replay {finding.id} · seamproof explain {finding.finding_class}"


def heading(finding: Finding, known: FindingClass | None, width: int) -> tuple[str, str]:
    """Return the heading's left and right parts, the tier left out of the left one."""
    left = f"{finding.finding_class}  {harmless(finding.operation)}"
    right = f"boundary broken: {known.broken if known else finding.boundary}"
    return pad(clip(left, width - len(right) - 2), width - len(right)), right
