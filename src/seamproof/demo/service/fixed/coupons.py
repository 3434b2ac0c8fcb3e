"""Coupons: create one, use one."""

from decimal import Decimal

from fastapi import APIRouter, HTTPException
from sqlalchemy import select, update

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Coupon, Order
from seamproof.demo.service.principal import Admin, CurrentUser, Principal
from seamproof.demo.service.schemas import CouponIn, CouponOut, CouponUse, Identifier, OrderOut

router = APIRouter(tags=["coupons"])


@router.post("/coupons", status_code=201)
def create_coupon(body: CouponIn, user: Admin) -> CouponOut:
    """Offer a discount."""
    return in_transaction(lambda session: _create(session, user, body))


def _create(session: Session, user: Principal, body: CouponIn) -> CouponOut:
    coupon = Coupon(tenant_id=user.tenant_id, used=0, **body.model_dump())
    session.add(coupon)
    session.flush()
    return CouponOut.model_validate(coupon)


@router.post("/orders/{order}/coupon")
def use_coupon(order: Identifier, body: CouponUse, user: CurrentUser) -> OrderOut:
    """Take a coupon off an open order; one an order."""
    return in_transaction(lambda session: _use(session, user, order, body.code))


def _use(session: Session, user: Principal, order_id: int, code: str) -> OrderOut:
    order = session.scalar(
        select(Order).where(Order.id == order_id, Order.user_id == user.id).with_for_update()
    )
    if order is None:
        raise HTTPException(404, "there is no such order")
    if order.status != "open" or order.coupon_code is not None:
        raise HTTPException(409, "no coupon can be used on this order")
    percent = session.scalar(
        update(Coupon)
        .where(
            Coupon.code == code,
            Coupon.tenant_id == user.tenant_id,
            Coupon.used < Coupon.quota,
        )
        .values(used=Coupon.used + 1)
        .returning(Coupon.percent)
    )
    if percent is None:
        raise HTTPException(409, "the coupon is used up, or there is none")
    order.coupon_code = code
    order.total = (order.total * Decimal(100 - percent) / 100).quantize(Decimal("0.0001"))
    session.flush()
    return OrderOut.model_validate(order)
