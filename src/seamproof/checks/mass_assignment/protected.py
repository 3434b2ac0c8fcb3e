"""Which columns of the rows that an act writes are the service's to set. Pure.

A column counts where its name says that it decides on rights, owners, money or states, and where
the request declares no field for it. What the document declares as `readOnly` is the service's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seamproof.core.catalog import Column
from seamproof.core.document import Declaration, Document
from seamproof.core.model import Json

_RIGHTS = re.compile(
    r"(^|_)(is_?)?(admin|staff|superuser|super_user|root|moderator|privileged|internal|roles?"
    r"|permissions?|scopes?|access_level|privileges?|groups?_id)$"
)
_OWNERS = re.compile(
    r"^(tenant|org|organi[sz]ation|company|workspace|team|owner|user|account|customer|member)_?id$"
    r"|^(owner|tenant|created_by|creator_id|author_id)$"
)
_MONEY = re.compile(
    r"(^|_)(balance|credits?|price|total|subtotal|amount|discount|fee|paid|paid_at|salary|points"
    r"|quota|limit|used|refunded|commission|tax)$"
)
_STATES = re.compile(
    r"(^|_)(is_?)?(status|state|(e_?mail_|phone_)?verified(_at)?|confirmed(_at)?|approved(_at)?"
    r"|active|enabled|banned|blocked|locked|suspended|deleted(_at)?|plan|tier|trial_ends_at"
    r"|published|featured|rating|score)$"
)
_GRAVE = (_RIGHTS, _OWNERS, re.compile(r"(^|_)(balance|credits?|verified(_at)?|paid(_at)?)$"))
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Declared:
    """What a request's document says that may be sent."""

    names: frozenset[str] = frozenset()
    """The fields that may be sent, at any depth, in one form."""
    known: bool = False
    """Whether there is a schema that names fields at all."""

    def takes(self, column: str) -> bool:
        """Whether a field is for this column."""
        form = plain(column)
        return form in self.names or form.removesuffix("id") in self.names


def declared(document: Document | None, declaration: Declaration | None) -> Declared:
    """The fields of the request's bodies, without those that are `readOnly`."""
    if document is None or declaration is None:
        return Declared()
    names = frozenset(
        plain(name)
        for body in declaration.bodies
        for name in _fields(document, body.schema, _DEPTH)
    )
    return Declared(names, bool(names))


def _fields(document: Document, schema: Json, depth: int) -> Iterator[str]:
    schema = document.resolve(schema)
    if not isinstance(schema, dict) or depth == 0:
        return
    for name, each in (schema.get("properties") or {}).items():
        inner = document.resolve(each)
        if not (isinstance(inner, dict) and inner.get("readOnly") is True):
            yield name
            yield from _fields(document, inner, depth - 1)
    yield from _fields(document, schema.get("items"), depth - 1)
    for word in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(word) or ():
            yield from _fields(document, each, depth - 1)


def plain(name: str) -> str:
    """A name in one form, whether it is written `tenantId`, `tenant-id` or `tenant_id`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def protects(column: Column, *, declared: bool, administrator: bool) -> bool:
    """Whether a column is the service's to set by its name.

    Where nothing is declared, only what gives rights, owners or money counts; an administrator
    gives rights and sets prices, and has a tenant all the same.
    """
    name = column.name.lower()
    if column.generated or column.identity:
        return False
    if administrator:
        return bool(_OWNERS.search(name))
    if not declared:
        return any(each.search(name) for each in _GRAVE)
    return any(each.search(name) for each in (_RIGHTS, _OWNERS, _MONEY, _STATES))
