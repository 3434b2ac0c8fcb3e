"""Whether a token may be believed."""

import hmac
import time
from typing import Any

from sqlalchemy import Connection, exists, select

from seamproof.demo.service.models import RevokedToken
from seamproof.demo.service.security import BadToken, decode_part, sign


def verify(token: str, connection: Connection) -> dict[str, Any]:
    """The claims of a token that we signed, that is young enough and was not logged out."""
    signed, _, signature = token.rpartition(".")
    # As bytes: of texts beyond ASCII, which a header may hold, it compares none.
    if not hmac.compare_digest(sign(signed).encode(), signature.encode()):
        raise BadToken("not ours")
    _, _, claims_part = signed.partition(".")
    claims: dict[str, Any] = decode_part(claims_part)
    if claims["exp"] < time.time():
        raise BadToken("expired")
    if connection.scalar(select(exists().where(RevokedToken.token_id == claims["jti"]))):
        raise BadToken("logged out")
    return claims
