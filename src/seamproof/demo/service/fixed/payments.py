"""Paying an order, and giving the money back.

The provider is called outside of transactions, and not for long: one that waits for somebody
else's server holds its locks for as long. What was charged, or may have been, and could not be
booked is given back, now or later.
"""

import uuid
from decimal import Decimal

from fastapi import APIRouter, HTTPException
from sqlalchemy import exists, select, update
from sqlalchemy.exc import SQLAlchemyError

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.fixed import outbox
from seamproof.demo.service.models import Notification, Order, Payment, Refund, User
from seamproof.demo.service.payments import Declined, Unanswered, provider
from seamproof.demo.service.principal import CurrentUser, Principal
from seamproof.demo.service.schemas import Identifier, PaymentIn, PaymentOut, RefundOut

router = APIRouter(prefix="/orders/{order}", tags=["payments"])


@router.post("/payment", status_code=201)
def pay(order: Identifier, body: PaymentIn, user: CurrentUser) -> PaymentOut:
    """Charge the card for an open order. A paid one answers with its payment."""
    amount, paid = in_transaction(lambda session: _due(session, user, order))
    if paid is not None:
        return paid
    key = uuid.uuid4().hex
    try:
        reference = provider.charge(key, amount, timeout=outbox.PATIENCE)
    except Declined as error:
        raise HTTPException(402, "the card was declined") from error
    except Unanswered as error:
        outbox.give_back(key)
        raise HTTPException(502, "the payment provider does not answer") from error
    try:
        return in_transaction(lambda session: _book(session, order, amount, reference))
    except (SQLAlchemyError, HTTPException):
        # The COMMIT may have been done and only its reply lost: look before giving back.
        if not in_transaction(lambda session: _is_booked(session, reference)):
            outbox.give_back(reference)
        raise


def _due(session: Session, user: Principal, order_id: int) -> tuple[Decimal, PaymentOut | None]:
    order = session.scalar(select(Order).where(Order.id == order_id, Order.user_id == user.id))
    if order is None:
        raise HTTPException(404, "there is no such order")
    if order.status == "open":
        return order.total, None
    payment = session.scalar(select(Payment).where(Payment.order_id == order.id))
    if order.status != "paid" or payment is None:
        raise HTTPException(409, f"the order is {order.status}")
    return order.total, PaymentOut.model_validate(payment)


def _book(session: Session, order: int, amount: Decimal, reference: str) -> PaymentOut:
    claimed = session.scalar(
        update(Order)
        .where(Order.id == order, Order.status == "open", Order.total == amount)
        .values(status="paid")
        .returning(Order.id)
    )
    if claimed is None:
        raise HTTPException(409, "the order has changed")
    payment = Payment(order_id=order, amount=amount, status="succeeded", reference=reference)
    session.add(payment)
    session.flush()
    return PaymentOut.model_validate(payment)


def _is_booked(session: Session, reference: str) -> bool:
    return bool(session.scalar(select(exists().where(Payment.reference == reference))))


@router.post("/refund", status_code=201)
def refund(order: Identifier, user: CurrentUser) -> RefundOut:
    """Give the money of a paid order back to the user's balance, and have its charge cancelled."""
    made, reference = in_transaction(lambda session: _refund(session, user, order))
    if reference is not None:
        outbox.deliver(reference)
    return made


def _refund(session: Session, user: Principal, order: int) -> tuple[RefundOut, str | None]:
    amount = session.scalar(
        update(Order)
        .where(Order.id == order, Order.user_id == user.id, Order.status == "paid")
        .values(status="refunded")
        .returning(Order.total)
    )
    if amount is None:
        raise HTTPException(409, "there is no such paid order")
    session.execute(update(User).where(User.id == user.id).values(balance=User.balance + amount))
    made = Refund(order_id=order, amount=amount)
    session.add_all([made, Notification(user_id=user.id, text=f"{amount} came back")])
    reference = session.scalar(select(Payment.reference).where(Payment.order_id == order))
    if reference is not None:
        outbox.note(session, reference)
    session.flush()
    return RefundOut.model_validate(made), reference


outbox.start()
