"""Which operation of one document is which of another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seamproof.analysis.compatibility.shapes import print_of
from seamproof.core.document import Declaration, Document
from seamproof.core.model import Operation

_PARAMETER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Pair:
    """One operation in both documents."""

    old: Declaration
    new: Declaration

    @property
    def renamed(self) -> bool:
        """Whether another path or method leads to it."""
        return template(self.old.operation) != template(self.new.operation)

    def name(self, parameter: str) -> str:
        """What a parameter of the old path is called in the new one, by its position."""
        old = parameters(self.old.operation.path)
        new = parameters(self.new.operation.path)
        if parameter in new or len(old) != len(new) or parameter not in old:
            return parameter
        return new[old.index(parameter)]


def pairs(old: Document, new: Document) -> tuple[Pair, ...]:
    """Operations that are in both: at the same place, else by the same operationId, summary or
    schemas, where only one of each has these."""
    known = {template(each.operation): each for each in new.declarations}
    found = {
        template(each.operation): Pair(each, known[template(each.operation)])
        for each in old.declarations
        if template(each.operation) in known
    }
    left = [each for each in old.declarations if template(each.operation) not in found]
    free = [each for each in new.declarations if template(each.operation) not in found]
    for key in (lambda each, _: each.operation_id, _called, _signature):
        if not left or not free:
            break
        old_keys = [key(each, old) for each in left]
        new_keys = [key(each, new) for each in free]
        for each, mine in zip(list(left), old_keys, strict=True):
            if mine and old_keys.count(mine) == 1 and new_keys.count(mine) == 1:
                other = free[new_keys.index(mine)]
                found[template(each.operation)] = Pair(each, other)
        taken = {template(each.new.operation) for each in found.values()}
        left = [each for each in left if template(each.operation) not in found]
        free = [each for each in free if template(each.operation) not in taken]
    return tuple(
        found[template(each.operation)]
        for each in old.declarations
        if template(each.operation) in found
    )


def template(operation: Operation) -> str:
    """An operation, whatever its parameters are called."""
    return f"{operation.method} {_PARAMETER.sub('{}', operation.path)}"


def same_template(one: Operation, other: Operation) -> bool:
    """Whether two operations differ in the names of their parameters at most."""
    return template(one) == template(other)


def parameters(path: str) -> list[str]:
    """The names of a path's parameters, in order."""
    return _PARAMETER.findall(path)


def _called(declaration: Declaration, _: Document) -> str:
    """What a person calls it: frameworks that make operationIds of paths make this of a name."""
    if not declaration.summary:
        return ""
    return f"{declaration.operation.method} {declaration.tags} {declaration.summary}"


def _signature(declaration: Declaration, document: Document) -> str:
    """What it takes and gives; empty where that says too little to know it by."""
    if not declaration.bodies and not any(each.content for each in declaration.answers):
        return ""
    taken = [
        f"{each.content_type} {print_of(each.schema, document)}" for each in declaration.bodies
    ]
    given = [
        f"{each.status} {sorted(each.content)} "
        + " ".join(print_of(schema, document) for schema in each.content.values())
        for each in declaration.answers
    ]
    count = len(parameters(declaration.operation.path))
    return f"{declaration.operation.method} {count} {sorted(taken)} {sorted(given)}"
