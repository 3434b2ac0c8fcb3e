"""Passwords, and tokens as JSON Web Tokens signed with HS256 (RFC 7519, RFC 7515)."""

import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from typing import Any

from seamproof.demo.service.settings import TOKEN_SECRET

LIFETIME = 12 * 3600
_ROUNDS = 20_000


class BadToken(Exception):
    """A token that cannot be believed."""


def hash_password(password: str, salt: bytes | None = None) -> str:
    """`salt$digest` in hexadecimal, by PBKDF2 (RFC 8018)."""
    salt = salt or os.urandom(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)
    return f"{salt.hex()}${digest.hex()}"


def password_matches(password: str, stored: str) -> bool:
    """Whether the password is the one that was hashed."""
    salt, _, _ = stored.partition("$")
    return hmac.compare_digest(hash_password(password, bytes.fromhex(salt)), stored)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_part(text: str) -> Any:
    """The JSON in one part of a token. Raises BadToken."""
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise BadToken("malformed") from error


def sign(signed: str) -> str:
    """The signature over `header.claims`."""
    return _encode(hmac.digest(TOKEN_SECRET, signed.encode(), "sha256"))


def issue_token(user_id: int) -> str:
    """A token for the user, good for `LIFETIME` seconds."""
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {"sub": str(user_id), "jti": uuid.uuid4().hex, "exp": int(time.time()) + LIFETIME}
    signed = ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{sign(signed)}"
