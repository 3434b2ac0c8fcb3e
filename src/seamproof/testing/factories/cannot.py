"""What to tell of a row that the database refuses, and what to give in its place."""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.testing.factories import inserting
from seamproof.testing.factories.drafting import Draft
from seamproof.testing.factories.inserting import Connection, Refusal
from seamproof.testing.factories.kinds import Kind
from seamproof.testing.factories.refusal import CannotMake


def cannot(
    connection: Connection, kinds: Mapping[str, Kind], draft: Draft, found: Refusal, tries: int
) -> CannotMake:
    """The error for a draft that was refused so often."""
    name, columns = draft.table.name, found.columns or _misfits(connection, kinds, draft)
    shown = [each for each in columns if each in draft.values]
    held = ", ".join(f"{each}={draft.values[each]!r}" for each in shown)
    details = [found.said]
    if found.constraint:
        problem = f"a row of {name} is refused by {found.constraint}"
        details = [f"{found.constraint}: {found.definition}"] if found.definition else details
    else:
        problem = f"a row of {name} is refused"
    if held:
        count = f"after {tries} tries" if tries > 1 else "with"
        details.append(f"{count} {held}")
    if draft.reserved or (
        found.sqlstate == inserting.FOREIGN_KEY and not draft.given.values.keys() & {*columns}
    ):
        details.append("it and a row that it refers to need each other: give one of them")
    if offered := ", ".join(f"{each}=…" for each in columns):
        details.append(f"give what fits: {offered}")
    return CannotMake(problem, *details, columns=columns)


def _misfits(connection: Connection, kinds: Mapping[str, Kind], draft: Draft) -> tuple[str, ...]:
    """The columns whose type does not take their value, where the database names none."""
    return tuple(
        each.name
        for each in draft.table.columns
        if each.name in draft.values
        and inserting.misfit(connection, kinds[each.name], each, draft.values[each.name])
    )
