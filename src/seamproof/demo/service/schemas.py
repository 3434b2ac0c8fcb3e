"""What travels over HTTP."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Amount = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=4)]
Quantity = Annotated[int, Field(ge=1, le=1000)]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
"""PostgreSQL's text cannot hold NUL."""
Identifier = Annotated[int, Field(ge=1, le=2_147_483_647)]


class Out(BaseModel):
    """An answer that is read from a row."""

    model_config = ConfigDict(from_attributes=True)


class Credentials(BaseModel):
    """What signs in."""

    username: Text
    password: Text


class Token(BaseModel):
    """What signing in gives."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the scheme's name (RFC 6750), no secret


class ItemIn(BaseModel):
    """A line to order."""

    product: Identifier
    quantity: Quantity


class OrderIn(BaseModel):
    """An order to place."""

    items: Annotated[list[ItemIn], Field(min_length=1, max_length=20)]
    address: Text


class ItemOut(Out):
    """A line of an order."""

    product_id: int
    quantity: int
    price: Decimal


class OrderOut(Out):
    """An order with its lines."""

    id: int
    status: str
    total: Decimal
    address: str
    coupon_code: str | None
    items: list[ItemOut]


class StatusOut(Out):
    """An order's state after an action."""

    id: int
    status: str


class AddressIn(BaseModel):
    """Where an order goes."""

    address: Text


class CouponIn(BaseModel):
    """A coupon to create."""

    code: Annotated[str, Field(pattern=r"^[A-Z0-9]{3,20}$")]
    percent: Annotated[int, Field(ge=1, le=100)]
    quota: Annotated[int, Field(ge=1, le=10_000)]


class CouponOut(Out):
    """A coupon."""

    code: str
    percent: int
    quota: int
    used: int


class CouponUse(BaseModel):
    """A coupon to use on an order."""

    code: Text


class PaymentIn(BaseModel):
    """How an order is paid."""

    card: Text


class PaymentOut(Out):
    """A payment."""

    id: int
    order_id: int
    amount: Decimal
    status: str


class RefundOut(Out):
    """A refund."""

    order_id: int
    amount: Decimal


class TransferIn(BaseModel):
    """Money to send to a user of the same tenant."""

    receiver: Text
    amount: Amount


class TransferOut(Out):
    """A transfer."""

    id: int
    amount: Decimal


class CartItemIn(BaseModel):
    """How many of a product the cart shall hold."""

    quantity: Quantity


class CartItemOut(Out):
    """A product in the cart."""

    product_id: int
    quantity: int


class ReservationOut(Out):
    """Units kept for the user."""

    id: int
    product_id: int
    quantity: int


class ReviewIn(BaseModel):
    """What the user thinks of a product."""

    stars: Annotated[int, Field(ge=1, le=5)]
    text: Text


class ReviewOut(Out):
    """A review."""

    id: int
    stars: int
    text: str


class DeliveryIn(BaseModel):
    """Units that arrived at the warehouse."""

    quantity: Quantity
    note: Text


class StockOut(Out):
    """How many are left."""

    id: int
    stock: int


class ProductIn(BaseModel):
    """A product to create or replace."""

    name: Text
    price: Amount
    stock: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class ProductOut(Out):
    """A product."""

    id: int
    name: str
    price: Decimal
    stock: int


class ProfileIn(BaseModel):
    """What users may change of themselves."""

    display_name: Text


class ProfileOut(Out):
    """A user, as themselves and administrators see them."""

    id: int
    username: str
    display_name: str
    role: str
    balance: Decimal


class RoleIn(BaseModel):
    """The role that a user shall have."""

    role: Annotated[str, Field(pattern=r"^(member|admin)$")]


class InvoiceOut(Out):
    """A bill."""

    id: int
    order_id: int
    total: Decimal
    due_on: date


class WebhookIn(BaseModel):
    """Where to send news of orders."""

    url: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class WebhookOut(Out):
    """A webhook."""

    id: int
    url: str


class SalesOut(BaseModel):
    """What was sold so far."""

    orders: int
    total: Decimal
