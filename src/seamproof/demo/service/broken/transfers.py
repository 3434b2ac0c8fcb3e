"""Money from one balance to another."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from seamproof.demo.service.database import new_session
from seamproof.demo.service.models import Transfer, User
from seamproof.demo.service.principal import CurrentUser
from seamproof.demo.service.schemas import TransferIn, TransferOut

router = APIRouter(prefix="/transfers", tags=["transfers"])


@router.post("", status_code=201)
def send_money(body: TransferIn, user: CurrentUser) -> TransferOut:
    """Send money to a user of the same tenant."""
    with new_session() as session:
        receiver = session.scalar(
            select(User).where(User.username == body.receiver, User.tenant_id == user.tenant_id)
        )
        if receiver is None or receiver.id == user.id:
            raise HTTPException(404, "there is no such receiver")
        sender = session.get_one(User, user.id)
        if sender.balance < body.amount:
            raise HTTPException(409, "the balance is too small")
        sender.balance = sender.balance - body.amount
        session.commit()

        receiver.balance = receiver.balance + body.amount
        transfer = Transfer(sender_id=user.id, receiver_id=receiver.id, amount=body.amount)
        session.add(transfer)
        session.commit()
        return TransferOut.model_validate(transfer)
