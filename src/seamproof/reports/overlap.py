"""Acts that overlapped, for people: A and B, where each stood, and what each order would give."""

from __future__ import annotations

from collections.abc import Iterator

from seamproof.core.experiment import Phase, Turn
from seamproof.core.history import Crossing
from seamproof.core.verdict import Evidence


def letter(act: int) -> str:
    """Return the name of an act in its phase: A, B, …"""
    return chr(ord("A") + act)


def overlapping(evidence: Evidence) -> Phase | None:
    """Return the phase in which acts overlapped; None where one came after the other."""
    if evidence.experiment is None:
        return None
    return next((each for each in evidence.experiment.phases if len(each.acts) > 1), None)


def owner(crossing: Crossing, phase: Phase) -> str:
    """Return whose crossing it is: each act has a replica of its own."""
    found = [index for index, act in enumerate(phase.acts) if act.replica == crossing.replica]
    return letter(found[0]) if found else "?"


def schedule(phase: Phase, evidence: Evidence) -> str:
    """Return the turns in a sentence: `A stops before #4, then B runs to its end, …`."""
    if phase.schedule is None or not phase.schedule.turns:
        return "both at once"
    return ", then ".join(_turns(phase.schedule.turns, len(phase.acts), evidence))


def _turns(turns: tuple[Turn, ...], acts: int, evidence: Evidence) -> Iterator[str]:
    unfinished = dict.fromkeys(range(acts))
    locked = bool(evidence.facts.get("locked"))
    standing = ""
    for turn in turns:
        name = letter(turn.act)
        if turn.until is not None:
            yield f"{name} stops before {_place(turn, evidence)}"
            standing = name
            continue
        unfinished.pop(turn.act, None)
        if locked and standing and standing != name:
            yield f"{name} runs until a lock of {standing} stops it"
            unfinished[turn.act] = None
            locked = False
        else:
            yield f"{name} runs to its end"
    for act in unfinished:
        yield f"{letter(act)} goes on"


def _place(turn: Turn, evidence: Evidence) -> str:
    """Return where a turn ends, by the position of the crossing among all."""
    assert turn.until is not None
    position = _position(turn, evidence)
    return f"#{position}" if position else f"`{turn.until.shape}`"


def _position(turn: Turn, evidence: Evidence) -> int | None:
    for position, each in enumerate(evidence.crossings, start=1):
        if each.key == turn.until and each.replica == turn.act:
            return position
    return None


def stops(evidence: Evidence, phase: Phase) -> set[int]:
    """Return the positions of the crossings before which acts stood."""
    turns = phase.schedule.turns if phase.schedule is not None else ()
    found = (_position(turn, evidence) for turn in turns if turn.until is not None)
    return {each for each in found if each is not None}


def telling(evidence: Evidence, phase: Phase) -> set[int]:
    """Return the positions that a reader must see: stops, and what the finding is named by."""
    named = (evidence.facts.get(name) for name in ("read", "meanwhile", "written"))
    return stops(evidence, phase).union(each for each in named if isinstance(each, int))


def said(position: int, crossing: Crossing, evidence: Evidence, phase: Phase) -> list[str]:
    """Return what a reader must know of a crossing of acts that overlapped."""
    facts = evidence.facts
    known = []
    if position in stops(evidence, phase):
        known.append(f"{owner(crossing, phase)} stood here")
    if position == facts.get("read") and isinstance(meanwhile := facts.get("meanwhile"), int):
        known.append(f"before #{meanwhile} is seen")
    if position == facts.get("written"):
        known.append(f"knows only #{facts.get('read')}")
    return known
