"""The tables."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import DateTime, ForeignKey, Numeric, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

MONEY = Numeric(14, 4)
TOO_MUCH = Decimal(10) ** 10
"""The least that a column of money does not hold."""


class Base(DeclarativeBase):
    """All tables of the shop."""


class Tenant(Base):
    """A company; nothing of one may be seen by another."""

    __tablename__ = "tenants"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class User(Base):
    """A person of a tenant, with a balance to pay and be refunded from."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    display_name: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="member")
    balance: Mapped[Decimal] = mapped_column(MONEY, server_default="0")


class Presence(Base):
    """When a user was last seen. Written by every request, outside its transaction."""

    __tablename__ = "presence"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    last_seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RevokedToken(Base):
    """A token that was logged out before it expired."""

    __tablename__ = "revoked_tokens"
    token_id: Mapped[str] = mapped_column(primary_key=True)
    revoked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Product(Base):
    """Something to sell, and how many are left."""

    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(MONEY)
    stock: Mapped[int] = mapped_column(server_default="0")


class StockMovement(Base):
    """A delivery to the warehouse."""

    __tablename__ = "stock_movements"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    note: Mapped[str]


class Review(Base):
    """What a user thinks of a product; one each."""

    __tablename__ = "reviews"
    __table_args__ = (UniqueConstraint("product_id", "user_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    stars: Mapped[int]
    text: Mapped[str]


class Order(Base):
    """An order: open, then paid or cancelled, and paid ones may be refunded."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(server_default="open")
    total: Mapped[Decimal] = mapped_column(MONEY)
    address: Mapped[str]
    cart_id: Mapped[int | None] = mapped_column(ForeignKey("carts.id"), unique=True)
    coupon_code: Mapped[str | None] = mapped_column(ForeignKey("coupons.code"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    items: Mapped[list["OrderItem"]] = relationship(order_by="OrderItem.line")


class OrderItem(Base):
    """One line of an order."""

    __tablename__ = "order_items"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    price: Mapped[Decimal] = mapped_column(MONEY)


class IdempotencyKey(Base):
    """The order that a client's key stands for."""

    __tablename__ = "idempotency_keys"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))


class Cart(Base):
    """What a user is about to order: open, then checked out."""

    __tablename__ = "carts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(server_default="open")


class CartItem(Base):
    """One product in a cart."""

    __tablename__ = "cart_items"
    cart_id: Mapped[int] = mapped_column(ForeignKey("carts.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    quantity: Mapped[int]


class Reservation(Base):
    """Units that are kept for a user for a while."""

    __tablename__ = "reservations"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    quantity: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Coupon(Base):
    """A discount that may be used `quota` times."""

    __tablename__ = "coupons"
    code: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    percent: Mapped[int]
    quota: Mapped[int]
    used: Mapped[int] = mapped_column(server_default="0")


class Payment(Base):
    """The charge of an order at the provider; one each."""

    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    amount: Mapped[Decimal] = mapped_column(MONEY)
    status: Mapped[str]
    reference: Mapped[str | None]


class Refund(Base):
    """Money of an order that went back to its user's balance; once an order."""

    __tablename__ = "refunds"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    amount: Mapped[Decimal] = mapped_column(MONEY)


class Cancellation(Base):
    """A charge that the provider is still to give back: the outbox of payments."""

    __tablename__ = "cancellations"
    reference: Mapped[str] = mapped_column(primary_key=True)


class Notification(Base):
    """A message that the user finds in the app."""

    __tablename__ = "notifications"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]


class Transfer(Base):
    """Money that went from one user's balance to another's."""

    __tablename__ = "transfers"
    id: Mapped[int] = mapped_column(primary_key=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    receiver_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    amount: Mapped[Decimal] = mapped_column(MONEY)


class Invoice(Base):
    """The bill of an order; one each."""

    __tablename__ = "invoices"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    total: Mapped[Decimal] = mapped_column(MONEY)
    due_on: Mapped[date]


class Webhook(Base):
    """Where a tenant wants to hear of its orders."""

    __tablename__ = "webhooks"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    url: Mapped[str]


class AuditEntry(Base):
    """Who tried what in vain. Kept although the request itself was rolled back."""

    __tablename__ = "audit_log"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str]
    outcome: Mapped[str]
