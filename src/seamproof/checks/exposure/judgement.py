"""Who may be told what.

    a password or what is made of it   nobody                                      proven
    a token                            its owner; its tenant, where it is nobody's  proven
    personal data                      its owner, and who administers               proven
    an address of a person             whoever shares a tenant with them            proven
    an internal note                   who administers                              suspected

Where nobody is known to own a row, it is suspected, or a note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from seamproof.analysis.ownership import Ownership
from seamproof.analysis.sensitivity import Sensitivity
from seamproof.checks.exposure.classes import DATA_OF_OTHERS, SECRET_IN_ANSWER
from seamproof.checks.exposure.columns import Mark
from seamproof.core.subject import Subject
from seamproof.core.verdict import FindingClass, Tier

_ADMIN = re.compile(r"admin|owner|root|staff|super|support|manager", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is answered, and what is known of them."""

    name: str
    administers: bool
    tenants: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, subject: Subject) -> Asker:
        """Whom the act is sent as."""
        name = subject.scenario.act.identity or ""
        role = next((each.role for each in subject.identities if each.name == name), None) or ""
        administers = role in subject.authorization.admins or _ADMIN.search(role) is not None
        owners = Ownership.of(subject.catalog, subject.stored, subject.identities)
        return cls(name, administers, frozenset(owners.tenants.get(name, ())))

    @property
    def label(self) -> str:
        """The name, or that there is none."""
        return self.name or "nobody in particular"


def judged(mark: Mark, asker: Asker) -> tuple[FindingClass, Tier] | None:
    """What it is that a mark is in an answer; None where that is right."""
    known = bool(mark.belonging)
    if mark.kind is Sensitivity.PASSWORD:
        return SECRET_IN_ANSWER, Tier.PROVEN
    if mark.mine:
        return None
    if mark.kind is Sensitivity.INTERNAL:
        return None if asker.administers else (DATA_OF_OTHERS, Tier.SUSPECTED)
    shared = bool(mark.belonging.tenants & asker.tenants)
    if mark.kind is Sensitivity.TOKEN:
        if mark.belonging.people:
            return SECRET_IN_ANSWER, Tier.PROVEN
        # A row that is made for nobody, as an invitation, has its token to be handed on.
        return None if shared or not known else (SECRET_IN_ANSWER, Tier.SUSPECTED)
    if not mark.belonging.people:
        return DATA_OF_OTHERS, Tier.NOTE
    if mark.kind is Sensitivity.PERSONAL:
        return DATA_OF_OTHERS, Tier.NOTE if asker.administers and shared else Tier.PROVEN
    if shared:
        return None if asker.administers else (DATA_OF_OTHERS, Tier.NOTE)
    if not asker.name:
        return DATA_OF_OTHERS, Tier.SUSPECTED
    apart = bool(mark.belonging.tenants and asker.tenants)
    return DATA_OF_OTHERS, Tier.PROVEN if apart else Tier.NOTE
