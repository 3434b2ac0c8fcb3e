"""Which sensitive columns of which rows an act may read, and a canary in each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from seamproof.analysis.confirm import as_expected
from seamproof.analysis.ownership import Belonging, Ownership
from seamproof.analysis.sensitivity import Sensitivity, sensitivity
from seamproof.analysis.statements import names
from seamproof.analysis.trouble import trouble
from seamproof.analysis.values import json_leaves
from seamproof.core.canary import LENGTH, canary
from seamproof.core.catalog import Column, Table
from seamproof.core.experiment import BoundaryKind, Experiment, RowEdit
from seamproof.core.history import History, Row
from seamproof.core.protocols import Exploration
from seamproof.core.secrecy import redacted
from seamproof.core.subject import Subject

_TEXT = re.compile(r"^(?:text|citext|(?:character varying|varchar)(?:\((\d+)\))?)$")
_DOMAIN = "@example.com"
_ROWS = 12
"""Rows of one table that get canaries."""
_ALONE = 8
"""Columns that are tried one by one where they do not go together."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A canary in a column of a row."""

    table: str
    column: str
    kind: Sensitivity
    key: tuple[tuple[str, str | None], ...]
    belonging: Belonging
    mine: bool
    """Whether the row is of whom the act is sent as."""

    @property
    def place(self) -> str:
        """`users.password_hash`."""
        return f"{self.table}.{self.column}"

    @property
    def canary(self) -> str:
        """What is looked for in an answer."""
        return canary(self.table, repr(self.key), self.column)

    @property
    def text(self) -> str:
        """What stands in the column."""
        return self.canary + (_DOMAIN if "mail" in self.column.lower() else "")

    def field(self, body: bytes) -> str:
        """Where an answer has it: the path of a field; empty where it has it not."""
        text = body.decode("utf-8", "replace")
        if self.canary not in text:
            return ""
        found = json_leaves(text) or ()
        return next((path for path, value in found if self.canary in (value or "")), "the body")


def marks(subject: Subject, clean: History) -> tuple[Mark, ...]:
    """A mark for each sensitive column of each row that the act may read."""
    owners = Ownership.of(subject.catalog, subject.stored, subject.identities)
    owners = owners.also(clean.prepared)
    who = subject.scenario.act.identity or ""
    found: dict[tuple[str, str, tuple[tuple[str, str | None], ...]], Mark] = {}
    for name in sorted(_read(subject, clean)):
        table = subject.catalog.tables[name]
        columns = [(each, kind) for each in table.columns if (kind := _kind(table, each))]
        if not columns or not table.primary_key:
            continue
        for row in _rows(table, owners, clean):
            key = tuple((column, row.get(column)) for column in table.primary_key)
            belonging = owners.belonging(name, row)
            mine = owners.mine(who, belonging)
            for column, kind in columns:
                if row.get(column.name) is not None:
                    one = Mark(name, column.name, kind, key, belonging, mine)
                    found.setdefault((name, column.name, key), one)
    return tuple(found.values())


def edits(planted: Iterable[Mark]) -> tuple[RowEdit, ...]:
    """The marks as edits, one a row."""
    rows: dict[tuple[str, tuple[tuple[str, str | None], ...]], dict[str, str | None]] = defaultdict(
        dict
    )
    for each in planted:
        rows[each.table, each.key][each.column] = each.text
    return tuple(RowEdit(table, dict(key), new) for (table, key), new in rows.items())


def planting(subject: Subject, planted: Sequence[Mark]) -> Experiment:
    """The act, with canaries in the rows that it may read."""
    plain = Experiment.of(subject.scenario, purpose="canaries")
    return replace(plain, edits=edits(planted))


def plant(
    subject: Subject, wanted: Sequence[Mark]
) -> Exploration[tuple[tuple[Mark, ...], History | None]]:
    """Plant the marks, without those under which the act fails: a sign-in may need the value.

    Returns those that are planted, and the act as it went with them.
    """
    history: History = yield planting(subject, wanted)
    if _went_well(subject, history):
        return tuple(wanted), history
    by_place: dict[str, list[Mark]] = defaultdict(list)
    for each in wanted:
        by_place[each.place].append(each)
    kept: list[Mark] = []
    for together in list(by_place.values())[:_ALONE]:
        others = [each for each in together if not each.mine]
        for some in (together, others) if len(others) < len(together) else (together,):
            if some:
                history = yield planting(subject, some)
                if _went_well(subject, history):
                    kept += some
                    break
    if not kept:
        return (), None
    history = yield planting(subject, kept)
    return (tuple(kept), history) if _went_well(subject, history) else ((), None)


def _went_well(subject: Subject, history: History) -> bool:
    return not trouble(history) and as_expected(subject, history)


def _read(subject: Subject, clean: History) -> Iterator[str]:
    """The tables that the act's statements name."""
    named = frozenset[str]().union(
        *(
            names(each.statement)
            for each in clean.section.crossings
            if each.boundary is BoundaryKind.SQL
        )
    )
    return (each for each in subject.catalog.tables if each in named)


def _kind(table: Table, column: Column) -> Sensitivity | None:
    kind, text = sensitivity(column.name), _TEXT.match(column.type)
    if kind is None or text is None or column.generated or column.name in table.primary_key:
        return None
    longest = LENGTH + len(_DOMAIN)
    return kind if text[1] is None or int(text[1]) >= longest else None


def _rows(table: Table, owners: Ownership, clean: History) -> list[Row]:
    """Rows that are there when the act begins, those that the arrangement made first."""
    made = [each.new for each in clean.prepared.rows if each.table == table.name and each.new]
    found = [*made, *owners.rows.get(table.name, ())]
    whole = [
        row
        for row in found
        if not any(not row.get(each) or redacted(row[each]) for each in table.primary_key)
    ]
    return whole[:_ROWS]
