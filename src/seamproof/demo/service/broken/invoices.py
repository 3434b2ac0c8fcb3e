"""Invoices: write one, read one."""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse
from sqlalchemy import select

from seamproof.demo.service.database import Session, in_transaction, new_session
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


@router.get("/invoices/{invoice}", response_model=InvoiceOut)
def read_invoice(invoice: Identifier, user: CurrentUser) -> Any:
    """One bill."""
    with new_session() as session:
        found = session.get(Invoice, invoice)
        if found is None:
            raise HTTPException(404, "there is no such invoice")
        return JSONResponse({"id": found.id, "order": found.order_id, "total": float(found.total)})
