"""Credentials as an attacker would alter them: made from real ones, and seen by nobody else.

A check names what is wrong with a credential (`core.experiment.Credential`), and never sees one.

1. A JSON Web Token has three parts, `header.claims.signature` (RFC 7519; RFC 7515, section 3.1).
   An unsecured one has `alg` none and no signature (RFC 7515, appendix A.5; RFC 8725, section 3.1).
2. A key of ours is known where the token's own signature follows from it: a common one, or one that
   the service's configuration here has. Only then can a token be old, or be for others, and be
   signed all the same.
3. What is no such token is altered in one character.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from seamproof.core.experiment import Credential
from seamproof.run.experiment.requests import Credentials

_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
"""RFC 7518, section 3.2."""
_LONGEST = 16 << 10
_OLD = 3600
"""Seconds since an expired token of ours expired: more than any leeway."""
_NOT_OURS = "seamproof-has-no-key-of-this-service"
_GARBAGE = "not-a-credential"
_OF_FORGERY = ("csrf", "xsrf")
"""Words of headers that protect a session and are none."""
WEAK = (
    *("secret", "secretkey", "secret_key", "secret-key", "supersecret", "super-secret", "mysecret"),
    *("your-256-bit-secret", "your-secret-key", "your_secret_key", "your-secret", "changeme"),
    *("change-me", "change_me", "changeit", "password", "passw0rd", "jwt", "jwtsecret"),
    *("jwt_secret", "jwt-secret", "jwt_secret_key", "key", "private", "test", "testing", "dev"),
    *("development", "default", "example", "admin", "token", "s3cr3t", "123456", "1234567890"),
    *("qwerty", "none", "null", "undefined", "hmac", "shhhhh", "keyboard cat", "abc123"),
    *("this-is-a-secret", "django-insecure", "flask-secret", "notasecret", "a-secret", "CHANGE_ME"),
)
"""Keys of tutorials and templates."""

Alteration: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Token:
    """A JSON Web Token, taken apart."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: str
    """What the signature is over."""
    signature: str

    @classmethod
    def read(cls, text: str) -> Token | None:
        """The token that a text is, or None."""
        parts = text.split(".")
        if len(parts) != 3 or len(text) > _LONGEST:
            return None
        try:
            header, claims = (json.loads(_decoded(each)) for each in parts[:2])
        except (ValueError, RecursionError, binascii.Error):
            return None
        if not isinstance(header, dict) or not isinstance(claims, dict) or "alg" not in header:
            return None
        return cls(header, claims, f"{parts[0]}.{parts[1]}", parts[2])

    def key(self, candidates: Iterable[str]) -> str | None:
        """The candidate that it is signed with."""
        for each in candidates:
            if _signature(self.header.get("alg"), self.signed, each) == self.signature:
                return each
        return None

    def with_claims(self, **claims: Any) -> str:
        """The two first parts, with these claims."""
        return _joined(self.header, {**self.claims, **claims})


def altered(credentials: Credentials, kind: Credential, keys: Iterable[str] = ()) -> Credentials:
    """The credentials with what this kind is about wrong. Raises ValueError where they have no
    such thing."""
    alteration = _alteration(credentials, kind, tuple(keys))
    if alteration is None:
        raise ValueError(f"nothing of these credentials can be {kind}")
    return replace(
        credentials,
        headers=tuple(
            (name, value if _of_forgery(name) else _in_header(value, alteration))
            for name, value in credentials.headers
        ),
        cookies={
            name: value if _of_forgery(name) else alteration(value)
            for name, value in credentials.cookies.items()
        },
        query=tuple((name, alteration(value)) for name, value in credentials.query),
    )


def applicable(credentials: Credentials, keys: Iterable[str] = ()) -> tuple[Credential, ...]:
    """What may be wrong with them."""
    known = tuple(keys)
    return tuple(each for each in Credential if _alteration(credentials, each, known) is not None)


def values(credentials: Credentials) -> Iterator[str]:
    """The secrets in them, without the words around."""
    for name, value in credentials.headers:
        if not _of_forgery(name):
            yield value.rpartition(" ")[2]
    for name, value in credentials.cookies.items():
        if not _of_forgery(name):
            yield value
    for _, value in credentials.query:
        yield value


