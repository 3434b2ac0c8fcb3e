"""Money from one balance to another."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import select, update

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Transfer, User
from seamproof.demo.service.principal import CurrentUser, Principal
from seamproof.demo.service.schemas import TransferIn, TransferOut

router = APIRouter(prefix="/transfers", tags=["transfers"])


@router.post("", status_code=201)
def send_money(body: TransferIn, user: CurrentUser) -> TransferOut:
    """Send money to a user of the same tenant."""
    return in_transaction(lambda session: _send(session, user, body))


def _send(session: Session, user: Principal, body: TransferIn) -> TransferOut:
    receiver = session.scalar(
        select(User.id).where(
            User.username == body.receiver, User.tenant_id == user.tenant_id, User.id != user.id
        )
    )
    if receiver is None:
        raise HTTPException(404, "there is no such receiver")
    # Both rows are locked in the order of their ids: two transfers in opposite directions queue.
    session.execute(
        select(User.id).where(User.id.in_([user.id, receiver])).order_by(User.id).with_for_update()
    )
    paid = session.execute(
        update(User)
        .where(User.id == user.id, User.balance >= body.amount)
        .values(balance=User.balance - body.amount)
        .returning(User.id)
    ).one_or_none()
    if paid is None:
        raise HTTPException(409, "the balance is too small")
    session.execute(
        update(User).where(User.id == receiver).values(balance=User.balance + body.amount)
    )
    transfer = Transfer(sender_id=user.id, receiver_id=receiver, amount=body.amount)
    session.add(transfer)
    session.flush()
    return TransferOut.model_validate(transfer)
