"""The cart: put products in, take them out, check out."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.fixed.stock import add_lines, take, total_of
from seamproof.demo.service.models import Cart, CartItem, Order, Product, User
from seamproof.demo.service.principal import CurrentUser, Principal
from seamproof.demo.service.schemas import (
    AddressIn,
    CartItemIn,
    CartItemOut,
    Identifier,
    OrderOut,
)

router = APIRouter(prefix="/cart", tags=["cart"])


def _open_cart(session: Session, user: Principal) -> Cart | None:
    """The user's open cart, if there is one. Locks the user, so that there is never a second."""
    session.execute(select(User.id).where(User.id == user.id).with_for_update())
    return session.scalar(select(Cart).where(Cart.user_id == user.id, Cart.status == "open"))


@router.put("/items/{product}")
def set_item(product: Identifier, body: CartItemIn, user: CurrentUser) -> CartItemOut:
    """Let the cart hold so many of a product."""
    return in_transaction(lambda session: _set(session, user, product, body.quantity))


def _set(session: Session, user: Principal, product: int, quantity: int) -> CartItemOut:
    mine = Product.tenant_id == user.tenant_id
    if session.scalar(select(Product.id).where(Product.id == product, mine)) is None:
        raise HTTPException(404, "there is no such product")
    cart = _open_cart(session, user)
    if cart is None:
        cart = Cart(user_id=user.id)
        session.add(cart)
        session.flush()
    session.execute(
        insert(CartItem)
        .values(cart_id=cart.id, product_id=product, quantity=quantity)
        .on_conflict_do_update(
            index_elements=["cart_id", "product_id"], set_={"quantity": quantity}
        )
    )
    return CartItemOut(product_id=product, quantity=quantity)


@router.delete("/items/{product}", status_code=204)
def remove_item(product: Identifier, user: CurrentUser) -> None:
    """Take a product out of the cart, if it is there."""
    in_transaction(lambda session: _remove(session, user, product))


def _remove(session: Session, user: Principal, product: int) -> None:
    cart = _open_cart(session, user)
    if cart is not None:
        session.execute(
            delete(CartItem).where(CartItem.cart_id == cart.id, CartItem.product_id == product)
        )


@router.post("/checkout", status_code=201)
def check_out(body: AddressIn, user: CurrentUser) -> OrderOut:
    """Order what is in the cart."""
    return in_transaction(lambda session: _check_out(session, user, body.address))


def _check_out(session: Session, user: Principal, address: str) -> OrderOut:
    cart = _open_cart(session, user)
    if cart is None:
        raise HTTPException(409, "the cart is empty")
    rows = session.execute(
        select(CartItem.product_id, CartItem.quantity)
        .where(CartItem.cart_id == cart.id)
        .order_by(CartItem.product_id)
    )
    wanted = [(row.product_id, row.quantity) for row in rows]
    if not wanted:
        raise HTTPException(409, "the cart is empty")
    cart.status = "checked out"
    prices = take(session, user.tenant_id, wanted)
    order = Order(
        tenant_id=user.tenant_id,
        user_id=user.id,
        address=address,
        cart_id=cart.id,
        total=total_of(wanted, prices),
    )
    session.add(order)
    session.flush()
    add_lines(session, order.id, wanted, prices)
    return OrderOut.model_validate(order)
