"""Whether a value became a part of a statement's syntax: the token rule.

A payload is a canary, what would end a token, and another canary. On the wire it is either one
value, bound or written as a literal, or it is not: then what was to be data has ended the token
that it stood in, and the rest of it is read as SQL.

    bound       … WHERE name = $1                                   held: it is not in the text
    escaped     … WHERE name = 'qzsmpaaaaaaa''qzsmpbbbbbbb'         held: one literal
    spliced     … WHERE name = 'qzsmpaaaaaaa'qzsmpbbbbbbb'          torn: a literal, then a word

What is between the two must be made of the payload's own characters: a service that takes a text
apart and writes its words as literals has escaped each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from seamproof.analysis import lexing
from seamproof.analysis.lexing import lex
from seamproof.core import canary
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import Crossing, Section

QUOTE = "'"
_ENDINGS = {
    lexing.STRING: QUOTE,
    lexing.ESCAPE_STRING: "\\'",
    lexing.NAME: '"',
    lexing.BLOCK_COMMENT: "*/",
    lexing.LINE_COMMENT: "\n",
}
"""What ends a token of each kind, where it is put into it as it comes."""
_OWN = re.compile(r"['\"\\*/\n]+")
_NOT_CONFORMING = re.compile(r"SET (?:SESSION )?standard_conforming_strings\b.*\boff\b", re.I)
_IDENTIFIERS = frozenset({lexing.NAME, lexing.WORD})


@dataclass(frozen=True, slots=True)
class Payload:
    """A text that shows where it went, and whether it is still one value there."""

    head: str
    ending: str = QUOTE

    @classmethod
    def of(cls, *place: str, ending: str = QUOTE) -> Payload:
        """The payload of a place: the same in equal experiments."""
        return cls(canary.canary("splice", *place), ending)

    @classmethod
    def parse(cls, text: str) -> Payload | None:
        """The payload that is this text; None where it is none."""
        marks = canary.spans(text)
        if len(marks) != 2 or marks[1][0] != _tail(marks[0][0]):
            return None
        return cls(marks[0][0], text[marks[0][2] : marks[1][1]])

    @property
    def tail(self) -> str:
        """What stands behind the ending."""
        return _tail(self.head)

    @property
    def text(self) -> str:
        """What is sent."""
        return f"{self.head}{self.ending}{self.tail}"

    def stored(self, texts: Iterable[str | None]) -> bool:
        """Whether one of these texts holds all of it."""
        return any(each and self.head in each and self.tail in each for each in texts)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A payload in the text of a statement."""

    head: str
    crossing: Crossing
    group: str
    """The kind of the token that its head is in."""
    torn: bool
    """Whether its tail is in another token."""

    @property
    def ending(self) -> str:
        """What would end that token; empty where nothing does."""
        return _ENDINGS.get(self.group, "")

    @property
    def names(self) -> bool:
        """Whether it stands, whole, where a column or a table is named."""
        return not self.torn and self.group in _IDENTIFIERS


def sightings(section: Section) -> tuple[Sighting, ...]:
    """Every payload in the texts of a section's statements; a call to another service is none."""
    marked = [
        each
        for each in section.crossings
        if each.boundary is BoundaryKind.SQL and canary.PREFIX in each.statement.lower()
    ]
    if not marked:
        return ()
    escaping = {
        each.connection for each in section.crossings if _NOT_CONFORMING.match(each.statement)
    }
    return tuple(
        sighting
        for each in marked
        for sighting in _in(each, conforming=each.connection not in escaping)
    )


def torn(section: Section, head: str) -> Sighting | None:
    """Where the payload of this head is torn first."""
    return next((each for each in sightings(section) if each.torn and each.head == head), None)


def _in(crossing: Crossing, *, conforming: bool) -> Iterator[Sighting]:
    text = crossing.statement
    marks = canary.spans(text)
    lexemes = list(lex(text, conforming=conforming))
    for (head, start, end), (tail, next_start, _) in pairwise(marks):
        between = text[end:next_start]
        if tail != _tail(head) or not (between == "" or _OWN.fullmatch(between)):
            continue
        holds = next(each for each in lexemes if each[1] <= start < each[2])
        yield Sighting(head, crossing, holds[0], torn=next_start >= holds[2])


def _tail(head: str) -> str:
    return canary.canary("tail", head)
