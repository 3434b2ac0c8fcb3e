"""Which roles may do more than others: by the user's word, their names, and what they are let in
to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seamproof.core.access import Admission, Attempt
from seamproof.core.model import Identity
from seamproof.core.subject import Subject

_ADMIN = re.compile(
    r"admin|root|super|staff|owner|manager|operator|moderator|support|system|internal", re.I
)
_FORBIDDEN = frozenset({401, 403})
"""What is answered to who may not do something at all; 404 may be about the object."""
_ENOUGH = 3
"""Operations of one family that refuse a role, before one that does not is suspected."""


def administers(subject: Subject, other: Identity, owner: Identity) -> bool:
    """Whether somebody may use the owner's objects by their role."""
    if other.role is None or other.role == owner.role:
        return other.role is not None and other.role in subject.authorization.admins
    if other.role in subject.authorization.admins:
        return True
    if owner.role is not None and _ADMIN.search(owner.role):
        return False
    return bool(_ADMIN.search(other.role)) or _above(subject, other, owner)


def below(subject: Subject, other: Identity, owner: Identity) -> bool:
    """Whether somebody's role is a lower one than the owner's."""
    if owner.role is None or other.role == owner.role:
        return False
    if other.role is not None and other.role in subject.authorization.admins:
        return False
    if owner.role in subject.authorization.admins:
        return True
    if other.role is not None and _ADMIN.search(other.role):
        return False
    return bool(_ADMIN.search(owner.role)) or _above(subject, owner, other)


def _above(subject: Subject, one: Identity, other: Identity) -> bool:
    """Whether somewhere this role is let in where the other is refused, and nowhere the reverse."""
    more = _refused_where(subject, allowed=one, refused=other)
    return more and not _refused_where(subject, allowed=other, refused=one)


def _refused_where(subject: Subject, *, allowed: Identity, refused: Identity) -> bool:
    by_scenario: dict[str, dict[str, Attempt]] = {}
    for each in subject.access.attempts:
        by_scenario.setdefault(f"{each.operation} {each.scenario}", {})[each.identity] = each
    for asked in by_scenario.values():
        first, second = asked.get(allowed.name), asked.get(refused.name)
        if first is None or second is None or first.admission is not Admission.ALLOWED:
            continue
        if second.status in _FORBIDDEN:
            return True
    return False


def family(subject: Subject, other: Identity) -> tuple[int, bool]:
    """How many operations that change something beside this one refuse somebody, and whether that
    is enough to suspect one that does not: all others do."""
    operation = subject.operation
    first = _first(operation.path)
    siblings = {
        each.operation: each
        for each in subject.access.attempts
        if each.identity == other.name and _is_sibling(each, first, operation.id)
    }
    refused = [each for each in siblings.values() if each.status in _FORBIDDEN]
    return len(refused), len(refused) == len(siblings) >= _ENOUGH


def _is_sibling(attempt: Attempt, first: str, operation: str) -> bool:
    method, _, path = attempt.operation.partition(" ")
    return method != "GET" and attempt.operation != operation and _first(path) == first


def _first(path: str) -> str:
    """The first word of a path that is no version and no `api`: `users` of `/api/v1/users/{id}`."""
    words = path.strip("/").split("/")
    return next((each for each in words if not re.fullmatch(r"v\d+|api", each)), "")


def reviewed_refusals(subject: Subject) -> Iterator[Attempt]:
    """Who was let in here although the project's reviewed file says that they are refused."""
    known = subject.access.reviewed.get(subject.operation.id, {})
    for each in subject.access.attempts:
        if each.operation == subject.operation.id and each.scenario == subject.scenario.name:
            refused = known.get(each.standing) is Admission.REFUSED
            if refused and each.admission is Admission.ALLOWED:
                yield each
