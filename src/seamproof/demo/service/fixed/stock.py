"""Taking units off the shelf, for orders and carts."""

from collections.abc import Iterable
from decimal import Decimal

from fastapi import HTTPException
from sqlalchemy import insert, update

from seamproof.demo.service.database import Session
from seamproof.demo.service.models import TOO_MUCH, OrderItem, Product


def take(session: Session, tenant: int, wanted: Iterable[tuple[int, int]]) -> dict[int, Decimal]:
    """Take `(product, quantity)` and return the prices. Answers 409 where there are too few.

    Products are locked in the order of their ids, so that two orders never wait for each other.
    """
    prices: dict[int, Decimal] = {}
    for product, quantity in sorted(wanted):
        price = session.scalar(
            update(Product)
            .where(Product.id == product, Product.tenant_id == tenant, Product.stock >= quantity)
            .values(stock=Product.stock - quantity)
            .returning(Product.price)
        )
        if price is None:
            raise HTTPException(409, f"there are not {quantity} of product {product}")
        prices[product] = price
    return prices


def total_of(wanted: Iterable[tuple[int, int]], prices: dict[int, Decimal]) -> Decimal:
    """What `(product, quantity)` come to. Answers 422 where that is more than an order may be."""
    total = sum((prices[product] * quantity for product, quantity in wanted), Decimal())
    if total >= TOO_MUCH:
        raise HTTPException(422, "that is more than one order may come to")
    return total


def add_lines(
    session: Session, order: int, wanted: Iterable[tuple[int, int]], prices: dict[int, Decimal]
) -> None:
    """Write the order's lines, all in one statement."""
    lines = [
        {
            "order_id": order,
            "line": line,
            "product_id": product,
            "quantity": quantity,
            "price": prices[product],
        }
        for line, (product, quantity) in enumerate(wanted, start=1)
    ]
    session.execute(insert(OrderItem).values(lines))
