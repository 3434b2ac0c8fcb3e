"""How long credentials live, by what the service says of them.

1. Beside the token in the answer's body: `expires_in` in seconds (RFC 6749, section 5.1).
2. In the token, where it is a JSON Web Token: its `exp` (RFC 7519, section 4.1.4). It is read and
   not verified: that is the service's affair.
3. At the cookie: `Max-Age`, else `Expires` (RFC 6265, section 4.1.2).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

from seamproof.core.history import Response
from seamproof.core.model import Json
from seamproof.run.experiment.extraction import set_cookies
from seamproof.run.identities.tokens import Token

_BESIDE = ("expires_in", "expiresIn", "expires")
_SHORTEST = 0.5
"""Seconds below which a lifetime is a mistake: nothing could be done with the credentials."""
_A_DATE = 10**8
"""From here on a number is no span of seconds but a time since the epoch."""


def beside(holder: Json) -> float | None:
    """The lifetime that an object states which holds a token."""
    if not isinstance(holder, Mapping):
        return None
    for name in _BESIDE:
        value = holder.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) < 12:
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and value < _A_DATE:
            return _sensible(value)
    return None


def of_token(token: str) -> float | None:
    """The lifetime that a JSON Web Token states; None for any other token."""
    found = Token.read(token)
    expires = found.claims.get("exp") if found is not None else None
    if not isinstance(expires, int | float) or isinstance(expires, bool):
        return None
    return _sensible(expires - time.time())


def of_cookies(response: Response, names: Iterable[str]) -> float | None:
    """The shortest lifetime that an answer states for these cookies, or for tokens in them."""
    wanted, found = set(names), []
    for each in set_cookies(response):
        if each.key in wanted:
            found += [_age(each["max-age"], each["expires"]), of_token(each.value)]
    known = [each for each in found if each is not None]
    return min(known, default=None)


def _age(age: str, expires: str) -> float | None:
    # Max-Age has precedence (RFC 6265, section 5.3).
    if age:
        return _sensible(int(age)) if age.isdecimal() and len(age) < 12 else None
    try:
        return _sensible(parsedate_to_datetime(expires).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _sensible(seconds: float) -> float | None:
    return float(seconds) if seconds >= _SHORTEST else None
