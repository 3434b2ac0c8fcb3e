"""Which operation is tried when: what others need first, what may do harm last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from seamproof.core.document import Declaration, Document
from seamproof.plan.synthesis import naming

_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE")
_ENDING = frozenset(
    "logout signout delete remove purge archive revoke deactivate disable maintenance shutdown"  # noqa: SIM905
    " restart terminate reset wipe destroy clear lock suspend ban".split()
)


def destructive(declaration: Declaration) -> bool:
    """Whether an operation may end what others need, by its method and its path's last words."""
    operation = declaration.operation
    if operation.method == "DELETE":
        return True
    named = [each for each in naming.segments(operation.path) if "{}" not in each]
    return operation.mutates and bool(named) and not _ENDING.isdisjoint(naming.words(named[-1]))


def ordered(declarations: Iterable[Declaration]) -> list[Declaration]:
    """Collections before their items, producers before consumers, what destroys last."""
    return sorted(declarations, key=_rank)


def _rank(declaration: Declaration) -> tuple[int, int, int, int]:
    operation = declaration.operation
    method = operation.method
    known = _METHODS.index(method) if method in _METHODS else len(_METHODS)
    return (
        destructive(declaration) + (method == "DELETE"),
        len(naming.parameters(operation.path)),
        known,
        len(naming.segments(operation.path)),
    )


def with_suppliers(document: Document, wanted: Collection[str]) -> Iterator[Declaration]:
    """The wanted operations, and those that give what the paths of these need."""
    chosen = [each for each in document.declarations if each.operation.id in wanted]
    roots = {prefix[:-1] for each in chosen for prefix in naming.prefixes(each.operation.path)} | {
        prefix for each in chosen for prefix in naming.prefixes(each.operation.path)
    }
    for each in document.declarations:
        supplies = each.operation.method in {"GET", "POST", "PUT"}
        if each in chosen or (supplies and naming.segments(each.operation.path) in roots):
            yield each
