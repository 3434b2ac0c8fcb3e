"""Names of columns that exist: does a client name one that it is not to know?

A library that knows the tables refuses what names no column, so that no payload comes to the wire:
`order_by(sort)` of an ORM. What it takes is every name that there is. So where a value names a
column in the statements of the act, the name of a secret one beside it is sent in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seamproof.analysis.inputs import Input, Where
from seamproof.analysis.lexing import NAME, WORD
from seamproof.analysis.sensitivity import Sensitivity, sensitivity
from seamproof.analysis.statements import names, tokens
from seamproof.analysis.trouble import trouble
from seamproof.checks.injection.attempts import experiment
from seamproof.core.experiment import Act, BoundaryKind, Phase
from seamproof.core.history import Crossing, History, Section
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject

_DIRECTIONS = "+-"
"""What may stand before the name of a column to sort by."""
_NAMING = frozenset({Where.QUERY, Where.BODY, Where.FORM})
_SECRET = (Sensitivity.PASSWORD, Sensitivity.TOKEN)
_NAMES = (NAME, WORD)
_MOST = 8


@dataclass(frozen=True, slots=True)
class Named:
    """A secret column whose name a client sent, and the statement that it came to."""

    input: Input
    column: str
    crossing: Crossing
    history: History


@dataclass(frozen=True, slots=True)
class _Choice:
    """A secret column that is named where the act names another."""

    input: Input
    sign: str
    column: str

    def phase(self, subject: Subject) -> Phase:
        step = self.input.sent(subject.scenario.act, f"{self.sign}{self.column}")
        return Phase((Act(step),))


def named(subject: Subject, clean: History, places: Sequence[Input]) -> Exploration[list[Named]]:
    """The inputs that secret columns can be named in."""
    usual = _spoken(clean.section)
    choices = list(_choices(subject, clean.section, places))[:_MOST]
    found = []
    for choice in choices:
        history: History = yield experiment(subject, choice.phase(subject), purpose="a column")
        if trouble(history):
            continue
        for crossing in _sql(history.section):
            if _counted(crossing)[choice.column] > usual[choice.column]:
                found.append(Named(choice.input, choice.column, crossing, history))
                break
    return found


def _choices(subject: Subject, section: Section, places: Sequence[Input]) -> Iterator[_Choice]:
    """Of each input that names a column of a statement, a secret one of the same table."""
    spoken = [names(each.statement) for each in _sql(section)]
    for place in places:
        if place.where not in _NAMING or not isinstance(place.value, str):
            continue
        name = place.value.lstrip(_DIRECTIONS)
        sign = place.value.removesuffix(name)
        for table, described in subject.catalog.tables.items():
            columns = [each.name for each in described.columns]
            if name in columns and any({name, table} <= each for each in spoken):
                secret = [each for each in columns if sensitivity(each) in _SECRET]
                if secret and name not in secret:
                    yield _Choice(place, sign, secret[0])
                    break


def _spoken(section: Section) -> Counter[str]:
    """How often a statement of these has each name, at the most."""
    most: Counter[str] = Counter()
    for each in _sql(section):
        most |= _counted(each)
    return most


def _counted(crossing: Crossing) -> Counter[str]:
    words = (text for group, text, _ in tokens(crossing.statement) if group in _NAMES)
    return Counter(each.strip('"') for each in words)


def _sql(section: Section) -> Iterator[Crossing]:
    return (each for each in section.crossings if each.boundary is BoundaryKind.SQL)
