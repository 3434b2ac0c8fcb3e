"""Taking units off the shelf, for orders and carts."""

from fastapi import HTTPException

from seamproof.demo.service.database import Session
from seamproof.demo.service.models import Order, OrderItem, Product


def add_line(session: Session, order: Order, line: int, product_id: int, quantity: int) -> None:
    """Write one line of the order and take its units. Answers 409 where there are too few."""
    product = session.get(Product, product_id)
    if product is None or product.tenant_id != order.tenant_id:
        raise HTTPException(409, f"there is no product {product_id}")
    remaining = product.stock - quantity
    if remaining < 0:
        raise HTTPException(409, f"there are not {quantity} of product {product_id}")
    product.stock = remaining
    session.add(
        OrderItem(
            order_id=order.id,
            line=line,
            product_id=product_id,
            quantity=quantity,
            price=product.price,
        )
    )
    order.total += product.price * quantity
