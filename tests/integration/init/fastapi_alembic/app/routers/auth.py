from fastapi import APIRouter, HTTPException
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.database import Database
from app.models import Member
from app.schemas import Credentials, NewMember, Token
from app.security import SECONDS, hashed, issue

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", status_code=201)
def register(body: NewMember, database: Database) -> dict[str, int]:
    member = Member(email=body.email, name=body.name, password_hash=hashed(body.password))
    database.add(member)
    try:
        database.commit()
    except IntegrityError:
        raise HTTPException(409, "this address is registered") from None
    return {"id": member.id}


@router.post("/login")
def login(body: Credentials, database: Database) -> Token:
    member = database.scalar(select(Member).where(Member.email == body.email))
    if member is None or member.password_hash != hashed(body.password):
        raise HTTPException(401, "wrong address or password")
    return Token(access_token=issue(member), expires_in=SECONDS)
