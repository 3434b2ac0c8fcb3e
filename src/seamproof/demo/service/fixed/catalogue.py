"""The products: search, create, replace."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from sqlalchemy import select

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Product
from seamproof.demo.service.principal import Admin, CurrentUser, Principal
from seamproof.demo.service.schemas import Identifier, ProductIn, ProductOut

router = APIRouter(prefix="/products", tags=["products"])
_SORTS = {"name": Product.name, "price": Product.price, "stock": Product.stock}
Search = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("")
def list_products(
    user: CurrentUser, search: Search = "", sort: Literal["name", "price", "stock"] = "name"
) -> list[ProductOut]:
    """The tenant's products whose name contains the text."""
    query = (
        select(Product)
        .where(Product.tenant_id == user.tenant_id, Product.name.icontains(search, autoescape=True))
        .order_by(_SORTS[sort], Product.id)
        .limit(100)
    )
    return in_transaction(
        lambda session: [ProductOut.model_validate(row) for row in session.scalars(query)]
    )


@router.post("", status_code=201)
def create_product(body: ProductIn, user: Admin) -> ProductOut:
    """Add a product."""
    return in_transaction(lambda session: _create(session, user, body))


def _create(session: Session, user: Principal, body: ProductIn) -> ProductOut:
    product = Product(tenant_id=user.tenant_id, **body.model_dump())
    session.add(product)
    session.flush()
    return ProductOut.model_validate(product)


@router.put("/{product}")
def replace_product(product: Identifier, body: ProductIn, user: Admin) -> ProductOut:
    """Change all of a product."""
    return in_transaction(lambda session: _replace(session, user, product, body))


def _replace(session: Session, user: Principal, product_id: int, body: ProductIn) -> ProductOut:
    mine = select(Product).where(Product.id == product_id, Product.tenant_id == user.tenant_id)
    product = session.scalar(mine.with_for_update())
    if product is None:
        raise HTTPException(404, "there is no such product")
    for name, value in body.model_dump().items():
        setattr(product, name, value)
    session.flush()
    return ProductOut.model_validate(product)
