"""Users: read and change oneself; administrators list their tenant and give roles."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import select, update

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import User
from seamproof.demo.service.principal import Admin, CurrentUser, Principal
from seamproof.demo.service.schemas import Identifier, ProfileIn, ProfileOut, RoleIn

router = APIRouter(tags=["users"])


@router.get("/me")
def read_profile(user: CurrentUser) -> ProfileOut:
    """Oneself."""
    return in_transaction(lambda session: ProfileOut.model_validate(session.get_one(User, user.id)))


@router.patch("/me")
def change_profile(body: ProfileIn, user: CurrentUser) -> ProfileOut:
    """Change how one is called."""
    return in_transaction(lambda session: _change(session, user, body))


def _change(session: Session, user: Principal, body: ProfileIn) -> ProfileOut:
    found = session.get_one(User, user.id, with_for_update=True)
    found.display_name = body.display_name
    session.flush()
    return ProfileOut.model_validate(found)


@router.get("/users")
def list_users(user: Admin) -> list[ProfileOut]:
    """The people of the tenant."""
    query = select(User).where(User.tenant_id == user.tenant_id).order_by(User.id).limit(100)
    return in_transaction(
        lambda session: [ProfileOut.model_validate(row) for row in session.scalars(query)]
    )


@router.put("/users/{member}/role")
def give_role(member: Identifier, body: RoleIn, user: Admin) -> ProfileOut:
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
