"""Whether a token may be believed."""

import hmac
from typing import Any

from sqlalchemy import Connection

from seamproof.demo.service.security import BadToken, decode_part, sign


def verify(token: str, connection: Connection) -> dict[str, Any]:
    """The claims of a token."""
    signed, _, signature = token.rpartition(".")
    header_part, _, claims_part = signed.partition(".")
    header: dict[str, Any] = decode_part(header_part)
    claims: dict[str, Any] = decode_part(claims_part)
    if header.get("alg") == "none":
        return claims
    if not hmac.compare_digest(sign(signed), signature):
        raise BadToken("not ours")
    return claims
