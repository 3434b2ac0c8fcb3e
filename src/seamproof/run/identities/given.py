"""What is sent as it is configured: user and password, a token, a header, an API key."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from seamproof.run.experiment.requests import Credentials

if TYPE_CHECKING:
    from seamproof.config.identities import ApiKeyConfig, BasicConfig, HeaderConfig
    from seamproof.run.redaction import Redactor

_SCHEME = re.compile(r"^[A-Za-z][\w-]*\s+(?=\S)")
"""What says how to read the rest of a credential (RFC 9110, section 11.4)."""
_BETWEEN = re.compile(r"[\s,;]+")


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
    redactor.learn(*_secrets(configured.value))
    return Credentials(((configured.name, configured.value),))


def api_key(configured: ApiKeyConfig, redactor: Redactor) -> Credentials:
    """A key where OpenAPI's `apiKey` may be: in a header, the query or a cookie."""
    name, value = configured.name, configured.value
    redactor.learn(quote_plus(value), *_secrets(value))
    if configured.in_ == "query":
        return Credentials(query=((name, value),))
    if configured.in_ == "cookie":
        return Credentials(cookies={name: value})
    return Credentials(((name, value),))


def _secrets(value: str) -> Iterator[str]:
    """What a value has of secrets: a service stores and looks up what stands behind the scheme, or
    behind the name of a parameter or a cookie."""
    yield value
    for word in _BETWEEN.split(_SCHEME.sub("", value)):
        yield word
        yield word.partition("=")[2].strip('"')
