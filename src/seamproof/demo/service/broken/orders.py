"""Orders: place, list, read, readdress, cancel."""

import logging
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from seamproof.demo.service.broken.stock import add_line
from seamproof.demo.service.database import Session, in_transaction, new_session
from seamproof.demo.service.models import IdempotencyKey, Order, Product
from seamproof.demo.service.principal import CurrentUser, Principal
from seamproof.demo.service.schemas import AddressIn, Identifier, OrderIn, OrderOut, StatusOut

router = APIRouter(tags=["orders"])
log = logging.getLogger(__name__)
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


@router.post("/orders", status_code=201)
def place_order(body: OrderIn, user: CurrentUser, key: Key = None) -> OrderOut:
    """Order products. With an Idempotency-Key, a repetition answers with the same order."""
    with new_session() as session:
        if key is not None:
            known = session.scalar(select(IdempotencyKey).where(IdempotencyKey.key == key))
            if known is not None:
                return OrderOut.model_validate(session.get_one(Order, known.order_id))
        order = Order(
            tenant_id=user.tenant_id, user_id=user.id, address=body.address, total=Decimal()
        )
        session.add(order)
        session.commit()  # the lines need the order's id

        for line, item in enumerate(body.items, start=1):
            add_line(session, order, line, item.product, item.quantity)
            session.commit()  # others wait for the product's row

        if key is not None:
            session.add(IdempotencyKey(user_id=user.id, key=key, fingerprint="", order_id=order.id))
            session.commit()
        return OrderOut.model_validate(order)


@router.get("/orders")
def list_orders(user: CurrentUser) -> list[OrderOut]:
    """The user's orders, newest first."""
    query = select(Order).where(Order.user_id == user.id).order_by(Order.id.desc())
    with new_session() as session:
        return [OrderOut.model_validate(order) for order in session.scalars(query)]


@router.get("/orders/{order}")
def read_order(order: Identifier, user: CurrentUser) -> OrderOut:
    """One order."""
    with new_session() as session:
        found = session.get(Order, order)
        if found is None:
            raise HTTPException(404, "there is no such order")
        return OrderOut.model_validate(found)


@router.get("/debug/orders", include_in_schema=False)
def debug_orders() -> list[OrderOut]:
    """All orders, for the support team."""
    with new_session() as session:
        return [OrderOut.model_validate(order) for order in session.scalars(select(Order))]


@router.put("/orders/{order}/address")
def readdress_order(order: Identifier, body: AddressIn, user: CurrentUser) -> StatusOut:
    """Send an open order elsewhere."""
    return in_transaction(lambda session: _readdress(session, user, order, body.address))


def _readdress(session: Session, user: Principal, order_id: int, address: str) -> StatusOut:
    order = session.get(Order, order_id, with_for_update=True)
    if order is None or order.user_id != user.id:
        raise HTTPException(404, "there is no such order")
    if order.status != "open":
        raise HTTPException(409, f"the order is {order.status}")
    order.address = address
    return StatusOut.model_validate(order)


@router.post("/orders/{order}/cancel")
def cancel_order(order: Identifier, user: CurrentUser) -> StatusOut:
    """Cancel an open order and put its units back."""
    with new_session() as session:
        found = session.get(Order, order)
        if found is None or found.user_id != user.id:
            raise HTTPException(404, "there is no such order")
        if found.status not in {"open", "cancelled"}:
            raise HTTPException(409, f"the order is {found.status}")
        if found.status == "open":
            try:
                _cancel(session, found)
            except SQLAlchemyError:
                log.exception("order %s was not cancelled", order)
    return StatusOut(id=order, status="cancelled")


def _cancel(session: Session, order: Order) -> None:
    order.status = "cancelled"
    for item in order.items:
        product = session.get_one(Product, item.product_id)
        product.stock += item.quantity
    session.commit()
