"""Reviews of products."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import select

from seamproof.demo.service.database import Session, new_session
from seamproof.demo.service.models import Product, Review
from seamproof.demo.service.principal import CurrentUser
from seamproof.demo.service.schemas import Identifier, ReviewIn, ReviewOut

router = APIRouter(prefix="/products/{product}/reviews", tags=["reviews"])


def unit_of_work() -> Iterator[Session]:
    """A session that is committed once the route is done."""
    with new_session() as session:
        yield session
        session.commit()


@router.post("", status_code=201)
def write_review(
    product: Identifier,
    body: ReviewIn,
    user: CurrentUser,
    session: Annotated[Session, Depends(unit_of_work)],
) -> ReviewOut:
    """Say what one thinks of a product, once."""
    mine = Product.tenant_id == user.tenant_id
    if session.scalar(select(Product.id).where(Product.id == product, mine)) is None:
        raise HTTPException(404, "there is no such product")
    review = Review(product_id=product, user_id=user.id, **body.model_dump())
    session.add(review)
    session.flush()
    return ReviewOut.model_validate(review)
