"""Paying an order, and giving the money back."""

import logging
import uuid

from fastapi import APIRouter, HTTPException
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from seamproof.demo.service.database import new_session
from seamproof.demo.service.models import Notification, Order, Payment, Refund, User
from seamproof.demo.service.payments import provider
from seamproof.demo.service.principal import CurrentUser
from seamproof.demo.service.schemas import Identifier, PaymentIn, PaymentOut, RefundOut

router = APIRouter(prefix="/orders/{order}", tags=["payments"])
log = logging.getLogger(__name__)
_PATIENCE = 0.2


@router.post("/payment", status_code=201)
def pay(order: Identifier, body: PaymentIn, user: CurrentUser) -> PaymentOut:
    """Charge the card for an open order."""
    with new_session() as session:
        found = session.get(Order, order)
        if found is None or found.user_id != user.id:
            raise HTTPException(404, "there is no such order")
        if found.status != "open":
            raise HTTPException(409, f"the order is {found.status}")
        reference = provider.charge(uuid.uuid4().hex, found.total, timeout=_PATIENCE)
        payment = Payment(
            order_id=order, amount=found.total, status="succeeded", reference=reference
        )
        session.add(payment)
        found.status = "paid"
        session.commit()
        return PaymentOut.model_validate(payment)


@router.post("/refund", status_code=201)
def refund(order: Identifier, user: CurrentUser) -> RefundOut:
    """Give the money of a paid order back to the user's balance."""
    with new_session() as session:
        found = session.get(Order, order, with_for_update=True)
        if found is None or found.user_id != user.id or found.status != "paid":
            raise HTTPException(409, "there is no such paid order")
        found.status = "refunded"
        made = Refund(order_id=order, amount=found.total)
        session.add(made)
        session.flush()
        paid = session.scalar(select(Payment.reference).where(Payment.order_id == order))
        if paid is not None:
            provider.cancel(paid)
        session.execute(
            update(User).where(User.id == user.id).values(balance=User.balance + found.total)
        )
        try:
            session.execute(
                insert(Notification).values(user_id=user.id, text=f"{found.total} came back")
            )
        except DBAPIError:
            # A missing message is no reason to fail a refund.
            log.warning("no notification for order %s", order, exc_info=True)
        session.commit()
        return RefundOut.model_validate(made)
