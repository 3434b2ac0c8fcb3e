"""Passwords and signed tokens, with the standard library alone."""

import base64
import hashlib
import hmac
import json
import time
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.database import Database
from app.models import Member
from app.settings import TOKEN_MINUTES, TOKEN_SECRET

bearer = HTTPBearer(auto_error=False)
SECONDS = TOKEN_MINUTES * 60


def hashed(password: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), TOKEN_SECRET.encode(), 1000).hex()


def _signature(payload: str) -> str:
    return hmac.new(TOKEN_SECRET.encode(), payload.encode(), "sha256").hexdigest()


def issue(member: Member) -> str:
    claims = {"sub": member.id, "exp": int(time.time()) + SECONDS}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    return f"{payload}.{_signature(payload)}"


def current(
    database: Database,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Member:
    payload, _, signature = (shown.credentials if shown else "").partition(".")
    if not hmac.compare_digest(signature, _signature(payload)):
        raise HTTPException(401, "sign in first")
    claims = json.loads(base64.urlsafe_b64decode(payload))
    member = database.get(Member, claims["sub"])
    if member is None or claims["exp"] < time.time():
        raise HTTPException(401, "sign in again")
    return member


CurrentMember = Annotated[Member, Depends(current)]