def _alteration(
    credentials: Credentials, kind: Credential, keys: tuple[str, ...]
) -> Alteration | None:
    secrets = list(values(credentials))
    if not secrets:
        return None
    if kind is Credential.REUSED:
        return str
    if kind is Credential.MALFORMED:
        return lambda value: _GARBAGE
    if kind is Credential.TAMPERED:
        return _tampered
    tokens = [token for each in secrets if (token := Token.read(each)) is not None]
    if not tokens:
        return None
    if kind is Credential.UNSIGNED:
        return _of_tokens(_unsigned)
    if kind is Credential.WRONG_KEY:
        return _of_tokens(lambda token: _resigned(token, _NOT_OURS))
    return _by_known_key(kind, tokens, keys)


def _by_known_key(
    kind: Credential, tokens: list[Token], keys: tuple[str, ...]
) -> Alteration | None:
    weak = _known(tokens, WEAK)
    if kind is Credential.WEAK_KEY:
        return _of_tokens(lambda token: _resigned(token, weak, seamproof=1)) if weak else None
    key = weak or _known(tokens, keys)
    if key is None:
        return None
    if kind is Credential.EXPIRED and any("exp" in each.claims for each in tokens):
        past = int(time.time()) - _OLD
        return _of_tokens(lambda token: _resigned(token, key, exp=past, iat=past - _OLD))
    if kind is Credential.OTHER_AUDIENCE and any("aud" in each.claims for each in tokens):
        return _of_tokens(lambda token: _resigned(token, key, aud="somebody-else"))
    return None


def _known(tokens: list[Token], keys: Iterable[str]) -> str | None:
    candidates = tuple(keys)
    return next((key for each in tokens if (key := each.key(candidates)) is not None), None)


def _of_tokens(alter: Callable[[Token], str]) -> Alteration:
    """Alters what is such a token, and leaves the rest."""

    def one(value: str) -> str:
        token = Token.read(value)
        return value if token is None else alter(token)

    return one


def _unsigned(token: Token) -> str:
    return f"{_joined({**token.header, 'alg': 'none'}, token.claims)}."


def _resigned(token: Token, key: str, **claims: Any) -> str:
    algorithm = token.header["alg"] if token.header["alg"] in _HASHES else "HS256"
    known = {name: value for name, value in claims.items() if name != "iat" or name in token.claims}
    signed = _joined({**token.header, "alg": algorithm}, {**token.claims, **known})
    return f"{signed}.{_signature(algorithm, signed, key)}"


def _tampered(value: str) -> str:
    """A token with a claim more under the signature of before; else one character is another."""
    token = Token.read(value)
    if token is not None:
        return f"{token.with_claims(seamproof=1)}.{token.signature}"
    pair = _basic(value)
    if pair is not None:
        return base64.b64encode(_flipped(pair).encode()).decode()
    return _flipped(value)


def _basic(value: str) -> str | None:
    """The user and password of HTTP Basic (RFC 7617), or None."""
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (ValueError, binascii.Error):
        return None
    return decoded if ":" in decoded and decoded.isprintable() else None


def _flipped(value: str) -> str:
    # Not the last one: of base64 it may hold bits that nobody reads.
    at = max(0, len(value) - 3)
    return f"{value[:at]}{'x' if value[at : at + 1] != 'x' else 'y'}{value[at + 1 :]}"


def _in_header(value: str, alteration: Alteration) -> str:
    """A header's value with what stands behind its scheme altered."""
    scheme, space, secret = value.rpartition(" ")
    return f"{scheme}{space}{alteration(secret)}"


def _of_forgery(name: str) -> bool:
    return any(each in name.lower() for each in _OF_FORGERY)


def _signature(algorithm: Any, signed: str, key: str) -> str | None:
    if algorithm not in _HASHES:
        return None
    digest = hmac.digest(key.encode(), signed.encode(), getattr(hashlib, _HASHES[algorithm]))
    return _encoded(digest)


def _joined(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(
        _encoded(json.dumps(each, separators=(",", ":")).encode()) for each in (header, claims)
    )


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
