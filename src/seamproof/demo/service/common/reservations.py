"""Units kept for a user for a quarter of an hour: right in both twins."""

from datetime import timedelta

from fastapi import APIRouter, HTTPException
from sqlalchemy import delete, func, insert, select, update

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Product, Reservation
from seamproof.demo.service.principal import CurrentUser, Principal
from seamproof.demo.service.schemas import Identifier, ItemIn, ReservationOut

router = APIRouter(prefix="/reservations", tags=["reservations"])
_KEPT = timedelta(minutes=15)


@router.post("", status_code=201)
def reserve(body: ItemIn, user: CurrentUser) -> ReservationOut:
    """Take units off the shelf and keep them."""
    return in_transaction(lambda session: _reserve(session, user, body))


def _reserve(session: Session, user: Principal, body: ItemIn) -> ReservationOut:
    taken = session.execute(
        update(Product)
        .where(
            Product.id == body.product,
            Product.tenant_id == user.tenant_id,
            Product.stock >= body.quantity,
        )
        .values(stock=Product.stock - body.quantity)
        .returning(Product.id)
    ).one_or_none()
    if taken is None:
        raise HTTPException(409, "there are not that many")
    made = session.execute(
        insert(Reservation)
        .values(
            product_id=body.product,
            user_id=user.id,
            quantity=body.quantity,
            expires_at=func.now() + _KEPT,
        )
        .returning(Reservation.id, Reservation.product_id, Reservation.quantity)
    ).one()
    return ReservationOut.model_validate(made)


@router.get("")
def list_reservations(user: CurrentUser) -> list[ReservationOut]:
    """The user's own, newest first."""
    query = select(Reservation).where(Reservation.user_id == user.id)
    newest = query.order_by(Reservation.id.desc()).limit(50)
    return in_transaction(
        lambda session: [ReservationOut.model_validate(row) for row in session.scalars(newest)]
    )


@router.delete("/{reservation}", status_code=204)
def release(reservation: Identifier, user: CurrentUser) -> None:
    """Put the units back. Released once or ten times, they are back once."""
    in_transaction(lambda session: _release(session, user, reservation))


def _release(session: Session, user: Principal, reservation: int) -> None:
    released = session.execute(
        delete(Reservation)
        .where(Reservation.id == reservation, Reservation.user_id == user.id)
        .returning(Reservation.product_id, Reservation.quantity)
    ).one_or_none()
    if released is not None:
        session.execute(
            update(Product)
            .where(Product.id == released.product_id)
            .values(stock=Product.stock + released.quantity)
        )
