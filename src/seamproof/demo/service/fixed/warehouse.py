"""The warehouse: book a delivery."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import insert, update

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Product, StockMovement
from seamproof.demo.service.principal import Admin, Principal
from seamproof.demo.service.schemas import DeliveryIn, Identifier, StockOut

router = APIRouter(prefix="/products/{product}/deliveries", tags=["warehouse"])


@router.post("", status_code=201)
def book_delivery(product: Identifier, body: DeliveryIn, user: Admin) -> StockOut:
    """Add the units that arrived to the stock."""
    return in_transaction(lambda session: _book(session, user, product, body))


def _book(session: Session, user: Principal, product: int, body: DeliveryIn) -> StockOut:
    stocked = session.execute(
        update(Product)
        .where(Product.id == product, Product.tenant_id == user.tenant_id)
        .values(stock=Product.stock + body.quantity)
        .returning(Product.id, Product.stock)
    ).one_or_none()
    if stocked is None:
        raise HTTPException(404, "there is no such product")
    session.execute(insert(StockMovement).values(product_id=product, **body.model_dump()))
    return StockOut.model_validate(stocked)
