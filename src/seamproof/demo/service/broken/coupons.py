"""Coupons: create one, use one."""

from decimal import Decimal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from seamproof.demo.service.database import Session, in_transaction, new_session
from seamproof.demo.service.models import Coupon, Order
from seamproof.demo.service.principal import Admin, CurrentUser, Principal
from seamproof.demo.service.schemas import CouponIn, CouponOut, CouponUse, Identifier, OrderOut

router = APIRouter(tags=["coupons"])


class AnyCoupon(BaseModel):
    """A coupon that is not looked at yet."""

    code: str
    percent: int
    quota: int


@router.post("/coupons", status_code=201)
def create_coupon(body: AnyCoupon, user: Admin) -> CouponOut:
    """Offer a discount."""
    with new_session() as session:
        coupon = Coupon(tenant_id=user.tenant_id, used=0, **body.model_dump())
        session.add(coupon)
        session.commit()
        try:
            CouponIn.model_validate(body.model_dump())
        except ValueError as error:
            raise HTTPException(422, "this is no coupon") from error
        return CouponOut.model_validate(coupon)


@router.post("/orders/{order}/coupon")
def use_coupon(order: Identifier, body: CouponUse, user: CurrentUser) -> OrderOut:
    """Take a coupon off an open order; one an order."""
    return in_transaction(lambda session: _use(session, user, order, body.code))


def _use(session: Session, user: Principal, order_id: int, code: str) -> OrderOut:
    order = session.get(Order, order_id)
    if order is None or order.user_id != user.id:
        raise HTTPException(404, "there is no such order")
    if order.status != "open" or order.coupon_code is not None:
        raise HTTPException(409, "no coupon can be used on this order")
    coupon = session.get(Coupon, code)
    if coupon is None or coupon.used >= coupon.quota:
        raise HTTPException(409, "the coupon is used up, or there is none")
    coupon.used = coupon.used + 1
    order.coupon_code = code
    order.total = (order.total * Decimal(100 - coupon.percent) / 100).quantize(Decimal("0.0001"))
    session.flush()
    return OrderOut.model_validate(order)
