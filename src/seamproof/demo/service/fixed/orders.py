"""Orders: place, list, read, readdress, cancel."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import selectinload

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.fixed.stock import add_lines, take, total_of
from seamproof.demo.service.models import IdempotencyKey, Order, OrderItem, Product
from seamproof.demo.service.principal import CurrentUser, Principal
from seamproof.demo.service.schemas import AddressIn, Identifier, OrderIn, OrderOut, StatusOut

router = APIRouter(prefix="/orders", tags=["orders"])
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


@router.post("", status_code=201)
def place_order(body: OrderIn, user: CurrentUser, key: Key = None) -> OrderOut:
    """Order products. With an Idempotency-Key, a repetition answers with the same order."""
    return in_transaction(lambda session: _place(session, user, body, key))


def _place(session: Session, user: Principal, body: OrderIn, key: str | None) -> OrderOut:
    if key is not None:
        known = _claim(session, user, key, body)
        if known is not None:
            return known
    quantities: dict[int, int] = {}
    for item in body.items:
        quantities[item.product] = quantities.get(item.product, 0) + item.quantity
    wanted = list(quantities.items())
    prices = take(session, user.tenant_id, wanted)
    order = Order(
        tenant_id=user.tenant_id,
        user_id=user.id,
        address=body.address,
        total=total_of(wanted, prices),
    )
    session.add(order)
    session.flush()
    add_lines(session, order.id, wanted, prices)
    if key is not None:
        session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.user_id == user.id, IdempotencyKey.key == key)
            .values(order_id=order.id)
        )
    return OrderOut.model_validate(order)


def _claim(session: Session, user: Principal, key: str, body: OrderIn) -> OrderOut | None:
    """Take the key, or return the order that it stands for.

    The insertion waits for a transaction that has the same key under way, so of two only one
    places the order.
    """
    fingerprint = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    mine = session.scalar(
        insert(IdempotencyKey)
        .values(user_id=user.id, key=key, fingerprint=fingerprint)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if mine is not None:
        return None
    known = session.get_one(IdempotencyKey, (user.id, key))
    if known.fingerprint != fingerprint:
        raise HTTPException(422, "this key was used for another order")
    return OrderOut.model_validate(session.get_one(Order, known.order_id))


@router.get("")
def list_orders(user: CurrentUser) -> list[OrderOut]:
    """The user's orders, newest first."""
    query = (
        select(Order)
        .where(Order.user_id == user.id)
        .options(selectinload(Order.items))
        .order_by(Order.id.desc())
        .limit(50)
    )
    return in_transaction(
        lambda session: [OrderOut.model_validate(order) for order in session.scalars(query)]
    )


def _own(session: Session, user: Principal, order_id: int, *, lock: bool = False) -> Order:
    """The order, where the user may see it: their own, and for administrators their tenant's."""
    query = select(Order).where(Order.id == order_id, Order.tenant_id == user.tenant_id)
    if user.role != "admin":
        query = query.where(Order.user_id == user.id)
    order = session.scalar(query.with_for_update() if lock else query)
    if order is None:
        raise HTTPException(404, "there is no such order")
    return order


@router.get("/{order}")
def read_order(order: Identifier, user: CurrentUser) -> OrderOut:
    """One order."""
    return in_transaction(lambda session: OrderOut.model_validate(_own(session, user, order)))


@router.put("/{order}/address")
def readdress_order(order: Identifier, body: AddressIn, user: CurrentUser) -> StatusOut:
    """Send an open order elsewhere."""
    return in_transaction(lambda session: _readdress(session, user, order, body.address))


def _readdress(session: Session, user: Principal, order_id: int, address: str) -> StatusOut:
    order = _own(session, user, order_id, lock=True)
    if order.status != "open":
        raise HTTPException(409, f"the order is {order.status}")
    order.address = address
    return StatusOut.model_validate(order)


@router.post("/{order}/cancel")
def cancel_order(order: Identifier, user: CurrentUser) -> StatusOut:
    """Cancel an open order and put its units back. A cancelled one stays cancelled."""
    return in_transaction(lambda session: _cancel(session, user, order))


def _cancel(session: Session, user: Principal, order_id: int) -> StatusOut:
    order = _own(session, user, order_id, lock=True)
    if order.status == "open":
        order.status = "cancelled"
        session.flush()
        session.execute(
            update(Product)
            .where(Product.id == OrderItem.product_id, OrderItem.order_id == order.id)
            .values(stock=Product.stock + OrderItem.quantity)
        )
    elif order.status != "cancelled":
        raise HTTPException(409, f"the order is {order.status}")
    return StatusOut.model_validate(order)
