"""The entrance: all that changed between two versions of a document."""

from __future__ import annotations

from collections.abc import Iterator

from seamproof.analysis.compatibility.answers import of_answers
from seamproof.analysis.compatibility.change import Change, ChangeKind
from seamproof.analysis.compatibility.pairing import pairs, template
from seamproof.analysis.compatibility.requests import of_requests
from seamproof.core.document import Document


def changes(old: Document, new: Document) -> tuple[Change, ...]:
    """What changed, in the old document's order; what is new altogether comes last.

    Equal documents have no changes, and each change is found from what the documents declare alone.
    """
    return tuple(_changes(old, new))


def _changes(old: Document, new: Document) -> Iterator[Change]:
    found = {template(each.old.operation): each for each in pairs(old, new)}
    for declaration in old.declarations:
        operation = declaration.operation.id
        pair = found.get(template(declaration.operation))
        if pair is None:
            kind, words = ChangeKind.OPERATION_REMOVED, f"{operation} is gone"
            yield Change(kind, True, operation, "", words)
            continue
        if pair.renamed:
            now = pair.new.operation.id
            words = f"{operation} is {now} now"
            kind = ChangeKind.OPERATION_RENAMED
            yield Change(kind, True, operation, "", words, was=operation, now=now)
        yield from of_requests(pair, old, new)
        yield from of_answers(pair, old, new)
    known = {template(each.new.operation) for each in found.values()}
    for declaration in new.declarations:
        if template(declaration.operation) not in known:
            operation = declaration.operation.id
            kind, words = ChangeKind.OPERATION_ADDED, f"{operation} is new"
            yield Change(kind, False, operation, "", words)
