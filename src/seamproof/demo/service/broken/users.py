"""Users: read and change oneself; list the tenant and give roles."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, update

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import User
from seamproof.demo.service.principal import Admin, CurrentUser, Principal
from seamproof.demo.service.schemas import Identifier, ProfileOut, RoleIn, Text

router = APIRouter(tags=["users"])


class ProfileChange(BaseModel):
    """What users may change of themselves."""

    model_config = ConfigDict(extra="allow")
    display_name: Text


@router.get("/me")
def read_profile(user: CurrentUser) -> ProfileOut:
    """Oneself."""
    return in_transaction(lambda session: ProfileOut.model_validate(session.get_one(User, user.id)))


@router.patch("/me")
def change_profile(body: ProfileChange, user: CurrentUser) -> ProfileOut:
    """Change how one is called."""
    return in_transaction(lambda session: _change(session, user, body))


def _change(session: Session, user: Principal, body: ProfileChange) -> ProfileOut:
    found = session.get_one(User, user.id, with_for_update=True)
    for name, value in body.model_dump().items():
        if hasattr(found, name):
            setattr(found, name, value)
    session.flush()
    return ProfileOut.model_validate(found)


@router.get("/users")
def list_users(user: Admin) -> list[dict[str, Any]]:
    """The people of the tenant."""
    query = select(User.__table__).where(User.tenant_id == user.tenant_id).order_by(User.id)
    return in_transaction(lambda session: [dict(row) for row in session.execute(query).mappings()])


@router.put("/users/{member}/role")
def give_role(member: Identifier, body: RoleIn, user: CurrentUser) -> ProfileOut:
    """Make a user an administrator, or a member again."""
    return in_transaction(lambda session: _give(session, user, member, body.role))


def _give(session: Session, user: Principal, member: int, role: str) -> ProfileOut:
    found = session.scalar(
        update(User)
        .where(User.id == member, User.tenant_id == user.tenant_id)
        .values(role=role)
        .returning(User)
    )
    if found is None:
        raise HTTPException(404, "there is no such user")
    return ProfileOut.model_validate(found)
