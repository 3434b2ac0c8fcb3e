"""What is named in the configuration and is not there: an operation, a table, a role.

Such an entry does nothing, and nothing would show it: what `ssrf.allowed` misspells is a finding,
and what `discovery.skip` misspells is sent requests. So it is told as soon as the operations are
known. It is no error: a document may be behind the service, and a branch behind the main line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from seamproof.core.access import Access
from seamproof.core.catalog import Catalog
from seamproof.core.document import Document
from seamproof.core.events import Notice
from seamproof.core.model import Scenario

if TYPE_CHECKING:
    from seamproof.config import Config
    from seamproof.run.premises import Premises

_PARAMETER = re.compile(r"\{[^{}]*\}")
_NEAR = 0.6
"""How alike a name must be to be the one that is meant (`difflib`, 0 to 1)."""


@dataclass(frozen=True, slots=True)
class Names:
    """What there is to be named."""

    operations: frozenset[str]
    """As the checks know them: as a scenario has it, and as the document, where none does."""
    declared: frozenset[str] = frozenset()
    """As the document has them."""
    tables: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        scenarios: Sequence[Scenario],
        document: Document | None,
        catalog: Catalog,
        roles: Collection[str],
    ) -> Names:
        """Those of a project. Its scenarios alone say which operations there are, where there is no
        document: no others are exercised then."""
        steps = [step for each in scenarios for step in (*each.arrangement, each.act)]
        named = {each.operation.id for each in steps}
        plain = {_PARAMETER.sub("{}", each) for each in named}
        declared = {each.operation.id for each in document.declarations} if document else set()
        rest = {each for each in declared if _PARAMETER.sub("{}", each) not in plain}
        return cls(
            frozenset(named | rest),
            frozenset(declared),
            frozenset(catalog.tables),
            frozenset(roles),
        )

    @property
    def all_operations(self) -> frozenset[str]:
        """By all of their spellings."""
        return self.operations | self.declared


async def names_at(premises: Premises, scenarios: Sequence[Scenario]) -> Names | None:
    """Those of a project whose service runs; None where its document cannot be read."""
    document, config = await premises.openapi.at_hand(), premises.config
    if document is None and config.service.openapi is not None:
        return None
    roles = {each.role for each in config.identities.values() if each.role is not None}
    return Names.of(scenarios, document, premises.catalog, roles)


def misnamed(config: Config, names: Names) -> Iterator[Notice]:
    """The entries of the configuration's keys that name nothing."""
    service, authorization = config.service, config.authorization
    exact = (
        ("service.retry_safe", service.retry_safe, names.operations, "operation"),
        ("authorization.admins", authorization.admins, names.roles, "role"),
    )
    shared = names.operations | names.tables
    globs = [
        ("ssrf.allowed", config.ssrf.allowed, names.operations, "operation"),
        ("authorization.public", authorization.public, names.operations, "operation"),
        ("authorization.shared", authorization.shared, shared, "operation and no table"),
    ]
    if names.declared:
        # Where nothing is declared, nothing is looked for.
        globs.append(("discovery.skip", config.discovery.skip, names.all_operations, "operation"))
    for key, entries, known, kind in exact:
        yield from (_told(key, each, known, kind) for each in entries if each not in known)
    for key, entries, known, kind in globs:
        for each in entries:
            if not any(fnmatchcase(name, each) for name in known):
                yield _told(key, each, known, kind)


def misnamed_access(place: str, access: Access, operations: frozenset[str]) -> Iterator[Notice]:
    """The operations of the reviewed matrix that are not there, and who is misspelt in it."""
    standings: dict[str, set[str]] = {}
    for each in access.attempts:
        standings.setdefault(each.operation, set()).add(each.standing)
    for operation, cells in access.reviewed.items():
        if operation not in operations:
            yield _told(place, operation, operations, "operation")
        seen = standings.get(operation, set())
        for who in cells:
            # Who is not there now may have been, and be again; who is nearly there never was.
            if who not in seen and (near := nearest(who, seen)):
                yield Notice(
                    f"{place}: {operation}: {who!r} is nobody's standing",
                    f"did you mean {near!r}?",
                    warning=True,
                )


def nearest(entry: str, known: Collection[str]) -> str | None:
    """What may be meant by a name, or by a glob, that matches nothing.

    Of operations the paths are compared: by method and slash all of them are somewhat alike.
    """
    method, path = _parts(entry.replace("*", ""))
    likeness = {}
    for name in sorted(known):
        other, there = _parts(name)
        likeness[name] = (_alike(path, there), _alike(method, other))
    best = max(likeness, key=lambda name: likeness[name], default=None)
    return best if best is not None and likeness[best][0] >= _NEAR else None


def _parts(name: str) -> tuple[str, str]:
    """Method and path of an operation, of any other name nothing and the name."""
    method, slash, path = name.lower().partition(" /")
    return (method, path) if slash else ("", method)


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _told(key: str, entry: str, known: Collection[str], kind: str) -> Notice:
    near = nearest(entry, known)
    hint = f"did you mean {near}?" if near else "correct it, or take it out"
    return Notice(f"{key}: {entry!r} names no {kind}, and does nothing", hint, warning=True)
