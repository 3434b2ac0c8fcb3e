"""Whether a text may be as long as the client likes: read, and stored."""

from __future__ import annotations

from collections.abc import Iterator

from seamproof.analysis.inputs import Input, Where, inputs
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import History
from seamproof.core.subject import Subject

LENGTH = 10_000_000
"""Characters that no field needs that is typed in."""
_KEPT = 1_000_000
"""Characters of it in a row that are no accident."""
_BODIES = frozenset({Where.BODY, Where.FORM, Where.TEXT})


def texts(subject: Subject) -> Iterator[Input]:
    """The texts of the act's body that are not said to be shorter."""
    for place in inputs(subject.scenario.act, subject.document):
        declared = place.schema if isinstance(place.schema, dict) else {}
        longest = declared.get("maxLength", LENGTH)
        is_long = isinstance(longest, int | float) and longest >= LENGTH
        if place.where in _BODIES and place.is_text and place.value is not None and is_long:
            yield place


def filled(subject: Subject, place: Input) -> Experiment:
    """The act with a text that is too long; the experiment itself has only its length."""
    step = place.sent(subject.scenario.act, f"{{filler.{LENGTH}}}")
    return Experiment(
        (Phase((Act(step),)),), subject.scenario.arrangement, purpose="a text too long"
    )


def stored(history: History) -> str:
    """The column that a text too long was stored in, `table.column`; empty where none was."""
    section = history.sections[-1]
    for change in section.changes.rows if section.exchange.ok else ():
        for column, text in (change.new or {}).items():
            if text is not None and len(text) >= _KEPT:
                return f"{change.table}.{column}"
    return ""
