"""Reports for administrators."""

from decimal import Decimal

from fastapi import APIRouter
from sqlalchemy import func, select

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Order
from seamproof.demo.service.principal import Admin, Principal
from seamproof.demo.service.schemas import SalesOut

router = APIRouter(prefix="/reports", tags=["reports"])


@router.get("/sales")
def sales(user: Admin) -> SalesOut:
    """How many orders there are, and of what worth."""
    return in_transaction(lambda session: _sales(session, user))


def _sales(session: Session, user: Principal) -> SalesOut:
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Order.total), 0)).where(
            Order.tenant_id == user.tenant_id
        )
    ).one()
    return SalesOut(orders=count, total=Decimal(total))
