"""Who is asking, and when they were last seen."""

import logging
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from seamproof.demo.service.database import autocommit
from seamproof.demo.service.models import Presence, User
from seamproof.demo.service.security import BadToken
from seamproof.demo.service.variant import use_case

log = logging.getLogger(__name__)
tokens = use_case("tokens")
bearer = HTTPBearer(auto_error=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """The user of a request."""

    id: int
    tenant_id: int
    role: str
    claims: dict[str, Any]


def current_user(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Principal:
    """The user whom the bearer token names. Answers 401 where there is none."""
    if credentials is None:
        raise HTTPException(401, "sign in first")
    with autocommit.connect() as connection:
        try:
            claims = tokens.verify(credentials.credentials, connection)
        except BadToken as error:
            raise HTTPException(401, f"the token is {error}") from error
        found = connection.execute(
            select(User.id, User.tenant_id, User.role).where(User.id == int(claims["sub"]))
        ).one_or_none()
        if found is None:
            raise HTTPException(401, "the token's user is gone")
        request.state.user_id = found.id
        seen = insert(Presence).values(user_id=found.id, last_seen_at=func.now())
        try:
            connection.execute(
                seen.on_conflict_do_update(
                    index_elements=["user_id"], set_={"last_seen_at": seen.excluded.last_seen_at}
                )
            )
        except SQLAlchemyError:
            # Nobody's order may fail because we could not note that they were here.
            log.warning("presence was not noted", exc_info=True)
    return Principal(found.id, found.tenant_id, found.role, claims)


CurrentUser = Annotated[Principal, Depends(current_user)]


def admin(user: CurrentUser) -> Principal:
    """The user, who must be an administrator. Answers 403 where they are not."""
    if user.role != "admin":
        raise HTTPException(403, "this is for administrators")
    return user


Admin = Annotated[Principal, Depends(admin)]
