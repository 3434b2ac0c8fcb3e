"""The products: search, create, replace."""

from decimal import Decimal
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from sqlalchemy import select, text

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Product
from seamproof.demo.service.principal import CurrentUser, Principal
from seamproof.demo.service.schemas import Identifier, ProductOut, Text

router = APIRouter(prefix="/products", tags=["products"])


class PricedIn(BaseModel):
    """A product to create or replace."""

    name: Text
    price: float
    stock: int = 0

    def values(self) -> dict[str, Any]:
        """What is stored: the price in whole cents."""
        return self.model_dump() | {"price": Decimal(int(self.price * 100)) / 100}


@router.get("")
def list_products(user: CurrentUser, search: str = "", sort: str = "name") -> list[ProductOut]:
    """The tenant's products whose name contains the text."""
    return in_transaction(lambda session: _search(session, user, search, sort))


def _search(session: Session, user: Principal, search: str, sort: str) -> list[ProductOut]:
    rows = session.execute(
        text(
            "SELECT id, name, price, stock FROM products "
            f"WHERE tenant_id = {user.tenant_id} AND name ILIKE '%{search}%' ORDER BY {sort}"
        )
    )
    return [ProductOut.model_validate(row) for row in rows]


@router.post("", status_code=201)
def create_product(body: PricedIn, user: CurrentUser) -> ProductOut:
    """Add a product."""
    return in_transaction(lambda session: _create(session, user, body))


def _create(session: Session, user: Principal, body: PricedIn) -> ProductOut:
    product = Product(tenant_id=user.tenant_id, **body.values())
    session.add(product)
    session.flush()
    session.refresh(product)
    return ProductOut.model_validate(product)


@router.put("/{product}")
def replace_product(product: Identifier, body: PricedIn, user: CurrentUser) -> ProductOut:
    """Change all of a product."""
    return in_transaction(lambda session: _replace(session, user, product, body))


def _replace(session: Session, user: Principal, product_id: int, body: PricedIn) -> ProductOut:
    mine = select(Product).where(Product.id == product_id, Product.tenant_id == user.tenant_id)
    product = session.scalar(mine.with_for_update())
    if product is None:
        raise HTTPException(404, "there is no such product")
    for name, value in body.values().items():
        setattr(product, name, value)
    session.flush()
    session.refresh(product)
    return ProductOut.model_validate(product)
