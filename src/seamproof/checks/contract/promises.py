"""What the document promised to clients, and does not promise any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seamproof.analysis.compatibility import Change, ChangeKind, Side, changes, same_template
from seamproof.core.document import Declaration, Document
from seamproof.core.model import Operation


def broken(
    former: Document, document: Document, operation: Operation, *, leads: bool
) -> Iterator[Change]:
    """What one operation's clients may miss; for the first subject also what is gone altogether.

    What was never promised to be there, as an optional property, breaks nothing, and may be missed.
    """
    old, new = former.declaration(operation), document.declaration(operation)
    if old is not None and new is not None:
        yield from _breaking(former, (old,), document, (new,))
    if leads:
        gone = _without(former, document)
        if gone:
            yield from _breaking(former, gone, document, _without(document, former))


def _breaking(
    former: Document,
    old: tuple[Declaration, ...],
    document: Document,
    new: tuple[Declaration, ...],
) -> Iterator[Change]:
    before, after = replace(former, declarations=old), replace(document, declarations=new)
    yield from (each for each in changes(before, after) if each.breaking or _is_missed(each))


def _is_missed(change: Change) -> bool:
    return change.kind is ChangeKind.PROPERTY_REMOVED and change.side is Side.RESPONSE


def _without(one: Document, other: Document) -> tuple[Declaration, ...]:
    """The operations of one document that another has not."""
    return tuple(
        each
        for each in one.declarations
        if not any(same_template(each.operation, o.operation) for o in other.declarations)
    )
