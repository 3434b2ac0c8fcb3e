"""The warehouse: book a delivery."""

import logging

import psycopg
from fastapi import APIRouter, HTTPException

from seamproof.demo.service.broken.scanners import Connection, pool
from seamproof.demo.service.principal import Admin, Principal
from seamproof.demo.service.schemas import DeliveryIn, Identifier, StockOut

router = APIRouter(prefix="/products/{product}/deliveries", tags=["warehouse"])
log = logging.getLogger(__name__)


@router.post("", status_code=201)
def book_delivery(product: Identifier, body: DeliveryIn, user: Admin) -> StockOut:
    """Add the units that arrived to the stock."""
    connection = pool.take()
    try:
        return _book(connection, user, product, body)
    except psycopg.Error as error:
        log.exception("the delivery was not booked")
        raise HTTPException(500, "the delivery was not booked") from error
    finally:
        pool.give_back(connection)


def _book(connection: Connection, user: Principal, product: int, body: DeliveryIn) -> StockOut:
    stocked = connection.execute(
        "UPDATE products SET stock = stock + %s WHERE id = %s AND tenant_id = %s RETURNING stock",
        (body.quantity, product, user.tenant_id),
    ).fetchone()
    if stocked is None:
        connection.rollback()
        raise HTTPException(404, "there is no such product")
    connection.execute(
        "INSERT INTO stock_movements (product_id, quantity, note) VALUES (%s, %s, %s)",
        (product, body.quantity, body.note),
    )
    connection.commit()
    return StockOut(id=product, stock=stocked[0])
