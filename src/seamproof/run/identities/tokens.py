"""JSON Web Tokens, taken apart and joined: `header.claims.signature` (RFC 7519; RFC 7515, 3.1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
"""RFC 7518, section 3.2."""
_LONGEST = 16 << 10


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
            header, claims = (json.loads(decoded(each)) for each in parts[:2])
        except (ValueError, RecursionError, binascii.Error):
            return None
        if not isinstance(header, dict) or not isinstance(claims, dict) or "alg" not in header:
            return None
        return cls(header, claims, f"{parts[0]}.{parts[1]}", parts[2])

    def key(self, candidates: Iterable[str]) -> str | None:
        """The candidate that it is signed with."""
        for each in candidates:
            if signature(self.header.get("alg"), self.signed, each) == self.signature:
                return each
        return None

    def with_claims(self, **claims: Any) -> str:
        """The two first parts, with these claims."""
        return joined(self.header, {**self.claims, **claims})


def signature(algorithm: Any, signed: str, key: str) -> str | None:
    """The signature with a secret; None where the algorithm has another kind of keys."""
    if algorithm not in HASHES:
        return None
    digest = hmac.digest(key.encode(), signed.encode(), getattr(hashlib, HASHES[algorithm]))
    return encoded(digest)


def joined(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """The two parts that a signature is over."""
    return ".".join(
        encoded(json.dumps(each, separators=(",", ":")).encode()) for each in (header, claims)
    )


def encoded(data: bytes) -> str:
    """Bytes as base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of a base64url text. Raises ValueError where it is none."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
