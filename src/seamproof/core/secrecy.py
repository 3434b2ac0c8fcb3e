"""Names that say that what they name is a secret. One list, for all that is written anywhere."""

from __future__ import annotations

import re

_TYPED_IN = (
    r"passw(?:or)?d|passphrase|passcode|pwd|secret"
    r"|(?<![\w-])(?:otp|pin|cvv|cvc)(?![\w-])"  # alone: a pinboard and a spin are no secrets
)
_HANDED_OUT = (
    r"token|api[-_]?key|access[-_]?key|authorization|cookie|credential|private[-_]?key|signature"
    r"|csrf|xsrf|jwt"
)
_PASSWORD = re.compile(_TYPED_IN, re.IGNORECASE)
_SENSITIVE = re.compile(f"{_TYPED_IN}|{_HANDED_OUT}", re.IGNORECASE)


REDACTED = "<redacted:"
"""What stands for a secret begins so; a digest follows that equal secrets share."""


def redacted(text: str | None) -> bool:
    """Whether a text stands for a secret: its length and form are not those of the value."""
    return text is not None and text.startswith(REDACTED)


def sensitive(name: str) -> bool:
    """Whether a field, header, column or variable of this name holds a secret; whether a text has
    such a name in it."""
    return _SENSITIVE.search(name) is not None


def password(name: str) -> bool:
    """Whether what a field of this name holds is typed in, not handed out."""
    return _PASSWORD.search(name) is not None
