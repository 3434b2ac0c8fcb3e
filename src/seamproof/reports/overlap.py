"""Acts that overlapped, for people: A and B, where each stood, and what each order would give."""

from __future__ import annotations

from collections.abc import Iterator

from seamproof.core.experiment import Phase, Turn
from seamproof.core.history import Crossing, CrossingKind
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
    """Return the turns in a sentence: `A stands before UPDATE … (#4), B runs to its end, …`."""
    if phase.schedule is None or not phase.schedule.turns:
        return "both at once"
    return ", then ".join(_turns(phase.schedule.turns, len(phase.acts), evidence))


def _turns(turns: tuple[Turn, ...], acts: int, evidence: Evidence) -> Iterator[str]:
    unfinished = dict.fromkeys(range(acts))
    for turn in turns:
        if turn.until is None:
            unfinished.pop(turn.act, None)
            yield f"{letter(turn.act)} runs to its end"
        else:
            yield f"{letter(turn.act)} runs until {_place(turn, evidence)}"
    for act in unfinished:
        yield f"{letter(act)} goes on"


def _place(turn: Turn, evidence: Evidence) -> str:
    """Return where a turn ends, by the position of the crossing among all."""
    assert turn.until is not None
    for position, each in enumerate(evidence.crossings, start=1):
        if each.key == turn.until and each.replica == turn.act:
            return f"before #{position}"
    return f"before `{turn.until.shape}`"


def mark(crossing: Crossing, evidence: Evidence, phase: Phase) -> str:
    """Return what a reader must see at a crossing of acts that overlapped, or nothing."""
    if crossing == evidence.crossing:
        return f"<- {owner(crossing, phase)} stood before this"
    if crossing.kind is CrossingKind.WRITE and evidence.crossing is not None:
        same = crossing.key.shape == evidence.crossing.key.shape
        return "<- the same meanwhile" if same else ""
    return ""
