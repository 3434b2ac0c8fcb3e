"""Which sensitive columns of which rows an act may read, and a canary in each: a word, a UUID, a
long number or a moment, as the column takes it; in JSON a word in each sensitive text.

Keys and references are left as they are: clients are meant to see them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from seamproof.analysis.confirm import as_expected
from seamproof.analysis.ownership import Belonging, Ownership
from seamproof.analysis.places import Place, form_of, inside, referring, room
from seamproof.analysis.sensitivity import Sensitivity, sensitivity, sensitivity_of
from seamproof.analysis.statements import names
from seamproof.analysis.trouble import trouble
from seamproof.core.canaries import Form, sighted
from seamproof.core.canary import LENGTH
from seamproof.core.catalog import Column, Table
from seamproof.core.experiment import BoundaryKind, Experiment, RowEdit
from seamproof.core.history import History, Row
from seamproof.core.leaves import json_leaves
from seamproof.core.protocols import Exploration
from seamproof.core.secrecy import redacted
from seamproof.core.subject import Subject

_DOMAIN = "@example.com"
_LONGEST = LENGTH + len(_DOMAIN)
_ROWS = 12
"""Rows of one table that get canaries."""
_ALONE = 8
"""Columns that are tried one by one where they do not go together."""
_TEXTS = 3
"""Texts inside of one column's JSON that get canaries."""
_DIGITS = 6
"""Of a telephone's number."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A canary in a column of a row."""

    table: str
    where: Place
    kind: Sensitivity
    key: tuple[tuple[str, str | None], ...]
    belonging: Belonging
    mine: bool
    """Whether the row is of whom the act is sent as."""

    @property
    def column(self) -> str:
        """`password_hash`; inside of JSON `papers.ssn`."""
        inner = self.where.inner
        return f"{self.where.column}.{inner}" if inner else self.where.column

    @property
    def place(self) -> str:
        """`users.password_hash`."""
        return f"{self.table}.{self.column}"

    @property
    def canary(self) -> str:
        """What is looked for in an answer."""
        return self.where.made(self.table, repr(self.key))

    @property
    def text(self) -> str:
        """What stands there."""
        mail = self.where.form is Form.WORD and "mail" in self.where.name.lower()
        return self.canary + (_DOMAIN if mail else "")

    def field(self, body: bytes) -> str:
        """Where an answer has it: the path of a field; empty where it has it not."""
        text = body.decode("utf-8", "replace")
        if self.canary not in sighted(text):
            return ""
        found = json_leaves(text) or ()
        paths = (path for path, value in found if self.canary in sighted(value or ""))
        return next(paths, "the body")


def marks(subject: Subject, clean: History) -> tuple[Mark, ...]:
    """A mark for each sensitive column of each row that the act may read."""
    owners = Ownership.of(subject.catalog, subject.stored, subject.identities)
    owners = owners.also(clean.prepared)
    who = subject.scenario.act.identity or ""
    found: dict[tuple[str, str, tuple[tuple[str, str | None], ...]], Mark] = {}
    for name in sorted(_read(subject, clean)):
        table = subject.catalog.tables[name]
        if not table.primary_key:
            continue
        for row in _rows(table, owners, clean):
            key = tuple((column, row.get(column)) for column in table.primary_key)
            belonging = owners.belonging(name, row)
            mine = owners.mine(who, belonging)
            for place, kind in _places(table, row):
                one = Mark(name, place, kind, key, belonging, mine)
                found.setdefault((name, one.column, key), one)
    return tuple(found.values())


def edits(planted: Iterable[Mark]) -> tuple[RowEdit, ...]:
    """The marks as edits, one a row."""
    rows: dict[tuple[str, tuple[tuple[str, str | None], ...]], dict[str, str | None]] = defaultdict(
        dict
    )
    for each in planted:
        row, column = rows[each.table, each.key], each.where.column
        row[column] = each.where.written(row.get(column), each.text)
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


def _places(table: Table, row: Row) -> Iterator[tuple[Place, Sensitivity]]:
    """The sensitive places of a row that take a canary."""
    kept = referring(table)
    for column in table.columns:
        value = row.get(column.name)
        if value is None or column.generated or column.name in kept:
            continue
        texts = inside(column, value)
        if texts:
            yield from _inside(column, texts)
            continue
        form = form_of(column)
        kind = sensitivity_of(column.name, form) if form else None
        if form and kind and (room(column) or _LONGEST) >= _LONGEST:
            yield Place(column.name, form), kind


def _inside(column: Column, texts: Sequence[Place]) -> Iterator[tuple[Place, Sensitivity]]:
    """What a person's file holds is about them, whatever it is called; of other columns a text
    is judged by its own name."""
    whole = sensitivity(column.name)
    whole = whole if whole in (Sensitivity.PERSONAL, Sensitivity.INTERNAL) else None
    found = ((each, sensitivity(each.name) or whole) for each in texts)
    known = ((place, kind) for place, kind in found if kind and _meant(place, kind))
    yield from islice(known, _TEXTS)


def _meant(place: Place, kind: Sensitivity) -> bool:
    """Whether it is an address, and not what is to be sent to it: `{"email": "weekly"}`."""
    digits = sum(each.isdigit() for each in place.text)
    return kind is not Sensitivity.CONTACT or "@" in place.text or digits >= _DIGITS


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
