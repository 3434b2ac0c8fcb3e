"""Whether null was only taken for a field that is not there.

Many readers know no difference between the two. Where the document lets the field be left out, a
row that has NULL is what it allows, as long as leaving the field out makes the same of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from seamproof.analysis.confirm import plain
from seamproof.analysis.trouble import trouble
from seamproof.checks.validation.judgement import Judge, Sight
from seamproof.checks.validation.stored import Kept, cells
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import Changes, History
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject
from seamproof.core.verdict import Tier


def compared(subject: Subject, judge: Judge, sights: Iterable[Sight]) -> Exploration[list[Sight]]:
    """The same sights, notes of those whose field may as well be left out."""
    told = list(sights)
    asked = {
        place: _omitting(subject, each.probe.omitted)
        for place, each in enumerate(told)
        if each.stored.kept is Kept.AS_IT_IS and each.probe.omitted is not None
    }
    if not asked:
        return told
    histories: tuple[History, ...] = yield tuple(asked.values())
    for place, history in zip(asked, histories, strict=True):
        if _leaves_null(judge, told[place], history):
            stored = replace(told[place].stored, kept=Kept.AS_LEFT_OUT)
            told[place] = replace(told[place], tier=Tier.NOTE, stored=stored)
    return told


def _omitting(subject: Subject, act: Act) -> Experiment:
    return replace(plain(subject, "without the field"), phases=(Phase((act,)),))


def _leaves_null(judge: Judge, sight: Sight, history: History) -> bool:
    if trouble(history) or not history.section.exchange.ok:
        return False
    rows = judge.rows(history.section, Changes())
    where = sight.stored
    return any(each.text is None for each in cells(rows, where.table, where.column))
