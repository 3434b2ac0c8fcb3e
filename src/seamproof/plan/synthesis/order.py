"""Which operation is tried when: what others need first, what may do harm last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import IntEnum

from seamproof.core.document import Declaration, Document
from seamproof.plan.synthesis import naming

_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE")
_ENDING = frozenset(
    "delete remove archive revoke disable terminate destroy clear ban block cancel".split()  # noqa: SIM905
)
"""Words at a path's end that say of an act that it ends one thing."""
_SHUTTING = frozenset(
    "logout signout maintenance shutdown restart reset lock suspend wipe purge deactivate".split()  # noqa: SIM905
)
"""Words that say of an act that it may end the session, or the service for all."""
_ASKING = frozenset(
    "validate check search query preview verify test login signin token export estimate"  # noqa: SIM905
    " calculate lookup count simulate playground graphql evaluate".split()
)
"""Words that say of a POST that it only asks, or lets in."""
_LINKED = 50
"""Links, one behind the other, that the order follows."""


class Harm(IntEnum):
    """What an act may take from those that come after it, though its rows are put back."""

    NONE = 0
    THING = 1
    """It ends one thing."""
    ALL = 2
    """It ends many things at once, perhaps the caller's own."""
    SERVICE = 3
    """It may shut out the caller, or everybody."""


def harm(declaration: Declaration) -> Harm:
    """What an operation may end, by its method and its path's last words."""
    operation = declaration.operation
    said = _last_words(declaration)
    if not operation.mutates:
        return Harm.NONE
    if not _SHUTTING.isdisjoint(said):
        return Harm.SERVICE
    if operation.method == "DELETE":
        return Harm.THING if operation.path.rstrip("/").endswith("}") else Harm.ALL
    return Harm.NONE if _ENDING.isdisjoint(said) else Harm.THING


def changes(declaration: Declaration) -> bool:
    """Whether an act is expected to change rows: by its method, and not only to ask."""
    operation = declaration.operation
    asks = operation.method == "POST" and not _ASKING.isdisjoint(_last_words(declaration))
    return operation.mutates and not asks


def ordered(declarations: Iterable[Declaration]) -> list[Declaration]:
    """Collections before their items, producers before consumers, what destroys last.

    What a link leads to comes behind what has the link, but no destroyer moves forward for that.
    """
    ranked = sorted(declarations, key=_rank)
    sources = _sources(ranked)
    placed: dict[str, Declaration] = {}

    def place(each: Declaration, above: tuple[str, ...] = ()) -> None:
        name = each.operation.id
        if name in placed or name in above or len(above) > _LINKED:
            return
        for source in sources.get(name, ()):
            if harm(source) <= harm(each):
                place(source, (*above, name))
        placed[name] = each

    for each in ranked:
        place(each)
    return list(placed.values())


def _sources(declarations: Iterable[Declaration]) -> dict[str, list[Declaration]]:
    """The operations whose answers have a link to an operation, by its id."""
    found: dict[str, list[Declaration]] = {}
    for each in declarations:
        for link in (link for answer in each.answers for link in answer.links):
            found.setdefault(link.operation.id, []).append(each)
    return found


def _rank(declaration: Declaration) -> tuple[int, int, int, int]:
    operation = declaration.operation
    method = operation.method
    known = _METHODS.index(method) if method in _METHODS else len(_METHODS)
    return (
        harm(declaration),
        len(naming.parameters(operation.path)),
        known,
        len(naming.segments(operation.path)),
    )


def _last_words(declaration: Declaration) -> tuple[str, ...]:
    named = [each for each in naming.segments(declaration.operation.path) if "{}" not in each]
    return naming.words(named[-1]) if named else ()


def with_suppliers(document: Document, wanted: Collection[str]) -> Iterator[Declaration]:
    """The wanted operations, those that have a link to them, and those that give what the paths
    of all these need."""
    chosen = [each for each in document.declarations if each.operation.id in wanted]
    sources = _sources(document.declarations)
    for each in chosen:
        chosen += [other for other in sources.get(each.operation.id, ()) if other not in chosen]
    reaching = [prefix for each in chosen for prefix in naming.prefixes(each.operation.path)]
    roots = {*reaching, *(prefix[:-1] for prefix in reaching)}
    for each in document.declarations:
        supplies = each.operation.method in {"GET", "POST", "PUT"}
        if each in chosen or (supplies and naming.segments(each.operation.path) in roots):
            yield each
