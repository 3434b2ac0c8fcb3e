"""What is sent as it is configured: user and password, a token, a header, an API key."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from seamproof.run.experiment.requests import Credentials

if TYPE_CHECKING:
    from seamproof.config.identities import ApiKeyConfig, BasicConfig, HeaderConfig
    from seamproof.run.redaction import Redactor


def basic(configured: BasicConfig, redactor: Redactor) -> Credentials:
    """User and password (RFC 7617)."""
    redactor.learn(configured.password)
    pair = f"{configured.username}:{configured.password}".encode()
    encoded = base64.b64encode(pair).decode()
    redactor.learn(encoded)
    return Credentials((("Authorization", f"Basic {encoded}"),))


def bearer(token: str, scheme: str, redactor: Redactor) -> Credentials:
    """A token behind a word (RFC 6750, section 2.1)."""
    redactor.learn(token)
    return Credentials((("Authorization", f"{scheme} {token}" if scheme else token),))


def header(configured: HeaderConfig, redactor: Redactor) -> Credentials:
    """A header of any name."""
    redactor.learn(configured.value)
    return Credentials(((configured.name, configured.value),))


def api_key(configured: ApiKeyConfig, redactor: Redactor) -> Credentials:
    """A key where OpenAPI's `apiKey` may be: in a header, the query or a cookie."""
    name, value = configured.name, configured.value
    redactor.learn(value, quote_plus(value))
    if configured.in_ == "query":
        return Credentials(query=((name, value),))
    if configured.in_ == "cookie":
        return Credentials(cookies={name: value})
    return Credentials(((name, value),))
