"""Reviews of products."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Product, Review
from seamproof.demo.service.principal import CurrentUser, Principal
from seamproof.demo.service.schemas import Identifier, ReviewIn, ReviewOut

router = APIRouter(prefix="/products/{product}/reviews", tags=["reviews"])


@router.post("", status_code=201)
def write_review(product: Identifier, body: ReviewIn, user: CurrentUser) -> ReviewOut:
    """Say what one thinks of a product, once."""
    return in_transaction(lambda session: _write(session, user, product, body))


def _write(session: Session, user: Principal, product: int, body: ReviewIn) -> ReviewOut:
    mine = Product.tenant_id == user.tenant_id
    if session.scalar(select(Product.id).where(Product.id == product, mine)) is None:
        raise HTTPException(404, "there is no such product")
    review = Review(product_id=product, user_id=user.id, **body.model_dump())
    session.add(review)
    session.flush()
    return ReviewOut.model_validate(review)
