"""The state in which one more request still fits and a second does not: stock, coupon, quota.

The act is repeated until it is first refused, and the state just before is taken. Where it is never
refused, the column that it decrements is set to what one act takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from seamproof.analysis.changes import paired
from seamproof.analysis.outcomes import Outcome, refused
from seamproof.analysis.trouble import RATE_LIMITED, trouble
from seamproof.analysis.values import is_number, is_time
from seamproof.checks.concurrency.pairs import Pair
from seamproof.core.catalog import Catalog
from seamproof.core.experiment import Act, Experiment, Phase, RowEdit
from seamproof.core.history import History, RowChange
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject

TRIES = (4, 25)
"""How often the act is repeated: a few times first, because most limits are near or nowhere."""


def at_its_limit(subject: Subject, pair: Pair, alone: Outcome) -> Exploration[Pair | None]:
    """The pair from the state in which just one of its acts fits; None where none is found.

    `alone` is what the act comes to once.
    """
    for tries in TRIES:
        history: History = yield _repeated(subject, tries)
        first = _first_refusal(history)
        if first == 1:
            # One fits and a second does not, from the scenario's own state.
            return None
        if first is not None:
            # What came before the last that fitted is the arrangement of the pair.
            before = (subject.scenario.act,) * (first - 1)
            reached = f"{first - 1} requests before it"
            return replace(pair, arrangement=pair.arrangement + before, seeded=reached)
        if trouble(history) or not all(each.ok for s in history.sections for each in s.exchanges):
            return None
    edits = tuple(_edits(alone, subject.catalog))
    if not edits:
        return None
    places = ", ".join(f"{e.table}.{name} = {text}" for e in edits for name, text in _set(e))
    return replace(pair, edits=edits, seeded=f"rows edited: {places}")


def _repeated(subject: Subject, tries: int) -> Experiment:
    phases = tuple(Phase((Act(subject.scenario.act, fresh=index),)) for index in range(tries))
    return replace(
        Experiment.of(subject.scenario, purpose="repeat until refused"),
        phases=phases,
    )


def _first_refusal(history: History) -> int | None:
    """How many were done before the first that was refused; None where none was."""
    for index, section in enumerate(history.sections):
        exchange = section.exchange
        if refused(exchange) and exchange.status != RATE_LIMITED:
            return index or None
        if not exchange.ok:
            return None
    return None


def _edits(alone: Outcome, catalog: Catalog) -> Iterator[RowEdit]:
    """For each row that the act takes something from: what it takes, as all that there is."""
    for change in paired((row for _, row in alone.state.rows), catalog):
        key = catalog.key_of(change.table)
        if change.old is None or change.new is None or not key:
            continue
        taken: dict[str, str | None] = dict(_taken(change))
        if taken:
            yield RowEdit(change.table, {name: change.old[name] for name in key}, taken)


def _taken(change: RowChange) -> Iterator[tuple[str, str]]:
    assert change.old is not None
    assert change.new is not None
    for name, old in change.old.items():
        new = change.new.get(name)
        if old is None or new is None or not (is_number(old) and is_number(new)):
            continue
        if is_time(old) or Decimal(new) >= Decimal(old) or Decimal(new) < 0:
            continue
        yield name, str(Decimal(old) - Decimal(new))


def _set(edit: RowEdit) -> list[tuple[str, str | None]]:
    return list((edit.new or {}).items())
