"""Whether a service lets nobody make more of what a list shows than it shows easily.

    100 more rows in the list     POST /tokens    403
    without them                  POST /tokens    201    there is a limit, and the list has its end

The copies differ from a row that is there in their keys alone: what refuses because of them counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.analysis.inputs import Where, inputs
from seamproof.analysis.trouble import trouble
from seamproof.checks.resources.lists import Listed
from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.model import Scenario
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject

_TRIED = 2
"""Operations that are asked for one more."""
_BODIES = frozenset({Where.BODY, Where.FORM})
_NO_NAME = frozenset({"enum", "const", "format"})
"""What is declared of a text that no other does for; of a pattern the answer tells."""
_REFUSED = frozenset({400, 402, 403, 409, 422})
"""What says that there are enough (RFC 9110, section 15.5); not that somebody is unknown."""


@dataclass(frozen=True, slots=True)
class OneMore:
    """What the operation that makes one more was answered where there are many."""

    operation: str
    status: int | None
    refused: bool

    def told(self, count: int) -> str:
        """As a person reads it."""
        if self.refused:
            return f"with {count} more rows {self.operation} is refused ({self.status})"
        return f"With them there {self.operation} still made another ({self.status})."


def one_more(
    subject: Subject, clean: History, one: Listed, count: int
) -> Exploration[OneMore | None]:
    """Ask for one more where so many are planted; None where no operation is known to make one."""
    for maker in _makers(subject, clean, one.table.name):
        for each in (maker, *_renamed(subject, maker, one)):
            found = yield from _asked(each, one, count)
            if found is not None:
                return found
    return None


def _asked(maker: Scenario, one: Listed, count: int) -> Exploration[OneMore | None]:
    """Ask one maker. Who is refused beside so many must succeed without them."""
    table = one.table.name
    alone = Experiment.of(maker, purpose="one more")
    beside = replace(alone, edits=one.more(count), purpose=f"one more beside {count}")
    history: History = yield beside
    if trouble(history):
        return None
    status = history.section.exchange.status
    if _made(history, table):
        return OneMore(maker.operation.id, status, refused=False)
    if status not in _REFUSED:
        return None
    without: History = yield alone
    if trouble(without) or not _made(without, table):
        return None
    return OneMore(maker.operation.id, status, refused=True)


def _renamed(subject: Subject, maker: Scenario, one: Listed) -> Iterator[Scenario]:
    """The same with names of its own, where those that it sends are in the row that is there: one
    of each name may be all that the service takes."""
    step = maker.act
    for place in inputs(step, subject.document):
        known = place.value and place.value in one.row.values()
        declared = place.schema if isinstance(place.schema, dict) else {}
        if known and place.where in _BODIES and declared.keys().isdisjoint(_NO_NAME):
            step = place.sent(step, f"{place.value}-{{unique}}")
    if step != maker.act:
        yield replace(maker, act=step)


def _makers(subject: Subject, clean: History, table: str) -> tuple[Scenario, ...]:
    """What may make a row of the table behind the read's arrangement, the likeliest first."""
    found = {each.operation.id: each for each in _known(subject, clean, table)}
    path = subject.operation.path.rstrip("/")
    ordered = sorted(found.values(), key=lambda each: each.operation.path.rstrip("/") != path)
    return tuple(ordered[:_TRIED])


def _known(subject: Subject, clean: History, table: str) -> Iterator[Scenario]:
    """Scenarios that add to what is read, and steps that made what is there to be read.

    Planted rows refer to what the arrangement made: it must come first in any case.
    """
    scenario = subject.scenario
    size = len(scenario.arrangement)
    yield from (each for each in subject.makers if each.arrangement[:size] == scenario.arrangement)
    if any(row.table == table and row.old is None for row in clean.prepared.rows):
        for step in reversed(scenario.arrangement):
            if step.operation.mutates:
                yield replace(scenario, act=step)


def _made(history: History, table: str) -> bool:
    """Whether the act succeeded, and added to a table."""
    section = history.section
    added = any(row.table == table and row.old is None for row in section.changes.rows)
    return section.exchange.ok and added
