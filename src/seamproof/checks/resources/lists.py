"""Which rows a read lists, and what it costs to list more of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.analysis.cloning import as_row, clones
from seamproof.analysis.intervals import sql
from seamproof.analysis.statements import names
from seamproof.analysis.words import words_of
from seamproof.core.catalog import Table
from seamproof.core.experiment import Experiment, RowEdit
from seamproof.core.history import Crossing, CrossingKind, History, Row
from seamproof.core.leaves import json_leaves
from seamproof.core.subject import Subject

STEEP = 0.9
"""More statements for each row, from which on it is one a row."""
_TABLES = 3
_ROWS_OF_A_TABLE = 2
"""Rows that are tried as the one to clone."""
_TELLING = 3
"""A shorter value stands in an answer by chance."""
_COUNTED = re.compile(r"SELECT (\d+)")
_LIMITED = re.compile(r"\b(?:LIMIT|FETCH (?:FIRST|NEXT))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row that an answer shows, of which there may be more."""

    table: Table
    row: Row

    def more(self, count: int) -> tuple[RowEdit, ...]:
        """So many like it."""
        return clones(self.table, self.row, count)

    def experiment(self, subject: Subject, count: int) -> Experiment:
        """The act with so many more."""
        plain = Experiment.of(subject.scenario, purpose=f"{count} more rows")
        return replace(plain, edits=self.more(count))


@dataclass(frozen=True, slots=True)
class Cost:
    """What listing took."""

    statements: Counter[str]
    """By shape."""
    rows: int
    """Of the table, as they came over the wire."""
    shown: int
    """Of the largest list of the answer."""

    @classmethod
    def of(cls, subject: Subject, history: History, table: str) -> Cost:
        """Count what a history's last request asked and was answered."""
        section = history.sections[-1]
        crossings = [
            each
            for each in sql(section, subject.profile)
            if each.kind in (CrossingKind.READ, CrossingKind.WRITE)
        ]
        rows = sum(_rows(each) for each in crossings if table in names(each.statement))
        return cls(Counter(each.key.shape for each in crossings), rows, _longest(history))

    def beyond(self, other: Cost) -> int:
        """How many statements more than another takes."""
        return self.statements.total() - other.statements.total()

    def grown(self, other: Cost) -> str:
        """The shape of which there are most more than elsewhere."""
        more = self.statements - other.statements
        return more.most_common(1)[0][0] if more else ""


def listed(subject: Subject, clean: History) -> tuple[Listed, ...]:
    """Rows that the answer shows, of each table the ones that it shows most of; those first of the
    table that the path is called by."""
    told = _told(clean)
    read = frozenset[str]().union(*(names(c.statement) for c in clean.section.crossings))
    found: list[tuple[int, Listed]] = []
    for name, table in subject.catalog.tables.items():
        if name not in read or not table.primary_key:
            continue
        scored = [
            (score, Listed(table, row))
            for row in known(subject, clean, table)
            if (score := _score(table, row, told)) and clones(table, row, 1)
        ]
        scored.sort(key=lambda pair: -pair[0])
        found += scored[:_ROWS_OF_A_TABLE]
    noun = _noun(subject.operation.path)
    found.sort(key=lambda pair: (not _called(pair[1].table.name, noun), -pair[0]))
    tables = list(dict.fromkeys(each.table.name for _, each in found))[:_TABLES]
    return tuple(each for _, each in found if each.table.name in tables)


def grows(subject: Subject, table: str) -> bool:
    """Whether requests add to a table: it was seen, or the document says that one may POST where it
    is listed. Of a single test nothing else is known than what the test does."""
    if table in subject.profile.effects:
        return True
    path = subject.operation.path.rstrip("/")
    declared = subject.document.declarations if subject.document else ()
    adds = any(
        each.operation.method == "POST" and each.operation.path.rstrip("/") == path
        for each in declared
    )
    return adds and _called(table, _noun(path))


def _noun(path: str) -> str:
    """The last word of a path: `orders` of `/shops/{shop}/orders/`."""
    words = [each for each in path.lower().split("/") if each and not each.startswith("{")]
    return words[-1] if words else ""


def _called(table: str, noun: str) -> bool:
    """Whether a table is called so, in the singular or the plural."""
    return any(
        noun in (one, f"{one}s", f"{one}es", re.sub(r"y$", "ies", one)) or one == f"{noun}s"
        for one in words_of(table)
    )


def listing(subject: Subject, history: History, table: str) -> Crossing | None:
    """The statement that read most rows of a table."""
    read = [
        each
        for each in sql(history.sections[-1], subject.profile)
        if table in names(each.statement)
    ]
    return max(read, key=_rows, default=None)


def limited(crossing: Crossing) -> bool:
    """Whether a statement says how many rows it is to have at most."""
    return _LIMITED.search(crossing.key.shape) is not None


def _rows(crossing: Crossing) -> int:
    counted = _COUNTED.fullmatch(crossing.tag or "")
    return int(counted[1]) if counted else 0


def known(subject: Subject, clean: History, table: Table) -> Iterator[Row]:
    """Rows of a table that are there when the act begins, those that the arrangement made first."""
    for change in clean.prepared.rows:
        if change.table == table.name and change.new is not None:
            yield change.new
    for row in subject.stored.get(table.name, ()):
        yield as_row(table, row)


def _told(history: History) -> frozenset[str]:
    response = history.section.exchange.response
    text = response.body.decode("utf-8", "replace") if response else ""
    return frozenset(value for _, value in json_leaves(text) or () if value)


def _score(table: Table, row: Row, told: frozenset[str]) -> int:
    """How much of a row is told; 0 where that may as well be another's."""
    own = [row.get(each) for each in table.primary_key if not _refers(table, each)]
    told_of = [t for n, t in row.items() if n not in table.primary_key and t and t in told]
    if own and all(each in told for each in own):
        return len(told_of)
    score = sum(len(text) >= _TELLING for text in told_of)
    return score if score > 1 else 0


def _refers(table: Table, column: str) -> bool:
    return any(column in key.columns for key in table.foreign_keys)


def _longest(history: History) -> int:
    """The entries of the longest list at the top of an answer."""
    response = history.sections[-1].exchange.response
    text = response.body.decode("utf-8", "replace") if response else ""
    # A list within a list is no page: of `$.items[].tags[].name` nothing is counted.
    counts = Counter(path for path, _ in json_leaves(text) or () if path.count("[]") == 1)
    return max(counts.values(), default=0)
