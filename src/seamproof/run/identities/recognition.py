"""Which configured identity somebody is who was seen to sign in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from seamproof.config.identities import IdentityConfig
from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Json
from seamproof.discovery.importers.identities import Basic, Login, Principal
from seamproof.discovery.importers.sessions import USER_FIELDS


def recognising(
    identities: Mapping[str, IdentityConfig], environment: Mapping[str, str]
) -> Callable[[Principal], str | None]:
    """Finds the identity that signs in by the same request as the same user, or None.

    Who shows a token that is configured cannot be told from others: tokens are not kept.
    """
    known: dict[tuple[str, str], str] = {}
    for name, identity in identities.items():
        key = _configured(name, identity, environment)
        if key is not None:
            known.setdefault(key, name)

    def recognise(principal: Principal) -> str | None:
        key = _seen(principal)
        return None if key is None else known.get(key)

    return recognise


def _configured(
    name: str, identity: IdentityConfig, environment: Mapping[str, str]
) -> tuple[str, str] | None:
    try:
        filled = identity.filled(name, environment)
    except ConfigurationError:
        return None  # its variables are not set, which a recording does not need
    if filled.basic is not None:
        return "basic", filled.basic.username
    if filled.oauth2 is not None and filled.oauth2.username is not None:
        return filled.oauth2.token, filled.oauth2.username
    if filled.login is None:
        return None
    return _by_request(filled.login.operation, filled.login.form or filled.login.body)


def _seen(principal: Principal) -> tuple[str, str] | None:
    way = principal.way
    if isinstance(way, Basic):
        return None if way.username is None else ("basic", way.username)
    if isinstance(way, Login):
        return _by_request(way.operation, way.form or way.body)
    return None


def _by_request(operation: str, body: Json) -> tuple[str, str]:
    """The operation and its user; all that is sent, where no field is called as one."""
    fields = body if isinstance(body, dict) else {}
    user = next((str(fields[each]) for each in USER_FIELDS if fields.get(each)), "")
    return operation, user or json.dumps(body, sort_keys=True)
