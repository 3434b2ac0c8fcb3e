"""Signing in and out, and a sign of life."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from seamproof.demo.service.database import autocommit
from seamproof.demo.service.models import RevokedToken, User
from seamproof.demo.service.principal import CurrentUser
from seamproof.demo.service.schemas import Credentials, Token
from seamproof.demo.service.security import issue_token, password_matches

router = APIRouter(tags=["accounts"])


@router.get("/health")
def health() -> dict[str, str]:
    """Whether the service and its database answer."""
    with autocommit.connect() as connection:
        connection.execute(select(1))
    return {"status": "ok"}


@router.post("/login")
def login(body: Credentials) -> Token:
    """Exchange a password for a token."""
    query = select(User.id, User.password_hash).where(User.username == body.username)
    with autocommit.connect() as connection:
        found = connection.execute(query).one_or_none()
    if found is None or not password_matches(body.password, found.password_hash):
        raise HTTPException(401, "wrong user name or password")
    return Token(access_token=issue_token(found.id))


@router.post("/logout", status_code=204)
def logout(user: CurrentUser) -> None:
    """Make the token worthless."""
    revoked = insert(RevokedToken).values(token_id=user.claims["jti"]).on_conflict_do_nothing()
    with autocommit.connect() as connection:
        connection.execute(revoked)
