"""What columns hold that not everybody is to see, by their names."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from seamproof.analysis.words import words_of
from seamproof.core import secrecy


class Sensitivity(StrEnum):
    """Who may be told a value."""

    PASSWORD = "a password"  # noqa: S105 - a kind, no password
    """Nobody, its owner included: a password or what is made of it, a key's secret part."""
    TOKEN = "a token"  # noqa: S105
    """Its owner: whoever has it is taken for them."""
    PERSONAL = "personal data"
    """The person whom it is of: what stands in an identity card, at a bank, in a patient's file."""
    CONTACT = "an address of a person"
    """The person, and whom they know: e-mail, telephone."""
    INTERNAL = "an internal note"
    """The people who run the service."""


_HASHED = frozenset({"salt", "pepper"})
_PERSONAL = frozenset(
    "ssn sin passport iban bic cvv cvc salary income dob birthdate birthday diagnosis religion"  # noqa: SIM905
    " ethnicity disability nin cpf".split()
)
_PERSONAL_PAIRS = (
    frozenset({"social", "security"}),
    frozenset({"national", "id"}),
    frozenset({"tax", "id"}),
    frozenset({"tax", "number"}),
    frozenset({"card", "number"}),
    frozenset({"account", "number"}),
    frozenset({"birth", "date"}),
    frozenset({"date", "birth"}),
    frozenset({"medical", "record"}),
)
_CONTACT = frozenset({"email", "mail", "phone", "telephone", "mobile"})
_NOTE = frozenset({"note", "notes", "comment", "comments", "remark", "remarks", "reason"})
_OF_STAFF = frozenset({"internal", "private", "admin", "staff", "moderator", "support"})
_ABOUT = frozenset(
    "type count used at id ids expires expiry ttl name verified confirmed enabled required policy"  # noqa: SIM905
    " attempts hint length limit url changed updated created template subject".split()
)
"""Words that say that something of it is meant, and not itself."""


@lru_cache(maxsize=4096)
def sensitivity(column: str) -> Sensitivity | None:
    """What a column of this name holds; None where anybody may see it."""
    words = words_of(column)
    if words & _OF_STAFF and words & _NOTE:
        return Sensitivity.INTERNAL
    if any(pair <= words for pair in _PERSONAL_PAIRS) or words & _PERSONAL:
        return Sensitivity.PERSONAL
    if words & _ABOUT:
        return None
    if secrecy.password(column) or words & _HASHED:
        return Sensitivity.PASSWORD
    if secrecy.sensitive(column):
        return Sensitivity.TOKEN
    return Sensitivity.CONTACT if words & _CONTACT else None
