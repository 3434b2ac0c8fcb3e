"""Invoices: write one, read one."""

from datetime import date, timedelta

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Invoice, Order
from seamproof.demo.service.principal import CurrentUser, Principal
from seamproof.demo.service.schemas import Identifier, InvoiceOut

router = APIRouter(tags=["invoices"])
_DUE = timedelta(days=14)


@router.post("/orders/{order}/invoice", status_code=201)
def write_invoice(order: Identifier, user: CurrentUser) -> InvoiceOut:
    """Bill an order."""
    return in_transaction(lambda session: _write(session, user, order))


def _write(session: Session, user: Principal, order_id: int) -> InvoiceOut:
    total = session.scalar(
        select(Order.total).where(Order.id == order_id, Order.user_id == user.id)
    )
    if total is None:
        raise HTTPException(404, "there is no such order")
    invoice = Invoice(order_id=order_id, total=total, due_on=date.today() + _DUE)
    session.add(invoice)
    session.flush()
    return InvoiceOut.model_validate(invoice)


@router.get("/invoices/{invoice}")
def read_invoice(invoice: Identifier, user: CurrentUser) -> InvoiceOut:
    """One bill."""
    return in_transaction(lambda session: _read(session, user, invoice))


def _read(session: Session, user: Principal, invoice_id: int) -> InvoiceOut:
    query = select(Invoice).join(Order, Order.id == Invoice.order_id)
    own = query.where(Invoice.id == invoice_id, Order.user_id == user.id)
    invoice = session.scalar(own)
    if invoice is None:
        raise HTTPException(404, "there is no such invoice")
    return InvoiceOut.model_validate(invoice)
