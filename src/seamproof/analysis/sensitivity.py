"""What columns hold that not everybody is to see, by their names."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from seamproof.analysis.words import words_of
from seamproof.core.canaries import Form


class Sensitivity(StrEnum):
    """Who may be told a value."""

    PASSWORD = "a password"  # noqa: S105 - a kind, no password
    """Nobody, its owner included: a password, what is made of it, what makes codes to type in."""
    TOKEN = "a token"  # noqa: S105
    """Its owner: whoever has it is taken for them."""
    PERSONAL = "personal data"
    """The person whom it is of: what stands in an identity card, at a bank, in a patient's file."""
    CONTACT = "an address of a person"
    """The person, and whom they know: e-mail, telephone."""
    INTERNAL = "an internal note"
    """The people who run the service."""


_PASSWORD = re.compile(r"passw(?:or)?d|passphrase|passcode|pwd", re.IGNORECASE)
_HASHED = frozenset({"salt", "pepper", "otp", "totp"})
_TOKEN = frozenset({"token", "tokens", "secret", "jwt", "apikey"})
_TOKEN_PAIRS = (
    frozenset({"api", "key"}),
    frozenset({"access", "key"}),
    frozenset({"private", "key"}),
    frozenset({"session", "key"}),
)
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
    " attempts hint length limit url changed updated created template subject signature".split()
)
"""Words that say that something of it is meant, and not itself."""
_REFERS = frozenset("uuid guid ref reference group family batch parent".split())  # noqa: SIM905
"""Words that say that a UUID names something, and is not handed out to be shown again."""
_BIRTH = frozenset("dob birthdate birthday birth born date time of at on utc".split())  # noqa: SIM905
_TELEPHONE = frozenset({"phone", "telephone", "mobile", "number", "no"})


@lru_cache(maxsize=4096)
def sensitivity_of(column: str, form: Form) -> Sensitivity | None:
    """The same, where what stands there has this form.

    `token_balance` and `password_reset_at` are no secrets: of numbers and moments only those are
    meant that are called like nothing else.
    """
    kind, words = sensitivity(column), words_of(column)
    if form is Form.UUID:
        handed_out = kind in (Sensitivity.TOKEN, Sensitivity.PASSWORD)
        return kind if handed_out and not words & _REFERS else None
    if form is Form.NUMBER:
        if kind is Sensitivity.CONTACT:
            return kind if words <= _TELEPHONE else None
        return kind if kind is Sensitivity.PERSONAL and not words & (_ABOUT - {"id"}) else None
    if form is Form.MOMENT:
        born = words <= _BIRTH and words - {"date", "time", "of", "at", "on", "utc"}
        return Sensitivity.PERSONAL if born else None
    return kind


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
    if _PASSWORD.search(column) or words & _HASHED:
        return Sensitivity.PASSWORD
    if words & _TOKEN or any(pair <= words for pair in _TOKEN_PAIRS):
        return Sensitivity.TOKEN
    return Sensitivity.CONTACT if words & _CONTACT else None
