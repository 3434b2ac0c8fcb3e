"""Credentials as an attacker would alter them: made from real ones, and seen by nobody else.

A check names what is wrong with a credential (`core.experiment.Credential`), and never sees one.

1. An unsecured JSON Web Token has `alg` none and no signature (RFC 7515, appendix A.5; RFC 8725,
   section 3.1).
2. A key of the service is known where the token's own signature follows from it: a common one, or
   one that the service's configuration here has. Only then can a token be old, or be for others,
   and be signed all the same.
3. A key of two halves signs with the private one. Whoever takes the public one, which everybody may
   know, for a secret lets in everybody (RFC 8725, section 2.1).
4. A header may bring a key along (`jwk`, RFC 7515, section 4.1.3) or say where one is (`kid`): who
   believes that lets the sender choose the key (RFC 8725, section 3.10).
5. What is no such token is altered in one character.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from seamproof.core.experiment import Credential
from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities.tokens import HASHES, Token, encoded, joined, signature

if TYPE_CHECKING:
    from seamproof.run.identities.asymmetric import Pair

_OLD = 3600
"""Seconds since an expired token of ours expired: more than any leeway."""
_NOT_OURS = "seamproof-has-no-key-of-this-service"
_OCTETS = "\u00e9\u00ff"
"""They may stand in a header (RFC 9110, section 5.5), and in no token (RFC 6750, section 2.1)."""
_EMPTY_FILE = f"{'../' * 12}dev/null"
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
    if kind is Credential.OCTETS:
        return lambda value: f"{value}{_OCTETS}"
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
        return _of_tokens(_with_another_key)
    if kind is Credential.BROUGHT_KEY:
        return _of_tokens(lambda token: _with_another_key(token, brought=True))
    if kind is Credential.NAMED_KEY:
        named = any("kid" in each.header for each in tokens)
        return _of_tokens(_with_an_empty_file) if named else None
    if kind is Credential.PUBLIC_KEY:
        pair = _pair(tokens, keys)
        return _of_tokens(lambda token: _resigned(token, pair.text)) if pair else None
    return _by_known_key(kind, tokens, keys)


def _by_known_key(
    kind: Credential, tokens: list[Token], keys: tuple[str, ...]
) -> Alteration | None:
    weak = _known(tokens, WEAK)
    if kind is Credential.WEAK_KEY:
        return _of_tokens(lambda token: _resigned(token, weak, seamproof=1)) if weak else None
    key: str | Pair | None = weak or _known(tokens, keys)
    if key is None:
        key = _pair(tokens, keys)
        if key is None or key.private is None:
            return None
    if kind is Credential.EXPIRED and any("exp" in each.claims for each in tokens):
        past = int(time.time()) - _OLD
        return _of_tokens(lambda token: _signed(token, key, exp=past, iat=past - _OLD))
    if kind is Credential.OTHER_AUDIENCE and any("aud" in each.claims for each in tokens):
        return _of_tokens(lambda token: _signed(token, key, aud="somebody-else"))
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


def _pair(tokens: list[Token], keys: tuple[str, ...]) -> Pair | None:
    """The key of two halves that is known to sign one of these; None also where the package
    cryptography is not installed."""
    try:
        from seamproof.run.identities import asymmetric
    except ImportError:
        return None
    pairs = asymmetric.pairs(keys)
    return next((pair for each in tokens if (pair := asymmetric.signer(each, pairs))), None)


def _unsigned(token: Token) -> str:
    return f"{joined({**token.header, 'alg': 'none'}, token.claims)}."


def _with_another_key(token: Token, *, brought: bool = False) -> str:
    """The same claims, signed with a key of ours; the header may bring that along."""
    try:
        from seamproof.run.identities import asymmetric
    except ImportError:
        asymmetric = None  # type: ignore[assignment]
    algorithm = token.header["alg"]
    if asymmetric is None or algorithm not in asymmetric.ALGORITHMS:
        secret = {"jwk": {"kty": "oct", "k": encoded(_NOT_OURS.encode())}} if brought else {}
        return _resigned(replace(token, header={**token.header, **secret}), _NOT_OURS)
    pair = asymmetric.ours(algorithm)
    brings = {"jwk": asymmetric.web_key(pair.public)} if brought else {}
    return _signed(replace(token, header={**token.header, **brings}), pair)


def _with_an_empty_file(token: Token) -> str:
    """The same claims, signed with nothing: the header says that the key is an empty file."""
    return _resigned(replace(token, header={**token.header, "kid": _EMPTY_FILE}), "")


def _signed(token: Token, key: str | Pair, **claims: Any) -> str:
    """The token with these claims, of those that it has; signed with a key that has its kind."""
    if isinstance(key, str):
        return _resigned(token, key, **claims)
    from seamproof.run.identities import asymmetric

    assert key.private is not None
    signed = token.with_claims(**_had(token, claims))
    return f"{signed}.{asymmetric.signature(token.header['alg'], signed, key.private)}"


def _resigned(token: Token, key: str, **claims: Any) -> str:
    """The same with a secret."""
    algorithm = token.header["alg"] if token.header["alg"] in HASHES else "HS256"
    header = {**token.header, "alg": algorithm}
    signed = joined(header, {**token.claims, **_had(token, claims)})
    return f"{signed}.{signature(algorithm, signed, key)}"


def _had(token: Token, claims: dict[str, Any]) -> dict[str, Any]:
    """These claims, without a time of issue that the token does not have."""
    return {name: value for name, value in claims.items() if name != "iat" or name in token.claims}


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
