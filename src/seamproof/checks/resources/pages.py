"""Whether the size of a page is the client's to choose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seamproof.analysis.inputs import Input, Where, inputs
from seamproof.analysis.intervals import sql
from seamproof.analysis.words import words_of
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import Crossing, History
from seamproof.core.subject import Subject

ASKED = 100_000
"""Rows that nobody needs at once."""
_WORDS = (
    frozenset({"limit"}),
    frozenset({"size"}),
    frozenset({"page", "size"}),
    frozenset({"pagesize"}),
    frozenset({"per", "page"}),
    frozenset({"perpage"}),
    frozenset({"page", "limit"}),
    frozenset({"count"}),
    frozenset({"take"}),
    frozenset({"top"}),
    frozenset({"first"}),
    frozenset({"max", "results"}),
    frozenset({"maxresults"}),
    frozenset({"rows"}),
    frozenset({"pagination", "limit"}),
)
_LIMIT = re.compile(
    r"\b(?:LIMIT|FETCH\s+(?:FIRST|NEXT))\s+\(?\s*(?:\$(\d+)|'?(\d+)'?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Page:
    """A parameter that says how large a page is."""

    input: Input

    def experiment(self, subject: Subject) -> Experiment:
        """The act with a page that is too large."""
        step = self.input.sent(subject.scenario.act, ASKED)
        return Experiment(
            (Phase((Act(step),)),), subject.scenario.arrangement, purpose="a page too large"
        )


def pages(subject: Subject) -> Iterator[Page]:
    """The parameters of the act that say how large a page is."""
    for place in inputs(subject.scenario.act, subject.document):
        if place.where is Where.QUERY and words_of(place.name) in _WORDS:
            yield Page(place)


def unlimited(subject: Subject, history: History) -> tuple[Crossing, str] | None:
    """The statement that takes the page as it was asked for, and what it says."""
    if not history.sections[-1].exchange.ok:
        return None
    for each in sql(history.sections[-1], subject.profile):
        for found in _LIMIT.finditer(each.statement):
            value = found[2]
            if found[1] is not None and int(found[1]) <= len(each.parameters):
                value = each.parameters[int(found[1]) - 1]
            if value is not None and value.isdecimal() and int(value) >= ASKED:
                return each, f"LIMIT {value}"
    return None
